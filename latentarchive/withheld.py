"""The log of withheld items: append-only, read by everything that shows something."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from latentarchive import storage
from latentarchive.errors import ArchiveDamaged, QueryError

ACTIONS = ("withhold", "restore")

WITHHELD = "(withheld)"
"""Stands in a text where the id of a withheld item stood."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log: who withheld or restored which item, why and when (ISO 8601, UTC)."""

    id: str
    #: ``withhold`` or ``restore``.
    action: str
    reason: str
    who: str
    when: str


class WithheldLog:
    """``withheld.jsonl`` of one archive. Reading follows the file: what another process withheld counts at once."""

    def __init__(self, path: Path) -> None:
        """The log at this path; the file need not exist."""
        self.path = path
        #: The stamp that was read and what it said: replaced in one step, since threads may read at the same time.
        self._read: tuple[tuple[int, int], dict[str, Entry]] | None = None

    @property
    def stamp(self) -> tuple[int, int]:
        """Changes whenever the log changes: its size and time of change."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return (0, 0)
        return (stat.st_size, stat.st_mtime_ns)

    def current(self) -> Mapping[str, Entry]:
        """The items that are withheld now, by id, each with the entry that withheld it.

        Raises:
            ArchiveDamaged: A line cannot be read. Nothing is shown then: which item it names is not known.
        """
        stamp, read = self.stamp, self._read
        if read is None or read[0] != stamp:
            state: dict[str, Entry] = {}
            for entry in self.entries():
                if entry.action == "withhold":
                    state[entry.id] = entry
                else:
                    state.pop(entry.id, None)
            self._read = read = (stamp, state)
        return read[1]

    def entries(self) -> list[Entry]:
        """Every line of the log, oldest first. Raises `ArchiveDamaged` as `current` does."""
        try:
            lines = self.path.read_bytes().split(b"\n")  # not splitlines: a reason may hold U+2028
        except FileNotFoundError:
            return []
        except OSError as error:
            message = f"{self.path} cannot be read ({error.strerror}); nothing is shown until it can"
            raise ArchiveDamaged(message) from error
        entries = []
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    entries.append(_entry(line))
                except (ValueError, TypeError) as error:
                    message = f"{self.path} line {number} cannot be read; mend it by hand, nothing is shown until then"
                    raise ArchiveDamaged(message) from error
        return entries

    def change(self, action: str, item_ids: Sequence[str], *, reason: str, who: str = "") -> None:
        """Withhold or restore items, one line each, all or none; those already so are passed over.

        Args:
            action: ``withhold`` or ``restore``.
            item_ids: Ids that the archive has.
            reason: Why; not empty.
            who: "": the name of the user's account.

        Raises:
            QueryError: There is no reason.
            WriteRefused: The log cannot be written.
        """
        if not reason.strip():
            message = f"give a reason to {action}: it is kept in the log"
            raise QueryError(message)
        with storage.locked(self.path.parent, wait=True):  # a growing archive carries the log over meanwhile
            self._append(action, item_ids, reason, who)

    def _append(self, action: str, item_ids: Sequence[str], reason: str, who: str) -> None:
        when, current = datetime.now(UTC).isoformat(timespec="seconds"), self.current()
        changed = [item_id for item_id in item_ids if (item_id in current) == (action == "restore")]
        if changed:
            entries = [Entry(item_id, action, reason, who or _account(), when) for item_id in changed]
            lines = [json.dumps(asdict(entry), ensure_ascii=False) for entry in entries]
            # A command line that is not UTF-8 gives lone surrogates; escaped, they are JSON still.
            storage.append_lines(self.path, [line.encode(errors="backslashreplace").decode() for line in lines])


def _entry(line: bytes) -> Entry:
    """One line of the log. An action of another name must not pass for a `restore`."""
    entry = Entry(**json.loads(line))
    if entry.action not in ACTIONS or not isinstance(entry.id, str):
        message = f"neither of {ACTIONS}: {entry.action!r}"
        raise ValueError(message)
    return entry


def _account() -> str:
    """Name of the user's account; "unknown" where the system has no name for it, as in some containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def unnamed(value: Any, ids: Collection[str]) -> Any:
    """Plain values (text, lists, dictionaries with their keys) with `WITHHELD` in place of these ids.

    A longer id that holds one stays. Tuples come back as lists.
    """
    if isinstance(value, str):
        if named := sorted((one for one in ids if one in value), key=len, reverse=True):
            value = re.sub(rf"(?<![\w:./-])(?:{'|'.join(map(re.escape, named))})(?![\w:/-]|\.\w)", WITHHELD, value)
        return value
    if isinstance(value, list | tuple):
        return [unnamed(one, ids) for one in value]
    if isinstance(value, dict):
        return {unnamed(key, ids): unnamed(one, ids) for key, one in value.items()}
    return value

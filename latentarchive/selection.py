"""`Selection`: works that somebody chose and named, in an order, with notes; a file that goes from hand to hand.

It holds ids and notes, nothing of the catalogue. What it shows is looked up when it is shown, so that a work that was
withheld, or is gone, is in no view and no export of it.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from latentarchive import storage
from latentarchive.errors import ArchiveError, QueryError
from latentarchive.items import Item
from latentarchive.shown import ShownItems

FORMAT_VERSION = 1
"""Version of the file; a reader refuses what it does not know."""

ENDING = ".selection.json"

MOST = 10_000
"""Works of a selection: it is a list that somebody made."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One work of a selection."""

    id: str
    #: What was noted beside it, "" for nothing.
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Chosen works in their order. Raises `QueryError` for one without a name, with a work twice, or with too many."""

    name: str
    #: What was noted of the whole, "" for nothing.
    note: str = ""
    #: Name of the archive, and the digest of its items when the selection was last changed.
    archive: str
    digest: str
    works: tuple[Chosen, ...] = ()
    #: ISO 8601, UTC.
    created: str = field(default_factory=lambda: _now())
    changed: str = field(default_factory=lambda: _now())
    #: SHA-256 of the file that it was read from; "" for one that is not in a file yet.
    read: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            message = "a selection needs a name"
            raise QueryError(message)
        if len(self.works) > MOST:
            message = f"a selection holds at most {MOST:,} works, got {len(self.works):,}"
            raise QueryError(message)
        if len(set(self.ids)) < len(self.works):
            twice = next(one for one in self.ids if self.ids.count(one) > 1)
            message = f"{twice} is in selection {self.name!r} twice"
            raise QueryError(message)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the works, in order, whether they can be shown or not."""
        return tuple(work.id for work in self.works)

    def added(self, item_ids: Iterable[str]) -> Selection:
        """With these works at the end; those that are in it stay where they are."""
        here = dict.fromkeys(self.ids)
        new = [Chosen(item_id) for item_id in dict.fromkeys(item_ids) if item_id not in here]
        return self._with(works=(*self.works, *new)) if new else self

    def removed(self, item_ids: Iterable[str]) -> Selection:
        """Without these works."""
        gone = set(item_ids)
        return self._with(works=tuple(work for work in self.works if work.id not in gone))

    def moved(self, item_id: str, place: int) -> Selection:
        """With a work at another place, from 0; beyond either end is that end. Raises `QueryError`: it is not here."""
        work = self._work(item_id)
        others = [other for other in self.works if other.id != item_id]
        place = min(max(place, 0), len(others))
        return self._with(works=(*others[:place], work, *others[place:]))

    def noted(self, note: str, item_id: str | None = None) -> Selection:
        """With another note on a work; None: on the whole. Raises `QueryError` if it is not in it."""
        if item_id is None:
            return self._with(note=note)
        self._work(item_id)
        works = tuple(replace(work, note=note) if work.id == item_id else work for work in self.works)
        return self._with(works=works)

    def renamed(self, name: str) -> Selection:
        """Under another name."""
        return self._with(name=name.strip())

    def _work(self, item_id: str) -> Chosen:
        for work in self.works:
            if work.id == item_id:
                return work
        message = f"{item_id} is not in selection {self.name!r}"
        raise QueryError(message)

    def _with(self, **values: Any) -> Selection:
        return replace(self, changed=_now(), **values)

    # What can be shown of it.

    def shown(self, archive: ShownItems) -> Shown:
        """Its works that the archive shows now."""
        rows = archive.collection.rows(list(self.ids))
        visible = archive.visible
        found = zip(rows, self.works, strict=True)
        there = [(row, work.note) for row, work in found if row is not None and visible[row]]
        items = archive.collection.items(row for row, _ in there)
        return Shown(
            tuple(items),
            tuple(note for _, note in there),
            missing=len(self.works) - len(items),
            rebuilt=self.digest != archive.manifest.digest,
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What can be shown of a selection, in its order."""

    items: tuple[Item, ...]
    #: The note on each of them.
    notes: tuple[str, ...]
    #: Works that are withheld now, or are no longer in the archive. Which, is said nowhere.
    missing: int
    #: Whether the archive's items have changed since the selection was.
    rebuilt: bool

    def __str__(self) -> str:
        """What is missing, in a sentence; "" if nothing is."""
        if not self.missing:
            return ""
        works, are = ("work", "is") if self.missing == 1 else ("works", "are")
        of = len(self.items) + self.missing
        return f"{self.missing:,} {works} of {of:,} {are} not shown: withheld, or no longer in the archive"


def select(archive: ShownItems, name: str, item_ids: Iterable[str] = ()) -> Selection:
    """A new selection of works of an archive. Raises `QueryError` if one of them is unknown or withheld."""
    ids = list(dict.fromkeys(item_ids))
    for item_id in ids:
        archive.row(item_id)
    works = tuple(map(Chosen, ids))
    return Selection(name=name.strip(), archive=archive.name, digest=archive.manifest.digest, works=works)


def file_name(name: str) -> str:
    """What the file of a selection of that name is called: letters, digits and hyphens, never empty, never a path.

    Names that differ only in what is lost here share a file, which `save` then refuses.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return (re.sub(r"[\W_]+", "-", folded)[:80].strip("-") or "selection") + ENDING


def to_json(selection: Selection) -> bytes:
    """A selection as the file that `save` writes."""
    values = asdict(selection)
    del values["read"]
    return (json.dumps({"format_version": FORMAT_VERSION, **values}, ensure_ascii=False, indent=1) + "\n").encode()


def from_json(data: bytes, where: str = "the file") -> Selection:
    """Read the file of a selection. Raises `ArchiveError`, naming `where`, if it is none."""
    try:
        table = json.loads(data)
        if table.pop("format_version") != FORMAT_VERSION:
            message = "it is of another version"
            raise ValueError(message)
        works = tuple(Chosen(**work) for work in table.pop("works"))
        texts = [value for work in works for value in (work.id, work.note)] + list(table.values())
        if not all(isinstance(text, str) for text in texts):
            message = "not all of it is text"
            raise TypeError(message)
        return Selection(**table, works=works, read=hashlib.sha256(data).hexdigest())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, QueryError) as error:
        message = f"{where} is not a selection of this version ({error}); choose a file that ends in {ENDING}"
        raise ArchiveError(message) from error


def load(path: Path) -> Selection:
    """Read a selection. Raises `ArchiveError` if it is not there or is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); choose a selection that was saved"
        raise ArchiveError(message) from error
    return from_json(data, str(path))


def save(selection: Selection, folder: Path, *, path: Path | None = None) -> Selection:
    """Write a selection, whole or not at all. Nothing is overwritten but the very file that it was read from.

    Args:
        selection: What to write.
        folder: Where; made if missing.
        path: The file that it was read from; None: a new one, called `file_name` of its name.

    Returns:
        The same, as read from the file that was written: save this one next time.

    Raises:
        ArchiveError: There is a file of that name which this selection was not read from, or which was changed since.
        WriteRefused: We may not write there, or the disk is full.
    """
    path = path or folder / file_name(selection.name)
    data = to_json(selection)
    with storage.refusals(path):
        folder.mkdir(parents=True, exist_ok=True)
    with storage.locked(folder, wait=True):
        there = storage.file_sha256(path) if path.is_file() else ""
        if there != selection.read:
            why = "was changed or removed by somebody else since it was read" if selection.read else "exists already"
            message = f"{path} {why}; open it again, or save under another name"
            raise ArchiveError(message)
        storage.write_bytes(path, data)
    return replace(selection, read=hashlib.sha256(data).hexdigest())


def saved(folder: Path) -> list[tuple[Path, Selection | None]]:
    """The selections in a folder with their files, the last changed first; None for a file that cannot be read."""
    found: list[tuple[Path, Selection | None]] = []
    for path in sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else []:
        try:
            found.append((path, load(path)))
        except ArchiveError:
            found.append((path, None))
    return sorted(found, key=lambda pair: pair[1].changed if pair[1] else "", reverse=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

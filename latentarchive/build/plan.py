"""The plan of a build and the journal of its finished parts: what a killed build is resumed from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from latentarchive import storage
from latentarchive.errors import ArchiveError
from latentarchive.manifest import MANIFEST, PLAN

JOURNAL = "journal"
"""Folder of the part entries while a build is unfinished."""

IDS = "ids.sqlite"
"""The ids seen so far while a build runs; on disk, so that memory does not grow with them."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an unfinished directory is being built from; a build of anything else refuses to go on in it."""

    name: str
    recipe_sha256: str
    encoder: str
    fingerprint: str
    factory: str
    #: Inputs read at most; None for all.
    limit: int | None
    #: Inputs that the source counted when the build began; None where it cannot.
    inputs: int | None
    #: Inputs in each part; how many of them became rows differs.
    part_inputs: int

    @property
    def total(self) -> int | None:
        """How many inputs there will be; None where that is not known."""
        return self.inputs if self.inputs is None or self.limit is None else min(self.inputs, self.limit)

    def check(self, folder: Path) -> None:
        """Raise `ArchiveError` if a directory holds anything but the beginnings of a build of this plan."""
        path = folder / PLAN
        if path.is_file():
            found = _plan(path)
            if found is None:
                message = f"{path} cannot be read; remove {folder} and build again, or give another --out"
                raise ArchiveError(message)
            if changed := [key for key, value in asdict(self).items() if found.get(key) != value]:
                was, now = ({key: table.get(key) for key in changed} for table in (found, asdict(self)))
                message = (
                    f"{folder} holds an unfinished build with {_said(was)}, this one has {_said(now)}; "
                    "finish that one, remove it, or give another --out"
                )
                raise ArchiveError(message)
        elif folder.is_dir() and any(not p.name.endswith(storage.PARTIAL) for p in folder.iterdir()):
            message = f"{folder} exists and is neither an archive nor an unfinished build; give another --out"
            raise ArchiveError(message)
        elif folder.exists() and not folder.is_dir():
            message = f"{folder} is a file; give another --out"
            raise ArchiveError(message)

    def is_begun_in(self, folder: Path) -> bool:
        """Whether a directory holds an unfinished build of this plan."""
        return _plan(folder / PLAN) == asdict(self)

    def begin(self, folder: Path) -> None:
        """Write the plan into a new directory, after `check`. Raises as `check` does, and `WriteRefused`."""
        self.check(folder)
        if not (folder / PLAN).is_file():
            storage.write_json(folder / PLAN, asdict(self))


def end(folder: Path) -> None:
    """Remove what only an unfinished build needs; ``archive.json`` is there by now."""
    assert (folder / MANIFEST).is_file()
    shutil.rmtree(folder / JOURNAL, ignore_errors=True)
    for name in (IDS, PLAN):
        (folder / name).unlink(missing_ok=True)


@dataclass(frozen=True, kw_only=True)
class Part:
    """The journal entry of a finished part, written after all its files."""

    inputs: int
    rows: int
    images: int
    renormalized: int
    #: Images whose vectors an earlier archive had.
    taken: int = 0
    #: Ids of inputs that are among the rejected for their vectors; no later input may have them.
    spent: tuple[str, ...] = ()
    rejected: tuple[tuple[str, str, str], ...]
    #: SHA-256 by path of the part's files.
    files: Mapping[str, str]

    def save(self, folder: Path, number: int) -> None:
        """Write the entry, whole or not at all. Raises `WriteRefused`."""
        storage.write_json(_entry(folder, number), asdict(self))


def finished(folder: Path) -> dict[int, Part]:
    """The finished parts by their numbers, in order; not those whose files are missing or not as they were written."""
    entries = {int(path.stem.removeprefix("part-")): path for path in (folder / JOURNAL).glob("part-*.json")}
    found = {number: _read(path, folder) for number, path in sorted(entries.items())}
    return {number: part for number, part in found.items() if part is not None}


def forget(folder: Path, number: int, part: Part) -> None:
    """Remove a finished part. Raises `WriteRefused`."""
    path = _entry(folder, number)
    with storage.refusals(path):
        path.unlink()
        for name in part.files:
            (folder / name).unlink(missing_ok=True)


def _plan(path: Path) -> dict[str, Any] | None:
    """The plan in a file, None where there is none that can be read."""
    try:
        return dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _entry(folder: Path, number: int) -> Path:
    return folder / JOURNAL / f"part-{number:05d}.json"


def _read(path: Path, folder: Path) -> Part | None:
    """A part by its entry, None if that cannot be read or a file is not as it says."""
    try:
        table: dict[str, Any] = json.loads(path.read_bytes())
        rows = tuple(tuple(row) for row in table["rejected"])
        part = Part(**table | {"rejected": rows, "spent": tuple(table["spent"])})
        whole = all(storage.file_sha256(folder / name) == sha256 for name, sha256 in part.files.items())
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return part if whole else None


def _said(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {str(value)[:24]}" for key, value in values.items())

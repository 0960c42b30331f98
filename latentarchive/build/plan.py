"""The plan of a build and the journal of its finished parts: what a killed build is resumed from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
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
    rejected: tuple[tuple[str, str, str], ...]
    #: SHA-256 by path of the part's files.
    files: Mapping[str, str]

    def save(self, folder: Path, number: int) -> None:
        """Write the entry, whole or not at all. Raises `WriteRefused`."""
        storage.write_json(_entry(folder, number), asdict(self))


def finished(folder: Path) -> Iterator[Part]:
    """The finished parts from the first on, up to the first that is missing or whose files are not as written."""
    number = 0
    while (path := _entry(folder, number)).is_file():
        try:
            part = _read(path)
        except (ValueError, TypeError, KeyError):
            return
        for name, sha256 in part.files.items():
            file = folder / name
            if not file.is_file() or storage.file_sha256(file) != sha256:
                return
        yield part
        number += 1


def _plan(path: Path) -> dict[str, Any] | None:
    """The plan in a file, None where there is none that can be read."""
    try:
        return dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _entry(folder: Path, number: int) -> Path:
    return folder / JOURNAL / f"part-{number:05d}.json"


def _read(path: Path) -> Part:
    table: dict[str, Any] = json.loads(path.read_bytes())
    return Part(**table | {"rejected": tuple(tuple(row) for row in table["rejected"])})


def _said(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {str(value)[:24]}" for key, value in values.items())

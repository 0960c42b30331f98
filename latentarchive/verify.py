"""Fixity: recompute every checksum and every promise of an archive, and name the first that does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from latentarchive import manifest as layout
from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.catalogue import read_part
from latentarchive.embeddings import UNIT_TOLERANCE
from latentarchive.errors import ArchiveDamaged, ArchiveError
from latentarchive.index import Index
from latentarchive.progress import Progress, silent
from latentarchive.words import Words


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked, and the first difference; "" where everything holds."""

    archive: str
    #: Name of each check that holds, with how many things it looked at.
    checked: tuple[tuple[str, int], ...]
    problem: str

    @property
    def sound(self) -> bool:
        """Whether everything holds."""
        return not self.problem

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"checked": dict(self.checked), "sound": self.sound}


def verify_archive(archive: str | Path, *, progress: Progress = silent) -> Verification:
    """Check an archive from its files; nothing is written or mended.

    Args:
        archive: Its directory, or its name under ``./archives``.
        progress: Told which check runs.

    Raises:
        ArchiveNotFound: There is no archive.
    """
    opened = Archive.open(archive, mend=False)
    checked: list[tuple[str, int]] = []
    for number, (name, check) in enumerate(CHECKS.items()):
        progress("verifying", number, len(CHECKS), name)
        try:
            checked.append((name, check(opened)))
        except (ArchiveError, OSError, pa.ArrowException) as error:
            return Verification(opened.name, tuple(checked), f"{name}: {error}")
    progress("verifying", len(CHECKS), len(CHECKS))
    return Verification(opened.name, tuple(checked), "")


def _files(archive: Archive) -> int:
    for name, expected in archive.manifest.files.items():
        path = archive.path / name
        mend = (
            "delete it and it is rebuilt"
            if name in layout.DERIVED
            else "restore it from a copy, or build the archive again"
        )
        if not path.is_file():
            if name in layout.DERIVED:
                continue  # it is rebuilt when the archive is used next
            _fail(f"{path} is missing; {mend}")
        if (found := storage.file_sha256(path)) != expected:
            _fail(f"{path} has SHA-256 {found[:16]}…, {expected[:16]}… was written; {mend}")
    published = zip(archive.manifest.published, archive.manifest.published_sha256, strict=False)
    for name, expected in published:
        path = archive.holdings.root / name
        if path.is_file() and storage.file_sha256(path) != expected:  # a missing one is named with the vectors
            _fail(f"{path} is not the file that was opened; run the same `latentarchive build` again")
    return len(archive.manifest.files) + len(archive.manifest.published_sha256)


def _items(archive: Archive) -> int:
    rows = [read_part(path).num_rows for path in _parts(archive, "items/part-{:05d}.parquet")]
    _equal(f"{archive.path}/items: rows a part", rows, list(archive.manifest.parts))
    collection = archive.collection
    _equal(f"{collection.path}: rows", len(collection), sum(rows))
    _equal(f"{collection.path}: digest of the rows", collection.digest(), archive.manifest.digest)
    counts = pc.value_counts(collection.table["id"])
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        row = archive.collection.row(twice.field("values")[0].as_py()) or 0
        _fail(f"{collection.path}: the id of {_named(archive, row)} is there more than once")
    return len(collection)


def _vectors(archive: Archive) -> int:
    if not archive.has_vectors:
        return 0
    embeddings, collection = archive.embeddings, archive.collection
    _equal(f"{archive.path}/embeddings: rows", len(embeddings), len(collection))
    _equal(f"{archive.path}/embeddings: dimension", embeddings.dim, archive.manifest.dim)
    for start, stored in embeddings.stored_blocks():
        lengths = np.linalg.norm(stored, axis=1)
        good = np.isfinite(lengths) & (lengths > 0) if embeddings.in_place else np.abs(lengths - 1) <= UNIT_TOLERANCE
        if len(bad := np.flatnonzero(~good)):
            first = _named(archive, start + int(bad[0]))
            _fail(f"{archive.path}/embeddings: the vector of {first} has length {lengths[bad[0]]:.4g}")
    return len(embeddings)


def _thumbs(archive: Archive) -> int:
    if not archive.manifest.counts["images"]:
        return 0
    paths = _parts(archive, "thumbs/part-{:05d}.parquet")
    for path, rows in zip(paths, archive.manifest.parts, strict=True):
        if rows:
            found = pq.read_table(path, columns=["row"], partitioning=None)["row"].to_pylist()
            _equal(f"{path}: row numbers", found, list(range(rows)))
    return sum(archive.manifest.parts)


def _rejected(archive: Archive) -> int:
    found = pq.read_metadata(archive.path / layout.REJECTED).num_rows
    _equal(f"{archive.path / layout.REJECTED}: rows", found, archive.manifest.counts["rejected"])
    counts = archive.manifest.counts
    _equal("inputs = items + rejected", counts["items"] + counts["rejected"], counts["inputs"])
    return found


def _words(archive: Archive) -> int:
    path = archive.path / layout.WORDS
    if path.is_file():
        _equal(f"{path}: rows", len(Words(path)), archive.manifest.counts["items"])
    return archive.manifest.counts["items"]


def _index(archive: Archive) -> int:
    path = archive.path / layout.INDEX
    if archive.manifest.index.get("file") and path.is_file():
        Index.open(path, archive.embeddings, encoder="", tuning=None)
        return len(archive.embeddings)
    return 0


def _withheld(archive: Archive) -> int:
    """The log can be read. It may name items that a newer build no longer has: they stay withheld if they return."""
    return len(archive.log.current())


CHECKS: dict[str, Callable[[Archive], int]] = {
    "files": _files,
    "items": _items,
    "vectors": _vectors,
    "thumbnails": _thumbs,
    "rejected": _rejected,
    "words": _words,
    "index": _index,
    "withheld": _withheld,
}
"""Every check by name; each returns how many things it looked at and raises at the first difference."""


def _fail(message: str) -> NoReturn:
    raise ArchiveDamaged(message)


def _named(archive: Archive, row: int) -> str:
    """The id of a row, unless it is withheld."""
    return str(archive.collection[row].id) if archive.visible[row] else f"row {row}, which is withheld,"


def _parts(archive: Archive, pattern: str) -> Iterator[Path]:
    return (archive.path / pattern.format(number) for number in range(len(archive.manifest.parts)))


def _equal(what: str, found: object, expected: object) -> None:
    if found != expected:
        _fail(f"{what}: found {str(found)[:80]}, expected {str(expected)[:80]}")

"""The thumbnails of an archive, made small once for checks that compare all of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.finding import Skip
from latentarchive.measures import hashing, likeness
from latentarchive.miniature import miniature
from latentarchive.scale import ahead

BLOCK = 2048
"""Pictures that are worked on at a time."""


@dataclass(frozen=True)
class Pictures:
    """The thumbnails of the items that are shown, made small; row k is that of `rows[k]` of the archive."""

    rows: NDArray[np.int64]
    ids: list[str]
    #: uint8, shape (n, 32, 32): for the hash, as ImageHash makes them.
    greys: NDArray[np.uint8]
    #: uint8, shape (n, 64, 64, 3), in a file of its own.
    colours: NDArray[np.uint8]
    #: float32, shape (n, 5, 256), in a file too; see `likeness.bearings`.
    bearings: NDArray[np.float32]
    #: shape (n,): the first that is the same picture, pixel for pixel.
    same: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def distinct(self) -> NDArray[np.int64]:
        """The first of each that is the same, ascending."""
        return np.unique(self.same)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Shape (n,): how many are the same as it, itself included."""
        return np.bincount(self.same, minlength=len(self))[self.same].astype(np.int64)

    def luma(self, rows: NDArray[np.int64] | slice) -> likeness.Floats:
        """Shape (len(rows), 64, 64)."""
        return likeness.grey(np.asarray(self.colours[rows]))


def pictures(archive: Archive, folder: Path) -> Pictures:
    """Decode the thumbnails of an archive once.

    Args:
        archive: Whose.
        folder: Where the file of small colour pictures goes: 17 kB an item.

    Raises:
        Skip: It holds no images.
        ArchiveDamaged: Thumbnails cannot be read.
    """
    if not archive.manifest.counts["images"]:
        message = "this archive holds no images"
        raise Skip(message)
    shown = archive.visible
    rows = np.flatnonzero(shown).astype(np.int64)
    ids = archive.collection.take(rows, ["id"])["id"].to_pylist()
    greys = np.empty((len(rows), hashing.SIDE, hashing.SIDE), np.uint8)
    colours = _array(folder / "colours.npy", np.uint8, (len(rows), likeness.SIDE, likeness.SIDE, 3))
    bearings = _array(folder / "bearings.npy", np.float32, (len(rows), 5, likeness.COARSE**2))
    read = ((start + at, data) for start, block in archive.holdings.thumbnails() for at, data in enumerate(block))
    kept = (data for row, data in read if shown[row])
    same, seen = np.empty(len(rows), np.int64), dict[bytes, int]()
    for number, (grey, colour) in enumerate(ahead(miniature, kept, workers=2, depth=64)):
        greys[number], colours[number] = grey, colour
        same[number] = seen.setdefault(hashlib.blake2b(colour.tobytes(), digest_size=16).digest(), number)
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        bearings[block] = likeness.bearings(likeness.grey(colours[block]))
    return Pictures(rows, ids, greys, colours, bearings, same)


def _array(path: Path, kind: type, shape: tuple[int, ...]) -> NDArray[Any]:
    """A new array in a file; one without rows lies in none, which numpy does not map."""
    return open_memmap(path, "w+", kind, shape) if shape[0] else np.empty(shape, kind)

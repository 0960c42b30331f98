"""Pictures that are copies of each other, found by perceptual hashes and judged pixel by pixel, from thumbnails."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit.finding import Skip
from latentarchive.errors import ArchiveDamaged
from latentarchive.measures import hashing, likeness
from latentarchive.measures.hashing import WHOLE, Window
from latentarchive.scale import ahead

CUTS, STEP = (0.93, 0.86, 0.8), 0.05
"""Sides of the windows that crops are looked for in, and how far apart they lie: a crop differs from the nearest by at
most a fortieth of the picture along each axis, which the hash and the first look bear."""

CROPS_UP_TO = 100_000
"""Pictures up to which crops are looked for: their windows multiply the comparisons by fifty."""

FIRST_LOOK, SECOND_LOOK = 0.9, 0.6
"""What must be explained at 16 and at 32 pixels a side before a pair is looked at closely: copies of the cabinet,
crops among them, explain more (two in a hundred do not), and nine in ten of the pairs that hashes propose less."""

FLOOR = 0.85
"""Likeness from which a pair is reported, if only as rejected."""

BATCH = 256
"""Pairs fitted at a time."""


@dataclass(frozen=True)
class Pictures:
    """The thumbnails of the items that are shown, made small; row k is that of `rows[k]` of the archive."""

    rows: NDArray[np.int64]
    ids: list[str]
    #: uint8, shape (n, 32, 32): for the hash, as ImageHash makes them.
    greys: NDArray[np.uint8]
    #: uint8, shape (n, 64, 64, 3), in a file of its own.
    colours: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.ids)

    def luma(self, rows: NDArray[np.int64] | slice) -> likeness.Floats:
        """Shape (len(rows), 64, 64)."""
        return likeness.grey(np.asarray(self.colours[rows]))


def pictures(archive: Archive, folder: Path) -> Pictures:
    """Decode the thumbnails of an archive once.

    Args:
        archive: Whose.
        folder: Where the file of small colour pictures goes: 12 kB an item.

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
    shape = (len(rows), likeness.SIDE, likeness.SIDE, 3)
    colours = open_memmap(folder / "colours.npy", "w+", np.uint8, shape) if len(rows) else np.empty(shape, np.uint8)
    kept = (data for row, data in enumerate(_thumbnails(archive)) if shown[row])
    for number, (grey, colour) in enumerate(ahead(_small, kept, workers=2, depth=64)):
        greys[number], colours[number] = grey, colour
    return Pictures(rows, ids, greys, colours)


def _thumbnails(archive: Archive) -> Iterator[bytes]:
    for part in range(len(archive.manifest.parts)):
        path = archive.path / f"thumbs/part-{part:05d}.parquet"
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=256, columns=["webp"]):
                    yield from batch["webp"].to_pylist()
        except (OSError, ValueError) as error:
            message = f"{path} cannot be read ({error}); restore it from a copy, or build the archive again"
            raise ArchiveDamaged(message) from error


def _small(data: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    grey = image.convert("L").resize((hashing.SIDE, hashing.SIDE), Image.Resampling.LANCZOS)
    colour = image.resize((likeness.SIDE, likeness.SIDE), Image.Resampling.BOX)
    return np.asarray(grey), np.asarray(colour)


@dataclass(frozen=True)
class Copies:
    """Pairs of pictures that explain each other, best first in no particular order."""

    #: Numbers in the left and in the right pictures; within one collection the left one is lower.
    i: NDArray[np.int64]
    j: NDArray[np.int64]
    #: From `FLOOR` to 1.
    likeness: NDArray[np.float32]
    #: In how many bits the hashes of the whole pictures differ.
    bits: NDArray[np.int64]
    #: How many pairs of whole pictures differ in so many bits, from 0 to the radius; shape (radius + 1,).
    by_bits: NDArray[np.int64]
    #: Whether crops were looked for.
    crops: bool


def copies(left: Pictures, right: Pictures | None, *, radius: int, mirrored: bool = False) -> Copies:
    """Pairs of which one shows the other, whole or cut by up to a fifth.

    Hashes propose: whole pictures against whole ones, and windows into the one against the other whole. Of what they
    propose, that is taken which explains the other pixel by pixel; see `latentarchive.measures.likeness`.

    Args:
        left: Pictures of one collection.
        right: Of another; None: pairs within the first.
        radius: In how many of 64 bits hashes may differ.
        mirrored: Look for mirror images, and for nothing else.
    """
    others = left if right is None else right
    crops = max(len(left), len(others)) <= CROPS_UP_TO
    windows = [WHOLE, *(hashing.windows(CUTS, STEP) if crops else [])]
    found: list[tuple[NDArray[np.int64], ...]] = []
    by_bits = np.zeros(radius + 1, np.int64)
    # Either of the two may be the cut one. Within one collection both ways are met in any case.
    ways = [(left, others, False)] if right is None else [(left, others, False), (others, left, True)]
    for whole, cut, turned in ways:
        wanted = hashing.phash(cut.greys[:, :, ::-1] if mirrored else cut.greys)
        for number, window in enumerate(windows):
            if number == 0 and turned:
                continue
            for i, j, bits in hashing.within(_hashes(whole, window), wanted, radius):
                keep = i != j if right is None else np.ones(len(i), bool)
                if right is None and number == 0:
                    keep &= i < j  # of a mirror image, too: to be mirrored is mutual
                i, j = i[keep], j[keep]
                if number == 0:
                    by_bits += np.bincount(bits[keep], minlength=radius + 1)
                fit = _first_looks(whole, cut, i, j, window, mirrored)
                good = fit > FIRST_LOOK
                here = np.full(int(good.sum()), number)
                found.append((i[good], j[good], here, np.full(len(here), turned), fit[good]))
    i, j, number, turned_, fit = (np.concatenate(column) for column in zip(*found, strict=True))
    # Each pair once, from the window that fits best.
    low, high = (np.where(turned_, j, i), np.where(turned_, i, j)) if right is not None else np.sort([i, j], axis=0)
    order = np.lexsort((number, -fit, high, low))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    best = order[first]
    score = np.empty(len(best), np.float32)
    for way, (whole, cut, turned) in enumerate(ways):
        mine = np.flatnonzero(turned_[best] == turned)
        chosen = best[mine]
        score[mine] = _judged(whole, cut, i[chosen], j[chosen], np.array(windows)[number[chosen]], mirrored)
        assert way < 2
    good = score >= FLOOR
    i, j = low[best][good], high[best][good]
    bits = _bits_apart(hashing.phash(left.greys[i]), others.greys[j], mirrored)
    return Copies(i, j, score[good], bits, by_bits, crops)


def _hashes(of: Pictures, window: Window) -> NDArray[np.uint8]:
    if window == WHOLE:
        return hashing.phash(of.greys)
    blocks = range(0, len(of), 4096)
    return np.concatenate([hashing.window_hash(of.luma(slice(at, at + 4096)), window) for at in blocks])


def _first_looks(
    whole: Pictures, cut: Pictures, i: NDArray[np.int64], j: NDArray[np.int64], window: Window, mirrored: bool
) -> likeness.Floats:
    fits = [np.empty(0, np.float32)]
    for at in range(0, len(i), BATCH):
        right = cut.luma(j[at : at + BATCH])
        right = right[:, :, ::-1] if mirrored else right
        fits.append(likeness.first_look(whole.luma(i[at : at + BATCH]), right, window))
    return np.concatenate(fits)


def _judged(
    whole: Pictures,
    cut: Pictures,
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    windows: NDArray[np.float64],
    mirrored: bool,
) -> likeness.Floats:
    """Likeness after the window was fitted, first at half the size; -1 for what does not fit there."""
    scores = np.full(len(i), -1, np.float32)
    for at in range(0, len(i), BATCH):
        left, right = np.asarray(whole.colours[i[at : at + BATCH]]), np.asarray(cut.colours[j[at : at + BATCH]])
        right = right[:, :, ::-1] if mirrored else right
        halves = [likeness.halved(likeness.grey(side)) for side in (left, right)]
        p = likeness.fitted(*halves, likeness.window_of(windows[at : at + BATCH]))
        good = likeness.explained(*halves, p) > SECOND_LOOK
        left, right = left[good], right[good]
        p = likeness.fitted(likeness.grey(left), likeness.grey(right), p[good])
        scores[at + np.flatnonzero(good)] = likeness.likeness(left, right, p)
    return scores


def _bits_apart(left: NDArray[np.uint8], greys: NDArray[np.uint8], mirrored: bool) -> NDArray[np.int64]:
    right = hashing.phash(greys[:, :, ::-1] if mirrored else greys)
    return np.bitwise_count(left ^ right).sum(axis=1).astype(np.int64)

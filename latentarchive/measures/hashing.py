"""Perceptual hashes of pictures, of their mirror images and of windows into them, and which of them lie close.

Legend: n pictures; S pixels a side; a hash is a number of 64 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, dctn

SIDE, LOW, BITS = 32, 8, 64
"""Pixels a side that the transform is taken of; how many of its lowest frequencies along each axis make a hash; the
bits of one."""

BLOCK = 4096
"""Pictures transformed at a time: 32 MB."""

TOGETHER = 2**26
"""Pairs of hashes compared at a time; all of them may turn out to be near."""

Hashes = NDArray[np.uint64]

Window = tuple[float, float, float, float]
"""Part of a picture: its width and height, its left and its upper edge, as shares of the picture's."""

WHOLE: Window = (1.0, 1.0, 0.0, 0.0)


def phash(grey: NDArray[np.uint8]) -> Hashes:
    """The perceptual hash as ImageHash 4.3 defines it (``phash``; Zauner 2010, section 3.2.1, with the median).

    Cosine transform along both axes, in float64; of its lowest 8 x 8 coefficients, that of the mean included, each
    gives one bit: whether it is above their median.

    Args:
        grey: shape (n, 32, 32), pictures as Pillow's mode ``L``, resized with Lanczos.

    Returns:
        shape (n,): in rows of coefficients, the first one the highest bit; ``f"{one:016x}"`` is what ImageHash prints.
    """
    low = np.empty((len(grey), LOW, LOW))
    for start in range(0, len(grey), BLOCK):
        block = slice(start, start + BLOCK)
        low[block] = dctn(grey[block].astype(np.float64), axes=(1, 2))[:, :LOW, :LOW]
    return _bits(low)


def window_hash(grey: NDArray[np.float32], window: Window) -> Hashes:
    """The hash that a window would have as a picture of its own, but for its resizing: by mean of area.

    Args:
        grey: shape (n, S, S).
        window: Which part.

    Returns:
        shape (n,).
    """
    width, height, left, top = window
    lowest = dct(np.eye(SIDE), axis=0)[:LOW]
    across, down = (lowest @ area_mean(*part, SIDE, grey.shape[1]) for part in ((left, width), (top, height)))
    return _bits(down.astype(np.float32) @ grey @ across.astype(np.float32).T)


@lru_cache(maxsize=256)
def area_mean(start: float, side: float, to: int, of: int) -> NDArray[np.float64]:
    """Shape (to, of): the matrix that resizes `of` pixels to `to`, each the mean of its share of the part."""
    edges = (start + side * np.arange(to + 1) / to) * of
    pixels = np.arange(of)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights = covered.clip(min=0)
    return weights / weights.sum(axis=1, keepdims=True)


def windows(sides: tuple[float, ...], step: float) -> list[Window]:
    """Windows with each of these as width and as height, on regular grids at most `step` apart, from edge to edge."""
    along = [
        (side, float(start))
        for side in sides
        for start in np.linspace(0, 1 - side, 1 + int(np.ceil((1 - side) / step - 1e-9)))
    ]
    return [(width, height, left, top) for width, left in along for height, top in along]


def hamming(a: Hashes, b: Hashes) -> NDArray[np.uint8]:
    """In how many bits hashes differ, from 0 to 64: shape (len(a), len(b))."""
    return np.bitwise_count(a[:, None] ^ b[None, :])


def within(
    left: Hashes, right: Hashes, radius: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]]:
    """The pairs of hashes that differ in at most so many bits.

    All are compared, 64 bits at once: one processor compares some 10^9 pairs a second.

    Args:
        left: shape (n,).
        right: shape (m,).
        radius: From 0 to 64.

    Yields:
        Numbers in `left`, in `right`, and in how many bits they differ; by `left`, then by `right`.
    """
    import faiss

    asked, stored = (np.ascontiguousarray(hashes).view(np.uint8).reshape(-1, BITS // 8) for hashes in (left, right))
    index = faiss.IndexBinaryFlat(BITS)
    index.add(stored)
    block = max(1, min(4096, TOGETHER // max(1, len(right))))
    for start in range(0, len(left), block):
        limits, distances, found = index.range_search(asked[start : start + block], radius + 1)
        mine = np.repeat(np.arange(start, start + len(limits) - 1), np.diff(limits.astype(np.int64)))
        order = np.lexsort((found, mine))
        yield mine[order], found[order].astype(np.int64), distances[order].astype(np.int32)


def _bits(coefficients: NDArray[np.floating]) -> Hashes:
    low = coefficients.reshape(len(coefficients), BITS)
    packed = np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)
    return packed.view(">u8").ravel().astype(np.uint64)

"""All pairs of rows above a cosine, for any number of rows: all with all, or inside overlapping cells of the space.

Beyond `EXACT_UP_TO` rows the space is divided as SemDeDup does (Abbas et al. 2023, section 3), by spherical k-means;
but every row is looked for in its `EACH` nearest cells, so that a pair is missed only where its rows share none. Inside
a cell every pair is compared, from the stored rows: what is found has its true cosine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from latentarchive.embeddings import BLOCK

Ints = NDArray[np.int64]
Take = Callable[[Ints], NDArray[np.float32]]
Pairs = tuple[Ints, Ints, NDArray[np.float32], Ints]
"""Numbers of two rows, the first lower; their cosine; how many pairs of equal vectors it stands for."""

EXACT_UP_TO = 50_000
"""Rows up to which all are compared with all."""

EACH = 3
"""Cells that a row is looked for in."""

TRAIN_PER_CELL, ROUNDS = 64, 10
"""Rows that k-means is trained on for each cell, and its rounds."""

TOGETHER = 2048
"""Rows compared at a time with the others of their cell."""


def near_pairs(take: Take, n: int, floor: float, *, seed: int = 0) -> Iterator[Pairs]:
    """Pairs of rows with a cosine of at least `floor`, none twice, in no order.

    Equal vectors are compared as one: of m of them, m - 1 links to the first are given, which stand for all their
    pairs. Memory is that of two cells and of a few numbers a row.

    Args:
        take: Unit rows by their numbers, float32.
        n: How many there are.
        floor: The least cosine.
        seed: Of the sample that the cells are trained on.
    """
    if n < 2:
        return
    first, size = _equal(take, n)
    copies = np.flatnonzero(first != np.arange(n))
    if len(copies):
        order = copies[np.argsort(first[copies], kind="stable")]
        rank = np.arange(len(order)) - np.searchsorted(first[order], first[order]) + 1
        yield first[order], order, np.ones(len(order), np.float32), rank
    rows = np.flatnonzero(first == np.arange(n))
    for members, cells in _cells(take, rows, seed):
        for i, j, scores in _inside(take(members), floor):
            mine, other = members[i], members[j]
            if cells is not None:  # a pair counts in the first of the cells that it shares
                once = _first_shared(cells, i, j)
                mine, other, scores = mine[once], other[once], scores[once]
            yield mine, other, scores, size[mine] * size[other]


def cross_pairs(
    left: Take, n: int, right: Take, m: int, floor: float, *, seed: int = 0
) -> Iterator[tuple[Ints, Ints, NDArray[np.float32]]]:
    """Pairs of a row of one collection and a row of another, with a cosine of at least `floor`; as `near_pairs`."""

    def both(rows: Ints) -> NDArray[np.float32]:
        here = rows < n
        found = np.empty((len(rows), left(np.zeros(1, np.int64)).shape[1]), np.float32)
        found[here], found[~here] = left(rows[here]), right(rows[~here] - n)
        return found

    if not n or not m:
        return
    for members, cells in _cells(both, np.arange(n + m), seed):
        split = int(np.searchsorted(members, n))
        vectors = both(members)
        for start in range(0, split, TOGETHER):
            stop = min(start + TOGETHER, split)
            i, j, scores = _above(vectors[start:stop] @ vectors[split:].T, floor)
            i, j = i + start, j + split
            once = _first_shared(cells, i, j) if cells is not None else slice(None)
            yield members[i[once]], members[j[once]] - n, scores[once]


def _cells(take: Take, rows: Ints, seed: int) -> Iterator[tuple[Ints, NDArray[np.int32] | None]]:
    """Members of each cell, ascending, with all the cells that each is in, those of the pair's first one first."""
    if len(rows) <= EXACT_UP_TO:
        yield rows, None
        return
    import faiss

    number = round(2 * np.sqrt(len(rows)))
    drawn = np.random.default_rng(seed).choice(rows, min(len(rows), number * TRAIN_PER_CELL), replace=False)
    sample = take(np.sort(drawn))
    means = faiss.Kmeans(sample.shape[1], number, niter=ROUNDS, spherical=True, seed=seed, min_points_per_centroid=1)
    means.train(sample)
    places = np.empty((len(rows), EACH), np.int32)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        places[start : start + len(block)] = means.index.search(take(block), EACH)[1]
    order = np.argsort(places.ravel(), kind="stable")
    starts = np.searchsorted(places.ravel()[order], np.arange(number + 1))
    for cell in range(number):
        inside = np.sort(order[starts[cell] : starts[cell + 1]] // EACH)
        # The number of this cell stands in front: it is compared with the other cells that a pair shares.
        yield rows[inside], np.column_stack([np.full(len(inside), cell, np.int32), places[inside]])


def _first_shared(cells: NDArray[np.int32], i: Ints, j: Ints) -> NDArray[np.bool_]:
    """Whether this cell is the lowest that both rows of a pair are in."""
    mine, other = cells[i, 1:], cells[j, 1:]
    shared = (mine[:, :, None] == other[:, None, :]).any(axis=2)
    lowest = np.where(shared, mine, np.iinfo(np.int32).max).min(axis=1, initial=np.iinfo(np.int32).max)
    return lowest == cells[i, 0]


def _inside(vectors: NDArray[np.float32], floor: float) -> Iterator[tuple[Ints, Ints, NDArray[np.float32]]]:
    for start in range(0, len(vectors), TOGETHER):
        i, j, scores = _above(vectors[start : start + TOGETHER] @ vectors[start:].T, floor)
        later = j > i
        yield i[later] + start, j[later] + start, scores[later]


def _above(products: NDArray[np.float32], floor: float) -> tuple[Ints, Ints, NDArray[np.float32]]:
    i, j = np.nonzero(products >= floor)
    return i, j, products[i, j].clip(max=1)


def _equal(take: Take, n: int) -> tuple[Ints, Ints]:
    """For each row the first that is equal to it, and how many are equal to it."""
    keys = np.empty(n, np.uint64)
    factors: NDArray[np.uint64] | None = None
    for start in range(0, n, BLOCK):
        block = take(np.arange(start, min(start + BLOCK, n)))
        if factors is None:
            factors = np.random.default_rng(0).integers(0, 2**63, block.shape[1], np.uint64) * 2 + 1
        keys[start : start + len(block)] = (
            block.view(np.uint32).astype(np.uint64) @ factors
        )  # 64 bits: no two by chance
    _, first, inverse, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    return first[inverse].astype(np.int64), count[inverse].astype(np.int64)

"""Two maps beside each other: the same works in both, and how far the neighbours of a work agree.

Where the two are of different vectors, neighbours are those in each space; where they are two views of the same
vectors, in which neighbours cannot differ, they are those on each map. The works of an archive are found in another
by their id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentarchive.maps.serving import ShownMap
from latentarchive.measures.overlap import chance_mutual_knn, mutual_knn, shared

Ints = NDArray[np.int64]

K = 40
"""Neighbours that are compared."""

ASKED = 100
"""Works of a selection whose neighbours are compared at most: a seeded sample of a larger one."""

TOGETHER = 2**22
"""Distances on a map at a time: 32 MB."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of the nearest of some works are the same on two maps."""

    #: ``space`` or ``map``: where neighbours were looked for.
    of: Literal["space", "map"]
    k: int
    #: How many works were asked for, and how many are in both.
    asked: int
    n: int
    #: How many of the k are the same: mean over those asked for, and by chance.
    mean: float
    chance: float


@dataclass(frozen=True, eq=False)
class Pair:
    """Two shown maps, with the works that are on both."""

    left: ShownMap
    right: ShownMap
    #: int64 (n,): places of the works that are on both, on the left in ascending order and on the right.
    here: Ints
    there: Ints

    @classmethod
    def of(cls, left: ShownMap, right: ShownMap) -> Pair:
        """Match the works of two maps by id; of one archive by row."""
        if left.archive is right.archive:
            _, here, there = np.intersect1d(left.rows, right.rows, assume_unique=True, return_indices=True)
            return cls(left, right, here.astype(np.int64), there.astype(np.int64))
        ids = [one.archive.collection.take(one.rows, ["id"])["id"].to_pylist() for one in (left, right)]
        place = {item: at for at, item in enumerate(ids[1])}
        found = np.array([(at, place[item]) for at, item in enumerate(ids[0]) if item in place], np.int64)
        return cls(left, right, *found.reshape(-1, 2).T)

    @property
    def one_space(self) -> bool:
        """Whether both are views of the same vectors."""
        mine, other = self.left.archive.manifest, self.right.archive.manifest
        return (mine.digest, mine.fingerprint) == (other.digest, other.fingerprint)

    def across(self, chosen: Ints) -> Ints:
        """Places on the right of works that are chosen on the left; those that are not there are left out."""
        return np.sort(self.there[np.isin(self.here, chosen)])

    def agreement(self, chosen: Ints, *, k: int = K, seed: int = 0) -> Agreement | None:
        """Compare the neighbours of some works, among all works that are on both maps.

        Args:
            chosen: Places on the left; of more than `ASKED` works a sample is asked for.
            k: Neighbours of each; fewer where there are not so many works.
            seed: Of the sample.

        Returns:
            None where none of them is on both maps, or nothing else is.
        """
        n = len(self.here)
        some = np.flatnonzero(np.isin(self.here, chosen))
        k = min(k, n - 1)
        if not len(some) or k < 1:
            return None
        some = np.sort(np.random.default_rng(seed).permutation(some)[:ASKED])
        if self.one_space:
            lists = [near_on_map(one.xy[at], some, k) for one, at in self._sides()]
        else:
            lists = [near_in_space(one, at, some, k) for one, at in self._sides()]
            lists[1][lists[1] < 0] -= k  # what was not found on one side is not what was not found on the other
        same = mutual_knn(shared(*lists)) * k
        where: Literal["space", "map"] = "map" if self.one_space else "space"
        return Agreement(where, k, len(some), n, float(same.mean()), chance_mutual_knn(n, k) * k)

    def _sides(self) -> tuple[tuple[ShownMap, Ints], tuple[ShownMap, Ints]]:
        return (self.left, self.here), (self.right, self.there)


def near_on_map(xy: NDArray[np.floating], some: Ints, k: int) -> Ints:
    """The k nearest places to some places, without themselves; equally near ones in their order.

    Args:
        xy: shape (n, 2).
        some: shape (m,): places whose neighbours are asked for.
        k: From 1, to n - 1.

    Returns:
        int64, shape (m, k), the nearest first.
    """
    found = np.empty((len(some), k), np.int64)
    size = max(1, TOGETHER // len(xy))
    places = xy.astype(np.float64)
    for start in range(0, len(some), size):
        here = some[start : start + size]
        apart = ((places[here, None] - places[None]) ** 2).sum(axis=2)
        apart[np.arange(len(here)), here] = np.inf
        edge = np.partition(apart, k - 1, axis=1)[:, k - 1 : k]
        for at, (own, far) in enumerate(zip(apart, edge, strict=True), start):
            near = np.flatnonzero(own <= far)
            found[at] = near[np.argsort(own[near], kind="stable")[:k]]
    return found


def near_in_space(one: ShownMap, among: Ints, some: Ints, k: int) -> Ints:
    """The k nearest in the space to some of the works at these places of a map, as places in `among`: shape (m, k).

    Where an approximate index reaches fewer, the rest are different numbers below 0.
    """
    rows = one.rows[among]
    allowed = np.zeros(len(one.archive.collection), bool)
    allowed[rows] = True
    index = one.archive.holdings.index
    assert index is not None  # there is a map, so there are vectors
    vectors = one.archive.embeddings.take(rows[some])
    fingerprint = one.archive.manifest.fingerprint
    found = index.search(vectors, k + 1, encoder=fingerprint, allowed=allowed)
    order = np.argsort(rows, kind="stable")
    lists = np.tile(-1 - np.arange(k), (len(some), 1))
    for at, (own, (near, _)) in enumerate(zip(some.tolist(), found, strict=True)):
        others = near[near != rows[own]][:k]
        lists[at, : len(others)] = order[np.searchsorted(rows[order], others)]
    return lists

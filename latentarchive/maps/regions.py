"""Regions of a space: clusters of its vectors, each shown by the work in its middle, not by a word.

The clusters are found in the vectors, not on the map, so that all maps of an archive have the same ones; where a map
tears one apart, that is the map's doing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Blocks = Callable[[], Iterator[tuple[int, NDArray[np.float32]]]]

FITTED = 20_000
"""Works that the clusters are found in; the others go to the nearest."""

LOOKED = 2_000
"""Works that the silhouette is measured on."""

SHOWN = 5
"""Works that stand for a region, the one in its middle first."""

STARTS = 4
"""How often k-means begins anew; the tightest result counts."""


@dataclass(frozen=True)
class Region:
    """One cluster; numbered from 1, the largest first."""

    number: int
    n: int
    #: Places among the works of the map: those nearest to the middle, the medoid first. For unit vectors that is the
    #: one with the highest mean cosine to all of its region.
    shown: tuple[int, ...]
    #: Mean cosine of its works to their middle, from 0 to 1: how alike they are.
    alike: float
    #: Words nearest to its middle with their cosines, if they were asked for.
    words: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Regions:
    """The clusters of all works of a map."""

    #: int64 (n,): the region of each work, from 1.
    of: NDArray[np.int64]
    regions: Sequence[Region]
    #: float32 (regions, dim), unit rows: their middles.
    middles: NDArray[np.float32]
    #: Mean silhouette by cosine over `looked` works (Rousseeuw 1987): 1 for islands, 0 where borders are arbitrary.
    silhouette: float
    looked: int


def find_regions(blocks: Blocks, sample: NDArray[np.float32], k: int, seed: int) -> Regions:
    """Cluster works by k-means on their unit vectors.

    Args:
        blocks: Gives all works in order, some at a time, as (first place, unit rows); read three times.
        sample: float32, shape (m, dim), unit rows, a sample of them: what the clusters are found in.
        k: How many, from 2; fewer are found where fewer than k vectors differ.
        seed: Of the beginnings of k-means and of the silhouette's sample.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    k = min(k, len(np.unique(sample, axis=0)))
    with threadpool_limits(limits=1):  # the last digits of its sums would depend on the threads
        centres = KMeans(n_clusters=k, n_init=STARTS, random_state=seed).fit(sample).cluster_centers_
    middles = _unit(centres)
    of = np.concatenate([(block @ middles.T).argmax(axis=1) for _, block in blocks()])
    sums = np.zeros((k, sample.shape[1]), np.float64)
    for start, block in blocks():
        np.add.at(sums, of[start : start + len(block)], block)
    sizes = np.bincount(of, minlength=k)
    order = [int(j) for j in np.argsort(-sizes, kind="stable") if sizes[j]]
    middles = _unit(sums[order])
    number = np.zeros(k, np.int64)
    number[order] = np.arange(len(order))
    of = number[of]
    likeness = np.empty(len(of), np.float32)
    for start, block in blocks():
        likeness[start : start + len(block)] = np.einsum("nd,nd->n", block, middles[of[start : start + len(block)]])
    regions = []
    for j in range(len(order)):
        members = np.flatnonzero(of == j)
        best = members[np.lexsort((members, -np.round(likeness[members], 6)))[:SHOWN]]
        regions.append(Region(j + 1, len(members), tuple(best.tolist()), float(likeness[members].mean())))
    some = np.sort(np.random.default_rng(seed).permutation(len(sample))[:LOOKED])
    return Regions(of + 1, regions, middles, _silhouette(sample[some], middles), len(some))


def _silhouette(vectors: NDArray[np.float32], middles: NDArray[np.float32]) -> float:
    from sklearn.metrics import silhouette_score

    labels = (vectors @ middles.T).argmax(axis=1)
    kinds = len(np.unique(labels))
    return float(silhouette_score(vectors, labels, metric="cosine")) if 2 <= kinds < len(vectors) else 0.0


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(np.float32)

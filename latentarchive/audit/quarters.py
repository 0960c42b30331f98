"""Quarters of a space, clusters that stand for a city's, and how values of a field are segregated between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.labels import Labels
from latentarchive.audit.rows import vectors
from latentarchive.measures.segregation import Segregation, segregation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def quarters(archive: Archive, rows: Ints, number: int, seed: int) -> Ints:
    """The cluster of each work: int64 (n,)."""
    import faiss

    some = np.random.default_rng(seed).permutation(len(rows))[: number * 256]
    means = faiss.Kmeans(archive.embeddings.dim, number, niter=20, spherical=True, seed=seed, min_points_per_centroid=1)
    means.train(archive.embeddings.take(np.sort(rows[some])))
    found = [means.index.search(block, 1)[1][:, 0] for block in vectors(archive, rows)]
    return np.concatenate(found).astype(np.int64)


def segregation_of(unit: Ints, labels: Labels, number: int, shuffles: int, seed: int) -> tuple[Segregation, Floats]:
    """The indices, and those of shuffled values: float64 (shuffles, 5)."""
    here, own, kinds = unit[labels.known], labels.of[labels.known], len(labels.names)

    def table(values: Ints) -> NDArray[np.int64]:
        return np.bincount(here * kinds + values, minlength=number * kinds).reshape(number, kinds)

    rng = np.random.default_rng(seed)
    null = [[*five(segregation(table(rng.permutation(own)))).values()] for _ in range(shuffles)]
    return segregation(table(own)), np.array(null).reshape(shuffles, 5)


def five(one: Segregation) -> dict[str, float]:
    """The indices that are told, Theil's H first."""
    return {
        "Theil's H": one.theil,
        "divergence": one.divergence,
        "dissimilarity": one.dissimilarity,
        "Gini": one.gini,
        "exposure": one.exposure,
    }

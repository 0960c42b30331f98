"""The shape of a cloud of vectors: how narrow its cone, how many dimensions it fills, how far apart two clouds lie.

Legend: n rows of `dim`; N (n, k) numbers of nearest rows, D (n, k) their distances, nearest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SMALLEST = 1e-12
"""Distance that stands for none, where one is divided by it: rows that are equal have all their neighbours there."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """What is left of many rows once they were read block by block."""

    n: int
    #: float64 (dim,).
    mean: Floats
    #: float64 (dim, dim): of the whole, not of a sample.
    covariance: Floats
    #: Mean of the squared lengths of the rows: 1 for unit rows.
    square: float

    @property
    def mean_cosine(self) -> float:
        """Mean cosine of two different rows, if all are of unit length: 0 where they lie evenly in all directions.

        Anisotropy in the words of Ethayarajh (EMNLP 2019, section 3.2), but over all pairs instead of a sample.
        """
        return float((self.n * self.mean @ self.mean - self.square) / (self.n - 1))

    @property
    def variances(self) -> Floats:
        """Variance along each principal direction, the largest first: float64 (dim,), from 0."""
        return np.clip(np.linalg.eigvalsh(self.covariance)[::-1], 0, None)


def cloud(blocks: Iterable[NDArray[np.floating]]) -> Cloud:
    """Mean and covariance of rows that are given some at a time. Raises `ValueError` for fewer than two rows."""
    n, total, products, square = 0, np.zeros(1), np.zeros((1, 1)), 0.0
    for block in blocks:
        rows = block.astype(np.float64)
        n, total, products = n + len(rows), total + rows.sum(axis=0), products + rows.T @ rows
        square += float((rows**2).sum())
    if n < 2:
        message = f"a cloud has two rows or more, got {n}"
        raise ValueError(message)
    mean = total / n
    return Cloud(n, mean, products / n - np.outer(mean, mean), square / n)


def participation_ratio(variances: ArrayLike) -> float:
    """How many dimensions a cloud fills: (sum l)^2 / sum l^2 of its variances l along principal directions.

    From 1 (all on one line) to the number of dimensions (the same spread in each); 0 where nothing varies.
    """
    x = np.asarray(variances, np.float64)
    square = float((x**2).sum())
    return float(x.sum() ** 2 / square) if square else 0.0


def modality_gap(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Length of the difference of two means: from 0 to 2 for unit rows.

    Liang et al., "Mind the gap", NeurIPS 2022, section 4.

    Args:
        a: shape (n, dim), unit rows, for example of images.
        b: shape (m, dim), unit rows, for example of their captions.
    """
    return float(np.linalg.norm(a.mean(axis=0, dtype=np.float64) - b.mean(axis=0, dtype=np.float64)))


def local_outlier_factor(near: NDArray[np.integer], distance: NDArray[np.floating]) -> Floats:
    """How much thinner the space is around each row than around its neighbours: about 1 inside a cluster.

    Breunig et al., SIGMOD 2000, definitions 5 to 7, with exactly k neighbours a row.

    Args:
        near: N, shape (n, k): numbers of other rows, from 0 to n - 1.
        distance: D, shape (n, k), ascending in each row.

    Returns:
        shape (n,), from 0; above 1 for rows that lie apart.
    """
    d = np.asarray(distance, np.float64)
    reach = np.maximum(d[near, -1], d)  # to each neighbour, at least as far as that one's own k-th
    density = 1 / np.maximum(reach.mean(axis=1), SMALLEST)
    return density[near].mean(axis=1) / density

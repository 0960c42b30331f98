"""Principal components of any number of vectors: one pass over them, and a side that does not depend on the machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Linear:
    """The few axes along which vectors vary most (Pearson 1901)."""

    #: shape (dim,).
    mean: Floats
    #: shape (dim, axes), orthonormal columns, the one of the greatest variance first.
    axes: Floats
    #: Standard deviation along each axis, shape (axes,), and the variance along all there are.
    deviations: Floats
    variance: float

    @property
    def share(self) -> float:
        """Share of all variance that lies along these axes; 0 where nothing varies."""
        return float((self.deviations**2).sum() / self.variance) if self.variance > 0 else 0.0

    def first(self, axes: int) -> Linear:
        """The first of the axes alone."""
        return Linear(self.mean, self.axes[:, :axes], self.deviations[:axes], self.variance)

    def place(self, vectors: NDArray[np.floating]) -> Floats:
        """Where vectors, shape (m, dim), lie along the axes: shape (m, axes)."""
        return np.asarray((vectors - self.mean) @ self.axes)


def principal(blocks: Iterable[NDArray[np.floating]], axes: int = 2) -> Linear:
    """The principal axes of vectors.

    Args:
        blocks: Vectors, shape (some, dim) each, at least one in all; read once.
        axes: How many; all that there are if there are fewer dimensions.
    """
    n, total, products = 0, np.zeros(0), np.zeros((0, 0))
    for block in blocks:
        x = block.astype(np.float64)
        total, products = (total, products) if n else (np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1])))
        total += x.sum(axis=0)
        products += x.T @ x
        n += len(x)
    mean = total / n
    values, vectors = np.linalg.eigh(products / n - np.outer(mean, mean))
    values = np.maximum(values, 0)
    order = np.argsort(-values, kind="stable")[:axes]
    found = vectors[:, order]
    # An axis has no side of its own: its largest entry is made positive, as scikit-learn's svd_flip does.
    found = found * np.where(found[np.abs(found).argmax(axis=0), np.arange(len(order))] < 0, -1, 1)
    return Linear(mean, found, np.sqrt(values[order]), float(values.sum()))

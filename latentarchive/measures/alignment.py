"""How alike two spaces are in which the same items lie: CKA, CKNNA, Procrustes, and translation from one to the other.

Legend: x (m, d1) and y (m, d2) the same m items, row by row; K = x x' and L = y y'. Figures of other pairs of
spaces, of another m or other dimensions, cannot be compared with them without their nulls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.measures.ranking import highest

Floats = NDArray[np.float64]

EPSILON = 1e-6
"""Added to the denominator of CKA and CKNNA, as the code of Huh et al. (2024) does. With the unbiased HSIC it shows in
the fourth digit where kernels are of unit rows; figures made without it are not the same."""

LEAST = 4
"""Items from which the unbiased HSIC is defined."""

PENALTIES = tuple(10.0**power for power in range(-4, 3))
"""Ridge penalties that the anchors themselves choose from, each left out once."""


def hsic(k: Floats, ell: Floats) -> float:
    """Unbiased Hilbert-Schmidt independence criterion (Song et al. 2012, JMLR 13, equation 5).

    Args:
        k: shape (m, m), m from 4; its diagonal does not count. Need not be symmetric.
        ell: shape (m, m).
    """
    m = len(k)
    _enough(m)
    diagonal = np.einsum("ii,ii->", k, ell)
    product = np.einsum("ij,ji->", k, ell) - diagonal
    columns, rows = k.sum(axis=0) - np.diag(k), ell.sum(axis=1) - np.diag(ell)
    return _hsic(product, columns, rows)


def cka(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    """Linear centred kernel alignment with the unbiased HSIC and `EPSILON`: at most about 1, 0 in the mean by chance.

    Kornblith et al. (2019) with the estimator of Song et al. (2012). It is the same for any rotation and any scale of
    either space. No (m, m) table is held.

    Args:
        x: shape (m, d1), m from 4.
        y: shape (m, d2).
    """
    a, b = x.astype(np.float64), y.astype(np.float64)
    _enough(len(a))
    return _ratio(_linear(a, b), _linear(a, a), _linear(b, b))


def biased_cka(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    """The same with the biased HSIC, tr(KHLH): well above 0 by chance where m is not far above the dimensions."""
    x, y = (side.astype(np.float64) - side.mean(axis=0, dtype=np.float64) for side in (x, y))
    cross, own, other = (float((a.T @ b).ravel() @ (a.T @ b).ravel()) for a, b in ((x, y), (x, x), (y, y)))
    return _ratio(cross, own, other)


def cknna(x: NDArray[np.floating], y: NDArray[np.floating], k: int = 10) -> float:
    """CKA of kernels in which only entries stand that are among the k nearest in both (Huh et al. 2024, appendix A).

    Args:
        x: shape (m, d1), m from 4.
        y: shape (m, d2).
        k: From 1, to m - 1.

    Returns:
        At most about 1; nan where no item has a neighbour that has it for a neighbour too, in one of the spaces.
    """
    own, other = (side.astype(np.float64) @ side.T.astype(np.float64) for side in (x, y))
    _enough(len(own))
    near, there = _nearest(own, k), _nearest(other, k)
    both = near & there
    return _ratio(hsic(both * own, both * other), hsic(near * own, near * own), hsic(there * other, there * other))


def procrustes(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    """What is left between two spaces after the best shift, scale and rotation: 0 for the same shape, at most 1.

    1 - (sum of the singular values of x'y)^2, both centred and of unit Frobenius norm (Gower 1975;
    `scipy.spatial.procrustes` for spaces of one dimension).

    Args:
        x: shape (m, d1), with more than one different row.
        y: shape (m, d2), likewise.
    """
    x, y = (side.astype(np.float64) - side.mean(axis=0, dtype=np.float64) for side in (x, y))
    norm = np.linalg.norm(x) * np.linalg.norm(y)
    if not norm > 0:
        message = "all rows of one of the spaces are the same: there is no shape to compare"
        raise ValueError(message)
    fit = float(np.linalg.svd(x.T @ y, compute_uv=False).sum() / norm)
    return float(np.clip(1 - fit * fit, 0, 1))


@dataclass(frozen=True, eq=False)
class Translation:
    """A map from one space to another, learned from anchors."""

    matrix: Floats
    origin: Floats
    target: Floats

    def __call__(self, x: NDArray[np.floating]) -> Floats:
        """Rows of the one space, shape (m, d1), in the other: shape (m, d2), unit rows."""
        moved = (x - self.origin) @ self.matrix + self.target
        return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12))


def rotation(x: NDArray[np.floating], y: NDArray[np.floating]) -> Translation:
    """The rotation and the scale that bring anchors nearest to their counterparts, after their means are taken off.

    Schönemann (1966); the scale is that of Gower (1975), since two clouds of unit vectors need not be equally wide.

    Args:
        x: shape (m, d1), m at least as large as both dimensions: fewer anchors leave directions undecided.
        y: shape (m, d2).

    Raises:
        ValueError: There are fewer anchors.
    """
    origin, target = _means(x, y)
    left, singular, right = np.linalg.svd((x - origin).T @ (y - target), full_matrices=False)
    scale = singular.sum() / max(float(((x - origin) ** 2).sum()), 1e-300)
    return Translation(scale * left @ right, origin, target)


def ridge(x: NDArray[np.floating], y: NDArray[np.floating]) -> Translation:
    """The linear map with a ridge penalty that leaves the least error on anchors left out one by one; as `rotation`."""
    from sklearn.linear_model import RidgeCV

    origin, target = _means(x, y)
    model = RidgeCV(alphas=PENALTIES, fit_intercept=False).fit(x - origin, y - target)
    return Translation(np.asarray(model.coef_, np.float64).reshape(y.shape[1], x.shape[1]).T, origin, target)


def _means(x: NDArray[np.floating], y: NDArray[np.floating]) -> tuple[Floats, Floats]:
    if len(x) < max(x.shape[1], y.shape[1]):
        message = f"a translation needs as many anchors as dimensions: {max(x.shape[1], y.shape[1])}, got {len(x)}"
        raise ValueError(message)
    return x.mean(axis=0, dtype=np.float64), y.mean(axis=0, dtype=np.float64)


def _linear(x: Floats, y: Floats) -> float:
    """`hsic` of the two linear kernels, without making them."""
    own, other = np.einsum("md,md->m", x, x), np.einsum("md,md->m", y, y)
    cross = x.T @ y
    rows, columns = x @ x.sum(axis=0) - own, y @ y.sum(axis=0) - other
    return _hsic(float(cross.ravel() @ cross.ravel()) - float(own @ other), rows, columns)


def _hsic(product: float, columns: Floats, rows: Floats) -> float:
    m = len(rows)
    pairs = columns.sum() * rows.sum() / ((m - 1) * (m - 2)) - 2 / (m - 2) * (columns @ rows)
    return float((product + pairs) / (m * (m - 3)))


def _ratio(cross: float, own: float, other: float) -> float:
    return cross / (np.sqrt(own * other) + EPSILON) if own > 0 and other > 0 else float("nan")


def _nearest(kernel: Floats, k: int) -> NDArray[np.bool_]:
    """Which entries are among the k largest of their row, the diagonal left out."""
    apart = kernel.copy()
    np.fill_diagonal(apart, -np.inf)
    return highest(apart, k)


def _enough(m: int) -> None:
    if m < LEAST:
        message = f"the unbiased HSIC needs {LEAST} items, got {m}"
        raise ValueError(message)

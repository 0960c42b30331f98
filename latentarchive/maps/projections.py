"""The ways to two dimensions: PCA, t-SNE, UMAP, self-organising map. Same vectors and seed, same places.

Each is fitted to some vectors and then places any others, so that a map of any size is made from a sample of stated
size, and a work that is not of the archive can be put on it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from latentarchive.errors import require
from latentarchive.maps.linear import Linear
from latentarchive.maps.som import SelfOrganisingMap
from latentarchive.measures.matching import top_k

AXES = 50
"""Principal components that t-SNE sees: what van der Maaten and Hinton (2008, section 4.2) do to suppress noise."""

PERPLEXITY, NEIGHBOURS = 30.0, 15
"""How many neighbours t-SNE and UMAP look at; the defaults of scikit-learn and umap-learn."""

BETWEEN = 5
"""Fitted works among which one that came later is put."""

LEAST = 5
"""Works from which there is something to arrange."""

EXTRA = "maps"


class Fitted(Protocol):
    """A projection that was fitted; `place` puts any vectors, shape (m, dim), on it: shape (m, 2)."""

    def place(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Where vectors lie: float64, shape (m, 2)."""


@dataclass(frozen=True, eq=False)
class Between:
    """Places by example, for methods that have none for what comes later: the fitted works keep theirs.

    Another one is put between the `BETWEEN` nearest of them, weighted by the inverse of its distance to each.
    """

    vectors: NDArray[np.float32]
    xy: NDArray[np.float64]

    def place(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Where vectors lie: float64, shape (m, 2)."""
        near = top_k(vectors, self.vectors, min(BETWEEN, len(self.vectors)))
        apart = np.linalg.norm(self.vectors[near] - vectors[:, None], axis=2).astype(np.float64)
        weight = 1 / np.maximum(apart, 1e-6)
        return np.asarray((weight[:, :, None] * self.xy[near]).sum(axis=1) / weight.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Method:
    """A way to two dimensions."""

    #: In words, with what decides the result.
    about: str
    #: Vectors that it is fitted to at most; more are placed afterwards. None: all are looked at.
    most: int | None
    #: From vectors, their principal axes and a seed to the fitted projection.
    fit: Callable[[NDArray[np.float32], Linear, int], Fitted]


def _pca(vectors: NDArray[np.float32], plane: Linear, seed: int) -> Fitted:
    del vectors, seed  # the plane is all there is
    return plane.first(2)


def _tsne(vectors: NDArray[np.float32], plane: Linear, seed: int) -> Fitted:
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    seen = plane.place(vectors)
    # From the principal plane, as Kobak and Berens (2019) advise: what lies far apart stays where it was.
    begin = seen[:, :2] / max(float(seen[:, 0].std()), 1e-12) * 1e-4
    found = TSNE(perplexity=perplexity, init=begin.astype(np.float32), random_state=seed).fit_transform(seen)
    return Between(vectors, found.astype(np.float64))


def _umap(vectors: NDArray[np.float32], plane: Linear, seed: int) -> Fitted:
    umap = require("umap", extra=EXTRA)
    begin = plane.place(vectors)[:, :2]
    begin = begin / max(float(np.abs(begin).max()), 1e-12) * 10  # the extent that umap-learn gives its own beginnings
    model = umap.UMAP(
        n_neighbors=min(NEIGHBOURS, len(vectors) - 1), metric="cosine", init=begin.astype(np.float32),
        random_state=seed, n_jobs=1,
    )  # fmt: skip
    return Between(vectors, np.asarray(model.fit_transform(vectors), np.float64))


def _som(vectors: NDArray[np.float32], plane: Linear, seed: int) -> Fitted:
    del seed  # nothing in it is random
    return SelfOrganisingMap(vectors, plane.first(2))


METHODS: Mapping[str, Method] = {
    "pca": Method("The two principal components: a plane, the same every time.", None, _pca),
    "som": Method("A self-organising map: a sheet of units stretched over the works.", 20_000, _som),
    "tsne": Method(
        f"By t-SNE, perplexity {PERPLEXITY:g}: how far groups lie from each other says little.", 5_000, _tsne
    ),
    "umap": Method(f"By UMAP, {NEIGHBOURS} neighbours: how far groups lie from each other says little.", 20_000, _umap),
}
"""By name."""


def fitted(name: str, vectors: NDArray[np.float32], plane: Linear, seed: int) -> Fitted:
    """Fit a projection, on one thread: sums that threads divide among themselves differ in their last digits.

    Args:
        name: One of `METHODS`.
        vectors: float32, shape (n, dim), unit rows, n from `LEAST`.
        plane: Principal axes, `AXES` of them or as many as there are dimensions.
        seed: Of what is random in it.

    Raises:
        MissingExtra: umap-learn is not installed.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # libraries talk of their own future here, and users cannot do anything about it
        return METHODS[name].fit(vectors, plane, seed)

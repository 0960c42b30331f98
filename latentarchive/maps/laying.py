"""Works laid out on two dimensions, so that anything else of their space can be put among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.embeddings import BLOCK
from latentarchive.errors import QueryError, nearest
from latentarchive.maps.linear import principal
from latentarchive.maps.projections import AXES, LEAST, METHODS, Between, Fitted, fitted
from latentarchive.measures.fidelity import Fidelity, fidelity

LOOKED = 1_000
"""Works whose neighbours are compared with those on the map, each against all."""

SCORES = 2**24
"""Likenesses held at a time when neighbours are compared."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Works of an archive at places of a projection."""

    method: str
    #: The works, in row order: their row numbers.
    rows: NDArray[np.int64]
    #: float64 (n, 2), in the units of the projection.
    xy: NDArray[np.float64]
    #: How many works the projection was fitted to; the others were placed on it afterwards.
    fitted: int
    #: Share of the variance of the works that lies along their two principal axes, from 0 to 1.
    share: float
    projection: Fitted

    def place(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Where other unit vectors of the space, shape (m, dim), lie among the works: float64, shape (m, 2)."""
        return self.projection.place(vectors)


def lay_out(archive: Archive, *, method: str, where: str = "", k: int = 10, seed: int = 0) -> Layout:
    """Lay the works of an archive out.

    Args:
        archive: With vectors; what is withheld is not laid out.
        method: One of `METHODS`.
        where: Only works for which this is true; see `Archive.rows`.
        k: Neighbours that the layout is to be judged by.
        seed: Of all that is random.

    Raises:
        QueryError: There are too few works, the method is not known, or all works have one vector.
        EncoderError, MissingExtra: The archive has no vectors; umap-learn is not installed.
    """
    if method not in METHODS:
        message = f"there is no map by {method!r}; {nearest(method, METHODS)}"
        raise QueryError(message)
    embeddings, rows = archive.embeddings, archive.rows(where)
    n = len(rows)
    if n < max(LEAST, k + 2):
        held = f"{n} work{'' if n == 1 else 's'} {'is' if n == 1 else 'are'} shown"
        message = (
            f"archive {archive.name}: {held}{' and satisfy the filter' if where else ''}, too few for a map with "
            f"k = {k}: at least {max(LEAST, k + 2)} would do"
        )
        raise QueryError(message)

    def blocks() -> Iterator[tuple[int, NDArray[np.float32]]]:
        for start in range(0, n, BLOCK):
            yield start, embeddings.take(rows[start : start + BLOCK])

    plane = principal((block for _, block in blocks()), AXES)
    if not plane.deviations[0] > 1e-6:
        message = f"archive {archive.name}: all {n:,} works have the same vector, there is nothing to lay out"
        raise QueryError(message)
    most = METHODS[method].most or n
    drawn = rows if n <= most else np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    projection = fitted(method, embeddings.take(drawn), plane, seed)
    xy = np.empty((n, 2))
    if not (isinstance(projection, Between) and len(drawn) == n):
        for start, block in blocks():
            xy[start : start + len(block)] = projection.place(block)
    if isinstance(projection, Between):  # the places that its works were given are theirs
        xy[np.searchsorted(rows, drawn)] = projection.xy
    return Layout(method, rows, xy, len(drawn), plane.first(2).share, projection)


def neighbours_kept(
    archive: Archive, rows: NDArray[np.int64], xy: NDArray[np.float64], *, k: int = 10, seed: int = 0
) -> Fidelity:
    """How much of the space a layout keeps.

    Args:
        archive: Of the works.
        rows: Their row numbers, shape (n,).
        xy: Their places, shape (n, 2), on any scale.
        k: Neighbours that are compared, from 1 to n - 2.
        seed: Of the `LOOKED` works that are looked at, where there are more.
    """
    n, some = len(rows), np.sort(np.random.default_rng(seed).permutation(len(rows))[:LOOKED])

    def blocks() -> Iterator[tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.int64]]]:
        size = max(1, SCORES // n)
        for start in range(0, len(some), size):
            here = some[start : start + size]
            asked = archive.embeddings.take(rows[here])
            space = np.empty((len(here), n), np.float32)
            for first in range(0, n, BLOCK):
                space[:, first : first + BLOCK] = asked @ archive.embeddings.take(rows[first : first + BLOCK]).T
            view = -(((xy[here, None, 0] - xy[None, :, 0]) ** 2 + (xy[here, None, 1] - xy[None, :, 1]) ** 2) ** 0.5)
            yield space, view, here

    return fidelity(blocks(), k)

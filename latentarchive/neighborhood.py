"""Neighbours of another kind: what stands on the same shelf, or has the same maker, place, decade or donor as an item.

A space puts beside each other what looks or reads alike. A store, an inventory and a donation put other things beside
each other; shown together, each order tells what the other leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from latentarchive.errors import QueryError
from latentarchive.facets import facet_columns, facet_values
from latentarchive.holdings import Holdings
from latentarchive.items import Item
from latentarchive.query import Hit

SHELF = "shelf"
"""The kind of those that stand before and after an item in the catalogue, whatever they are."""

KINDS = (SHELF, "creator", "place", "decade", "extra.credit_line")
"""Kinds that are shown where none are named, as far as the item states them."""


@dataclass(frozen=True, slots=True)
class Side:
    """The neighbours of one kind: nearest in the space, or in the order of the catalogue among those of one value."""

    #: ``meaning``, ``shelf`` or a facet, and what the item says there ("" for the first two).
    kind: str
    value: str
    hits: tuple[Hit, ...]
    #: How many of the nearest in the space say the same, and of how many; None for ``meaning`` and ``shelf``.
    shared: int | None = None
    nearest: int | None = None
    #: How many other items say the same, of how many others there are.
    others: int | None = None
    of: int | None = None

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        own = {name: getattr(self, name) for name in ("kind", "value", "shared", "nearest", "others", "of")}
        return own | {"hits": [hit.record() for hit in self.hits]}

    def __str__(self) -> str:
        if self.kind == "meaning":
            return "nearest in the space"
        if self.kind == SHELF:
            return "on the shelf, before and after it in the catalogue"
        said = f"the same {self.kind.removeprefix('extra.')}, {self.value}: {self.others:,} others of {self.of:,}"
        share = f" ({self.others / self.of:.1%})" if self.others is not None and self.of else ""
        return said + share + (f", {self.shared} of the {self.nearest} nearest" if self.nearest else "")


@dataclass(frozen=True, slots=True)
class Neighborhood:
    """An item between its neighbours of several kinds."""

    item: Item
    archive: str
    sides: tuple[Side, ...]

    def record(self) -> dict[str, Any]:
        """Plain values for JSON: item, archive, sides."""
        sides = [side.record() for side in self.sides]
        return {"item": self.item.record(), "archive": self.archive, "sides": sides}


def neighborhood(
    holdings: Holdings,
    row: int,
    nearest: Sequence[Hit],
    *,
    by: Sequence[str],
    k: int,
    visible: NDArray[np.bool_],
) -> Neighborhood:
    """The neighbours of one row; see `Archive.neighborhood`.

    Args:
        holdings: What the archive holds.
        row: The item.
        nearest: Its nearest in the space, best first; none where there are no vectors.
        by: Kinds to show beside them; none: those of `KINDS` that the item states.
        k: At most this many of each kind, from 1.
        visible: shape (n,), True for the rows that may be shown.
    """
    if k < 1:
        message = f"k must be 1 or more, got {k}"
        raise QueryError(message)
    collection = holdings.collection
    [item] = collection.items([row])
    others = visible.copy()
    others[row] = False
    near = {hit.item.id for hit in nearest}
    sides = [Side("meaning", "", tuple(nearest))] if holdings.has_vectors else []
    for kind in dict.fromkeys(by or KINDS):
        if kind == SHELF:
            sides.append(Side(SHELF, "", _hits(holdings, row, np.flatnonzero(others), SHELF, k)))
            continue
        [value] = facet_values(collection.take([row], facet_columns(kind)), kind).to_pylist()
        if value is None:
            if by:
                message = f"item {item.id} states no {kind}"
                raise QueryError(message)
            continue
        table = collection.table.select(facet_columns(kind))
        same = pc.fill_null(pc.equal(facet_values(table, kind), value), fill_value=False)
        rows = np.flatnonzero(np.asarray(same) & others)
        shared = len(near.intersection(_ids(holdings, rows))) if near else 0
        hits = _hits(holdings, row, rows, kind, k)
        sides.append(Side(kind, value, hits, shared, len(near), len(rows), int(others.sum())))
    return Neighborhood(item, holdings.manifest.name, tuple(sides))


def _ids(holdings: Holdings, rows: NDArray[np.int64]) -> list[str]:
    return holdings.collection.take(rows, ["id"])["id"].to_pylist()


def _hits(holdings: Holdings, row: int, rows: NDArray[np.int64], kind: str, k: int) -> tuple[Hit, ...]:
    """Those of these rows that stand nearest to one in the catalogue, the one before it first."""
    nearest = rows[np.argsort(np.abs(rows - row), kind="stable")[:k]]
    scores: list[float | None] = [None] * len(nearest)
    if holdings.has_vectors and len(nearest):
        vectors = holdings.embeddings.take(np.append(nearest, row)).astype(np.float64)
        scores = [round(float(score), 6) for score in np.clip(vectors[:-1] @ vectors[-1], -1, 1)]
    items = holdings.collection.items(nearest.tolist())
    bands = holdings.bands
    [own] = holdings.collection.items([row])
    return tuple(
        Hit(
            rank,
            item,
            score,
            bands.name("image", score) if bands is not None and score is not None else "",
            (kind,),
            rank,
            copy=bool(item.sha256) and item.sha256 == own.sha256,
        )
        for rank, (item, score) in enumerate(zip(items, scores, strict=True), start=1)
    )

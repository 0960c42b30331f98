"""What generated images resemble, in the catalogue's words: values of the works nearest to them, never their own.

Legend: a field has values ("medium": "Woodcut"); a profile says how one image's nearest works share out over them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.measures.resemblance import profiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.archive import Archive

FIELDS = ("medium", "subjects", "place", "creator", "century")

LEAST = 10
"""Works that have a value, for it to be counted."""

DRAWS = 999
"""Draws of images, and of works in their place."""


@dataclass(frozen=True, slots=True)
class Share:
    """One value: how often it stands around images, and how often in the archive."""

    field: str
    value: str
    #: Of the values of the field around the images, from 0 to 1; the same of all works of the archive.
    made: float
    kept: float
    #: `made` in units of `kept`, with its 95 % interval over images.
    ratio: float
    low: float
    high: float
    #: Chance that as many random works have as much of it around them, or more.
    p: float


def values_of(archive: Archive, rows: Sequence[int] | NDArray[np.integer]) -> dict[str, list[list[str]]]:
    """Of each field, the values that each of these works has."""
    table = archive.collection.take(rows, ["medium", "subjects", "place", "creator", "year"])
    found: dict[str, list[list[str]]] = {
        name: [[value] if value else [] for value in table[name].to_pylist()] for name in ("medium", "place", "creator")
    }
    found["subjects"] = [list(value or []) for value in table["subjects"].to_pylist()]
    found["century"] = [[] if year is None else [_century(year)] for year in table["year"].to_pylist()]
    return found


def over_represented(
    archive: Archive, near: Sequence[Sequence[int]], background: Sequence[Sequence[int]], *, seed: int = 0
) -> list[Share]:
    """Every value of the catalogue with its share around images, the highest ratio first.

    Args:
        archive: Whose catalogue it is.
        near: Rows of the works nearest to each image.
        background: Rows of the works nearest to each of many works drawn at random, as a null: works too lie nearer to
            some than to others.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    whole = values_of(archive, archive.rows())
    around, random = (_around(archive, one) for one in (near, background))
    shares = []
    boot, chance = (rng.multinomial(len(near), [1 / n] * n, DRAWS) for n in (len(near), len(background)))
    for field in FIELDS:
        counts = Counter(value for values in whole[field] for value in values)
        known = sorted(value for value, count in counts.items() if count >= LEAST)
        if len(known) < 2:
            continue
        total = sum(counts.values())
        made, null = (profiles(_only(one[field], set(known)), known) for one in (around, random))
        share = np.array([counts[value] for value in known]) / total
        kept = share / share.sum()
        mean = _mean(np.ones((1, len(made))), made)[0]
        low, high = np.nanquantile(_mean(boot, made), [0.025, 0.975], axis=0)
        p = (1 + (_mean(chance, null) >= mean - 1e-12).sum(axis=0)) / (DRAWS + 1)
        for i, value in enumerate(known):
            figures = (float(one[i]) for one in (mean, kept, mean / kept, low / kept, high / kept, p))
            shares.append(Share(field, value, *figures))
    return sorted(shares, key=lambda one: (-one.ratio, one.field, one.value))


def _around(archive: Archive, near: Sequence[Sequence[int]]) -> dict[str, list[list[str]]]:
    """Of each field, the values of all works around each image."""
    rows = sorted({row for one in near for row in one})
    place = {row: at for at, row in enumerate(rows)}
    values = values_of(archive, rows)
    return {
        field: [[value for row in one for value in by_work[place[row]]] for one in near]
        for field, by_work in values.items()
    }


def _mean(weights: NDArray[Any], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted means of profiles, one for each row of weights; profiles of nothing do not count."""
    known = np.isfinite(rows)
    total = weights @ known
    return np.divide(weights @ np.where(known, rows, 0.0), total, out=np.full(total.shape, np.nan), where=total > 0)


def _only(values: Sequence[Sequence[str]], known: set[str]) -> list[list[str]]:
    return [[value for value in one if value in known] for one in values]


def _century(year: int) -> str:
    number = (year - 1) // 100 + 1 if year > 0 else -((-year) // 100 + 1)
    return f"century {number}" if number > 0 else f"century {-number} BCE"


def row_of(one: Share) -> tuple[Any, ...]:
    """Its line in a table."""
    return (
        one.field,
        one.value,
        *(round(figure, 4) for figure in (one.made, one.kept, one.ratio, one.low, one.high, one.p)),
    )

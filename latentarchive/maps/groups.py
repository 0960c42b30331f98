"""Works of a map grouped by what the catalogue says of them, for colours: as recorded, nothing is guessed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.catalogue import SCHEMA
from latentarchive.errors import QueryError, nearest

MOST = 7
"""Groups with a colour of their own: more cannot be told apart."""

OTHER, NOTHING = "others", "not stated"

EXTRA = "extra."


@dataclass(frozen=True, eq=False)
class Groups:
    """What a field says of each work of a map."""

    field: str
    #: Of the groups, the most common first, or in the order of years; then `OTHER` and `NOTHING`, if there are such.
    names: tuple[str, ...]
    #: int64 (n,): the group of each work, a place among the names.
    of: NDArray[np.int64]
    #: Whether the groups have an order, as spans of years do.
    ordered: bool
    #: What the catalogue says of each work, in full; "" where it says nothing.
    values: tuple[str, ...]

    @property
    def counts(self) -> list[int]:
        """Works of each group."""
        return np.bincount(self.of, minlength=len(self.names)).tolist()

    def kept(self, keep: NDArray[np.bool_]) -> Groups:
        """The groups of some of the works."""
        values = tuple(value for value, stays in zip(self.values, keep, strict=True) if stays)
        return replace(self, of=self.of[keep], values=values)


def group(archive: Archive, rows: NDArray[np.int64], field: str) -> Groups:
    """Group works by a field of the catalogue, ``extra.NAME`` for further ones; of several values the first counts.

    Args:
        archive: Where the works are.
        rows: Their row numbers.
        field: Its name. Numbers are cut into spans of about as many works each.

    Raises:
        QueryError: There is no such field.
    """
    values = _values(archive, rows, field)
    known = [value for value in values if value not in (None, "")]
    if known and all(isinstance(value, int | float) for value in known):
        return _spans(field, values)
    texts = [" ".join(str(value).split()) if value not in (None, "") else None for value in values]
    counts = sorted(Counter(text for text in texts if text).items(), key=lambda pair: (-pair[1], pair[0]))
    # One colour for a single value would say less than the value does.
    most = [name for name, _ in counts[: MOST if len(counts) > MOST else len(counts)]]
    names = [*most, *([OTHER] if len(counts) > len(most) else []), *([NOTHING] if None in texts else [])]
    place = {name: at for at, name in enumerate(most)}
    of = [len(names) - 1 if text is None else place.get(text, len(most)) for text in texts]
    return Groups(
        field, tuple(names), np.array(of, np.int64), ordered=False, values=tuple(text or "" for text in texts)
    )


def _values(archive: Archive, rows: NDArray[np.int64], field: str) -> list[object]:
    if field in SCHEMA.names and field != "extra":
        found = archive.collection.take(rows, [field])[field].to_pylist()
        return [(value[0] if value else None) if isinstance(value, list) else value for value in found]
    extra = [dict(row) for row in archive.collection.take(rows, ["extra"])["extra"].to_pylist()]
    name = field.removeprefix(EXTRA)
    known = sorted({key for row in extra for key in row})
    if name not in known:
        fields = [*(n for n in SCHEMA.names if n != "extra"), *(f"{EXTRA}{key}" for key in known)]
        message = f"archive {archive.name} has no field {field!r} to colour a map by; {nearest(field, fields)}"
        raise QueryError(message)
    return [row.get(name) for row in extra]


def _spans(field: str, values: list[object]) -> Groups:
    """Numbers in `MOST` spans of about as many works each."""
    numbers = np.array([np.nan if value in (None, "") else float(str(value)) for value in values])
    known = numbers[np.isfinite(numbers)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, MOST + 1), method="lower"))
    starts = edges[:-1] if len(edges) > 1 else edges
    of = np.clip(np.searchsorted(starts, numbers, side="right") - 1, 0, None)
    names = [_span(known[np.searchsorted(starts, known, side="right") - 1 == at]) for at in range(len(starts))]
    if len(known) < len(numbers):
        of[~np.isfinite(numbers)] = len(names)
        names.append(NOTHING)
    return Groups(
        field,
        tuple(names),
        of.astype(np.int64),
        ordered=True,
        values=tuple("" if v in (None, "") else str(v) for v in values),
    )


def _span(numbers: NDArray[np.float64]) -> str:
    low, high = float(numbers.min()), float(numbers.max())
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"

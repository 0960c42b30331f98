"""What the catalogue says of works, as labels: for checks that hold a field against the space."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Skip, shortened
from latentarchive.audit.stated import WHITE, state
from latentarchive.audit.subject import Subject
from latentarchive.facets import SPANS, WIDEST, widest

Ints = NDArray[np.int64]

FIELDS = ("creator", "place", "medium", "subjects", "decade", "source")
"""Fields that are held against the space unless others are named."""


@dataclass(frozen=True, eq=False)
class Labels:
    """One field of n works."""

    #: In words: of a field with several values with the place of the one that counts.
    field: str
    #: int64 (n,): number of its value, -1 for works that state none or a rarer one.
    of: Ints
    #: The values, the most common first.
    names: tuple[str, ...]
    #: How many works state nothing, and how many a value that was left out as too rare.
    unstated: int
    rare: int

    @property
    def known(self) -> Ints:
        """Places of the works with a label: int64 (m,)."""
        return np.flatnonzero(self.of >= 0)

    @property
    def counts(self) -> Ints:
        """Works of each value: int64 (labels,)."""
        return np.bincount(self.of[self.of >= 0], minlength=len(self.names))

    def listed(self, most: int) -> list[int]:
        """Numbers of at most so many values, the most common ones, in the order to list them: of time by its own."""
        common = range(min(most, len(self.names)))
        return sorted(common, key=lambda g: self.names[g]) if self.field in SPANS else list(common)

    @property
    def note(self) -> str:
        """Who is not counted."""
        if not self.unstated and not self.rare:
            return f"All {len(self.of):,} works state {self.field}."
        rare = f", {self.rare:,} have one that too few others share" if self.rare else ""
        return f"Of {len(self.of):,} works {self.unstated:,} do not state {self.field}{rare}."


def labels(subject: Subject, ids: Sequence[str], field: str, *, least: int = 1, most: int | None = None) -> Labels:
    """The labels of works by one field.

    Args:
        subject: Where the field is.
        ids: Of the works, in order.
        field: A column, ``extra.NAME`` for a further one, ``decade`` (of dates that span at most `WIDEST` years) or
            ``century`` (of those that span at most a hundred).
            Of a field with several values the first counts, or the one whose number stands behind a dot
            (``subjects.3``).
        least: Values of fewer works are left out.
        most: At most so many values, the most common; None: all.

    Raises:
        Skip: There is no such field, no two values are left, or no two works share one; the smallest numbers that would
            do are named.
    """
    name, said = stated(subject, ids, field)
    counts, names = commonest(said, least=least, most=most)
    if len(names) < 2:
        enough = f" of {least:,} works or more" if least > 1 else ""
        only = f"{shortened(names[0])!r} is the only one{enough}" if names else f"there is none{enough}"
        message = f"{name} needs two values{enough}, and {only}" if counts else f"no work states {name}"
        raise Skip(message)
    if counts[names[0]] < 2:
        message = (
            f"{name} has a value of its own for each of {counts.total():,} works: one must be shared by two or more"
        )
        raise Skip(message)
    number = {value: place for place, value in enumerate(names)}
    of = np.array([-1 if value is None else number.get(value, -1) for value in said], np.int64)
    unstated = len(ids) - counts.total()
    rare = counts.total() - sum(counts[value] for value in names)
    return Labels(name, of, tuple(shortened(value) for value in names), unstated, rare)


def stated(subject: Subject, ids: Sequence[str], field: str) -> tuple[str, list[str | None]]:
    """What a field is called in words, and what it says of each work; None where it says nothing.

    Args:
        subject: Where the field is.
        ids: Of n works, in order.
        field: As in `labels`.

    Raises:
        Skip: There is no such field.
    """
    if field in SPANS:
        span = SPANS[field]
        begins = years(subject, ids, widest(field)) // span * span
        return field, [None if np.isnan(year) else _span(int(year), span) for year in begins]
    numbered = re.fullmatch(r"(.+)\.(\d+)", field)
    name, place = (numbered[1], int(numbered[2])) if numbered and not subject.named(field) else (field, 1)
    column = subject.field(name)
    if subject.type_of(column).endswith("[]"):
        column = f"{column}[{place}]"
        name = f"{name} (first)" if place == 1 else f"{name} (no. {place})"
    text = f"CAST({column} AS VARCHAR)"
    query = f"SELECT id, trim({text}, {WHITE}) FROM items WHERE ({state(text)}) = 3"
    said = dict(subject.rows(query))
    return name.removeprefix("extra."), [said.get(one) for one in ids]


def commonest(said: Iterable[str | None], *, least: int, most: int | None) -> tuple[Counter[str], list[str]]:
    """How many works say what, and the values of `least` works or more, at most so many, the most common first.

    None counts as nothing; values that are equally common stand in the order of their letters.
    """
    counts = Counter(value for value in said if value is not None)
    shared = sorted((value for value in counts if counts[value] >= least), key=lambda value: (-counts[value], value))
    return counts, shared[:most]


def fields_of(
    subject: Subject, ids: Sequence[str], fields: Iterable[str], *, least: int = 1, most: int | None = None
) -> tuple[list[Labels], tuple[str, ...]]:
    """Labels of several fields, and for those that cannot be asked the reason; none named: those of `FIELDS`.

    Raises:
        Skip: None of them can be asked.
    """
    found, reasons = [], []
    for field in tuple(fields) or FIELDS:
        try:
            found.append(labels(subject, ids, field, least=least, most=most))
        except Skip as skip:
            reasons.append(f"Not asked: {skip}.")
    if not found:
        raise all_skipped(reasons)
    return found, tuple(reasons)


def all_skipped(reasons: Iterable[str]) -> Skip:
    """What is raised where no field can be asked; the reasons as `fields_of` words them."""
    return Skip("; ".join(reason.removeprefix("Not asked: ").removesuffix(".") for reason in reasons))


def in_turn(kinds: Ints) -> Ints:
    """An order that takes one thing of each kind, then a second of each, and so on: int64 (n,), to show some of all."""
    order = np.argsort(kinds, kind="stable")
    first = np.searchsorted(kinds[order], kinds[order])
    return order[np.lexsort((kinds[order], np.arange(len(order)) - first))]


def years(subject: Subject, ids: Sequence[str], most: int = WIDEST) -> NDArray[np.float64]:
    """Middle of the years of each work, NaN for those undated or of a wider range: float64 (n,).

    Raises:
        Skip: There is no column of years.
    """
    first = subject.sql("year")
    last = f"coalesce({subject.sql('year_end')}, {first})" if subject.has("year_end") else first
    rows = subject.rows(f"SELECT id, ({first} + {last}) / 2 FROM items WHERE {last} - {first} <= {int(most)}")
    stated = dict(rows)
    return np.array([stated.get(one, np.nan) for one in ids], np.float64)


def _span(begins: int, years: int) -> str:
    return f"{begins}s" if years == SPANS["decade"] else f"{begins} to {begins + years - 1}"

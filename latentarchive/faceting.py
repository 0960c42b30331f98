"""Facets of a whole collection: counted, chosen from, and each counted among what all other choices leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentarchive.facets import SILENT, all_of, facet_columns, facet_condition, facet_values, text_condition
from latentarchive.facets import years_condition as between

if TYPE_CHECKING:
    import pyarrow as pa

Mask = NDArray[np.bool_]

MOST_VALUES, MOST_BINS = 12, 40
"""Values of a facet, and bars of a histogram, that are shown where nothing else is asked."""

STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 10_000, 100_000, 1_000_000, 1_000_000_000)
"""Years that a bar of a histogram can span."""


@dataclass(frozen=True)
class Choice:
    """What was chosen to narrow a collection down. As a filter it is `condition`."""

    #: By facet the values of which one must be stated; None: nothing is stated.
    values: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    #: First and last year, both included; None: without that end.
    years: tuple[int | None, int | None] = (None, None)
    #: By field the words that must stand in it.
    texts: Mapping[str, str] = field(default_factory=dict)
    #: A filter of one's own.
    where: str = ""

    @property
    def condition(self) -> str:
        """All of it as one filter, "" if nothing was chosen. Raises `QueryError` for a facet that there is not."""
        chosen = (facet_condition(name, values) for name, values in self.values.items())
        return all_of(*chosen, between(*self.years), self.rest)

    @property
    def rest(self) -> str:
        """What is neither a value of a facet nor a span of years, as one filter."""
        return all_of(*(text_condition(name, text) for name, text in self.texts.items()), self.where)


@dataclass(frozen=True)
class Counts:
    """How many items say what in one facet."""

    name: str
    #: Values with their items, the most common first, equal ones in alphabetical order.
    values: tuple[tuple[str, int], ...]
    #: Values with an item that are not listed.
    more: int
    #: Items that state nothing, of how many.
    unstated: int
    of: int


@dataclass(frozen=True)
class Histogram:
    """How many items each span of years would leave if it were chosen.

    A work of "1890 to 1910" is counted in every span that it may belong to, so bars can add up to more than `of`.
    """

    #: First year of each bar, and how many years each spans.
    begins: tuple[int, ...]
    step: int
    counts: tuple[int, ...]
    #: Items without a year, of how many.
    undated: int
    of: int
    #: First and last year that can be chosen: those of the bars, or of the items where these span less.
    span: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Facet:
    """What one facet says of n rows, as numbers; built once, it is counted in well under a millisecond."""

    name: str
    n: int
    #: Everything it says anywhere, in alphabetical order.
    values: tuple[str, ...]
    #: int32 (m,), ascending: the row of each statement, and the number of its value. Subjects state several a row.
    rows: NDArray[np.int32]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, table: pa.Table, name: str) -> Facet:
        """Read a facet (see `facet_values`), or ``subjects``, of a table of items. Raises `QueryError`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if name == "subjects":
            lists = table["subjects"].combine_chunks()
            said, rows = pc.list_flatten(lists), np.asarray(pc.list_parent_indices(lists))
            silent = pc.is_in(said, value_set=pa.array(SILENT))
            said = pc.if_else(silent, pa.scalar(None, pa.string()), said)
        else:
            said = facet_values(table.select(facet_columns(name)), name)
            rows = np.arange(len(said))
        coded = said.dictionary_encode()
        stated = np.asarray(coded.is_valid())
        words = coded.dictionary.to_pylist()
        order = sorted(range(len(words)), key=words.__getitem__)
        place = np.empty(len(words), np.int64)
        place[order] = np.arange(len(words))
        codes, rows = place[np.asarray(coded.indices.drop_null(), dtype=np.int64)], rows[stated].astype(np.int64)
        if name == "subjects":  # a work may name one twice
            rows, codes = np.divmod(np.unique(rows * max(1, len(words)) + codes), max(1, len(words)))
        return cls(name, len(table), tuple(words[i] for i in order), rows.astype(np.int32), codes.astype(np.int32))

    @cached_property
    def stated(self) -> Mask:
        """Shape (n,): whether it says anything of a row."""
        mask = np.zeros(self.n, bool)
        mask[self.rows] = True
        return mask

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {value: number for number, value in enumerate(self.values)}

    def saying(self, values: Iterable[str | None]) -> Mask:
        """Shape (n,): rows of which it says one of these values; None: of which it says nothing."""
        asked = set(values)
        wanted = np.zeros(len(self.values), bool)
        wanted[[self._numbers[value] for value in asked if value is not None and value in self._numbers]] = True
        mask = np.zeros(self.n, bool)
        mask[self.rows[wanted[self.codes]]] = True
        return mask | ~self.stated if None in asked else mask

    def counted(self, among: Mask, *, most: int = MOST_VALUES, always: Sequence[str] = ()) -> Counts:
        """Count its values among some rows.

        Args:
            among: shape (n,).
            most: At most so many values are listed.
            always: Values that are listed in any case, after the others, whatever their count.
        """
        counts = np.bincount(self.codes[among[self.rows]], minlength=len(self.values))
        order = np.argsort(-counts, kind="stable")[: min(most, int(np.count_nonzero(counts)))].tolist()
        order += [n for n in (self._numbers.get(value) for value in always) if n is not None and n not in order]
        listed = tuple((self.values[i], int(counts[i])) for i in order)
        more = int(np.count_nonzero(counts)) - sum(count > 0 for _, count in listed)
        of = int(np.count_nonzero(among))
        return Counts(self.name, listed, more, of - int(np.count_nonzero(among & self.stated)), of)


@dataclass(frozen=True, eq=False)
class Years:
    """The years of n rows: the first and the last that each date can mean, equal where only one is known."""

    #: int64 (n,); meaningless where not `dated`.
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    dated: Mask

    @classmethod
    def of(cls, table: pa.Table) -> Years:
        """Read the years of a table of items."""
        import pyarrow.compute as pc

        ends = table["year"], table["year_end"]
        known = (pc.coalesce(*ends), pc.coalesce(*reversed(ends)))
        first, last = (np.asarray(pc.fill_null(one, 0).combine_chunks()).astype(np.int64) for one in known)
        return cls(first, last, np.asarray(pc.is_valid(known[0]).combine_chunks(), dtype=bool))

    def between(self, first: int | None, last: int | None) -> Mask:
        """Shape (n,): the rows that `facets.years_condition` leaves."""
        if first is None and last is None:
            return np.ones(len(self.dated), bool)
        mask = self.dated.copy()
        mask &= self.last >= first if first is not None else True
        mask &= self.first <= last if last is not None else True
        return mask

    def span(self, among: Mask) -> tuple[int, int]:
        """The first and the last year that some rows can mean, shape (n,); 0 and 0 where none has a date."""
        mask = among & self.dated
        return (int(self.first[mask].min()), int(self.last[mask].max())) if mask.any() else (0, 0)

    def bars(self, among: Mask, *, most: int = MOST_BINS) -> tuple[int, int, int]:
        """Where bars that span all these rows begin, how many years each spans, and how many there are (0: no date)."""
        if not (among & self.dated).any():
            return 0, 1, 0
        lowest, highest = self.span(among)
        for step in STEPS:
            begin = lowest // step * step
            count = (highest - begin) // step + 1
            if count <= most:
                break
        return begin, step, count

    def counted(self, among: Mask, bars: tuple[int, int, int]) -> Histogram:
        """Count some rows by bars, which may span fewer years than the rows, or more.

        Args:
            among: shape (n,).
            bars: As `bars` gives them.
        """
        begin, step, count = bars
        mask = among & self.dated
        low, high = ((year[mask] - begin) // step for year in (self.first, self.last))
        inside = (high >= 0) & (low < count)
        enters = np.bincount(low[inside].clip(min=0), minlength=count + 1)
        leaves = np.bincount(high[inside].clip(max=count - 1) + 1, minlength=count + 1)
        counts = np.cumsum(enters - leaves)[:count]
        of = int(np.count_nonzero(among))
        begins = tuple(begin + step * i for i in range(count))
        undated = of - int(np.count_nonzero(mask))
        return Histogram(begins, step, tuple(counts.tolist()), undated, of, (begin, begin + step * count - 1))


class Facets:
    """The facets of one collection, each read at its first use."""

    def __init__(self, table: pa.Table) -> None:
        """The facets of a table of items, withheld ones too: what is counted is said with every question."""
        self.table = table
        self._facets: dict[str, Facet] = {}

    def facet(self, name: str) -> Facet:
        """One of them. Raises `QueryError` if there is no such facet."""
        if name not in self._facets:
            self._facets[name] = Facet.of(self.table, name)
        return self._facets[name]

    @cached_property
    def years(self) -> Years:
        """The years."""
        return Years.of(self.table)

    def counts(
        self, choice: Choice, names: Sequence[str], among: Mask, *, most: int = MOST_VALUES
    ) -> tuple[int, dict[str, Counts], Histogram]:
        """What each further choice would leave.

        A facet is counted among the rows that all other choices leave, not its own: so its other values can be seen
        and added. Bars span the years of all rows in `among`, whatever was chosen.

        Args:
            choice: Its values and years; its `rest` is already in `among`.
            names: Facets to count.
            among: shape (n,), the rows that may be counted: shown, and satisfying what else is asked.
            most: Values that are listed of each facet; chosen ones are listed in any case.

        Returns:
            How many rows the whole choice leaves; the counts of each facet, by name; years.

        Raises:
            QueryError: There is no such facet.
        """
        asked = {name: self.facet(name).saying(values) for name, values in choice.values.items() if values}
        if choice.years != (None, None):
            asked[""] = self.years.between(*choice.years)
        left, others = crossfiltered(among, asked)
        chosen = {name: [value for value in values if value is not None] for name, values in choice.values.items()}
        counts = {
            name: self.facet(name).counted(others.get(name, left), most=most, always=chosen.get(name, ()))
            for name in names
        }
        years = self.years.counted(others.get("", left), self.years.bars(among))
        return int(np.count_nonzero(left)), counts, replace(years, span=self.years.span(among))


def crossfiltered(among: Mask, asked: Mapping[str, Mask]) -> tuple[Mask, dict[str, Mask]]:
    """The rows that several filters leave together; and by filter those that all the others leave.

    Args:
        among: shape (n,).
        asked: Masks of shape (n,), by name.
    """
    others = {name: among.copy() for name in asked}
    left = among.copy()
    for name, mask in asked.items():
        left &= mask
        for other, rows in others.items():
            if other != name:
                rows &= mask
    return left, others

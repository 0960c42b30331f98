"""When things were made, taken or uploaded: three dates that mean different things and are never mixed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.measures.quantiles import counted_quantile

AROUND = 5
"""How many years to each side a year is compared with."""

CHANCE = 0.01
"""How often a pile may be found somewhere where there is none (Bonferroni over the years)."""

MOST = 200
"""Rows of a timeline in which places without works are listed."""

ROUND = 0.2
"""Share of the years that end in 0 or 5: two of ten digits."""


@check
def catalogue(subject: Subject, *, earliest: int = -4000, latest: int = 2030, pile: float = 3.0) -> Iterator[Finding]:
    """Which years the catalogue gives, how they cover the time, and on which of them works pile up.

    Undated items come first. A work with a range ("1890s") belongs to no single year: coverage, gaps and piles are of
    works with one year, and ranges are told apart. The timeline has both, a range at its middle.

    Options:
        earliest: Years before it are counted as wrong.
        latest: Years after it are counted as wrong.
        pile: A year is a pile that has so many times the mean of the years around it; one that ends in 0 or 5 is
            compared with others that do.
    """
    y = subject.sql("year")
    end = f"coalesce({subject.sql('year_end')}, {y})" if subject.has("year_end") else y
    right = (
        f"{y} BETWEEN {int(earliest)} AND {int(latest)} AND {end} BETWEEN {y} AND {int(latest)} AND {y} = floor({y})"
    )
    spans = subject.once(
        "catalogue years",
        f"""SELECT CASE WHEN {right} THEN {y}::INTEGER END AS first, CASE WHEN {right} THEN {end}::INTEGER END AS last,
            {y} IS NULL AS undated, count(*) AS n FROM items GROUP BY ALL""",
    )
    undated, wrong = subject.row(
        f"""SELECT coalesce(sum(n) FILTER (undated), 0)::BIGINT,
            coalesce(sum(n) FILTER (NOT undated AND first IS NULL), 0)::BIGINT FROM {spans}"""
    )
    examples = []
    if wrong:
        named = f"SELECT {subject.example} AS e FROM items WHERE {y} IS NOT NULL AND NOT coalesce({right}, false)"
        examples = subject.rows(f"{named} ORDER BY e LIMIT 20")
    impossible = (
        f", and for {wrong:,} one that cannot be: before {earliest}, after {latest}, or an end before its start"
    )
    yield Finding(
        sentence=f"The catalogue gives no year that can be read for {undated:,} of {subject.n:,} {subject.noun}"
        f"{impossible if wrong else ''}.",
        value=(undated + wrong) / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        examples=tuple(one for (one,) in examples if one),
    )
    rows = subject.rows(
        f"SELECT first, last, sum(n)::BIGINT FROM {spans} WHERE first IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )
    ranged = [(last - first + 1, n) for first, last, n in rows if last > first]
    if ranged:
        total, held = sum(n for *_, n in rows), sum(n for _, n in ranged)
        widest, median = max(years for years, _ in ranged), counted_quantile(ranged, 0.5)
        yield Finding(
            sentence=f"{held:,} of {total:,} dated {subject.noun} have a range instead of a year; half of these span "
            f"at most {median:,} years, the widest {widest:,}.",
            value=held / total,
            unit="share",
            n=total,
            denominator=f"dated {subject.noun}",
        )
    single = [(first, n) for first, last, n in rows if last == first]
    yield from _told("catalogue's years", single, subject.noun, pile, [((a + b) // 2, n) for a, b, n in rows if b > a])


@check
def camera(subject: Subject, *, earliest: int = 1990, latest: int = 2030, pile: float = 3.0) -> Iterator[Finding]:
    """Which years cameras and scanners wrote into the files (EXIF DateTimeOriginal).

    Of a photographed or scanned work it is the year of the photograph, not that of the work.

    Options:
        earliest: Years before it are counted as wrong: clocks that were never set.
        latest: Years after it are counted as wrong.
        pile: As in `years.catalogue`.
    """
    exif = f"CAST({subject.field('exif')} AS VARCHAR)"
    said = f"regexp_extract({exif}, 'DateTimeOriginal[^0-9]{{1,8}}([0-9]{{4}})', 1)"
    yield from _written(subject, said, "the camera's date", "camera's years", earliest, latest, pile)


@check
def address(subject: Subject, *, earliest: int = 1995, latest: int = 2030, pile: float = 3.0) -> Iterator[Finding]:
    """Which years stand in the addresses, as in ``/uploads/2015/07/boat.jpg``.

    Mostly the year of an upload: neither that of a photograph nor that of a work. Most addresses have none.

    Options:
        earliest: Years before it are counted as wrong.
        latest: Years after it are counted as wrong.
        pile: As in `years.catalogue`.
    """
    url = f"CAST({subject.sql('url')} AS VARCHAR)"
    # Looking for the slash and the century first spares most addresses the regular expression.
    said = f"""CASE WHEN contains({url}, '/20') OR contains({url}, '/19')
        THEN regexp_extract({url}, '/((?:19|20)[0-9][0-9])/(?:0[1-9]|1[0-2])/', 1) ELSE '' END"""
    yield from _written(subject, said, "a year and month in its address", "addresses' years", earliest, latest, pile)


def _written(
    subject: Subject, said: str, what: str, name: str, earliest: int, latest: int, pile: float
) -> Iterator[Finding]:
    """Findings of years that stand somewhere as text."""
    rows = subject.rows(f"SELECT TRY_CAST({said} AS INTEGER) AS y, count(*) FROM items GROUP BY y ORDER BY y")
    none = sum(n for year, n in rows if year is None)
    good = [(year, n) for year, n in rows if year is not None and earliest <= year <= latest]
    wrong = subject.n - none - sum(n for _, n in good)
    yield Finding(
        sentence=f"{none:,} of {subject.n:,} {subject.noun} do not have {what}; {wrong:,} have one before {earliest} "
        f"or after {latest}.",
        value=(none + wrong) / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
    )
    yield from _told(name, good, subject.noun, pile, [])


def _told(
    name: str, single: Sequence[tuple[int, int]], items: str, pile: float, ranged: Sequence[tuple[int, int]]
) -> Iterator[Finding]:
    """Coverage, gap, timeline, piles and heaping of years with their counts, ascending."""
    if not single:
        return
    total, of = sum(n for _, n in single), f"{items} with one year"
    first, last = single[0][0], single[-1][0]
    span = last - first + 1
    gaps = [(b - a - 1, a + 1, b - 1) for (a, _), (b, _) in pairwise(single)]
    gap, start, stop = max(gaps, key=lambda g: (g[0], -g[1]), default=(0, 0, 0))
    low, median, high = (counted_quantile(single, at) for at in (0.25, 0.5, 0.75))
    told = f"; the longest gap is {start} to {stop}, {gap} {'year' if gap == 1 else 'years'}" if gap else ""
    yield Finding(
        sentence=f"The {name} run from {first} to {last} and cover {len(single):,} of {span:,} years{told}. Half of "
        f"the {total:,} {of} are from {low} to {high}, the median is {median}.",
        value=len(single) / span,
        unit="share",
        n=span,
        denominator="years from the first to the last",
        table=_timeline(single, ranged, items),
        picture=Picture(
            kind="timeline",
            x=0,
            y=(1, 2) if ranged else (1,),
            alt=f"Timeline: {items} by {'decade' if span > 40 else 'year'}, from {first} to {last}.",
            x_name="decade from" if span > 40 else "year",
            y_name=items,
        ),
    )
    if span < 2 * AROUND:
        return
    yield _piles(name, dict(single), total, of, pile)
    if span >= 50:
        heaped = sum(n for year, n in single if year % 5 == 0)
        yield Finding(
            sentence=f"{heaped / total:.1%} of the {total:,} {of} have a year that ends in 0 or 5; two in ten do.",
            value=heaped / total,
            unit="share",
            n=total,
            denominator=of,
            null=ROUND,
            null_by="years spread evenly over their last digits",
            notes=("Many more are a sign of estimates that were written down as years.",),
        )


def _piles(name: str, counts: dict[int, int], total: int, of: str, pile: float) -> Finding:
    """Years with many times what their neighbours have; the largest first.

    Estimates heap on years that end in 0 or 5, so a year is compared with others of its sort: such a one with the two
    to each side, any other with those among the five to each side.
    """
    from scipy.stats import binom

    rows = []
    for year, n in counts.items():
        near = [year + d for d in (-10, -5, 5, 10)]
        if year % 5:
            near = [year + d for d in range(-AROUND, AROUND + 1) if d and (year + d) % 5]
        around = sum(counts.get(one, 0) for one in near)
        mean = around / len(near)
        # Were these years alike, how likely would so many of their works fall on this one? As many years are tried as
        # there are: chance makes a pile in one of a hundred tables.
        chance = binom.sf(n - 1, n + around, 1 / (len(near) + 1))
        if n >= 0.01 * total and n > pile * mean and chance < CHANCE / len(counts):
            rows.append((year, n, n / total, mean))
    rows.sort(key=lambda row: (-row[1], row[0]))
    held = sum(row[1] for row in rows)
    sentence = f"No year stands out of the {name} with more than {pile:g} times the years around it."
    if rows:
        sentence = (
            f"{len(rows)} {'year stands' if len(rows) == 1 else 'years stand'} out of the {name}, each with more than "
            f"{pile:g} times the mean of the years around it; {rows[0][0]} most: {rows[0][1]:,} of {total:,}."
        )
    return Finding(
        sentence=sentence,
        value=held / total,
        unit="share",
        n=total,
        denominator=of,
        table=Table(columns=("year", "items", "share", "mean of the years around it"), rows=tuple(rows[:20]))
        if rows
        else None,
    )


def _timeline(single: Sequence[tuple[int, int]], ranged: Sequence[tuple[int, int]], items: str) -> Table:
    """By decade, or by year where there are few; ranges apart."""
    step = 10 if single[-1][0] - single[0][0] + 1 > 40 else 1
    bins: dict[int, list[int]] = {}
    for place, pairs in enumerate((single, ranged)):
        for year, n in pairs:
            bins.setdefault(year // step * step, [0, 0])[place] += n
    places: Sequence[int] = range(min(bins), max(bins) + 1, step)
    if len(places) > MOST:  # one work of antiquity among modern ones: without the empty decades between them
        places = sorted(bins)
    columns = ("decade from" if step == 10 else "year", f"{items} with one year", "with a range, at its middle")
    width = 3 if ranged else 2
    return Table(columns=columns[:width], rows=tuple((at, *bins.get(at, (0, 0)))[:width] for at in places))

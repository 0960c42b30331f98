"""How counts of items spread over kinds, told as findings: of values, of domains, of hosts."""

from __future__ import annotations

from collections.abc import Iterator

from latentarchive.audit.finding import Finding, Picture, Table, shortened
from latentarchive.audit.subject import Subject
from latentarchive.measures.concentration import evenness, gini, hhi, hill, kinds_for, lorenz, robin_hood

PLACES = 21
"""Points of a Lorenz curve that are kept: each twentieth."""


def spread(subject: Subject, counted: str, *, kind: str, kinds: str, of: str, top: int) -> Iterator[Finding]:
    """The most common kinds, and how evenly the items are spread over all; nothing where there are none.

    Args:
        subject: Where the table is.
        counted: A table with columns ``v``, text, and ``n``, the count, from 1; rows without a value are left out.
        kind: What one kind is called.
        kinds: What several are called.
        of: What the counts count, in words.
        top: How many kinds are listed.
    """
    # How many kinds have each count says all that a measure needs, however many kinds there are.
    sizes = subject.rows(f"SELECT n, count(*) FROM {counted} WHERE v IS NOT NULL GROUP BY n ORDER BY n")
    if not sizes:
        return
    counts, times = [n for n, _ in sizes], [k for _, k in sizes]
    found, total = sum(times), sum(n * k for n, k in sizes)
    most = subject.rows(f"SELECT v, n FROM {counted} WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT {max(top, 1)}")
    table = Table(
        columns=(kind, of, f"share of the {of}"),
        rows=tuple((shortened(value), n, n / total) for value, n in most),
    )
    first, largest = most[0]
    listed = sum(n for _, n in most)
    more = f"; the {len(most):,} most common have {listed / total:.1%}" if listed < total else ""
    yield Finding(
        sentence=f"{shortened(first)!r} is the most common of {found:,} {kinds}, with {largest / total:.1%} of the "
        f"{total:,} {of}{more}."
        if found > 1
        else f"All {total:,} {of} have one and the same: {shortened(first)!r}.",
        value=largest / total,
        unit="share",
        n=total,
        denominator=of,
        null=1 / found,
        null_by=f"all {kinds} equally common",
        table=table,
        picture=Picture(kind="bars", x=0, y=(1,), alt=f"Bars: {of} of the {len(most):,} most common {kinds}."),
    )
    if found == 1:
        return
    half, effective = kinds_for(counts, 0.5, times), hill(counts, 1, times)
    yield Finding(
        sentence=f"The {of} are as diverse as if {effective:,.1f} {kinds} were equally common, of {found:,} that there "
        f"are; {half:,} of them {'has' if half == 1 else 'have'} half of all.",
        value=effective,
        unit=kinds,
        n=total,
        denominator=of,
        table=Table(
            columns=(f"share of the {kinds}, rarest first", f"share of the {of}"),
            rows=tuple((float(at), float(mass)) for at, mass in lorenz(counts, PLACES, times)),
        ),
        picture=Picture(
            kind="curve",
            x=0,
            y=(1,),
            alt=f"Lorenz curve: the {of} over {found:,} {kinds}; a straight line would be an even spread.",
        ),
        notes=(
            f"Hill numbers of order 0, 1 and 2: {found:,}, {effective:,.2f}, {hill(counts, 2, times):,.2f}; evenness "
            f"{evenness(counts, times):.3f} of at most 1.",
            f"Gini {gini(counts, times):.3f} and Robin Hood {robin_hood(counts, times):.3f}, where 0 is even ({kinds} "
            f"without any are not counted); HHI {hhi(counts, times):.4f}, the chance that two of the {of}, drawn with "
            "replacement, are of one kind.",
        ),
    )

"""What a collection is made of: how its items are spread over the values of a field."""

from __future__ import annotations

from collections.abc import Iterator

from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.measures.concentration import gini, hhi, hill, kinds_for, lorenz


@check
def values(subject: Subject, *, field: str, top: int = 20) -> Iterator[Finding]:
    """How many items have each value of a field, and how evenly they are spread over its values.

    Empty and missing values are counted apart and first. The evenness is given as Hill numbers (how many equally
    common values would be as diverse), Gini's coefficient, the chance that two items share a value (HHI) and the
    Lorenz curve.

    Options:
        field: Column of the items, ``extra.NAME`` for a further one.
        top: How many values are listed.
    """
    column = f"nullif(trim(CAST({subject.field(field)} AS VARCHAR)), '')"
    counted = subject.rows(f"SELECT {column} AS v, count(*) AS n FROM items GROUP BY v ORDER BY n DESC, v")  # noqa: S608
    missing = next((n for value, n in counted if value is None), 0)
    present = [(value, n) for value, n in counted if value is not None]
    share = missing / subject.n if subject.n else 0.0
    yield Finding(
        sentence=f"{missing:,} of {subject.n:,} {subject.items} say nothing of {field}.",
        value=share,
        unit="share",
        n=subject.n,
        denominator=subject.items,
    )
    if not present:
        return
    counts = [n for _, n in present]
    total = sum(counts)
    first, most = present[0]
    table = Table(
        columns=(field, "items", "share of those with a value"),
        rows=tuple((value, n, n / total) for value, n in present[:top]),
    )
    yield Finding(
        sentence=f"{field} has {len(present):,} values; the most common, {first!r}, is that of {most / total:.1%} "
        f"of the {total:,} items that have one.",
        value=most / total,
        unit="share",
        n=total,
        denominator=f"{subject.items} with {field}",
        table=table,
        picture=Picture(kind="bars", x=0, y=(1,), alt=f"Bars: the {len(table.rows)} most common values of {field}."),
    )
    yield Finding(
        sentence=f"They are as diverse as {hill(counts, 1):,.1f} equally common values would be; "
        f"{kinds_for(counts, 0.5):,} of {len(counts):,} values have half of the items.",
        value=hill(counts, 1),
        unit="values",
        n=total,
        denominator=f"{subject.items} with {field}",
        table=Table(
            columns=("share of the values, rarest first", "share of the items"),
            rows=tuple((float(at), float(mass)) for at, mass in lorenz(counts, 21)),
        ),
        picture=Picture(kind="curve", x=0, y=(1,), alt=f"Lorenz curve of {field}."),
        notes=(
            f"Hill numbers of order 0, 1, 2: {hill(counts, 0):,.0f}, {hill(counts, 1):,.2f}, {hill(counts, 2):,.2f}.",
            f"Gini {gini(counts):.3f} (values without items are not counted), HHI {hhi(counts):.4f}.",
        ),
    )

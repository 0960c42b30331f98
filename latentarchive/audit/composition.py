"""What a collection is made of: which fields say something, and how the items are spread over the values of one."""

from __future__ import annotations

from collections.abc import Iterator

from latentarchive.audit.database import quoted
from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.registry import check
from latentarchive.audit.spread import spread
from latentarchive.audit.stated import STATES, WHITE, state
from latentarchive.audit.subject import Subject

STORED = ("image", "sha256", "rights_class", "mining", "extra")
"""Columns of an archive that no catalogue leaves open: its builder fills them, or there is nothing to be stated."""


@check
def missing(subject: Subject, *, fields: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Which fields say nothing, for how many items.

    Three kinds of nothing are counted apart: the cell is absent (NULL), it is empty, or a placeholder such as ``?``,
    ``unknown`` or ``n/a`` stands in it.

    Options:
        fields: Columns of the items, ``extra.NAME`` for a further one; none: all that there are.
    """
    named = [(name, subject.field(name)) for name in fields] or [
        (name, quoted(name)) for name in subject.names if subject.archive is None or name not in STORED
    ]
    if not fields:
        # What files say of themselves is no field of the catalogue.
        named += [(name, subject.field(name)) for name in subject.further if not name.startswith("extra.embedded.")]
    rows = sorted(_nothing(subject, named), key=lambda row: (-sum(row[1:]), row[0]))
    name, *worst = rows[0]
    some = sum(1 for row in rows if sum(row[1:]))
    share = sum(worst) / subject.n
    which = f"All {len(rows)} fields are" if len(rows) > 1 else f"The only field, {name}, is"
    sentence = f"{which} stated for all {subject.n:,} {subject.noun}."
    if some:
        sentence = (
            f"{some} of {len(rows)} fields are missing somewhere, {name} most often: {sum(worst):,} of {subject.n:,} "
            f"{subject.noun} ({share:.1%}) do not state it."
        )
    yield Finding(
        sentence=sentence,
        value=share,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        table=Table(
            columns=("field", "not stated", "share", *STATES[:3]),
            rows=tuple((row[0], sum(row[1:]), sum(row[1:]) / subject.n, *row[1:]) for row in rows),
        ),
        picture=Picture(kind="bars", x=0, y=(1,), alt=f"Bars: how many {subject.noun} do not state each field."),
    )


def _nothing(subject: Subject, named: list[tuple[str, str]]) -> list[tuple[str, int, int, int]]:
    """Name, and how often it is absent, empty and a placeholder, of each field; from one scan."""
    counted = []
    for _, sql in named:
        said = subject.type_of(sql)
        if said.endswith("[]") or said.startswith("MAP"):
            counted += [f"count(*) - count({sql})", f"count(*) FILTER (len({sql}) = 0)", "0"]
        elif said == "VARCHAR":
            counted += [f"count(*) - count({sql})", *(f"count(*) FILTER (({state(sql)}) = {i})" for i in (1, 2))]
        elif said in ("FLOAT", "DOUBLE"):
            counted += [f"count(*) FILTER ({sql} IS NULL OR isnan({sql}))", "0", "0"]
        else:
            counted += [f"count(*) - count({sql})", "0", "0"]
    found = subject.row(f"SELECT {', '.join(counted)} FROM items")
    return [(name, *found[3 * i : 3 * i + 3]) for i, (name, _) in enumerate(named)]


@check
def values(subject: Subject, *, field: str, top: int = 20) -> Iterator[Finding]:
    """How many items have each value of a field, and how evenly they are spread over its values.

    Values are counted as they stand; cells that are absent, empty or a placeholder such as ``?`` are counted apart and
    first, and are in no share of a value. Of a field with several values an item counts once for each. The evenness
    is given as Hill numbers (how many equally common values would be as diverse), Gini's coefficient, the Robin Hood
    index, the chance that two items share a value (HHI) and the Lorenz curve.

    Options:
        field: Column of the items, ``extra.NAME`` for a further one, or a role such as ``language``.
        top: How many values are listed.
    """
    column = subject.field(field)
    several = subject.type_of(column).endswith("[]")
    cells = f"SELECT CAST({column} AS VARCHAR) AS v FROM items"
    if several:  # an empty list says nothing, as NULL does
        cells = f"SELECT unnest(CASE WHEN len({column}) > 0 THEN {column}::VARCHAR[] ELSE [NULL] END) AS v FROM items"
    raw = subject.once(f"cells of {field}", f"SELECT v, count(*) AS n FROM ({cells}) GROUP BY v")
    states = dict(subject.rows(f"SELECT {state('v')} AS s, sum(n)::BIGINT FROM {raw} GROUP BY s"))
    nothing = [states.get(number, 0) for number in range(3)]
    cells_n = sum(states.values())
    unit = f"entries of {field}" if several else subject.noun
    said = [f"{n:,} {word}" for n, word in zip(nothing, STATES, strict=False) if n]
    lacks = "say nothing" if several else f"do not state {field}"
    yield Finding(
        sentence=f"{sum(nothing):,} of {cells_n:,} {unit} {lacks} ({', '.join(said)})."
        if said
        else f"{field} is stated in all {cells_n:,} {unit}.",
        value=sum(nothing) / cells_n,
        unit="share",
        n=cells_n,
        denominator=unit,
    )
    counted = subject.once(
        f"values of {field}",
        f"SELECT trim(v, {WHITE}) AS v, sum(n)::BIGINT AS n FROM {raw} WHERE ({state('v')}) = 3 GROUP BY 1",
    )
    of = f"entries of {field}" if several else f"{subject.noun} with {field}"
    yield from spread(subject, counted, kind=field, kinds=f"values of {field}", of=of, top=top)

"""`Finding`: what one check found, in words and in figures. Plain values, so that a report can be kept as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from latentarchive.withheld import unnamed

Outcome = Literal["pass", "fail", "info", "skip"]
Kind = Literal["bars", "curve", "timeline", "pairs", "intervals", "neighbours"]

MOST_EXAMPLES = 20


class Skip(Exception):  # not an error: the check has nothing to say here
    """Raised by a check, or by what it asks its subject for, where it cannot be made; the reason is the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of a finding, most important first. Whoever shows a picture of them can always show them too.

    A number that is none (NaN, infinite) becomes None: JSON has no word for it.
    """

    #: Names of the columns, in words.
    columns: tuple[str, ...]
    #: Strings, numbers and None, one for each column.
    rows: tuple[tuple[Any, ...], ...]
    #: Columns that hold item ids: a row of it with an item that was withheld since is not shown.
    ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        width = len(self.columns)
        if any(len(row) != width for row in self.rows) or not all(0 <= i < width for i in self.ids):
            message = f"every row must have a value for each of the columns {', '.join(self.columns)}"
            raise ValueError(message)
        if any(isinstance(value, float) and not math.isfinite(value) for row in self.rows for value in row):
            rows = tuple(tuple(_finite(value) for value in row) for row in self.rows)
            object.__setattr__(self, "rows", rows)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How the table of a finding is drawn.

    ``bars``: a name (`x`) and its values, in the order of the table. ``curve``: lines over numbers; one that goes from
    (0, 0) to (1, 1), as Lorenz curves do, gets its diagonal. ``timeline``: counts by year, gaps as gaps; a row a year,
    or a decade or century (by its first year) where the name of the column `x` has that word. ``pairs``: the works that
    the `ids` of the table name, side by side, with what else the row says of them. ``intervals``: for each name (`x`) a
    value with the ends of its interval (`y`: three columns) along one axis, with the `marks` as upright lines.
    ``neighbours``: the work of column `x`, and beside it in two lines, named by `x_name` and `y_name`, the works of the
    columns from each of the two of `y` on.
    """

    kind: Kind
    #: Columns of the table: what stands along the picture, and what is measured (several: one line each).
    x: int
    y: tuple[int, ...]
    #: What is to be seen, for those who cannot see it.
    alt: str
    #: Names of the axes, in words; "" where the columns' names say it.
    x_name: str = ""
    y_name: str = ""
    #: Where the axis of values is logarithmic.
    log: bool = False
    #: Marks along x with their names, for example the threshold of a data set.
    marks: tuple[tuple[float, str], ...] = ()
    #: Of pairs: the archive of each of the table's columns of ids, by path or name, "" the one that was audited; none:
    #: all are of that.
    archives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer of one check.

    A share is a value from 0 to 1 with unit ``share``; whoever shows it says percent. Equal inputs give equal
    findings: nothing in it depends on the clock, the order of threads or the place of files.
    """

    #: One sentence for a person, with the figure in words.
    sentence: str
    #: Of the check, ``family.name``, and the options it ran with; set by the runner.
    check: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    #: info unless a bound was set in the suite: the runner judges.
    outcome: Outcome = "info"
    #: What the sentence says as a number; None where there is none.
    value: float | int | None = None
    unit: str = ""
    #: How many things were looked at, and what they are ("items that are shown", "pairs of images").
    n: int | None = None
    denominator: str = ""
    #: 95 % interval of the value and how it was made; None for a full count.
    interval: tuple[float, float] | None = None
    interval_by: str = ""
    #: What chance, or a stated norm, would give; None where there is none.
    null: float | None = None
    null_by: str = ""
    #: Ids of up to 20 items, for looking at.
    examples: tuple[str, ...] = ()
    table: Table | None = None
    picture: Picture | None = None
    #: How it was done where that matters to a reader: method, threshold, seed, what is not shown by it.
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise `ValueError` for a value without what it needs to be understood."""
        if self.outcome not in get_args(Outcome):
            message = f"an outcome is one of {', '.join(get_args(Outcome))}, got {self.outcome!r}: {self.sentence!r}"
            raise ValueError(message)
        if self.value is not None and not math.isfinite(self.value):
            message = f"a value must be a finite number, got {self.value}: {self.sentence!r}"
            raise ValueError(message)
        if self.value is not None and (self.n is None or not self.denominator):
            message = f"a value needs n and what it was counted of: {self.sentence!r}"
            raise ValueError(message)
        if self.unit == "share" and self.value is not None and not 0 <= self.value <= 1:
            message = f"a share lies between 0 and 1, got {self.value}: {self.sentence!r}"
            raise ValueError(message)
        if (self.interval is None) != (not self.interval_by) or (self.null is None) != (not self.null_by):
            message = f"an interval and a null each need to say how they were made: {self.sentence!r}"
            raise ValueError(message)
        if len(self.examples) > MOST_EXAMPLES:
            message = f"at most {MOST_EXAMPLES} examples, got {len(self.examples)}: {self.sentence!r}"
            raise ValueError(message)
        if self.picture is not None and self.table is None:
            message = f"a picture needs its table: {self.sentence!r}"
            raise ValueError(message)
        if self.picture is not None and self.table is not None:
            drawn, width = (self.picture.x, *self.picture.y), len(self.table.columns)
            odd = self.picture.kind == "intervals" and len(self.picture.y) != 3
            if self.picture.kind not in get_args(Kind) or odd or not all(0 <= column < width for column in drawn):
                message = f"a picture is one of {', '.join(get_args(Kind))}, of columns of its table: {self.sentence!r}"
                raise ValueError(message)

    def record(self) -> dict[str, Any]:
        """Plain values for JSON; `finding` reads them back."""
        return asdict(self)

    def named(self) -> list[str]:
        """Ids of the items that it names: its examples, then those of its table."""
        table = self.table
        listed = [row[i] for row in table.rows for i in table.ids] if table is not None else []
        return list(dict.fromkeys([*self.examples, *(str(item) for item in listed if item is not None)]))

    def without(self, ids: frozenset[str] | set[str]) -> Finding:
        """The finding without any mention of these items; counts stay what they were.

        Examples and rows of the table that name one are gone; in sentence, notes and options, and inside of longer
        texts, "(withheld)" stands for its id.
        """
        table = self.table
        if table is not None:
            rows = [row for row in table.rows if not any(_in(value, ids) for value in row)]
            table = replace(table, rows=tuple(tuple(unnamed(row, ids)) for row in rows))
        examples = tuple(one for one in self.examples if one not in ids)
        sentence, notes = unnamed(self.sentence, ids), tuple(unnamed(note, ids) for note in self.notes)
        options = unnamed(dict(self.options), ids)
        return replace(self, sentence=sentence, notes=notes, options=options, examples=examples, table=table)


def shortened(value: object, most: int = 80) -> str:
    """A value as a table tells it: in one line of at most so many characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _in(value: Any, ids: frozenset[str] | set[str]) -> bool:
    return isinstance(value, str) and value in ids


KINDS: dict[str, Any] = {
    **dict.fromkeys(("sentence", "check", "unit", "denominator", "interval_by", "null_by", "outcome"), str),
    **dict.fromkeys(("value", "null"), float | int | None),
    "n": int | None,
    "options": Mapping,
    **dict.fromkeys(("examples", "notes"), list | tuple),
}
"""Types of the values of a record, where a page would stumble over others."""


def finding(record: Mapping[str, Any]) -> Finding:
    """A finding from its record. Raises `ValueError` or `TypeError` if it is none."""
    values = {f.name: record[f.name] for f in fields(Finding) if f.name in record}
    if unknown := set(record) - {f.name for f in fields(Finding)}:
        message = f"a finding has no {', '.join(sorted(unknown))}"
        raise ValueError(message)
    for name, kind in KINDS.items():
        if name in values and not isinstance(values[name], kind):
            message = f"{name} of a finding cannot be {values[name]!r}"
            raise TypeError(message)
    for name in ("interval", "examples", "notes"):
        if values.get(name) is not None:
            values[name] = tuple(values[name])
    if values.get("table") is not None:
        table = values["table"]
        rows = tuple(tuple(row) for row in table["rows"])
        values["table"] = Table(columns=tuple(table["columns"]), rows=rows, ids=tuple(table["ids"]))
    if values.get("picture") is not None:
        picture = dict(values["picture"])
        picture |= {"y": tuple(picture["y"]), "marks": tuple((float(at), str(name)) for at, name in picture["marks"])}
        picture["archives"] = tuple(map(str, picture.get("archives", ())))
        values["picture"] = Picture(**picture)
    return Finding(**values)

"""Facets: what one field of the catalogue says of items, as one text an item, and the filters that ask for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from latentarchive.errors import QueryError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

SPANS = {"decade": 10, "century": 100}
"""Facets made of the years of an item, and how many years each spans: 1890 is of the 1890s, and of 1800 to 1899."""

WIDEST = 20
"""Years that a date may span to be taken for its middle: "1890s" is, "19th century" is not; of a century, 100."""

COLUMNS = ("title", "creator", "date", "medium", "place", "rights", "rights_class", "mining", "source")
"""Columns of an item that are facets as they stand; ``extra.NAME`` is one of the further ones."""

TEXTS = ("id", "title", "text", "creator", "date", "medium", "place", "subjects", "rights", "rights_class", "mining",
         "url", "source")  # fmt: skip
"""Columns of an item that are words, and can be looked into."""

SILENT = ("", "unknown")
"""What stands in a column where nothing is stated."""


def facet_values(table: pa.Table, name: str) -> pa.Array:
    """What a facet says of each row of a table of items, as a text; null where it says nothing.

    Args:
        table: With the columns that `facet_columns` names, n rows.
        name: One of `COLUMNS` or `SPANS`, or ``extra.NAME``.

    Returns:
        Strings, n long.

    Raises:
        QueryError: There is no such facet.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = facet_columns(name)
    values = table[columns[0]]
    if name in SPANS:
        first = pc.cast(values, pa.float64())
        last = pc.coalesce(pc.cast(table[columns[1]], pa.float64()), first)
        begins = pc.multiply(pc.floor(pc.divide(pc.add(first, last), 2 * SPANS[name])), SPANS[name])
        begins = pc.if_else(pc.less_equal(pc.subtract(last, first), widest(name)), begins, None)
        values = pc.cast(pc.cast(begins, pa.int32()), pa.string())
        if name == "decade":
            values = pc.binary_join_element_wise(values, "s", "")
        else:
            ends = pc.cast(pc.cast(pc.add(begins, SPANS[name] - 1), pa.int32()), pa.string())
            values = pc.binary_join_element_wise(values, ends, " to ")
    elif columns[0] == "extra":
        values = pc.map_lookup(values, name.removeprefix("extra."), "first")
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    silent = pc.is_in(values, value_set=pa.array(SILENT))
    return pc.if_else(silent, pa.scalar(None, pa.string()), values)


def widest(name: str) -> int:
    """Over how many years a date may span to fall into a facet of `SPANS`."""
    return max(WIDEST, SPANS[name])


def facet_columns(name: str) -> list[str]:
    """The columns of a table of items that a facet is read from. Raises `QueryError` if there is no such facet."""
    if name in SPANS:
        return ["year", "year_end"]
    if name.startswith("extra.") and name != "extra.":
        return ["extra"]
    if name not in COLUMNS:
        message = f"no field {name!r} to group items by; {nearest(name, (*COLUMNS, *SPANS, 'extra.NAME'))}"
        raise QueryError(message)
    return [name]


def facet_condition(name: str, values: Sequence[str | None]) -> str:
    """A filter (see `filters.matching`): items of which a facet says one of these values; None: says nothing.

    It leaves the rows for which `facet_values` gives one of the values. Values are quoted; nothing in them is SQL.

    Args:
        name: A facet, or ``subjects``, of which one is enough.
        values: As `facet_values` writes them; none: nothing is asked, "".

    Raises:
        QueryError: There is no such facet, or its values are not written so.
    """
    stated, silent = [value for value in values if value is not None], None in values
    if name in SPANS:
        begins = ", ".join(str(_begins(name, value)) for value in stated)
        middle = f"floor((CAST(year AS DOUBLE) + coalesce(year_end, year)) / {2 * SPANS[name]}) * {SPANS[name]}"
        narrow = f"coalesce(CAST(year_end AS DOUBLE), year) - year <= {widest(name)}"
        parts = [f"{narrow} AND {middle} IN ({begins})"] if stated else []
        parts += [f"year IS NULL OR NOT {narrow}"] if silent else []
    elif name == "subjects":
        parts = [f"list_has_any(subjects, [{_literals(stated)}])"] if stated else []
        parts += [f"list_has_all([{_literals(SILENT)}], subjects)"] if silent else []
    else:
        both = [*stated, *(SILENT if silent else ())]
        parts = [f"{_column(name)} IN ({_literals(both)})"] if both else []
    return " OR ".join(f"({part})" for part in parts)


def years_condition(first: int | None, last: int | None) -> str:
    """A filter: items whose date can mean a year from `first` to `last`, both included; None: without that end.

    Items without a year are left out as soon as one end is given. What the catalogue leaves open ("after 1700") is
    taken for its one known year.
    """
    parts = [f"coalesce(year_end, year) >= {first:d}"] if first is not None else []
    parts += [f"coalesce(year, year_end) <= {last:d}"] if last is not None else []
    return " AND ".join(parts)


def text_condition(name: str, text: str) -> str:
    """A filter: items with all words of a text somewhere in a field, whatever their case and accents.

    Args:
        name: One of `TEXTS`, or ``extra.NAME``.
        text: Words; none: nothing is asked, "".

    Raises:
        QueryError: There is no such field.
    """
    column = _column(name)
    return " AND ".join(f"contains(strip_accents(lower({column})), strip_accents(lower({literal(word)})))"
                        for word in text.split())  # fmt: skip


def all_of(*conditions: str) -> str:
    """One filter out of several, "" being none."""
    asked = [condition for condition in conditions if condition.strip()]
    return " AND ".join(f"({condition})" for condition in asked) if len(asked) > 1 else "".join(asked)


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _literals(texts: Sequence[str]) -> str:
    return ", ".join(map(literal, texts))


def _column(name: str) -> str:
    """What a field is called in a filter."""
    if name.startswith("extra.") and name != "extra.":
        return f"coalesce(extra[{literal(name.removeprefix('extra.'))}], '')"
    if name not in TEXTS:
        message = f"no field {name!r} to look into; {nearest(name, (*TEXTS, *SPANS, 'extra.NAME'))}"
        raise QueryError(message)
    return "CAST(subjects AS VARCHAR)" if name == "subjects" else f'"{name}"'


def _begins(name: str, value: str) -> int:
    """The first year of a value of a facet of `SPANS`."""
    found = re.fullmatch(r"(-?\d{1,9})(s| to -?\d+)", value)
    if not found or (found[2] == "s") != (name == "decade"):
        written = "1890s" if name == "decade" else "1800 to 1899"
        message = f"{value!r} is no {name}; write {written}"
        raise QueryError(message)
    return int(found[1])

"""Facets: what one field of the catalogue says of items, as one text an item, by which they are grouped and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentarchive.errors import QueryError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

SPANS = {"decade": 10, "century": 100}
"""Facets made of the years of an item, and how many years each spans: 1890 is of the 1890s, and of 1800 to 1899."""

WIDEST = 20
"""Years that a date may span to be taken for its middle: "1890s" is, "19th century" is not. For a century, 100."""

COLUMNS = ("title", "creator", "date", "medium", "place", "rights", "rights_class", "mining", "source")
"""Columns of an item that are facets as they stand; ``extra.NAME`` is one of the further ones."""

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

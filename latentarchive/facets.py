"""Facets: what one field of the catalogue says of items, as one text an item, by which they are grouped and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentarchive.errors import QueryError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

SPANS = {"decade": 10, "century": 100}
"""Facets made of `year`, and how many years each spans: 1890 is the decade from 1890, the century from 1800."""

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

    [column] = facet_columns(name)
    values = table[column]
    if name in SPANS:
        years = pc.floor(pc.divide(pc.cast(values, pa.float64()), SPANS[name]))
        values = pc.cast(pc.cast(pc.multiply(years, SPANS[name]), pa.int32()), pa.string())
    elif column == "extra":
        values = pc.map_lookup(values, name.removeprefix("extra."), "first")
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    silent = pc.is_in(values, value_set=pa.array(SILENT))
    return pc.if_else(silent, pa.scalar(None, pa.string()), values)


def facet_columns(name: str) -> list[str]:
    """The columns of a table of items that a facet is read from. Raises `QueryError` if there is no such facet."""
    if name in SPANS:
        return ["year"]
    if name.startswith("extra.") and name != "extra.":
        return ["extra"]
    if name not in COLUMNS:
        message = f"no field {name!r} to group items by; {nearest(name, (*COLUMNS, *SPANS, 'extra.NAME'))}"
        raise QueryError(message)
    return [name]

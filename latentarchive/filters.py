"""Filters: a DuckDB expression over the item columns becomes the set of rows for which it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentarchive.errors import QueryError, nearest

if TYPE_CHECKING:
    import pyarrow as pa


def matching(table: pa.Table, expression: str) -> NDArray[np.bool_]:
    """The rows of a table for which an expression is true.

    The expression is read by DuckDB as a condition (``year < 1900 AND creator ILIKE '%newton%'``,
    ``list_contains(subjects, 'apples')``, ``extra['department'] = 'Prints'``). It can read the table's
    own columns and nothing else: the database has no access to files, to the network, to extensions or
    to Python's variables, and its settings are locked.

    Args:
        table: Arrow table, n rows.
        expression: One SQL expression that gives a truth value.

    Returns:
        shape (n,), True where the expression is true (not false, not NULL).

    Raises:
        QueryError: The expression is empty, cannot be parsed, names an unknown column, or reaches for
            something outside the table.
    """
    import duckdb

    if not expression.strip():
        message = 'the filter is empty; give an expression such as "year < 1900"'
        raise QueryError(message)
    numbered = table.append_column("row", [np.arange(len(table), dtype=np.int64)])
    settings: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "python_enable_replacements": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
    }
    with duckdb.connect(":memory:", config=settings) as db:
        db.execute("SET lock_configuration = true")
        try:
            rows = db.from_arrow(numbered).filter(expression).project("row").fetchnumpy()["row"]
        except duckdb.Error as error:
            raise QueryError(_readable(error, expression, table.column_names)) from error
    allowed = np.zeros(len(table), dtype=bool)
    allowed[np.asarray(rows, dtype=np.int64)] = True
    return allowed


def _readable(error: Exception, expression: str, columns: list[str]) -> str:
    first = str(error).splitlines()[0].strip()
    if "not found in FROM clause" in first:
        name = first.split('"')[1] if '"' in first else expression
        return f"filter {expression!r}: no column {name!r}; {nearest(name, columns)}"
    return f"filter {expression!r}: {first}"

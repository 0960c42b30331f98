"""Filters: a DuckDB expression over the item columns becomes the set of rows for which it is true."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from latentarchive.errors import QueryError, nearest

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SECONDS = 30.0
"""After which a filter is stopped: a thousand times what a comparison over a million rows takes."""

MEMORY = "1GB"
"""That DuckDB may use for a filter, in its own notation."""

PATIENCE_S = 0.1
"""Between one request to stop and the next: DuckDB forgets one that it gets before it has begun."""

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "memory_limit": MEMORY,
    "temp_directory": "",
}
"""Of the database a filter runs in: nothing outside the table is in reach, and nothing is written."""

FUNCTIONS = frozenset(
    """
    + - * / // % ** ^ add subtract multiply divide mod abs sign ceil ceiling floor round trunc even sqrt ln log log2
    log10 exp pow power greatest least isnan isfinite isinf
    ~~ !~~ ~~* !~~* ~~~ like_escape not_like_escape ilike_escape not_ilike_escape || concat concat_ws
    lower lcase upper ucase trim ltrim rtrim length len strlen char_length character_length substr substring left right
    reverse contains starts_with prefix suffix ends_with instr position strpos strip_accents nfc_normalize split_part
    string_split str_split split string_to_array regexp_matches regexp_full_match regexp_extract ascii unicode ord chr
    md5 sha256 hash typeof
    && @> <@ list_contains list_has array_contains array_has list_has_any array_has_any list_has_all array_has_all
    list_position list_indexof array_position array_indexof array_length list_filter array_filter filter list_extract
    list_element array_extract list_slice array_slice list_value list_min list_max list_sort list_distinct list_unique
    map_extract map_extract_value element_at map_keys map_values map_contains cardinality struct_extract
    date_part year month day make_date strptime try_strptime date_diff datediff today current_date
    """.split()  # noqa: SIM905  # one to read, not to scroll
)
"""What a filter may call: functions whose result is no larger than what they are given together, in time that grows
with it. Memory limit and interruption do not reach into a function: `repeat` fills all memory there is, `range` and
`levenshtein` run for hours, and in neither does DuckDB look up before it has finished a block of rows."""

REFUSED = {"SUBQUERY": "a query", "WINDOW": "a window", "STAR": "*", "PARAMETER": "a parameter"}
"""Kinds of expression that are none of one row, in words."""

PARTS = re.compile(r'"(class|function_name|id|type_name)":"((?:[^"\\]|\\.)*)"')
"""Kinds, functions and types in DuckDB's tree of an expression. Quotes inside a value are escaped there, so that no
text of the expression looks like these."""


def matching(table: pa.Table, expression: str) -> NDArray[np.bool_]:
    """The rows of a table for which an expression is true.

    The expression is read by DuckDB as a condition (``year < 1900 AND creator ILIKE '%newton%'``,
    ``list_contains(subjects, 'apples')``, ``extra['department'] = 'Prints'``). It can read the table's
    own columns and nothing else: the database has no access to files, to the network, to extensions or
    to Python's variables, and its settings are locked. It is one condition on each row, made of `FUNCTIONS`,
    and is stopped after `SECONDS`.

    Args:
        table: Arrow table, n rows.
        expression: One SQL expression that gives a truth value.

    Returns:
        shape (n,), True where the expression is true (not false, not NULL).

    Raises:
        QueryError: The expression is empty, cannot be parsed, names an unknown column or function, reaches for
            something outside the row, or takes too long.
    """
    import duckdb

    if not expression.strip():
        message = 'the filter is empty; give an expression such as "year < 1900"'
        raise QueryError(message)
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in expression):
        message = f"filter {expression!r}: a character of it is no text; write it again"
        raise QueryError(message)
    numbered = table.append_column("row", [np.arange(len(table), dtype=np.int64)])
    with duckdb.connect(":memory:", config=SETTINGS) as db:
        db.execute("SET lock_configuration = true")
        try:
            with _stopped_in_time(db):
                condition = duckdb.SQLExpression(expression)
                _check(db, expression)
                rows = db.from_arrow(numbered).filter(condition).project("row").fetchnumpy()["row"]
        except duckdb.Error as error:
            raise QueryError(_readable(error, expression, table.column_names)) from error
    allowed = np.zeros(len(table), dtype=bool)
    allowed[np.asarray(rows, dtype=np.int64)] = True
    return allowed


@contextmanager
def _stopped_in_time(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what a database does once `SECONDS` have passed."""
    over = threading.Event()

    def watch() -> None:
        wait = SECONDS
        while not over.wait(wait):
            db.interrupt()
            wait = PATIENCE_S

    watching = threading.Thread(target=watch, name="filter-limit", daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()  # else it could interrupt a database that is closed


def _check(db: duckdb.DuckDBPyConnection, expression: str) -> None:
    """Raise `QueryError` if an expression that can be parsed is more than a condition on a row made of `FUNCTIONS`."""
    [(tree,)] = db.execute("SELECT json_serialize_sql(?)", [f"SELECT {expression}\n"]).fetchall()
    if '"error":false' not in tree:
        message = f"filter {expression!r}: it cannot be read as one condition such as 'year < 1900'"
        raise QueryError(message)
    for kind, name in PARTS.findall(tree):
        if kind == "class" and name in REFUSED:
            message = f"filter {expression!r}: it holds {REFUSED[name]}, and can only compare the columns of one item"
            raise QueryError(message)
        if kind == "function_name" and name.lower() not in FUNCTIONS:
            hint = nearest(name.lower(), filter(str.isidentifier, FUNCTIONS))
            message = f"filter {expression!r}: no function {name!r} in filters; {hint}"
            raise QueryError(message)
        if kind in ("id", "type_name") and name.lower() == "array":
            message = f"filter {expression!r}: no type of fixed length in filters; write it without the number"
            raise QueryError(message)


def _readable(error: Exception, expression: str, columns: list[str]) -> str:
    import duckdb

    first = str(error).splitlines()[0].strip()
    if isinstance(error, duckdb.InterruptException):
        return f"filter {expression!r} took longer than {SECONDS:g} s and was stopped; ask for less at once"
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"filter {expression!r} needs more than {MEMORY} of memory; ask for less at once"
    if "not found in FROM clause" in first:
        name = first.split('"')[1] if '"' in first else expression
        return f"filter {expression!r}: no column {name!r}; {nearest(name, columns)}"
    return f"filter {expression!r}: {first}"

"""Filters by truth table, what an expression must never reach, and what it must never cost."""

import threading
import time
from contextlib import suppress

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentarchive import filters
from latentarchive.catalogue import SCHEMA, to_table
from latentarchive.errors import QueryError
from latentarchive.filters import matching
from latentarchive.items import Item

TABLE = to_table(
    [
        Item(id="s:a", title="Red boat", year=1890, year_end=1899, subjects=("boats", "red"), extra={"dept": "Prints"}),
        Item(id="s:b", title="Blue boat", year=1900, rights_class="open", extra={"dept": "Prints", "room": "7"}),
        Item(id="s:c", title="", creator="O'Hara", subjects=("apples",)),
        Item(id="s:d", title="100% apple", year=-50, year_end=50, width=640, height=480),
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("year < 1900", "ad"),
        ("NOT year < 1900", "b"),  # NULL is neither
        ("year IS NULL", "c"),
        ("year < 1900 OR year >= 1900", "abd"),
        ("year = 1890 AND year_end = 1899", "a"),
        ("coalesce(year, 0) = 0", "c"),
        ("year BETWEEN -100 AND 0", "d"),
        ("title ILIKE '%BOAT%'", "ab"),
        ("title LIKE '%boat' AND NOT title LIKE 'Blue%'", "a"),
        ("title = ''", "c"),
        ("title LIKE '100\\%%' ESCAPE '\\'", "d"),
        ("creator = 'O''Hara'", "c"),
        ("rights_class = 'open'", "b"),
        ("list_contains(subjects, 'red')", "a"),
        ("len(subjects) = 0", "bd"),
        ("subjects[1] = 'apples'", "c"),
        ("extra['dept'] = 'Prints'", "ab"),
        ("extra['room'] = '7'", "b"),
        ("extra['room'] IS NULL", "acd"),
        ("width > height", "d"),
        ("id IN ('s:a', 's:d', 's:z')", "ad"),
        ("true", "abcd"),
        ("false", ""),
        ("NULL", ""),
        ("year", "abd"),
        ('"year" > 0 -- a remark', "ab"),
        ("year > 0 AS late", "ab"),
        ('title = \'"class":"SUBQUERY","function_name":"repeat"\'', ""),
        ("len(list_filter(subjects, lambda s: s ILIKE 'RED')) = 1", "a"),
        ("title.lower() SIMILAR TO '(red|blue) .*'", "ab"),
        ("(year::VARCHAR)[1] = '1'", "ab"),
        ("CASE WHEN year > 0 THEN width IS NULL ELSE width = 640 END", "abd"),
        ("TRY_CAST(extra['room'] AS INTEGER) + 1 = 8", "b"),
    ],
)
def test_truth_tables(expression, rows):
    assert "".join("abcd"[row] for row in np.flatnonzero(matching(TABLE, expression))) == rows


@settings(max_examples=25, deadline=None)
@given(st.lists(st.none() | st.integers(-3000, 3000), max_size=30), st.integers(-3000, 3000))
def test_every_row_is_judged_in_its_place(years, limit):
    table = to_table(Item(id=f"s:{n}", year=year) for n, year in enumerate(years))
    assert matching(table, f"year <= {limit}").tolist() == [year is not None and year <= limit for year in years]


def test_rows_of_several_chunks_keep_their_numbers():
    """A table that is put together of slices, as those of an archive are."""
    import pyarrow as pa

    table = pa.concat_tables([TABLE.slice(2), TABLE.slice(0, 2), TABLE.slice(1, 2)])  # c d a b b c
    assert matching(table, "year >= 1900").tolist() == [False, False, False, True, True, False]
    assert matching(TABLE.slice(0, 0), "year < 1900").tolist() == []


REACHES = {
    "a file": "(SELECT count(*) FROM read_text('{path}')) > 0",
    "a table file": "(SELECT count(*) FROM '{path}') > 0",
    "CSV": "(SELECT count(*) FROM read_csv('{path}')) > 0",
    "Parquet": "EXISTS (SELECT 1 FROM parquet_scan('{path}'))",
    "a listing": "(SELECT count(*) FROM glob('{folder}/*')) > 0",
    "the network": "(SELECT count(*) FROM read_csv('https://example.org/x.csv')) > 0",
    "an extension": "(SELECT count(*) FROM load_aws_credentials()) > 0",
    "the environment": "getenv('HOME') <> ''",
    "a variable": "(SELECT count(*) FROM local_table) > 0",
    "a global": "(SELECT count(*) FROM TABLE) > 0",
    "a second statement": "true; CREATE TABLE x (y INT)",
    "a closed bracket": "true) UNION (SELECT 1",
    "COPY": "(COPY (SELECT 1) TO '{folder}/out.csv')",
    "ATTACH": "(ATTACH '{folder}/out.db')",
    "INSTALL": "(INSTALL httpfs)",
    "LOAD": "(LOAD httpfs)",
    "PRAGMA": "(PRAGMA enable_external_access)",
    "SET": "(SET enable_external_access = true)",
    "a setting": "set_config('enable_external_access', 'true', false) <> ''",
    "an aggregate": "count(*) > 0",
}


@pytest.mark.parametrize("what", REACHES)
def test_nothing_but_the_table_can_be_reached(tmp_path, what):
    path = tmp_path / "secret.csv"
    path.write_text("a,b\n1,2\n")
    local_table = TABLE  # a name that DuckDB would find in Python
    with pytest.raises(QueryError, match=r"^filter ") as caught:
        matching(TABLE, REACHES[what].format(path=path, folder=tmp_path))
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["secret.csv"]
    assert local_table is TABLE


def test_settings_are_locked_and_access_is_off(monkeypatch):
    """Asked from inside, which a filter may not; the names are DuckDB's."""
    monkeypatch.setattr(filters, "FUNCTIONS", filters.FUNCTIONS | {"current_setting"})
    for name, value in {
        "enable_external_access": "false",
        "lock_configuration": "true",
        "python_enable_replacements": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "memory_limit": "953.6 MiB",
        "temp_directory": "",
    }.items():
        assert matching(TABLE, f"CAST(current_setting('{name}') AS VARCHAR) = '{value}'").all(), name


def test_one_filter_leaves_nothing_for_the_next():
    matching(TABLE, "true")
    with pytest.raises(QueryError, match="numbered"):
        matching(TABLE, "numbered.year > 0")
    assert duckdb.sql("SELECT current_setting('enable_external_access')").fetchall() == [(True,)]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", 'the filter is empty; give an expression such as "year < 1900"'),
        (" \n", 'the filter is empty; give an expression such as "year < 1900"'),
        ("yaer < 1900", "filter 'yaer < 1900': no column 'yaer'; did you mean 'year'?"),
        ("zzz = 1", f"filter 'zzz = 1': no column 'zzz'; known: {', '.join(sorted(SCHEMA.names))}"),
        ("year <", "filter 'year <': Parser Error: syntax error at or near \"<\""),
    ],
)
def test_an_expression_that_cannot_be_read(expression, message):
    with pytest.raises(QueryError) as caught:
        matching(TABLE, expression)
    assert str(caught.value) == message


BOMBS = {
    "(SELECT count(*) FROM range(1000000) a, range(1000000) b) > 0": "it holds a query, and can only compare the ",
    "EXISTS (SELECT 1)": "it holds a query, and",
    "year = ANY(range(1000000000))": "it holds a query, and",
    "count(*) OVER () > 1": "it holds a window, and",
    "COLUMNS(*) IS NOT NULL": "it holds *, and",
    "year = $1": "it holds a parameter, and",
    "length(repeat(title, 100000000)) > 0": "no function 'repeat' in filters; known: abs, add, array_contains, ",
    "title.RePeat(100000000) <> ''": "no function 'repeat' in filters; known: ",
    "\"repeat\"(title, 100000000) <> ''": "no function 'repeat' in filters; known: ",
    "length(repeat('x', 10**12)) > 0": "no function 'repeat' in filters; known: ",
    "len(range(1000000000)) > 0": "no function 'range' in filters; known: ",
    "lpad(title, 2000000000, 'x') = ''": "no function 'lpad' in filters; known: ",
    "format('{:>2000000000}', title) = ''": "no function 'format' in filters; known: ",
    "replace(text, 'a', text) = ''": "no function 'replace' in filters; known: ",
    "levenshtein(text, text) > 1": "no function 'levenshtein' in filters; known: ",
    "list_transform(subjects, lambda s: s || s) = []": "no function 'list_transform' in filters; did you mean ",
    "year IN (lowerr(title))": "no function 'lowerr' in filters; did you mean 'lower'?",
    "NULL::INTEGER[100000] IS NULL": "no type of fixed length in filters; write it without the number",
    "CAST(NULL AS INTEGER[100000][]) IS NULL": "no type of fixed length in filters; write it without the number",
    "true\0 OR repeat('x', 9) = ''": "a character of it is no text; write it again",
    "title = '\udcff'": "a character of it is no text; write it again",
}
"""What could take all memory or all time, none of which DuckDB's own limits would end in time."""


@pytest.mark.parametrize("expression", BOMBS)
def test_what_has_no_bound_is_refused_before_it_is_run(expression):
    with pytest.raises(QueryError) as caught:
        matching(TABLE, expression)
    assert str(caught.value).startswith(f"filter {expression!r}: {BOMBS[expression]}")
    assert "\n" not in str(caught.value)


def test_every_function_is_one_of_duckdb():
    known = {name for (name,) in duckdb.sql("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()}
    parsed_away = {"like_escape", "not_like_escape", "ilike_escape", "not_ilike_escape", "current_date", "position"}
    assert filters.FUNCTIONS - known <= parsed_away


def test_what_takes_too_long_is_stopped(monkeypatch):
    """Some seconds of work: half a million texts of two thousand characters, each read forty times."""
    import pyarrow as pa

    text = pa.DictionaryArray.from_arrays(np.zeros(500_000, np.int8), ["harbour " * 250]).dictionary_decode()
    table = pa.table({"text": text})
    slow = " AND ".join(f"NOT regexp_matches(text, '(a|b|r )+[^h]{{{n}}}x')" for n in range(1, 41))
    assert matching(table.slice(0, 3), slow).all()
    monkeypatch.setattr(filters, "SECONDS", 0.2)
    began = time.perf_counter()
    with pytest.raises(QueryError, match=r" took longer than 0.2 s and was stopped; ask for less at once$"):
        matching(table, slow)
    assert time.perf_counter() - began < 5
    assert "filter-limit" not in {thread.name for thread in threading.enumerate()}
    assert matching(table, "text <> ''").all()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (duckdb.OutOfMemoryException("Out of Memory Error"), "filter 'x' needs more than 1GB of memory; ask for less"),
        (duckdb.InterruptException("INTERRUPT Error"), "filter 'x' took longer than 30 s and was stopped; ask for le"),
    ],
)
def test_what_the_limits_say(error, said):
    assert filters._readable(error, "x", []).startswith(said)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=15))
def test_any_text_is_a_filter_or_a_query_error(expression):
    with suppress(QueryError):
        assert matching(TABLE, expression).shape == (4,)

"""Recorded values in columns and files, and the items that have them: what checks of reservations share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.audit.subject import Subject

MOST = 200_000
"""Different values, or addresses, that are read."""

SILENCE = "That nothing is recorded does not mean that it is allowed."


def distinct(subject: Subject, column: str) -> list[tuple[str, int]]:
    """Different values that say anything, and how many items have each; most common first."""
    return [
        (str(value), n)
        for value, n in subject.rows(
            f"SELECT {column} AS v, count(*) AS n FROM items WHERE trim(coalesce({column}, '')) <> '' "
            f"GROUP BY v ORDER BY n DESC, v LIMIT {MOST}"
        )
    ]


def ids_of(subject: Subject, column: str, values: list[str], most: int) -> tuple[str, ...]:
    """Ids of the first items whose column has one of these values."""
    return tuple(item for item, _ in listed(subject, column, values, most))


def listed(subject: Subject, column: str, values: list[str], most: int) -> list[tuple[str, str]]:
    """The first items, by id, whose column has one of these values, and the value."""
    if not values:
        return []
    subject.put("asked", pa.table({"v": pa.array(values, pa.string())}))
    return [
        (str(item), str(value))
        for item, value in subject.rows(
            f"SELECT {subject.example} AS id, {column} AS v FROM items WHERE {column} IN (SELECT v FROM asked) "
            f"ORDER BY id LIMIT {most}"
        )
    ]


def found(
    subject: Subject,
    column: str,
    values: list[str],
    words: str,
    top: int,
    *,
    said: Callable[[str], str],
    note: str = SILENCE,
) -> Finding:
    """The finding that so many items have one of these values.

    Args:
        subject: What is audited.
        column: The expression of the column.
        values: Its values that count.
        words: What is said of such items: "reserve data mining".
        top: How many are listed.
        said: What the table says of a value.
        note: What a reader must know.
    """
    wanted = set(values)
    count = sum(n for value, n in distinct(subject, column) if value in wanted)
    rows = tuple((item, said(value)) for item, value in listed(subject, column, values, top))
    return Finding(
        sentence=f"{count:,} of {subject.n:,} {subject.items} {words}.",
        value=count / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        examples=tuple(item for item, _ in rows[:MOST_EXAMPLES]),
        table=Table(columns=("item", "what it says"), rows=rows, ids=(0,)) if rows else None,
        notes=(note, *((f"The first {top:,} are listed.",) if count > top else ())),
    )


def first(subject: Subject, names: tuple[str, ...]) -> str | None:
    """The expression of the first of these columns that there is, as text; None if there is none."""
    name = next((name for name in names if subject.named(name)), None)
    return f"CAST({subject.field(name)} AS VARCHAR)" if name is not None else None


def column_of(subject: Subject, names: tuple[str, ...], what: str) -> str:
    """The same. Raises `Skip` with the names that were looked for."""
    column = first(subject, names)
    if column is None:
        message = f"there is no recorded {what}: looked for {', '.join(names)}"
        raise Skip(message)
    return column


def recorded(folder: str, suffix: str) -> dict[str, str]:
    """The recorded files by host."""
    found = sorted(Path(folder).glob(f"*{suffix}")) if Path(folder).is_dir() else []
    if not found:
        message = f"there is no file HOST{suffix} in {folder}"
        raise Skip(message)
    return {path.name.removesuffix(suffix).lower(): path.read_text(errors="replace") for path in found}


def addresses(subject: Subject, sites: Mapping[str, object], where: str) -> Iterator[tuple[str, str, str]]:
    """Item, host and path of the addresses on these sites; `MOST` of them, by a hash, where there are more."""
    url = subject.sql("url")
    host = f"lower(regexp_extract({url}, '^[A-Za-z]+://(?:[^/@]*@)?([^/:?#]+)', 1))"
    subject.put("sites", pa.table({"host": pa.array(list(sites), pa.string())}))
    for item, at, address in subject.rows(
        f"SELECT {subject.example}, {host} AS h, {url} FROM items WHERE ({where}) "
        f"AND {host} IN (SELECT host FROM sites) ORDER BY hash({url}), 1 LIMIT {MOST}"
    ):
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        yield str(item), at, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

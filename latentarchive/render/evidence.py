"""The works behind a finding, one after the other, each with what the finding says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from latentarchive.audit.finding import Finding, Table
from latentarchive.render.figures import cell

MOST_SAID = 4
"""Columns of a row that are told beside a work; the others stand in the table."""


@dataclass(frozen=True, slots=True)
class Named:
    """One work that a finding names."""

    id: str
    #: Number from 1 of the row of the table that names it, and how many works that row names; 0 for an example.
    row: int
    of: int
    #: What else the row says, as "NAME VALUE".
    said: tuple[str, ...]


def own(one: Finding) -> tuple[int, ...]:
    """The columns of a finding's table that name works of the archive that was audited: others may name another's."""
    if one.table is None:
        return ()
    places = one.picture.archives if one.picture is not None else ()
    return tuple(k for k, place in zip_longest(one.table.ids, places, fillvalue="") if isinstance(k, int) and not place)


def named(one: Finding) -> list[Named]:
    """Works of the archive that was audited, by the rows of the table, in its order, so that pairs stay pairs.

    Then examples that no row names; where the table has no rows about single works these are the examples alone.
    """
    table, columns = one.table, own(one)
    found: list[Named] = []
    if table is not None:
        for number, row in enumerate(table.rows, start=1):
            ids = [str(row[column]) for column in columns if row[column] is not None]
            said = tuple(_said(table, row))
            found += [Named(item, number, len(ids), said) for item in ids]
    known = {work.id for work in found}
    return found + [Named(item, 0, 0, ()) for item in one.examples if item not in known]


def _said(table: Table, row: Sequence[Any]) -> list[str]:
    told = [
        f"{name}: {cell(value, name)}"
        for column, (name, value) in enumerate(zip(table.columns, row, strict=True))
        if column not in table.ids and value is not None and value != ""
    ]
    return told[:MOST_SAID]

"""The works behind a finding, one after the other, each with what the finding says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


def named(one: Finding) -> list[Named]:
    """Works by the rows of the table, in its order, so that pairs stay pairs; then examples that no row names.

    Where the table has no rows about single works these are the examples alone.
    """
    table = one.table
    found: list[Named] = []
    if table is not None:
        for number, row in enumerate(table.rows, start=1):
            ids = [str(row[column]) for column in table.ids if row[column] is not None]
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

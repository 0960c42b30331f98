"""What was measured: one sentence each, its figures on demand; and drawings of curves and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from latentarchive.archive import Archive
from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.diffusion.experiment import Chart, Measure
from latentarchive.render.charts import chart
from latentarchive.render.experiments import facts
from latentarchive.render.figures import cell, measured
from reading_room import made
from reading_room.language import say
from reading_room.scripts import component

_component = component(__file__, "sentences", "elements", "drawings")

ROWS = 12
"""Rows of a table that stand on a page; the files that can be fetched have all of them."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, as plain text, with what stands behind it."""

    text: str
    #: What was asked, in a word or two.
    name: str = ""
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    #: Ids of works that stand in these rows.
    works: tuple[str, ...] = ()
    #: An SVG that the library drew.
    drawing: str = field(default="")


class Page(NamedTuple):
    """Where a work stands, and what it is called."""

    href: str
    title: str


def of_finding(one: Finding, *, name: str) -> Sentence:
    """A finding of a check.

    Args:
        one: What was found.
        name: What was asked, in a word or two.
    """
    columns, rows, works = _table(one.table) if one.table is not None else ((), (), ())
    return Sentence(one.sentence, name, tuple(measured(one)), one.notes, columns, rows, works)


def of_measure(one: Measure) -> Sentence:
    """A measure of an experiment."""
    return Sentence(one.sentence, "", tuple(facts(one)), one.notes)


def of_chart(one: Chart) -> Sentence:
    """A table of an experiment, and its drawing where it has one."""
    table = Table(columns=one.columns, rows=one.rows, ids=one.ids)
    drawn = ""
    if one.kind in ("bars", "curve"):
        picture = Picture(kind="bars" if one.kind == "bars" else "curve", x=one.x, y=one.y, alt=one.alt)
        drawn = chart(picture, table)
    columns, rows, works = _table(table, most=len(one.rows))
    return Sentence(one.heading, columns=columns, rows=rows, works=works, drawing=drawn)


def pages(sentences: Sequence[Sentence], archive: Archive, name: str) -> dict[str, Page]:
    """By id, the works that tables name, as far as they may be shown.

    Args:
        sentences: Whose tables.
        archive: Whose works, and its name in addresses.
        name: The same.
    """
    ids = dict.fromkeys(item_id for one in sentences for item_id in one.works)
    titles = {item_id: made.named(archive, item_id) for item_id in ids}
    return {item_id: Page(made.page(name, item_id), title) for item_id, title in titles.items() if title}


def show(sentences: Sequence[Sentence], *, key: str, label: str, pages: Mapping[str, Page] | None = None) -> None:
    """Show them as a list, in their order.

    Args:
        sentences: None: nothing is drawn.
        key: Of this list on its page.
        label: What the list is, for screen readers.
        pages: Works by their ids, as `pages` finds them; None: a table names works by their ids alone.
    """
    if sentences:
        words = {"figures": say("figures"), "table": say("table"), "rows": say("rows")}
        told = [asdict(one) for one in sentences]
        held = {item_id: one._asdict() for item_id, one in (pages or {}).items()}
        _component(key=key, data={"label": label, "sentences": told, "pages": held, "words": words})


def _table(table: Table, most: int = ROWS) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Its columns, its first rows, and the ids of works in these."""
    kept = table.rows[:most]
    rows = (tuple(cell(value, name) for value, name in zip(row, table.columns, strict=True)) for row in kept)
    return table.columns, tuple(rows), tuple(str(row[k]) for row in kept for k in table.ids if row[k])

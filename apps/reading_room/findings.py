"""Findings of an audit: sentence, figures, picture and table, in one component for a whole list of them.

Its script sets every text as text. Pictures are the report's own SVG, taken apart and put together again from the few
elements and attributes that such a picture has; nothing else of it reaches the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from latentarchive.audit import Finding
from latentarchive.audit.finding import shortened
from latentarchive.render.charts import chart
from latentarchive.render.evidence import own
from latentarchive.render.figures import cell, measured
from reading_room.language import say
from reading_room.scripts import component

_component = component(__file__, "findings", "elements", "links", "drawings")

SHORT = 260
"""Characters of notes that stand open in a list; longer ones are opened by who wants them."""

ROWS = 12
"""Rows of a table that stand in a list of findings; the finding's own page has all of them."""


class Works(NamedTuple):
    """The works of a finding that can be shown: the address and the title of each, by their ids."""

    addresses: Mapping[str, str]
    titles: Mapping[str, str]


def show(
    numbered: Sequence[tuple[int, Finding]],
    *,
    key: str,
    address: Callable[[int], str],
    works: Callable[[Finding], Works],
    whole: bool = False,
) -> None:
    """Show findings in their order, under the names of their families.

    Args:
        numbered: Each with its number in the report, from 1; without what is withheld.
        key: Of this list on its page.
        address: The page of a finding, by its number.
        works: What can be shown of a finding's works.
        whole: All rows of every table, opened; no link to the finding's own page, for this is it.
    """
    families = []
    for family, group in groupby(numbered, key=lambda one: one[1].check.partition(".")[0]):
        told = [_told(number, one, address(number), works(one), whole=whole) for number, one in group]
        families.append({"title": "" if whole else family.capitalize(), "findings": _joined(told)})
    if families:
        words = {"table": say("Table"), "notes": say("Notes")}
        _component(key=key, data={"families": families, "words": words, "whole": whole})


def _joined(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was not asked for one reason stands there once, with all the checks it held up."""
    joined: list[dict[str, Any]] = []
    for one in told:
        last = joined[-1] if joined else {}
        if one["outcome"] == "skip" and one["sentence"] == last.get("sentence"):
            last["question"] += f"; {one['question']}"
        else:
            joined.append(one)
    return joined


def outcome(one: Finding) -> str:
    """What stands above a finding, in a word; "" where the suite sets no bound."""
    return {"fail": say("Failed"), "pass": say("Passed"), "skip": say("Not asked")}.get(one.outcome, "")


def question(one: Finding) -> str:
    """The check and what it was asked, in one line. Of paths only the last part is told."""
    options = [f"{name} {_option(value)}" for name, value in one.options.items() if value not in (None, "", (), [], {})]
    return f"{one.check}{': ' if options else ''}{', '.join(options)}"


def _option(value: Any) -> str:
    if isinstance(value, str):
        return shortened(Path(value).name if "/" in value and "://" not in value else value)
    return shortened(json.dumps(value, ensure_ascii=False, default=str))


def _told(number: int, one: Finding, href: str, works: Works, *, whole: bool) -> dict[str, Any]:
    """A finding as the component wants it: plain text but for the drawing."""
    named = f"findings-caption-{number}"
    drawn = chart(one.picture, one.table, labelled_by=named) if one.picture and one.table and one.table.rows else ""
    rows = one.table.rows if one.table is not None else ()
    return {
        "number": number,
        "outcome": one.outcome,
        "word": outcome(one),
        "sentence": one.sentence,
        "facts": measured(one),
        "notes": list(one.notes),
        "folded": not whole and sum(map(len, one.notes)) > SHORT,
        "question": question(one) if whole else one.check,
        "drawn": drawn,
        "caption": one.picture.alt if one.picture and drawn else "",
        "captionId": named,
        "table": _table(one, works, len(rows) if whole else ROWS) if one.table and rows else None,
        "rows": _rows(len(rows), len(rows) if whole else ROWS),
        "href": "" if whole else href,
        "works": "" if whole else _works(len(works.addresses)),
    }


def _rows(count: int, most: int) -> str:
    if count > most:
        return say("the first {most} of {count} rows", most=most, count=f"{count:,}")
    return say("1 row") if count == 1 else say("{count} rows", count=f"{count:,}")


def _works(count: int) -> str:
    if not count:
        return ""
    return say("1 work to look at") if count == 1 else say("{count} works to look at", count=f"{count:,}")


def _table(one: Finding, works: Works, most: int) -> dict[str, Any]:
    table, linked = one.table, own(one)
    assert table is not None  # whoever asks has looked
    numbers = [
        all(isinstance(row[k], int | float | None) for row in table.rows) for k in range(len(table.columns))
    ]  # at the right, as one adds them up
    rows = [
        [
            {
                "text": (works.titles.get(str(value)) if k in linked else None) or cell(value, name),
                "exact": repr(value) if number and value is not None else "",
                "href": works.addresses.get(str(value), "") if k in linked else "",
                "id": str(value) if k in linked and str(value) in works.titles else "",
            }
            for k, (value, name, number) in enumerate(zip(row, table.columns, numbers, strict=True))
        ]
        for row in table.rows[:most]
    ]
    return {"columns": list(table.columns), "numbers": numbers, "rows": rows}

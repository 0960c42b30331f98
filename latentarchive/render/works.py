"""Works that a report names, as small figures with source and rights; sheets of pairs and of neighbours."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from latentarchive.archive import Archive
from latentarchive.audit.finding import Finding, Table
from latentarchive.items import Item
from latentarchive.render.figures import cell
from latentarchive.render.pages import shown
from latentarchive.wording import credit, rights, title

MOST_SHOWN = 8
"""Examples of one finding that are shown as pictures; the others are named."""


def examples(one: Finding, archives: Sequence[Archive]) -> str:
    """The examples of a finding: pictures of the first ones, ids of all.

    Args:
        one: What was found.
        archives: Where pictures come from, the first that shows a work; none: ids alone.
    """
    ids = [f"<li>{shown(item_id)}</li>" for item_id in one.examples]
    if not archives:
        return f"<ul class=ids>{''.join(ids)}</ul>"
    figures = "".join(f"<li>{work(item_id, archives)}</li>" for item_id in one.examples[:MOST_SHOWN])
    rest = f"<ul class=ids>{''.join(ids[MOST_SHOWN:])}</ul>" if len(ids) > MOST_SHOWN else ""
    return f'<ol class="works small">{figures}</ol>{rest}'


def pairs(one: Finding, archives: Mapping[str, Archive]) -> str:
    """A sheet of the pairs in a finding's table, in its order; what else the table says of a pair stands below it.

    Args:
        one: The finding.
        archives: Where pictures of works come from, by what `Picture.archives` says; what is in none is named alone.
    """
    table, picture = one.table, one.picture
    if table is None or picture is None or not table.ids:
        return ""
    held = sides(one, archives)
    side = table.columns.index(SIDE) if SIDE in table.columns else None
    parts = []
    for said, rows in groupby(table.rows, key=lambda row: None if side is None else row[side]):
        parts.append(f"<h4>{shown(SIDES.get(str(said), str(said)))}</h4>" if said is not None else "")
        entries = [_pair(row, table, held) for row in rows]
        parts.append(f"<ol class=pairs>{''.join(entries)}</ol>")
    return "".join(parts)


def sides(one: Finding, archives: Mapping[str, Archive]) -> list[list[Archive]]:
    """For each column of ids in a finding's table, the archive that its works are of; none where it is not at hand."""
    ids = one.table.ids if one.table is not None else ()
    places = one.picture.archives if one.picture is not None else ()
    return [[archives[place]] if place in archives else [] for place in places or [""] * len(ids)]


def names(ids: Sequence[str], archives: Sequence[Archive]) -> dict[str, str]:
    """Works as a table names them, by id: the title, linked where the catalogue has an address, and the id below it.

    Args:
        ids: Of works.
        archives: Where titles come from, the first that shows a work. What none shows is not in the result.
    """
    told: dict[str, str] = {}
    for archive in archives:
        left = [item_id for item_id in dict.fromkeys(ids) if item_id not in told]
        rows = archive.collection.rows(left) if left else []
        for item in archive.collection.items([row for row in rows if row is not None and archive.visible[row]]):
            name = shown(title(item))
            linked = (
                f'<a href="{escape(item.url)}">{name}</a>' if item.url.startswith(("http://", "https://")) else name
            )
            told[item.id] = f"{linked}<span class=id>{shown(item.id)}</span>"
    return told


SIDE = "side"
SIDES = {
    "accepted": "Accepted, the least alike first",
    "rejected": "Rejected, the most alike first",
}
"""The column of a sheet that says on which side of a threshold a pair lies, and what stands above each side."""


def _pair(row: Sequence[Any], table: Table, sides: Sequence[Sequence[Archive]]) -> str:
    works = "".join(work(str(row[column]), held) for column, held in zip(table.ids, sides, strict=True))
    return f'<li><div class=pair>{works}</div><p class="quiet meter">{_said(table, row)}</p></li>'


def neighbours(one: Finding, archives: Sequence[Archive]) -> str:
    """A sheet of works, each with its neighbours in two spaces in two lines beside it."""
    table, picture = one.table, one.picture
    if table is None or picture is None or len(picture.y) != 2:
        return ""
    first, second = picture.y
    lines = (
        (picture.x_name, [i for i in table.ids if first <= i < second]),
        (picture.y_name, [i for i in table.ids if i >= second]),
    )
    entries = []
    for row in table.rows:
        beside = "".join(
            f"<p class=quiet>{shown(name)}</p><ol>"
            f"{''.join(f'<li>{_small(str(row[i]), archives)}</li>' for i in columns)}</ol>"
            for name, columns in lines
        )
        asked = f'{work(str(row[picture.x]), archives)}<p class="quiet meter">{_said(table, row)}</p>'
        entries.append(f"<li class=beside><div>{asked}</div><div>{beside}</div></li>")
    return f"<ol class=neighbours>{''.join(entries)}</ol>"


def work(item_id: str, archives: Sequence[Archive]) -> str:
    """One work. What no archive holds, or shows, is named by its id alone."""
    held = _held(item_id, archives)
    if held is None:
        return f"<figure><figcaption class=quiet>{shown(item_id)}</figcaption></figure>"
    item, archive = held
    kind = " class=generated" if item.generated else ""
    return f"""<figure{kind}>{_picture(item, archive)}<figcaption><p class=title>{shown(title(item))}</p>
<p class=quiet>{shown(credit(item))}</p><p class=quiet>Rights: {shown(rights(item))}</p>
<p class=quiet>{shown(item_id)}</p></figcaption></figure>"""


def _small(item_id: str, archives: Sequence[Archive]) -> str:
    """A work with its title and rights alone; the rest stands where it is pointed at, and in the table."""
    held = _held(item_id, archives)
    if held is None:
        return f"<figure><figcaption class=quiet>{shown(item_id)}</figcaption></figure>"
    item, archive = held
    kind = " class=generated" if item.generated else ""
    full = f"{title(item)} · {credit(item)} · {item_id}"
    return f"""<figure{kind} title="{shown(full)}">{_picture(item, archive)}<figcaption>
<p class=title>{shown(title(item))}</p><p class=quiet>{shown(rights(item))}</p></figcaption></figure>"""


def _picture(item: Item, archive: Archive) -> str:
    thumb = archive.thumbnail(item.id)
    if not thumb:
        return ""
    # a title that only says "untitled" would tell a blind reader nothing: the id does
    alt = shown(title(item)) if item.title or item.text else shown(item.id)
    data = base64.b64encode(thumb).decode()
    return f'<div class=mat><img alt="{alt}" loading="lazy" src="data:image/webp;base64,{data}"></div>'


def _said(table: Table, row: Sequence[Any]) -> str:
    """What a row of a table says beside the works that it names."""
    return "; ".join(
        f"{shown(name)} {shown(cell(value, name))}"
        for column, (name, value) in enumerate(zip(table.columns, row, strict=True))
        if column not in table.ids and name != SIDE and value is not None
    )


def _held(item_id: str, archives: Sequence[Archive]) -> tuple[Item, Archive] | None:
    for archive in archives:
        row = archive.collection.row(item_id)
        if row is not None and archive.visible[row]:
            return archive.collection.items([row])[0], archive
    return None

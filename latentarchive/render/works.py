"""Works that a report names, as small figures: thumbnail, title, id, source and rights; and sheets of pairs of them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from latentarchive.archive import Archive
from latentarchive.audit.finding import Finding, Table
from latentarchive.items import Item
from latentarchive.render.figures import cell
from latentarchive.render.pages import shown
from latentarchive.render.text import credit, rights, title

MOST_SHOWN = 8
"""Examples of one finding that are shown as pictures; the others are named."""


def examples(one: Finding, archive: Archive | None) -> str:
    """The examples of a finding: pictures of the first ones, ids of all."""
    ids = [f"<li>{shown(item_id)}</li>" for item_id in one.examples]
    if archive is None:
        return f"<ul class=ids>{''.join(ids)}</ul>"
    items = [(item_id, _item(item_id, archive)) for item_id in one.examples[:MOST_SHOWN]]
    figures = "".join(f"<li>{work(item_id, item, archive)}</li>" for item_id, item in items)
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
    sides = [archives.get(place) for place in picture.archives or [""] * len(table.ids)]
    side = table.columns.index(SIDE) if SIDE in table.columns else None
    parts = []
    for said, rows in groupby(table.rows, key=lambda row: None if side is None else row[side]):
        parts.append(f"<h4>{shown(SIDES.get(str(said), str(said)))}</h4>" if said is not None else "")
        entries = [_pair(row, table, sides) for row in rows]
        parts.append(f"<ol class=pairs>{''.join(entries)}</ol>")
    return "".join(parts)


SIDE = "side"
SIDES = {
    "accepted": "Accepted, the least alike first",
    "rejected": "Rejected, the most alike first",
}
"""The column of a sheet that says on which side of a threshold a pair lies, and what stands above each side."""


def _pair(row: Sequence[Any], table: Table, sides: Sequence[Archive | None]) -> str:
    ids = [str(row[column]) for column in table.ids]
    said = [
        f"{shown(name)} {shown(cell(value, name))}"
        for column, (name, value) in enumerate(zip(table.columns, row, strict=True))
        if column not in table.ids and name != SIDE and value is not None
    ]
    works = "".join(work(i, _item(i, archive), archive) for i, archive in zip(ids, sides, strict=True))
    return f'<li><div class=pair>{works}</div><p class="quiet meter">{"; ".join(said)}</p></li>'


def work(item_id: str, item: Item | None, archive: Archive | None) -> str:
    """One work. What the archive does not hold, or does not show, is named by its id alone."""
    if item is None or archive is None:
        return f"<figure><figcaption class=quiet>{shown(item_id)}</figcaption></figure>"
    thumb, name = archive.thumbnail(item_id), shown(title(item))
    if thumb:
        # a title that only says "untitled" would tell a blind reader nothing: the id does
        alt = name if item.title or item.text else shown(item_id)
        data = base64.b64encode(thumb).decode()
        picture = f'<div class=mat><img alt="{alt}" loading="lazy" src="data:image/webp;base64,{data}"></div>'
    else:
        picture = ""
    kind = " class=generated" if item.generated else ""
    return f"""<figure{kind}>{picture}<figcaption><p class=title>{name}</p>
<p class=quiet>{shown(credit(item))}</p><p class=quiet>Rights: {shown(rights(item))}</p>
<p class=quiet>{shown(item_id)}</p></figcaption></figure>"""


def _item(item_id: str, archive: Archive | None) -> Item | None:
    row = archive.collection.row(item_id) if archive is not None else None
    if archive is None or row is None or not archive.visible[row]:
        return None
    return archive.collection.items([row])[0]

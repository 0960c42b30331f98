"""What stands beside a work: along the catalogue, in the space, on the shelf, and as a copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc
import streamlit as st

from latentarchive.collapsing import Miniatures, collapsed
from latentarchive.errors import ArchiveError
from latentarchive.query import Hit
from reading_room import cards, works
from reading_room.language import say
from reading_room.shared import plainly

if TYPE_CHECKING:
    from latentarchive.archive import Archive
    from latentarchive.diffusion.record import Record
    from latentarchive.items import Item
    from latentarchive.neighborhood import Side

LOOKED_AT = 24
"""Nearest works among which copies are looked for."""


def along(archive: Archive, item_id: str) -> tuple[str | None, str | None]:
    """The ids of the works that are shown before and after one in the catalogue; None at either end."""
    rows = np.flatnonzero(archive.visible)
    place = int(np.searchsorted(rows, archive.row(item_id)))
    beside = [rows[at] if 0 <= at < len(rows) else None for at in (place - 1, place + 1)]
    before, after = (None if row is None else archive.collection[int(row)].id for row in beside)
    return before, after


def show(side: Side, archive: str, *, folded: bool = False) -> None:
    """Neighbours of one kind as small cards, with a sentence; folded away until somebody asks."""
    label = f"{plainly(works.side_name(side))} ({side.others:,})" if side.others is not None else ""
    if not folded:
        st.subheader(plainly(works.side_name(side)))
    with st.expander(label or plainly(works.side_name(side))) if folded else st.container():
        st.caption(works.side_said(side))
        if not side.hits:
            st.write(say("There is none."))
            return
        if side.kind == "meaning":
            shown = [cards.of_hit(hit, archive) for hit in side.hits]
        else:
            shown = [cards.card(hit.item, archive) for hit in side.hits]
        cards.show(shown, key=f"item.beside.{side.kind}", label=works.side_name(side), small=True)


def copies(archive: Archive, name: str, item: Item) -> list[cards.Card]:
    """Cards of the works that show the picture of one, with what makes them copies."""
    same = [hit for hit in _same_file(archive, item) if hit.item.id != item.id]
    here = Hit(0, item, None, "", (), 0, copy=False)
    near = archive.neighbors(item.id, k=LOOKED_AT).hits if archive.has_vectors else ()
    known = {hit.item.id for hit in same}
    hits = [here, *same, *(hit for hit in near if hit.item.id not in known)]
    first, *_ = collapsed(hits, miniatures(archive, name))
    said = {"file": say("the same file"), "picture": say("the same picture in another file")}
    return [cards.card(copy.hit.item, name, notes=[said[copy.same]]) for copy in first.copies]


def _same_file(archive: Archive, item: Item) -> list[Hit]:
    if not item.sha256:
        return []
    column = archive.collection.table["sha256"]
    rows = np.flatnonzero(np.asarray(pc.equal(column, item.sha256).combine_chunks(), dtype=bool) & archive.visible)
    return [Hit(n, work, None, "", (), n, copy=True) for n, work in enumerate(archive.collection.items(rows), 1)]


@st.cache_resource(max_entries=4, show_spinner=False)
def _miniatures(name: str, created: str, _archive: Archive) -> Miniatures:
    del name, created
    return Miniatures(_archive)


def miniatures(archive: Archive, name: str) -> Miniatures:
    """The miniatures of an archive, the same for all visitors."""
    return _miniatures(name, archive.manifest.created, archive)


def records(archive: Archive, item_id: str) -> list[Record]:
    """The records in the file of a generated image; none if it has none, or is not at hand."""
    from latentarchive.diffusion.generated import records_in

    try:
        return records_in(archive.original(item_id), item_id)
    except ArchiveError:
        return []

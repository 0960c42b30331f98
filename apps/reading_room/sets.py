"""Selections: the one that a visitor is working on, and those that were saved for everybody.

What is kept (`kept`) are ids; name, notes and the file that it came from are held beside them, so that keeping works on
any page and noting on the page of selections both end up in one `Selection`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from latentarchive import selection
from latentarchive.selection import ENDING, Chosen, Selection
from reading_room import kept, settings
from reading_room.language import say

if TYPE_CHECKING:
    from latentarchive.archive import Archive

_HELD, _PLACE = "sets.held", "sets.place"


def folder() -> Path:
    """Where saved selections lie."""
    return Path(settings.current().selections)


def working(name: str, archive: Archive) -> Selection:
    """What this visitor keeps of an archive, in its order, with the notes that were made."""
    held: Selection | None = st.session_state.get(_HELD, {}).get(name)
    if held is None:
        held = Selection(name=say("My selection"), archive=archive.name, digest=archive.manifest.digest)
    notes = {work.id: work.note for work in held.works}
    works = tuple(Chosen(item_id, notes.get(item_id, "")) for item_id in kept.ids(name))
    return held if works == held.works else replace(held, works=works)


def put(name: str, changed: Selection, *, place: Path | None = None) -> None:
    """Go on working with another selection.

    Args:
        name: Of the archive, as addresses have it.
        changed: What the visitor keeps from now on.
        place: The file that it was read from or written to; None: as before.
    """
    st.session_state[_HELD] = st.session_state.get(_HELD, {}) | {name: changed}
    if place is not None:
        st.session_state[_PLACE] = st.session_state.get(_PLACE, {}) | {name: place}
    wanted = list(changed.ids)
    for item_id in kept.ids(name):
        kept.toggle(name, item_id)
    for item_id in wanted:
        kept.toggle(name, item_id)


def start_anew(name: str) -> None:
    """Keep nothing; what was saved stays saved."""
    for item_id in kept.ids(name):
        kept.toggle(name, item_id)
    for key in (_HELD, _PLACE):
        st.session_state[key] = {other: one for other, one in st.session_state.get(key, {}).items() if other != name}


def place(name: str) -> Path | None:
    """The file that the visitor's selection was read from or last written to; None if there is none."""
    return st.session_state.get(_PLACE, {}).get(name)


def save(name: str, changed: Selection) -> Selection:
    """Write the visitor's selection into its file; under another name, into a new one.

    Raises:
        ArchiveError: There is a file of that name that is another's, or it may not be written; nothing was.
    """
    path = folder() / selection.file_name(changed.name)
    written = selection.save(changed if place(name) == path else replace(changed, read=""), folder())
    put(name, written, place=path)
    return written


def saved(archive: Archive) -> dict[str, Selection]:
    """The saved selections of an archive by what stands in addresses, the last changed first."""
    found = selection.saved(folder())
    return {
        path.name.removesuffix(ENDING): one for path, one in found if one is not None and one.archive == archive.name
    }


def path_of(stem: str) -> Path:
    """The file of a saved selection by what stands in addresses: one of those that `saved` lists."""
    return folder() / f"{stem}{ENDING}"

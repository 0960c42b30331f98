"""What stands around every page: the choice of archive above it, licence and source below it."""

from __future__ import annotations

import contextlib

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from latentarchive.errors import ArchiveError
from latentarchive.plaintext import plain
from latentarchive.summary import encoder_of
from latentarchive.wording import shortened
from reading_room import navigation, portrait, shared
from reading_room.language import say

LONGEST = 80
"""Characters of what a page is called in a browser's tab."""


def name(words: str) -> None:
    """Name the page where browsers do: in tabs, in their history, and for those who hear it read."""
    st.set_page_config(page_title=f"{shortened(plain(words), LONGEST)} · {say('Reading room')}")


def above() -> None:
    """The choice between archives, where there are several."""
    names, asked = shared.names(), shared.asked_name()
    if len(names) > 1:
        # As the address says, also after a link or the way back: a widget alone would keep what was chosen in it.
        st.session_state["frame.archive"] = asked if asked in names else None
        st.sidebar.selectbox(say("Archive"), names, format_func=shared.title_of, key="frame.archive", on_change=_change)


def _change() -> None:
    """Another archive: of what was asked only the words mean something in it; ids and fields do not."""
    words = st.query_params.get("q", "")
    st.query_params.from_dict(navigation.kept({"archive": st.session_state["frame.archive"], "q": words}))


def below() -> None:
    """Whose works these are, what may be done with them, what compares them, and where more is said."""
    asked = shared.asked_name()
    try:
        archive = shared.archive_named(asked)
    except ArchiveError:  # the page has said so
        return
    st.divider()
    counts = portrait.classes(archive)
    st.caption(
        say(
            "{title}, archive built {date}.",
            title=f"**{shared.plainly(archive.manifest.title)}**",
            date=archive.manifest.created[:10],
        )
        + " "
        + say("Source and rights stand beside every work.")
        + " "
        + portrait.rights(counts)
        + " "
        + portrait.encoder(encoder_of(archive))
    )
    # A kiosk may have no such page.
    with contextlib.suppress(StreamlitPageNotFoundError):
        st.page_link(navigation.VIEWS / "about.py", query_params=navigation.kept({"archive": asked}))

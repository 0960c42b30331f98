"""What stands around every page: the choice of archive above it, licence and source below it."""

from __future__ import annotations

import contextlib

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from latentarchive.errors import ArchiveError
from latentarchive.summary import encoder_of
from reading_room import navigation, portrait, shared
from reading_room.language import say


def above() -> None:
    """The choice between archives, where there are several."""
    names = shared.names()
    if len(names) > 1:
        asked = st.query_params.get("archive", names[0])
        st.sidebar.selectbox(
            say("Archive"),
            names,
            index=names.index(asked) if asked in names else 0,
            key="frame.archive",
            on_change=_change,
        )


def _change() -> None:
    """Another archive: what was asked of the first one, by ids and fields, means nothing in it."""
    st.query_params.from_dict({"archive": st.session_state["frame.archive"]})


def below() -> None:
    """Whose works these are, what may be done with them, what compares them, and where more is said."""
    names = shared.names()
    name = st.query_params.get("archive", names[0] if names else "")
    try:
        archive = shared.archive_named(name)
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
        st.page_link(navigation.VIEWS / "about.py", query_params=navigation.kept({"archive": name}))

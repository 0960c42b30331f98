"""What stands around every page: the choice of archive above it, licence and source below it."""

from __future__ import annotations

import streamlit as st

from reading_room import shared
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
    """Where the works come from, and who says what may be done with them."""
    _, archive = shared.chosen()
    st.divider()
    st.caption(
        say(
            "{title}. Source and rights stand beside every work; “unknown” does not mean free. Archive built {date}.",
            title=shared.plainly(archive.manifest.title),
            date=archive.manifest.created[:10],
        )
    )

"""The language and direction of the whole page, which Streamlit leaves English and left to right; and their choice."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from reading_room import language
from reading_room.language import say

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "latentarchive.document",
    css=(_HERE / "document.css").read_text("utf-8"),
    js=(_HERE / "document.js").read_text("utf-8"),
    isolate_styles=False,  # its styles are for the page around it
)

_KEY = "language.chosen"


def declare() -> None:
    """Tell the browser, and with it screen readers, which language this page is in, and where its lines begin."""
    code = language.code()
    _component(key="document", data={"lang": code, "dir": language.direction(code)})


def choose() -> None:
    """The choice of language in the sidebar; it stands in the address and stays while pages change."""
    codes = language.offered()
    st.session_state[_KEY] = language.code()  # as the address says, also after the way back
    st.sidebar.selectbox(
        say("Language"),
        codes,
        format_func=language.NAMES.__getitem__,
        key=_KEY,
        on_change=_change,
    )


def _change() -> None:
    st.query_params["lang"] = st.session_state[_KEY]

"""The menu keeps archive and language: Streamlit's own links forget what stands in the address."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from reading_room import navigation, shared
from reading_room.scripts import SHARED

_component = st.components.v2.component(
    "latentarchive.menu",
    js="\n".join(path.read_text("utf-8") for path in (SHARED / "links.js", Path(__file__).with_name("menu.js"))),
    isolate_styles=False,  # it steers the page around it
)


def declare() -> None:
    """Tell the browser what every page of the menu is asked with; where there is one archive, none is named."""
    several = len(shared.names()) > 1
    asked = navigation.kept({"archive": shared.asked_name() if several else ""})
    with st.sidebar:
        _component(key="menu", data={"asked": urlencode(asked, doseq=True)})

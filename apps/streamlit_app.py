"""The router: which pages there are, and what stands around each of them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from reading_room import frame, language, menu, navigation, settings, standing
from reading_room.kiosk import profile
from reading_room.language import document, say

ICON = Path(__file__).parent / "reading_room" / "icon.png"
"""A file of our own: for a page without one, Streamlit makes the browser fetch an icon from the network."""

standing.set_aside()
st.set_page_config(page_title=say("Reading room"), page_icon=str(ICON), layout="wide")
st.html(ICON.with_name("page.css"))
if profile.current():
    page = st.navigation([navigation.kiosk()], position="hidden")
    document.declare()
    page.run()
else:
    language.keep()
    page = st.navigation(navigation.pages(settings.current()), position="sidebar")
    document.declare()
    menu.declare()
    frame.name(page.title)
    frame.above()
    document.choose()
    navigation.remember(page.url_path or "search")
    body = st.container()
    frame.below()  # before the page, which may end early
    with body:
        page.run()

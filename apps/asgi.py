"""The server: Streamlit's pages beside the routes that pictures come from, in one process.

`latentarchive app` starts it; ``streamlit run apps/asgi.py`` does the same with what `reading_room.settings` reads.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from reading_room import faults, pictures
from reading_room.atlas import routes as maps

app = st.App(
    Path(__file__).with_name("streamlit_app.py"),
    routes=[*pictures.routes(), *maps.routes()],
    on_script_error=faults.said,
)

"""The server: Streamlit's pages beside the routes that pictures come from, in one process.

`latentarchive app` starts it; ``streamlit run apps/asgi.py`` does the same with what `reading_room.settings` reads.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from reading_room import faults, guard, made, pictures, settings, uploads
from reading_room.atlas import routes as maps

elsewhere = [] if settings.current().kiosk else [*uploads.routes(), *made.routes(), *maps.routes()]
"""What pages need that no kiosk has: nothing is uploaded there, and maps show every work."""

app = st.App(
    Path(__file__).with_name("streamlit_app.py"),
    routes=[*pictures.routes(), *elsewhere],
    middleware=[Middleware(guard.Guard)],
    on_script_error=faults.said,
)

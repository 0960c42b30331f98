"""Components of the pages: their scripts, with what several of them need written once. Plain files, no build step."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

SHARED = Path(__file__).parent
"""Scripts that are put before that of a component: ``elements``, ``links``, ``drawings``."""


def component(beside: str, name: str, *shared: str) -> ComponentRenderer:
    """A component of Streamlit.

    Args:
        beside: ``__file__`` of the module that shows it; its ``NAME.css`` and ``NAME.js`` lie beside that.
        name: The component's.
        shared: Names of the scripts in `SHARED` that its own needs, in an order in which each finds what it needs.
    """
    here = Path(beside).parent
    files = [*(SHARED / f"{one}.js" for one in shared), here / f"{name}.js"]
    return st.components.v2.component(
        f"latentarchive.{name}",
        css=(here / f"{name}.css").read_text("utf-8"),
        js="\n".join(file.read_text("utf-8") for file in files),
    )

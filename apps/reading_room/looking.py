"""A whole picture to look at, and a part of it to choose: by pointer, by touch, or in figures by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import streamlit as st

from latentarchive.query import Region
from reading_room.language import say

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "latentarchive.looking",
    css=(_HERE / "looking.css").read_text("utf-8"),
    js=(_HERE / "looking.js").read_text("utf-8"),
)

LEAST = 2.0
"""Per cent of a side that a part must have."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the picture, and what a visitor wants with it: ``like`` or ``unlike``."""

    action: str
    region: Region


def show(
    *, picture: str, larger: str, alt: str, generated: bool, key: str, on_part: Callable[[Part], None] | None
) -> None:
    """Show a picture whole.

    Args:
        picture: Its address; "" if there is none.
        larger: Address of a larger view of it.
        alt: What it shows, for those who cannot see it.
        generated: Made by a model: framed and labelled as such.
        key: Of this picture on its page.
        on_part: Called with a part that was chosen, before the page runs again; None: none can be chosen.
    """

    def acted() -> None:
        part = read(getattr(st.session_state[key], "part", None))
        if part is not None and on_part is not None:
            on_part(part)

    _component(
        key=key,
        data={
            "picture": picture,
            "larger": larger,
            "alt": alt,
            "generated": generated,
            "parts": on_part is not None,
            "words": {
                "nothing": say("This archive has no picture of it."),
                "generated": say("Generated, not a work"),
                "larger": say("Open the picture alone"),
                "choose": say("Choose a part"),
                "how": say("Draw a frame on the picture, or give its edges in per cent."),
                "left": say("from the left"),
                "top": say("from above"),
                "width": say("width"),
                "height": say("height"),
                "like": say("More like this part"),
                "unlike": say("Less like this part"),
            },
        },
        on_part_change=acted,
    )


def read(told: object) -> Part | None:
    """A part as the browser tells it; None if it is none. What a browser says is not trusted."""
    if not isinstance(told, dict) or told.get("action") not in ("like", "unlike"):
        return None
    try:
        x, y, width, height = (float(told[name]) for name in ("x", "y", "width", "height"))
    except (KeyError, TypeError, ValueError):
        return None
    x, y = min(max(x, 0.0), 100 - LEAST), min(max(y, 0.0), 100 - LEAST)
    width, height = min(max(width, LEAST), 100 - x), min(max(height, LEAST), 100 - y)
    if not all(map(isfinite, (x, y, width, height))):
        return None
    region = Region(round(x, 1), round(y, 1), round(width, 1), round(height, 1), percent=True)
    return Part(str(told["action"]), region)

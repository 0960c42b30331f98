"""The one page of a kiosk: draws the scene of the address, goes where visitors touch, begins anew when they leave."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from reading_room import language, shared
from reading_room.kiosk import scenes, warming
from reading_room.language import say
from reading_room.scripts import component

if TYPE_CHECKING:
    from latentarchive.kiosk import Profile

_stage = component(__file__, "stage", "elements")
_idle = component(__file__, "idle")

PARAMS = ("show", "ask", "q", "id", "seed", "lang")
"""What stands in the address of a scene."""


def run(profile: Profile) -> None:
    """Draw what the address asks for, and see whether somebody is there."""
    code = language.code()
    page = {"lang": code, "dir": language.direction(code), "size": profile.size}
    try:
        name, archive = shared.chosen()
        asked = {param: st.query_params.get(param, "") for param in PARAMS}
        drawn = asdict(scenes.scene(name, archive, profile, asked))
        _stage(
            key="stage",
            data={**page, **drawn, "label": say("Choices")},
            on_go_change=_went,
            on_again_change=lambda: None,
        )
        warming.warm(name, profile)
    finally:  # whatever failed, a screen that nobody touches begins anew; and nobody is asked while they wait
        _idle(
            key="idle",
            data={
                **page,
                "active": bool(st.query_params.get("show")),
                "ask_after": profile.idle.ask_after,
                "reset_after": profile.idle.reset_after,
                "words": {
                    "question": say("Are you still there?"),
                    "count": say("This screen begins anew in {seconds} seconds.", seconds="{seconds}"),
                    "last": say("This screen begins anew in 1 second."),
                    "now": say("This screen begins anew now."),
                    "stay": say("Yes, I am here"),
                },
            },
            on_reset_change=reset,
        )


def reset() -> None:
    """Nobody is there: back to the attract loop, in the first language, with nothing left of the visit."""
    st.query_params.clear()
    for key in list(st.session_state):
        del st.session_state[key]


def go(address: object) -> None:
    """Open the scene of an address; the language stays unless the address names another."""
    told = address if isinstance(address, dict) else {}
    params = {param: str(told[param])[:1000] for param in PARAMS if told.get(param)}
    chosen = st.query_params.get("lang", "")
    if params and chosen and "lang" not in params:
        params["lang"] = chosen
    st.query_params.from_dict(params)


def _went() -> None:
    go(getattr(st.session_state.get("stage"), "go", None))

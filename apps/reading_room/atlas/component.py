"""The component that draws a map. It is sent addresses and words, never coordinates; it tells lines, never works."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from latentarchive.maps.serving import ShownMap
from latentarchive.render.map_sheet import colours_of, rgb
from reading_room.atlas import routes, telling
from reading_room.atlas.choosing import Choice
from reading_room.language import say

_HERE = Path(__file__).parent

# The scripts themselves are modules that the browser fetches once and keeps.
_LOADER = """export default async function (component) {
  const script = await import(new URL(component.data.script, document.baseURI).href);
  return script.default(component);
}"""

_component = st.components.v2.component("latentarchive.map", css=(_HERE / "map.css").read_text("utf-8"), js=_LOADER)

Act = Mapping[str, Any]
"""What a visitor did on a map: ``kind`` is ``line``, ``view``, ``work`` or ``only``."""


def show(
    name: str,
    shown: ShownMap,
    *,
    key: str,
    by: str,
    choice: Choice,
    own: bool,
    view: str,
    marked: Sequence[int],
    on_act: Callable[[Act], None],
) -> None:
    """Draw a map.

    Args:
        name: Of its archive.
        shown: The map.
        key: Of this map on the page.
        by: The field that it is coloured by.
        choice: Which works are chosen; all others fade.
        own: Whether the choice was made on this map, and is shown on it as it was made.
        view: The part that is in view, as the component tells it; "": the whole.
        marked: Places of works that are ringed.
        on_act: Called with what was done, before the page runs again; not with what was done on an earlier version.
    """
    label = say(
        "Map of {n} works of {archive}. The list of works says the same in words.", n=f"{len(shown):,}", archive=name
    )

    def acted() -> None:
        told = getattr(st.session_state[key], "act", None)
        if told and told.get("version") == shown.version:
            on_act(told)

    _component(
        key=key,
        data={
            "script": routes.script("map.js"),
            "base": routes.base(name, shown),
            "version": shown.version,
            "n": len(shown),
            "levels": int(shown.stored.cells[:, 0].max(initial=-1)) + 1 if shown.has_pictures else 0,
            "codes": routes.codes(by),
            "mask": choice.query(),
            "line": choice.line if own else "",
            "view": rectangle(view),
            "marked": list(marked),
            "by": telling.field(by),
            "label": label,
            "painter": st.query_params.get("painter", ""),
            "profile": "profile" in st.query_params,
            "words": _words(),
            **_legend(shown, by, choice.only if own else ""),
        },
        on_act_change=acted,
    )


def rectangle(view: str) -> list[float] | None:
    """The part of a map that an address says is in view, as left, bottom, right, top; None for the whole."""
    try:
        left, bottom, right, top = (int(part) / 1e6 for part in view.split("_"))
    except ValueError:
        return None
    return [left, bottom, right, top] if -10 < left < right < 10 and -10 < bottom < top < 10 else None


def _legend(shown: ShownMap, by: str, only: str) -> dict[str, object]:
    groups = shown.groups(by)
    legend = [
        {"key": name, "name": telling.group(by, name), "n": count, "chosen": only == name}
        for name, count in zip(groups.names, groups.counts, strict=True)
    ]
    return {"legend": legend, "colours": [rgb(colour) for colour in colours_of(groups)]}


def _words() -> dict[str, str]:
    return {
        "map": say("map"),
        "tools": say("Map tools"),
        "move": say("Move"),
        "lasso": say("Draw a line around works"),
        "inview": say("Select what is in view"),
        "clear": say("Clear the selection"),
        "larger": say("Larger"),
        "smaller": say("Smaller"),
        "all": say("Whole map"),
        "pictures": say("pictures"),
        "only": say("Choose only these; once more: all"),
        "loading": say("The map is being fetched."),
        "changed": say("This map has changed since the page was opened: open the page again."),
        "missing": say("A part of the map could not be fetched: open the page again."),
        "still": say("This browser draws no maps: here is a picture of it, and the list beside it has all works."),
        "count": say("{n} of {total} works are in view."),
        "keys": say(
            "Arrow keys move the map, plus and minus change its size, 0 shows all of it, Enter selects what is in view."
        ),
        "thinned": say("While it moves, one point in {step} is drawn."),
    }

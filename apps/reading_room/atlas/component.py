"""The component that draws a map. It is sent addresses and words, never coordinates; it tells lines, never works."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from latentarchive.maps.groups import NOTHING, OTHER
from latentarchive.maps.serving import REGION, ShownMap
from latentarchive.render.map_sheet import colours_of, rgb
from reading_room.atlas import routes
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
    label: str,
) -> None:
    """Draw a map.

    Args:
        name: Of its archive.
        shown: The map.
        key: Of this map on the page.
        by: The field that it is coloured by.
        choice: Which works are chosen; all others fade.
        own: Whether the line of the choice was drawn on this map, and is shown on it.
        view: The part that is in view, as the component tells it; "": the whole.
        marked: Places of works that are ringed.
        on_act: Called with what was done, before the page runs again; not with what was done on an earlier version.
        label: What it is, for those who cannot see it.
    """

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
            "by": field_name(by),
            "label": label,
            "painter": st.query_params.get("painter", ""),
            "profile": "profile" in st.query_params,
            "words": _words(),
            **_legend(shown, by, choice),
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


def group_name(by: str, group: str) -> str:
    """What a group is called in the visitor's language: the catalogue's own word, or ours where it has none."""
    if by == REGION and group.startswith(f"{REGION} "):
        return say("region {number}", number=group.removeprefix(f"{REGION} "))
    return {OTHER: say("others"), NOTHING: say("not stated")}.get(group, group)


def field_name(by: str) -> str:
    """What a field is called in the visitor's language; further fields have the catalogue's own names."""
    known = {
        REGION: say("regions of the space"),
        "medium": say("medium"),
        "creator": say("maker"),
        "place": say("place"),
        "year": say("year"),
        "rights_class": say("rights"),
        "source": say("source"),
    }
    return known.get(by, by.removeprefix("extra."))


def _legend(shown: ShownMap, by: str, choice: Choice) -> dict[str, object]:
    groups = shown.groups(by)
    legend = [
        {"key": name, "name": group_name(by, name), "n": count, "chosen": choice.only == name}
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
        "keys": say("Arrow keys move the map, plus and minus change its size, 0 shows all of it, Enter selects what is in view."),
        "thinned": say("While it moves, one point in {step} is drawn."),
    }

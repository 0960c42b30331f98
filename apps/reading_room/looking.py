"""A whole picture to look at, and a part of it to choose: by pointer, by touch, or in figures by keyboard."""

from __future__ import annotations

from collections.abc import Mapping

from reading_room.language import say
from reading_room.scripts import component

_component = component(__file__, "looking", "elements", "links")

TRAYS = ("like", "unlike")
"""What a visitor can want with a part: results that are like it, or not."""


def show(
    *, picture: str, larger: str, alt: str, generated: bool, key: str, term: str, searches: Mapping[str, str]
) -> None:
    """Show a picture whole.

    Args:
        picture: Its address; "" if there is none.
        larger: Address of a larger view of it.
        alt: What it shows, for those who cannot see it.
        generated: Made by a model: framed and labelled as such.
        key: Of this picture on its page.
        term: The whole picture as a tray of the search says it; "": no part of it can be chosen.
        searches: Addresses by `TRAYS`: the search to which a part that is chosen is added.
    """
    _component(
        key=key,
        data={
            "picture": picture,
            "larger": larger,
            "alt": alt,
            "generated": generated,
            "term": term,
            "searches": dict(searches),
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
    )

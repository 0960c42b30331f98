"""Where one can go from here, as real links: each makes one entry in the browser's history and opens in a new tab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from reading_room.scripts import component

_component = component(__file__, "ways", "elements", "links")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A link to a page of the app."""

    label: str
    #: See `navigation.address`; "": there is none, and the link says so.
    href: str
    #: What comes of it, for the tooltip.
    hint: str = ""
    #: It leads one step back, or on, along a row: an arrow stands on it, and that arrow key follows it.
    step: Literal["", "back", "on"] = ""


def show(ways: Sequence[Way], *, key: str, label: str) -> None:
    """Show them in a row.

    Args:
        ways: None: nothing is drawn.
        key: Of this row on its page.
        label: What the row is, for screen readers.
    """
    if ways:
        _component(key=key, data={"label": label, "ways": [asdict(one) for one in ways]})

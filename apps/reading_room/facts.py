"""What is known of something as a list of terms and what is said of each; any text stands in it as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from reading_room import cards
from reading_room.language import say
from reading_room.scripts import component

_component = component(__file__, "facts", "elements")


@dataclass(frozen=True, slots=True)
class Fact:
    """One term and what is said of it: plain text, whatever it holds."""

    term: str
    said: tuple[str, ...]
    #: An address on another machine, shown as a link on the first of `said`; "" for none.
    href: str = ""


def fact(term: str, *said: str, href: str = "") -> Fact:
    """A fact; where nothing is said, that is said. `href` is a link only if `cards.outside` lets it be."""
    stated = tuple(one for one in said if one.strip())
    return Fact(term, stated or (say("not stated"),), cards.outside(href))


def show(facts: Sequence[Fact], *, key: str, label: str) -> None:
    """Show facts in their order.

    Args:
        facts: What to show; none: nothing is drawn.
        key: Of this list on its page.
        label: What the list is, for screen readers.
    """
    if facts:
        told = [asdict(one) for one in facts]
        _component(key=key, data={"label": label, "facts": told, "outside": say("another site")})

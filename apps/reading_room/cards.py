"""Cards of works: whole images with source and rights, in one component that every page uses.

A page of 24 works as Streamlit's own elements is two hundred of them; as one component it is one message and a list
that screen readers know as a list. Its script only ever sets text, never markup: catalogue text stays text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

import streamlit as st

from latentarchive.items import Item
from latentarchive.query import Hit
from latentarchive.render import text
from reading_room import navigation, pictures
from reading_room.language import say
from reading_room.scripts import component

_component = component(__file__, "cards", "elements", "links")

LONGEST = 140
"""Characters of a title that stand on a card; the whole title is its tooltip and stands on the page of the work."""


class Lead(NamedTuple):
    """A line of a card that leads to another page of the app: what it says, and the address."""

    said: str
    href: str


class Act(NamedTuple):
    """What a visitor did on a card."""

    action: str
    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What stands on one card, as plain text."""

    id: str
    title: str
    #: Maker, date, medium, place: as far as they are stated.
    credit: str
    source: str
    rights: str
    #: Address of the picture, "" if there is none; what it shows, for those who cannot see it.
    image: str
    alt: str
    #: Address of the page of the work; "": no page of its own.
    href: str = ""
    #: Address of the work at its holding source, on another machine; "": none is known.
    link: str = ""
    #: Further lines under the title: rank, band, what it is nearest to, copies. Words first.
    notes: tuple[str, ...] = ()
    #: Lines that lead elsewhere, above the notes: the work that a generated image resembles most.
    leads: tuple[Lead, ...] = ()
    #: Figures that are shown on demand, under "figures".
    figures: tuple[str, ...] = ()
    #: Made by a model: framed and labelled as such, whatever else the card says.
    generated: bool = False
    #: It was chosen already: the button "keep" is shown as pressed.
    kept: bool = False
    #: Others that show the same picture, and how they are announced ("+2 copies"); they are listed on demand.
    copies: tuple[Card, ...] = ()
    copies_label: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """One action that a card offers: the name that `Act` brings back, and the words on it."""

    action: str
    label: str
    #: What it does, for the tooltip and for screen readers; the title of the work is added.
    hint: str = ""
    #: Stays pressed when the card says ``kept``.
    toggles: bool = False


def card(
    item: Item, archive: str, *, notes: Sequence[str] = (), figures: Sequence[str] = (), kept: bool = False
) -> Card:
    """The card of a work of an archive."""
    link = outside(item.url)
    said = [part for part in (item.creator, item.date, item.medium, item.place) if part]
    return Card(
        id=item.id,
        title=named(item),
        credit=" · ".join(said) or say("maker and date unknown"),
        source=item.source or (urlsplit(link).hostname if link else item.url) or say("unknown"),
        rights=text.rights(item),
        image=pictures.thumb(archive, item.id) if item.image else "",
        alt=alt(item),
        href=navigation.address("item", {"archive": archive, "id": item.id}),
        link=link,
        notes=tuple(notes),
        figures=tuple(figures),
        generated=item.generated,
        kept=kept,
    )


def of_hit(
    hit: Hit, archive: str, *, notes: Sequence[str] = (), kept: bool = False, copies: Sequence[Card] = ()
) -> Card:
    """The card of a result: its rank and band in words, the cosine on demand; `copies` are listed under it."""
    band = {
        "close": say("close"),
        "similar": say("similar"),
        "related": say("related"),
        "distant": say("distant"),
    }.get(hit.band, "")
    lines = [f"{hit.rank} · {band}" if band else say("rank {rank}", rank=hit.rank)]
    if hit.plain_rank != hit.rank:
        lines.append(say("rank {rank} without the other order", rank=hit.plain_rank))
    if hit.copy:
        lines.append(say("the same file as in the query"))
    figures = [] if hit.score is None else [say("cosine {score}", score=f"{hit.score:+.4f}")]
    figures.append(say("found by {ways}", ways=", ".join(hit.found)))
    plain = card(hit.item, archive, notes=[*lines, *notes], figures=figures, kept=kept)
    label = say("+ 1 copy") if len(copies) == 1 else say("+ {n} copies", n=len(copies))
    return replace(plain, copies=tuple(copies), copies_label=label if copies else "")


def named(item: Item) -> str:
    """What a work is called on a page: its number where the catalogue says nothing, so that two are told apart."""
    if item.title or item.text or item.generated:
        return text.title(item)
    return say("untitled, {number}", number=item.id.partition(":")[2])


def outside(url: str) -> str:
    """An address on the web, as a catalogue gives it, if it may be a link; "" if not."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return ""
    return url if plain and url.isprintable() else ""


def alt(item: Item) -> str:
    """What a picture shows, from the catalogue alone; an id where it says nothing."""
    said = text.title(item) if item.title or item.text else item.id
    return ", ".join(filter(None, [said, item.creator, item.date]))


def show(
    cards: Sequence[Card],
    *,
    key: str,
    label: str,
    buttons: Sequence[Button] = (),
    on_act: Callable[[Act], None] | None = None,
    small: bool = False,
    part: str = "",
) -> Act | None:
    """Show cards as a list, in their order.

    Args:
        cards: What to show; none: nothing is drawn.
        key: Of this list on its page.
        label: What the list is, for screen readers.
        buttons: Actions on every card. Picture and title are links to the page of the work.
        on_act: Called before the page runs again, where widgets and the address may still be changed.
        small: Smaller cards, for lists beside something else.
        part: Which part of a longer list this is: where it changes, the list is scrolled to its beginning.

    Returns:
        What was done since the last run, once; None: nothing.
    """
    if not cards:
        return None

    def acted() -> None:
        act = _act(st.session_state[key])
        if act is not None and on_act is not None:
            on_act(act)

    found = _component(
        key=key,
        data={
            "label": label,
            "cards": [asdict(one) for one in cards],
            "buttons": [asdict(one) for one in buttons],
            "small": small,
            "part": part,
            "words": {
                "figures": say("figures"),
                "rights": say("Rights"),
                "source": say("Source"),
                "generated": say("Generated, not a work"),
                "nothing": say("no picture"),
                "outside": say("opens another site"),
            },
        },
        on_act_change=acted,
    )
    return _act(found)


def _act(found: object) -> Act | None:
    told = getattr(found, "act", None)
    return Act(str(told["action"]), str(told["item"])) if told else None

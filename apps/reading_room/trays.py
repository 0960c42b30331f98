"""The two trays, "more like" and "less like": what lies in them, and what a visitor does with them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from latentarchive.errors import ArchiveError, ImageError
from latentarchive.query import Term
from latentarchive.wording import shortened
from reading_room import asked as asking
from reading_room import cards, navigation, pictures, uploads
from reading_room.asked import LONGEST, MOST_TERMS, Asked
from reading_room.language import say
from reading_room.scripts import component
from reading_room.shared import plainly

if TYPE_CHECKING:
    from latentarchive.archive import Archive

WEIGHTS = (0.1, 10.0)
"""The least and the greatest weight that can be given here."""

_component = component(__file__, "trays", "elements", "links")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is shown of one entry of a tray."""

    label: str
    weight: float
    #: Address of its picture, small and larger; "" for words, and where there is none.
    image: str = ""
    view: str = ""
    #: Address of the page of an item; "" for what is none.
    href: str = ""
    #: Left, top, width and height of a part in percent; None: the whole.
    region: tuple[float, float, float, float] | None = None
    #: Why it is not searched with; "": it is.
    missing: str = ""


def resolved(asked: Asked, archive: Archive) -> tuple[list[Term], list[str], list[str]]:
    """The terms of a question as the archive takes them.

    Args:
        asked: The question.
        archive: Where its items are.

    Returns:
        Terms, pictures with their bytes; the name of each ("your picture 2"), by which results say what they are
        nearest to; and a sentence for each entry that cannot be searched with, which is left out.
    """
    terms, names, complaints, number = [], [], [], 0
    for term in asked.terms:
        name = f"“{term.value}”"
        if term.kind == "picture":
            number += 1
            name = say("your picture {n}", n=number)
            upload = uploads.store.get(term.value)
            if upload is None:
                complaints.append(_gone(name))
                continue
            term = replace(term, value=name, data=upload.data)
        elif term.kind == "item":
            try:
                name = cards.named(archive.item(term.value))
            except ArchiveError:
                complaints.append(_absent(term.value))
                continue
        if term.region is not None:
            name = say("a part of {what}", what=name)
        terms.append(term)
        names.append(name)
    return terms, names, complaints


def in_words(terms: Sequence[Term], names: Sequence[str]) -> str:
    """A question in words: "“a jug” + your picture 1 × 2 − Two medals"."""
    signed = []
    for term, name in zip(terms, names, strict=True):
        weight = "" if abs(term.weight) == 1 else f" × {abs(term.weight):g}"
        signed.append(("+ " if term.weight > 0 else "− ") + shortened(name, 80) + weight)
    return " ".join(signed).removeprefix("+ ")


def _gone(name: str) -> str:
    return say("{picture} is no longer here: pictures are kept for an hour. Add it again.", picture=name.capitalize())


def _absent(item_id: str) -> str:
    return say("{id} cannot be searched with: it is not in this archive, or is not shown.", id=item_id)


def show(asked: Asked, name: str, archive: Archive) -> None:
    """Draw both trays; what is done in them changes the address.

    Args:
        asked: What lies in them.
        name: Of the archive in addresses.
        archive: It has vectors.
    """
    entries, number = [], 0
    for term in (*asked.like, *asked.unlike):
        number += term.kind == "picture"
        entries.append(_entry(term, number, name, archive))
    split = len(asked.like)

    def acted() -> None:
        act = getattr(st.session_state["search.trays"], "act", None)
        if not isinstance(act, Mapping):
            return
        try:
            asking.change(replace(applied(asked, act), page=1))
        except ArchiveError as error:
            st.session_state["search.refused"] = str(error)

    _component(
        key="search.trays",
        data={
            "trays": [
                {"name": "like", "title": say("More like"), "entries": [asdict(one) for one in entries[:split]]},
                {"name": "unlike", "title": say("Less like"), "entries": [asdict(one) for one in entries[split:]]},
            ],
            "limits": {"bytes": uploads.LARGEST, "weights": WEIGHTS, "words": LONGEST},
            "words": _words(),
        },
        on_act_change=acted,
    )
    if refused := st.session_state.pop("search.refused", ""):
        st.warning(plainly(refused))


def applied(asked: Asked, act: Mapping[str, Any]) -> Asked:
    """A question after something was done in a tray.

    Args:
        asked: Before.
        act: ``do`` (``words``, ``picture``, ``weight``, ``region``, ``move``, ``remove``), ``tray`` (``like`` or
            ``unlike``) and, for an entry that is there, its ``place``; what comes from a browser may be anything.

    Raises:
        ArchiveError: It cannot be done, in a sentence for the visitor.
    """
    tray = "unlike" if act.get("tray") == "unlike" else "like"
    sign = -1 if tray == "unlike" else 1
    entries = list(getattr(asked, tray))
    do = act.get("do")
    if do in ("words", "picture"):
        if len(asked.like) + len(asked.unlike) >= MOST_TERMS:
            raise ImageError(say("There is room for {n} entries in both trays together.", n=MOST_TERMS))
        return with_term(asked, Term("text", _said(act), sign) if do == "words" else _brought(act, sign))
    place = act.get("place")
    if not isinstance(place, int) or not 0 <= place < len(entries):
        return asked
    term = entries.pop(place)
    match do:
        case "weight":
            weight = min(max(float(act.get("weight") or 1), WEIGHTS[0]), WEIGHTS[1])
            entries.insert(place, replace(term, weight=sign * round(weight, 2)))
        case "region":
            try:
                region = asking.read_region(str(act["region"])) if act.get("region") else None
                entries.insert(place, replace(term, region=region))
            except ValueError as error:
                raise ImageError(say("That is no part of a picture.")) from error
        case "move":
            return with_term(_with_tray(asked, tray, entries), replace(term, weight=-term.weight))
        case "remove":
            pass
        case _:
            return asked
    return _with_tray(asked, tray, entries)


def with_term(asked: Asked, term: Term) -> Asked:
    """A question with one more entry, unless it is there already; in one tray a term stands once."""
    like = [one for one in asked.like if not _same(one, term)]
    unlike = [one for one in asked.unlike if not _same(one, term)]
    (like if term.weight > 0 else unlike).append(term)
    return replace(asked, like=tuple(like), unlike=tuple(unlike))


def _with_tray(asked: Asked, tray: str, entries: Sequence[Term]) -> Asked:
    return replace(asked, unlike=tuple(entries)) if tray == "unlike" else replace(asked, like=tuple(entries))


def _same(one: Term, other: Term) -> bool:
    return (one.kind, one.value, one.region) == (other.kind, other.value, other.region)


def _said(act: Mapping[str, Any]) -> str:
    words = " ".join(str(act.get("text", "")).split())[:LONGEST]
    if not words:
        raise ImageError(say("There are no words to add."))
    return words


def _brought(act: Mapping[str, Any], sign: int) -> Term:
    """A picture as the browser sends it."""
    try:
        data = base64.b64decode(str(act.get("data", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError(say("The picture did not arrive whole; add it again.")) from error
    try:
        return Term("picture", uploads.store.add(data), sign)
    except ImageError as error:
        raise ImageError(say("This picture cannot be searched with: {why}.", why=str(error))) from error


def _entry(term: Term, number: int, name: str, archive: Archive) -> Entry:
    """What is shown of a term."""
    box = term.region
    common: dict[str, Any] = {
        "weight": abs(term.weight),
        "region": None if box is None else (box.x, box.y, box.width, box.height),
    }
    if term.kind == "text":
        return Entry(label=term.value, **common)
    if term.kind == "picture":
        label = say("your picture {n}", n=number)
        if uploads.store.get(term.value) is None:
            return Entry(label=label, missing=_gone(label), **common)
        return Entry(label=label, image=uploads.address(term.value), view=uploads.address(term.value), **common)
    try:
        item = archive.item(term.value)
    except ArchiveError:
        return Entry(label=term.value, missing=_absent(term.value), **common)
    return Entry(
        label=cards.named(item),
        image=pictures.thumb(name, item.id) if item.image else "",
        view=pictures.view(name, item.id) if item.image else "",
        href=navigation.address("item", {"archive": name, "id": item.id}),
        **common,
    )


def _words() -> dict[str, str]:
    return {
        "open": say("Search with pictures, with several things, or away from something"),
        "hint": say("Drop or paste pictures, add words, or use the buttons under a work."),
        "words": say("Add words"),
        "add": say("Add"),
        "picture": say("Add a picture"),
        "weight": say("weight"),
        "remove": say("Remove"),
        "move": say("To the other tray"),
        "part": say("A part of it"),
        "parted": say("a part"),
        "title": say("Which part?"),
        "draw": say("Draw over the part that counts, or give it in percent."),
        "left": say("from the left"),
        "top": say("from the top"),
        "width": say("width"),
        "height": say("height"),
        "use": say("Search with this part"),
        "whole": say("The whole picture"),
        "cancel": say("Cancel"),
        "large": say("This picture is too large: at most {n} MB.", n=uploads.LARGEST // 1_000_000),
        "wrong": say("This is not a picture."),
        "empty": say("nothing yet"),
    }

"""Generated images on pages: framed and labelled as such, and over HTTP as PNG files with their records inside."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from latentarchive.archive import Archive
from latentarchive.diffusion.record import Record
from latentarchive.errors import ArchiveError
from latentarchive.render import text
from reading_room import navigation
from reading_room.cards import Card, Lead
from reading_room.language import say
from reading_room.studio import STUDIO

_HEADERS = {"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff"}


def address(key: str, name: str) -> str:
    """Address of one image of a making, for as long as that is kept."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"{f'/{base}' if base else ''}/made/{key}/{quote(name, safe='')}.png"


def routes() -> list[Route]:
    """Routes that serve what `address` names. What is gone, or was made of works withheld since, is answered by 404."""
    return [Route("/made/{key}/{name}.png", _image)]


def _image(request: Request) -> Response:
    making = STUDIO.find(request.path_params["key"])
    image = making.images.get(request.path_params["name"]) if making is not None else None
    if making is None or image is None or not shown(image.record, making.archive):
        return PlainTextResponse("no such image", status_code=404, headers={"Cache-Control": "no-store"})
    return Response(image.png(), media_type="image/png", headers=_HEADERS)


def shown(record: Record, archive: Archive) -> bool:
    """Whether an image may be shown: none of the works that it was made of is withheld."""
    return not record.works & set(archive.log.current())


def card(key: str, name: str, record: Record, *, title: str, leads: Sequence[Lead] = ()) -> Card:
    """The card of a generated image.

    Args:
        key: Of its making.
        name: Of the image there.
        record: How it was made.
        title: What tells it from the others beside it: its seed, its step, its share.
        leads: What is known of it, and leads to a work.
    """
    credit = say("seed {seed}, {steps} steps", seed=record.seed, steps=record.steps)
    if title == say("seed {seed}", seed=record.seed):  # said once
        credit = say("{steps} steps", steps=record.steps)
    return Card(
        id=name,
        title=title,
        credit=credit,
        source=say("made by the generator {name}", name=record.generator),
        rights=say("unknown"),
        image=address(key, name),
        alt=say("Generated image, not a work: {title}", title=title),
        leads=tuple(leads),
        generated=True,
    )


def resembled(archive: Archive, name: str, item_id: str) -> list[Lead]:
    """That an image resembles a work most, and the way to it; nothing if the work may not be shown.

    Args:
        archive: Whose work it is.
        name: Of it in addresses.
        item_id: The work; "": none.
    """
    title = named(archive, item_id)
    return [Lead(say("resembles most: {title}", title=title), page(name, item_id))] if title else []


def page(name: str, item_id: str) -> str:
    """Address of the page of a work."""
    return navigation.address("item", {"archive": name, "id": item_id})


def named(archive: Archive, item_id: str) -> str:
    """The title of a work; "" if it may not be shown."""
    try:
        return text.title(archive.item(item_id))
    except ArchiveError:
        return ""

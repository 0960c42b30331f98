"""Pictures over HTTP: thumbnails and larger views of works that may be shown, beside the pages of the app.

They do not go through Streamlit's media store, which keeps a copy in memory for every session.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from threading import BoundedSemaphore
from urllib.parse import quote, urlencode

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from latentarchive import images
from latentarchive.errors import ArchiveError
from reading_room.shared import archive_named

SIDES = (800, 1600)
"""Sizes in pixels of the longer side that larger views come in; a master is never sent as it is."""

KEPT = 64
"""Larger views that are kept in memory, of about 300 kB each."""

_decoding = BoundedSemaphore(2)
"""An original may need hundreds of MB while it is decoded: so many at once, whoever asks."""

_FRESH = {"Cache-Control": "private, max-age=300"}


def thumb(archive: str, item_id: str) -> str:
    """Address of the thumbnail of a work, at most 256 px a side."""
    return f"{_root()}/thumbs/{quote(archive, safe='')}?{urlencode({'id': item_id})}"


def view(archive: str, item_id: str, side: int = SIDES[0]) -> str:
    """Address of a larger view of a work; where the original is not at hand it is the thumbnail."""
    return f"{_root()}/views/{quote(archive, safe='')}/{side}?{urlencode({'id': item_id})}"


def routes() -> list[Route]:
    """Routes that serve what `thumb` and `view` name. What is withheld, or not here, is answered with 404.

    Ids stand in the query: they may hold anything, and a ``..`` in a path never arrives.
    """
    return [Route(f"{_root()}/thumbs/{{archive}}", _thumb), Route(f"{_root()}/views/{{archive}}/{{side:int}}", _view)]


def _root() -> str:
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}" if base else ""


def _thumb(request: Request) -> Response:
    try:
        data = archive_named(request.path_params["archive"]).thumbnail(request.query_params.get("id", ""))
    except ArchiveError:
        data = b""
    return _picture(request, data)


def _view(request: Request) -> Response:
    name, side, item_id = (
        request.path_params["archive"],
        request.path_params["side"],
        request.query_params.get("id", ""),
    )
    if side not in SIDES:
        return PlainTextResponse("no such size", status_code=404)
    try:
        archive = archive_named(name)
        item = archive.item(item_id)  # refuses what is withheld, whatever is kept in memory
        data = _scaled(name, item_id, item.sha256, side) or archive.thumbnail(item_id)
    except ArchiveError:
        data = b""
    return _picture(request, data)


@lru_cache(maxsize=KEPT)
def _scaled(name: str, item_id: str, sha256: str, side: int) -> bytes:
    """A work as WebP of at most so many pixels a side; empty if its original is not at hand or cannot be decoded."""
    try:
        original = archive_named(name).original(item_id)
        with _decoding:
            return images.thumbnail(images.decode(original, at_least=side).image, side=side)
    except ArchiveError:
        return b""


def _picture(request: Request, data: bytes) -> Response:
    if not data:
        return PlainTextResponse("no such picture", status_code=404, headers={"Cache-Control": "no-store"})
    tag = f'"{hashlib.sha256(data).hexdigest()[:24]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=_FRESH | {"ETag": tag})
    return Response(data, media_type="image/webp", headers=_FRESH | {"ETag": tag})

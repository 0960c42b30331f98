"""What the map asks for over HTTP: places, groups, selections, tiles. Binary, sent once, kept by the browser.

Every address names the version of what may be shown. When a work is withheld the version changes and addresses of the
old one are answered with 409: nothing is drawn over places that are another work's now.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from latentarchive.errors import ArchiveError, QueryError
from latentarchive.maps.serving import ShownMap
from latentarchive.render import text
from latentarchive.render.map_picture import map_picture
from reading_room.atlas import choosing, held

SCRIPTS = {path.name: path for path in Path(__file__).parent.glob("*.js")}

_FRESH = {
    "Cache-Control": "private, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Content-Encoding": "identity",  # coordinates hardly shrink, and Streamlit would pack them anew for every visitor
}


def base(name: str, shown: ShownMap) -> str:
    """Address under which everything of a map lies."""
    return f"{_root()}/maps/{quote(name, safe='')}/{quote(shown.stored.method, safe='')}/{shown.version}"


def script(name: str) -> str:
    """Address of one of the scripts."""
    return f"{_root()}/maps/scripts/{name}"


def codes(by: str) -> str:
    """Address of the groups of all works under `base`."""
    return f"codes?{urlencode({'by': by})}"


def routes() -> list[Route]:
    """All routes of maps. What is not there is answered with 404, a question that makes no sense with 400."""
    place = "/maps/{archive}/{method}/{version}"
    answers: dict[str, Callable[[ShownMap, Request], Response]] = {
        "points": lambda shown, _: _bytes(shown.points()),
        "codes": lambda shown, asked: _bytes(shown.codes(asked.query_params.get("by", ""))),
        "mask": _mask,
        "cells/{level:int}": lambda shown, asked: _bytes(shown.cells(asked.path_params["level"])),
        "tiles/{level:int}/{column:int}/{row:int}": _tile,
        "thumbs/{place:int}": lambda shown, asked: _picture(shown.thumbnail(asked.path_params["place"]), "image/webp"),
        "works/{place:int}": _work,
        "picture": lambda shown, _: _picture(map_picture(shown), "image/png"),
    }
    own = [Route(f"{place}/{path}", _answered(answer)) for path, answer in answers.items()]
    return [Route("/maps/scripts/{name}", _script), *own]


def _answered(answer: Callable[[ShownMap, Request], Response]) -> Callable[[Request], Response]:
    def answered(request: Request) -> Response:
        asked = request.path_params
        try:
            shown = held.current(asked["archive"], asked["method"])
            if shown.version != asked["version"]:
                return _refused("this map has changed; open the page again", 409)
            return answer(shown, request)
        except QueryError as error:
            return _refused(str(error), 400)
        except ArchiveError as error:
            return _refused(str(error), 404)

    return answered


def _mask(shown: ShownMap, request: Request) -> Response:
    return _bytes(shown.mask(choosing.Choice.from_query(dict(request.query_params)).places(shown)))


def _tile(shown: ShownMap, request: Request) -> Response:
    asked = request.path_params
    return _picture(shown.tile(asked["level"], asked["column"], asked["row"]), "image/webp")


def _work(shown: ShownMap, request: Request) -> Response:
    item = shown.item(request.path_params["place"])
    return JSONResponse({"title": text.title(item)[:300], "credit": text.credit(item)[:300]}, headers=_FRESH)


def _script(request: Request) -> Response:
    path = SCRIPTS.get(request.path_params["name"])
    if path is None:
        return _refused("there is no such script", 404)
    return Response(path.read_bytes(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _bytes(data: bytes) -> Response:
    return Response(data, media_type="application/octet-stream", headers=_FRESH)


def _picture(data: bytes, kind: str) -> Response:
    return Response(data, media_type=kind, headers=_FRESH) if data else _refused("there is no such picture", 404)


def _refused(said: str, status: int) -> Response:
    return PlainTextResponse(said, status_code=status, headers={"Cache-Control": "no-store"})


def _root() -> str:
    root = st.get_option("server.baseUrlPath").strip("/")
    return f"/{root}" if root else ""

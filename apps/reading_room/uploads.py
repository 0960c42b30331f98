"""Pictures that visitors bring: in memory for a while, under the digest of their bytes, on no disk and in no log."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from latentarchive import images
from latentarchive.errors import ImageError

LARGEST = 15_000_000
"""Bytes of one picture."""

MAX_PIXELS = 64_000_000
"""Pixels of one picture: 200 MB while it is decoded."""

ROOM = 256_000_000
"""Bytes of all of them together; the one that was asked for longest ago goes first."""

SECONDS = 3600.0
"""How long a picture stays after it was last asked for."""

SIDE = 512
"""Pixels of the longer side of what is shown of it."""

_decoding = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture."""

    #: The file as it was brought.
    data: bytes
    #: The whole picture as WebP of at most `SIDE` pixels a side.
    small: bytes


class Uploads:
    """A bounded store of pictures. Threads may share it."""

    def __init__(
        self, *, room: int = ROOM, seconds: float = SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        """An empty store; `now` is its clock."""
        self._room, self._seconds, self._now = room, seconds, now
        self._kept: OrderedDict[str, tuple[Upload, float]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, data: bytes) -> str:
        """Keep a picture; the digest that names it.

        Raises:
            ImageError: It is too large, or cannot be decoded safely; the message is the reason in one line.
        """
        if len(data) > LARGEST:
            message = f"{len(data) / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} MB can be searched with"
            raise ImageError(message)
        digest = hashlib.sha256(data).hexdigest()[:32]
        if self.get(digest) is None:
            with _decoding:
                small = images.thumbnail(images.decode(data, max_pixels=MAX_PIXELS, at_least=SIDE).image, side=SIDE)
            with self._lock:
                self._kept[digest] = (Upload(data, small), self._now() + self._seconds)
                self._tidy()
        return digest

    def get(self, digest: str) -> Upload | None:
        """A picture, which then stays for as long again; None if it is gone, or was never here."""
        with self._lock:
            self._tidy()
            if digest not in self._kept:
                return None
            upload, _ = self._kept.pop(digest)
            self._kept[digest] = (upload, self._now() + self._seconds)
            return upload

    def _tidy(self) -> None:
        """Let go of what is too old or too much; the oldest stand first."""
        size = sum(len(upload.data) + len(upload.small) for upload, _ in self._kept.values())
        while self._kept:
            upload, until = next(iter(self._kept.values()))
            if until > self._now() and size <= self._room:
                return
            self._kept.popitem(last=False)
            size -= len(upload.data) + len(upload.small)


store = Uploads()
"""That of this process."""


def address(digest: str) -> str:
    """Address of what is shown of a picture."""
    return f"{_root()}/uploads/{digest}"


def routes() -> list[Route]:
    """The route that serves what `address` names."""
    return [Route(f"{_root()}/uploads/{{digest}}", _small)]


def _root() -> str:
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}" if base else ""


def _small(request: Request) -> Response:
    upload = store.get(request.path_params["digest"])
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if upload is None:
        return PlainTextResponse("no such picture", status_code=404, headers=headers)
    return Response(upload.small, media_type="image/webp", headers=headers)

"""Who is answered, and what a browser is told to refuse: around all that the server says, Streamlit included."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # a search stands in the address: it is no other site's business
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_HOST = re.compile(r"[\w.:\[\]-]+", re.ASCII)
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class Guard:
    """ASGI middleware: refuses who asks under another name or from another site, and sets headers on every answer.

    Streamlit itself asks for the name only where it opens a WebSocket; a site that has its own name point at this
    machine could otherwise read pictures here. From what site a request comes it answers by asking a service on the
    network what this machine's address is: so the question is settled here, before it. Headers that a route set
    itself stay as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        host = asked.get("host")

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | {"Content-Security-Policy": policy(host or "")}).items():
                    headers.setdefault(name, value)
            await send(message)

        refused = None
        if not is_host_allowed(host):
            refused = PlainTextResponse("Not this server's name; start it with --allow-host NAME.", status_code=400)
        elif not is_own(asked.get("origin"), host or ""):
            refused = PlainTextResponse("Not for pages of other sites.", status_code=403)
        if refused is None:
            await self.app(scope, receive, told)
        elif scope["type"] == "http":
            await refused(scope, receive, told)
        else:
            await WebSocketClose(code=1008)(scope, receive, send)


def is_own(origin: str | None, host: str) -> bool:
    """Whether a page of this origin may ask: one of this very host and port, or of ``server.corsAllowedOrigins``.

    Programs send no origin (None); pages of files and of frames without an origin send ``null``, and may not.
    """
    return origin is None or urlsplit(origin).netloc == host or origin in st.get_option("server.corsAllowedOrigins")


def policy(host: str) -> str:
    """The Content-Security-Policy of a page: everything from here, nothing from or to any other machine.

    ``blob:`` is how Streamlit loads scripts of components that came over its socket. Styles are written into the page
    by Streamlit's library for styles, so that they cannot be told from others.

    Args:
        host: The name and port that the page was asked under: some browsers do not count sockets among ``'self'``.
    """
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", "blob:", *_inline_scripts()]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "connect-src": f"'self'{sockets}",
        "worker-src": "'self' blob:",
        "frame-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


@cache
def _inline_scripts() -> list[str]:
    """The scripts that stand in Streamlit's own page, by their digests: no other script in a page runs."""
    page = Path(st.__file__).parent / "static" / "index.html"
    scripts = _INLINE.findall(page.read_text("utf-8"))
    return [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts]

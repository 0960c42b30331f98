"""Who is answered, and what a browser is told to refuse: around every answer of the server, Streamlit's own included."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
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
    """ASGI middleware: refuses requests under a name that is not ours, and sets `HEADERS` and a `policy` on the rest.

    Streamlit itself asks for the name only where it opens a WebSocket; a page of another site that has its own name
    point at this machine could otherwise read pictures here. A header that a route set itself stays as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host")

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (HEADERS | {"Content-Security-Policy": policy(host or "")}).items():
                    headers.setdefault(name, value)
            await send(message)

        if is_host_allowed(host):
            await self.app(scope, receive, told)
        else:
            refused = PlainTextResponse(
                "This server does not answer under that name; start it with --allow-host NAME.", status_code=400
            )
            await refused(scope, receive, told)


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

"""The pages, and how one leads to another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode, urljoin

import streamlit as st

from reading_room import shared
from reading_room.language import say
from reading_room.settings import Settings

VIEWS = Path(__file__).parent / "views"

PAGES = {
    "search": ("Search", ":material/search:"),
    "map": ("Map", ":material/scatter_plot:"),
    "contrast": ("Contrast", ":material/compare:"),
    "darkroom": ("Darkroom", ":material/photo_camera_back:"),
    "blend": ("Blend", ":material/join:"),
    "walk": ("Walk", ":material/route:"),
    "audit": ("Audit", ":material/fact_check:"),
    "selection": ("Selection", ":material/bookmarks:"),
    "item": ("Work", ":material/image:"),
    "about": ("About this archive", ":material/info:"),
}
"""Every page by the last part of its address: what it is called and its icon. Its script is ``views/NAME.py``."""

DEFAULT = "search"
"""The page at the app's own address: it has no other."""

UNLISTED = ("item",)
"""Pages that are reached from others and stand in no menu."""

_LAST = "navigation.last"


def pages(settings: Settings) -> list[st.Page]:
    """All pages that have a script, the first one the default."""
    return [
        st.Page(
            VIEWS / f"{name}.py",
            title=say(title),
            icon=icon,
            url_path=name,
            default=name == DEFAULT,
            visibility="hidden" if name in UNLISTED else "visible",
        )
        for name, (title, icon) in PAGES.items()
        if (VIEWS / f"{name}.py").is_file()
    ]


def kiosk() -> st.Page:
    """The one page of a kiosk."""
    return st.Page(VIEWS / "kiosk.py", title=say("Reading room"), default=True)


def address(page: str, params: Mapping[str, str | list[str]]) -> str:
    """The address of a page with what it is asked, relative to the app's own: for links, see `ways`."""
    root = st.get_option("server.baseUrlPath").strip("/")
    place = "/" + "/".join(part for part in (root, "" if page == DEFAULT else page) if part)
    asked = urlencode(kept(params), doseq=True)
    return f"{place}?{asked}" if asked else place


def whole_address(page: str, params: Mapping[str, str | list[str]]) -> str:
    """The same with the machine in front, as this visitor's browser calls it: to be given to others."""
    return urljoin(st.context.url or "", address(page, params))


def remember(page: str) -> None:
    """Note where this visitor is, so that other pages can lead back there; called by the router."""
    asked = {name: st.query_params.get_all(name) for name in st.query_params if name != "lang"}  # that of now counts
    st.session_state[_LAST] = st.session_state.get(_LAST, {}) | {page: asked}


def last(page: str, archive: str) -> dict[str, list[str]] | None:
    """What this visitor last asked a page about an archive; None if they were not there."""
    asked = st.session_state.get(_LAST, {}).get(page)
    here = shared.names()
    if asked is None or (asked.get("archive") or here[:1]) != [archive]:
        return None
    return {name: list(values) for name, values in asked.items()}


def kept(params: Mapping[str, str | list[str]]) -> dict[str, str | list[str]]:
    """Parameters for another page: those that say something, with the language of this one."""
    own = {name: value for name, value in params.items() if value not in ("", [])}
    language = st.query_params.get("lang", "")
    return own | ({"lang": language} if language and "lang" not in own else {})

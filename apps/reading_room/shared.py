"""What all visitors share: open archives and the generator. Never changed once it is here."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import streamlit as st

import latentarchive
from latentarchive.errors import ArchiveError, ArchiveNotFound
from latentarchive.plaintext import plain
from reading_room import settings
from reading_room.kiosk import profile
from reading_room.language import say

if TYPE_CHECKING:
    from latentarchive.archive import Archive

_open: dict[tuple[str, str], Archive] = {}
"""By directory, and the profile of the kiosk that chose among its works ("": all of them)."""

_lock = threading.Lock()


def archive_named(name: str) -> Archive:
    """An archive by the name that stands in addresses, of a kiosk with its chosen works alone.

    Opened once; anew if it was built anew since.

    Raises:
        ArchiveNotFound: The app was not started with one of that name.
        ArchiveError: It cannot be opened.
    """
    places = settings.current().places
    if name not in places:
        message = f"there is no archive {name!r} here; there is {', '.join(places) or 'none'}"
        raise ArchiveNotFound(message)
    with _lock:
        key = (str(places[name].resolve()), settings.current().kiosk)
        held = _open.get(key)
        if held is not None:
            try:
                held.visible.any()
            except ArchiveError:  # built anew since
                held = None
        if held is None:
            held = latentarchive.open(places[name])
            if kiosk := profile.current():
                held = held.only(kiosk.works.where, kiosk.works.ids)
            _open[key] = held
        return held


def names() -> list[str]:
    """Names of all archives, the default first."""
    return list(settings.current().places)


def asked_name() -> str:
    """The name of the archive that the address asks for, else of the first one; "": there is none."""
    return st.query_params.get("archive", next(iter(names()), ""))


def title_of(name: str) -> str:
    """What an archive is called, as plain text; its name where it cannot be asked or another is called the same."""
    titles = {one: _title(one) for one in names()}
    own = titles.get(name, name)
    return own if list(titles.values()).count(own) == 1 else f"{own} ({name})" if own != name else name


def _title(name: str) -> str:
    try:
        return plain(archive_named(name).manifest.title).strip() or name
    except ArchiveError:  # the page says so when it is asked for
        return name


def chosen() -> tuple[str, Archive]:
    """The archive that the address names, else the first one; if there is none, the page says so and ends."""
    name = asked_name()
    if not name:
        st.info(say("There is no archive here yet. Make one with `latentarchive demo` or `latentarchive build`."))
        st.stop()
    try:
        return name, archive_named(name)
    except ArchiveError as error:
        st.error(plainly(str(error)))
        st.stop()


def plainly(text: str) -> str:
    """A text on one line that Streamlit shows as it stands, in every place where it would read Markdown.

    For titles, captions, messages, tables, labels of widgets, tooltips, and the options of radio buttons, pills and
    tabs. Options of select boxes, placeholders, names of pages and text that components set are not Markdown: there a
    backslash would be seen, and `latentarchive.plaintext.plain` is enough.
    """
    whole = _READ_LATER.sub(lambda found: found[0] + JOINER, plain(text).strip())
    return "".join(f"\\{c}" if c in MARKS else c for c in whole)


MARKS = "\\`*_{}[]()#+-.!|~>$:<&@/"
"""Characters that Markdown or Streamlit's own directives give a meaning; a backslash takes it from them."""

JOINER = "\u2060"
"""A character without width that joins what stands beside it: seen by nobody, but no pattern goes across it."""

_READ_LATER = re.compile(
    r"""(?xi) https?(?=://) | www(?=[.])     # links
    | (?<=[-.\w+])(?=@[-\w])                # addresses of mail
    | :(?=[\w+-]+:)                         # emoji, icons, Streamlit's own sign
    | (?<!\S)[<~>-](?=(?:->|[->=])(?!\S))    # arrows, dashes, signs of comparison
    """,
)
"""What Streamlit looks for in text that was read already, past all backslashes: a joiner goes after it."""

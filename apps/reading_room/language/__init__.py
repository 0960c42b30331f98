"""The app's own words in the visitor's language.

The code holds them in English, and each other language is a file beside this one: a TOML table from the English to the
language's own words. What an archive says (titles, rights, queries) is never translated.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import streamlit as st

from reading_room.kiosk import profile

ENGLISH = "en"
NAMES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "it": "Italiano",
    "es": "Español",
    "ja": "日本語",
    "ar": "العربية",
}
"""Languages by the code that stands in addresses (``lang=de``), each by its own name."""

RIGHT_TO_LEFT = ("ar",)

VISIT = "language"
"""Where the session holds the language of a visit."""


@cache
def words(code: str) -> dict[str, str]:
    """The words of one language by their English; empty for English itself and where there is no file."""
    path = Path(__file__).parent / f"{code}.toml"
    return tomllib.loads(path.read_text("utf-8")) if code in NAMES and path.is_file() else {}


def offered() -> tuple[str, ...]:
    """Languages that a visitor may choose here, the first one before they have chosen: a kiosk names its own."""
    kiosk = profile.current()
    return kiosk.languages if kiosk else tuple(NAMES)


def code() -> str:
    """The language that the address asks for, else that of this visit, else the first that is offered."""
    asked = st.query_params.get("lang", "") or st.session_state.get(VISIT, "")
    return asked if asked in offered() else offered()[0]


def keep() -> None:
    """Keep the language through a visit: Streamlit's own menu forgets what stands in the address."""
    if st.query_params.get("lang", "") in offered():
        st.session_state[VISIT] = st.query_params["lang"]
    elif st.session_state.get(VISIT) in offered():
        st.query_params["lang"] = st.session_state[VISIT]


def direction(language: str) -> str:
    """Where lines of a language begin: ``ltr`` or ``rtl``."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def say(english: str, /, **values: object) -> str:
    """The app's own words in the language of this visitor.

    Args:
        english: What the code holds, with names in braces for what is filled in; always written out where it is
            used, so that a test finds every one of them.
        values: What is filled in. Text of an archive is not read as Markdown only if it went through
            `shared.plainly` before.
    """
    return say_in(code(), english, **values)


def say_in(language: str, english: str, /, **values: object) -> str:
    """The app's own words in a language by its code; see `say`."""
    said = words(language).get(english, english)
    return said.format(**values) if values else said

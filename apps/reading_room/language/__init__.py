"""The app's own words in the visitor's language.

The code holds them in English, and each other language is a file beside this one: a TOML table from the English to the
language's own words. What an archive says (titles, rights, queries) is never translated.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import streamlit as st

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


@cache
def words(code: str) -> dict[str, str]:
    """The words of one language by their English; empty for English itself and where there is no file."""
    path = Path(__file__).parent / f"{code}.toml"
    return tomllib.loads(path.read_text("utf-8")) if code in NAMES and path.is_file() else {}


def code() -> str:
    """The language that the address asks for, else English."""
    asked = st.query_params.get("lang", ENGLISH)
    return asked if asked in NAMES else ENGLISH


def say(english: str, /, **values: object) -> str:
    """The app's own words in the language of this visitor.

    Args:
        english: What the code holds, with names in braces for what is filled in; always written out where it is
            used, so that a test finds every one of them.
        values: What is filled in. Text of an archive is not read as Markdown only if it went through
            `shared.plainly` before.
    """
    said = words(code()).get(english, english)
    return said.format(**values) if values else said

"""Text from anywhere, made harmless: it steers no terminal, and means nothing to Markdown."""

from __future__ import annotations

import re

_BREAKS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""C0 and C1 controls, with which text moves a terminal's cursor; marks that end a line or turn its direction."""

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~])")


def plain(text: str) -> str:
    """Text on one line, without characters that steer a terminal or turn round the direction of what follows."""
    return CONTROLS.sub("", _BREAKS.sub(" ", text))


def in_markdown(text: str) -> str:
    """The same with everything escaped that would mean something to Markdown."""
    return _MARKDOWN.sub(r"\\\1", plain(text))

"""Content-Usage of the IETF's AIPREF working group: a draft, whose words may change before it is a standard.

draft-ietf-aipref-attach (the field and the robots.txt rule) and draft-ietf-aipref-vocab (its words: ``train-ai=n``,
``search=y``); the field is a dictionary of RFC 9651, 3.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_KEY = r"[a-z*][a-z0-9_.*-]*"
_BARE = r'[A-Za-z*][!#$%&\'*+.^_`|~0-9A-Za-z:/-]*|"(?:[^"\\]|\\["\\])*"|-?\d+(?:\.\d+)?|\?[01]|:[A-Za-z0-9+/=]*:|@-?\d+'
_PARAMETERS = rf"(?:;\x20*{_KEY}(?:=(?:{_BARE}))?)*"
_LIST = rf"\((?:\x20*(?:{_BARE}){_PARAMETERS})*\x20*\)"
_MEMBER = re.compile(rf"({_KEY})(?:=({_LIST}|{_BARE}))?{_PARAMETERS}")


def read_usage(field: str) -> dict[str, bool] | None:
    """What a Content-Usage field or rule says by category: True where use is allowed (``y``), False where not (``n``).

    Args:
        field: Its value; several lines are joined, as HTTP joins them.

    Returns:
        Categories with a preference. Other values than the tokens ``y`` and ``n`` state none. None where the text
        is no dictionary of RFC 9651: such a field counts as absent, and somebody may wish to look at it.
    """
    text = ", ".join(line for line in (line.strip(" \t") for line in field.splitlines()) if line)
    said: dict[str, bool] = {}
    position = 0
    while position < len(text):
        member = _MEMBER.match(text, position)
        if member is None:
            return None
        key, value = member[1], member[2]
        said.pop(key, None)  # the last of several counts (RFC 9651, 4.2.2)
        if value in ("y", "n"):
            said[key] = value == "y"
        rest = text[member.end() :].lstrip(" \t")
        if not rest:
            return said
        after = rest[1:].lstrip(" \t")
        if rest[0] != "," or not after:
            return None
        position = len(text) - len(after)
    return said


def combined(statements: Iterable[Mapping[str, bool]]) -> dict[str, bool]:
    """What several statements say together: for each category, whoever says no decides."""
    said: dict[str, bool] = {}
    for one in statements:
        for category, allowed in one.items():
            said[category] = allowed and said.get(category, True)
    return said

"""Paths of addresses and the patterns of rules about them, as RFC 9309, 2.2.2 and 2.2.3, has them; TDMRep too."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_SAFE = "/?:@!$&'()*+,;=-._~[]"


@lru_cache(maxsize=4096)
def encoded(path: str) -> str:
    """A path with its unreserved characters plain and all others percent-encoded, so that equal ones look equal."""
    parts = re.split(r"(%[0-9A-Fa-f]{2})", path)
    done = []
    for number, part in enumerate(parts):
        if number % 2 == 0:
            done.append(quote(part, safe=_SAFE, errors="surrogatepass"))
        else:
            done.append(unquote(part) if _UNRESERVED.fullmatch(unquote(part)) else part.upper())
    return "".join(done)


def fits(pattern: str, path: str) -> bool:
    """Whether a path begins as a rule's pattern says; both `encoded`. ``*`` is anything, a last ``$`` the end.

    Each piece between stars is looked for at the first place where it can stand, so that no pattern takes longer than
    its length times that of the path.
    """
    ends = pattern.endswith("$")
    first, *rest = (pattern[:-1] if ends else pattern).split("*")
    if not path.startswith(first):
        return False
    position = len(first)
    if not rest:
        return not ends or position == len(path)
    for piece in rest[:-1] if ends else rest:
        found = path.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return not ends or (path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= position)

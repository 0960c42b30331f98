"""The X-Robots-Tag field of HTTP: directives for all robots, or for those that a line names.

As Google documents it (https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag) and as the crawlers
of image data sets read it. ``noai`` and ``noimageai`` come from DeviantArt (2022) and are in no standard.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

RESERVING = frozenset({"noai", "noimageai"})
"""Directives that ask not to be used for AI."""

HIDING = frozenset({"noindex", "noimageindex", "none"})
"""Directives that ask a search engine not to show a page or its images: they say nothing of AI, though img2dataset
passes over such images too."""

_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
"""Directives with a value after a colon: what stands before that colon is no robot."""

_PLAIN = RESERVING | HIDING | {
    "all", "index", "follow", "nofollow", "noarchive", "nocache", "nosnippet", "notranslate", "indexifembedded",
    "nositelinkssearchbox", "noodp", "noydir",
}  # fmt: skip
_AGENT = re.compile(r"\s*([a-z0-9._*/-]+)\s*:(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive, in lower case."""

    #: Product token of the robot that it is for; "" for all.
    agent: str
    name: str
    value: str = ""


def read_robots_tag(field: str | Iterable[str]) -> tuple[Directive, ...]:
    """The directives of an X-Robots-Tag.

    Args:
        field: The values of the header lines: one each, or one text with a line each, with or without the name of
            the field before it. A robot that is named speaks for its line alone; where a recorder has joined
            lines with a comma, until the next one is named.

    Returns:
        What was asked, in order; a date keeps its commas. Words that nobody documents are kept: they may be
        asked for. Never raises.
    """
    lines = field.splitlines() if isinstance(field, str) else [line for one in field for line in one.splitlines()]
    found: list[Directive] = []
    for line in lines:
        agent = ""
        text = re.sub(r"^\s*x-robots-tag\s*:", "", line.lower())
        for part in text.split(","):
            named = _AGENT.fullmatch(part)
            while named and named[1] not in _VALUED:
                agent, part = ("" if named[1] == "*" else named[1]), named[2]
                named = _AGENT.fullmatch(part)
            name, value = (named[1], named[2].strip()) if named else (part.strip(), "")
            if found and found[-1].name == "unavailable_after" and not named and name not in _PLAIN and name:
                found[-1] = Directive(found[-1].agent, "unavailable_after", f"{found[-1].value}, {name}")
            elif name:
                found.append(Directive(agent, name, value))
    return tuple(found)


def directives_for(directives: Iterable[Directive], agents: Collection[str] = ()) -> frozenset[str]:
    """Names of the directives that are for all robots, or for one whose token is among `agents` in any case."""
    wanted = {agent.lower() for agent in agents}
    return frozenset(one.name for one in directives if not one.agent or one.agent in wanted)

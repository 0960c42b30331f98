"""TDMRep, the TDM Reservation Protocol: final report of the W3C community group, 10 May 2024.

A reservation of text and data mining, ``tdm-reservation: 1``, with or without the address of a policy that says on
which terms it may be had; in a file of the site, in HTTP fields, in an HTML page. What a page says in its ``meta``
elements is said of that page, not of the images that it shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

from latentarchive.optouts.paths import encoded, fits

FILE = "/.well-known/tdmrep.json"
_MAX = 4 << 20


@dataclass(frozen=True, slots=True)
class Reservation:
    """A statement about mining."""

    #: Whether the right is reserved: ``1``; else ``0``.
    reserved: bool
    #: Absolute address of the policy, "" if there is none.
    policy: str = ""
    #: ``fields``, ``file`` or ``meta``.
    by: str = ""


def reservation(*, fields: Reservation | None, file: Reservation | None) -> Reservation | None:
    """What counts for one resource, for example an image: HTTP fields before the file; None where neither speaks."""
    return fields or file


def read_tdm_fields(fields: Mapping[str, str]) -> Reservation | None:
    """The statement of HTTP fields by name, in any case; None if there is none that can be read."""
    by_name = {name.strip().lower(): value for name, value in fields.items()}
    return _statement(by_name.get("tdm-reservation", ""), by_name.get("tdm-policy", ""), "fields")


def read_tdm_file(text: str, path: str) -> Reservation | None:
    """What ``/.well-known/tdmrep.json`` says of a path; the first rule whose location fits it counts.

    Args:
        text: The file: a list of objects with ``location``, ``tdm-reservation`` and perhaps ``tdm-policy``.
        path: Path of the resource on that site. Locations fit as the paths of robots.txt do.

    Returns:
        None where no rule fits.

    Raises:
        ValueError: The text is not such a list.
    """
    try:
        rules = json.loads(text[:_MAX])
    except (ValueError, RecursionError) as error:
        message = f"it is not JSON ({error})"
        raise ValueError(message) from error
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        message = "it is not a list of rules"
        raise ValueError(message)
    asked = encoded(path or "/")
    for rule in rules:
        location = rule.get("location")
        if isinstance(location, str) and fits(encoded(location), asked):
            said = _statement(str(rule.get("tdm-reservation", "")), str(rule.get("tdm-policy", "")), "file")
            if said is not None:
                return said
    return None


def read_tdm_meta(html: str) -> Reservation | None:
    """What an HTML page says of itself in ``meta`` elements; None if nothing. Never raises."""
    parser = _Meta()
    parser.feed(html[:_MAX])
    return _statement(parser.found.get("tdm-reservation", ""), parser.found.get("tdm-policy", ""), "meta")


def _statement(written: str, policy: str, by: str) -> Reservation | None:
    written = written.strip()
    # Two equal lines that a recorder joined are one; of two that differ, the reservation counts.
    values = {part.strip() for part in written.split(",")}
    if not values <= {"0", "1"}:
        return None
    policy = policy.strip()
    absolute = bool(re.fullmatch(r"https?", urlsplit(policy).scheme)) if _parses(policy) else False
    return Reservation("1" in values, policy if absolute else "", by)


def _parses(address: str) -> bool:
    try:
        urlsplit(address)
    except ValueError:
        return False
    return True


class _Meta(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "meta":
            given = dict(attrs)
            name = (given.get("name") or "").strip().lower()
            if name.startswith("tdm-"):
                self.found.setdefault(name, given.get("content") or "")

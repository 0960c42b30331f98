"""Hosts in the addresses of a collection: each as it is written, how often, and what is in it."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from latentarchive.audit.addresses import said
from latentarchive.audit.delivery import deliverer
from latentarchive.audit.subject import Subject

DEEPEST = 5
"""Parts of the longest rules of the Public Suffix List."""

PLAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
"""Nearly all hosts: with no user, port or sign of another script, there is nothing to take apart."""

LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}\w)?|_[\w-]{1,62}")
"""One part of a host name: letters of any script, digits, hyphens; at most 63 characters (RFC 1035, 2.3.4). Underscores
are no host names by the book and are in use."""


def address(subject: Subject) -> str:
    """The SQL expression of an item's address. Raises `Skip` where there is none."""
    return f"CAST({subject.sql('url')} AS VARCHAR)"


def locations(subject: Subject) -> str:
    """A table of the network locations of `addresses.said` (said) and how many items have each (n): one pass."""
    return subject.once("locations", f"SELECT {said(address(subject))} AS said, count(*) AS n FROM items GROUP BY said")


def known_hosts(subject: Subject) -> str:
    """The same table with what `parts` finds in each."""
    kind = "STRUCT(netloc VARCHAR, registered VARCHAR, deliverer VARCHAR, is_number BOOLEAN)"
    subject.function("address_parts", _parts, kind)
    return subject.once("hosts", f"SELECT said, n, unnest(address_parts(said)) FROM {locations(subject)}")


def _parts(texts: pa.Array) -> pa.Array:
    kind = pa.struct(
        [("netloc", pa.string()), ("registered", pa.string()), ("deliverer", pa.string()), ("is_number", pa.bool_())]
    )
    return pa.array([parts(one) for one in texts.to_pylist()], kind)


def parts(location: str | None) -> dict[str, Any]:
    """What is in the network location of an address.

    Args:
        location: As written, for example ``User@WWW.Example.org:80``.

    Returns:
        ``netloc`` as LAION counts it; ``registered``, the registered domain, or the number where that stands for
        one; ``deliverer``, who delivers for others there; ``is_number``. All None, and False, where it is no host.
    """
    nothing = {"netloc": None, "registered": None, "deliverer": None, "is_number": False}
    host = netloc = (location or "").lower()
    if not PLAIN.fullmatch(host):
        try:
            split = urlsplit("//" + unicodedata.normalize("NFKC", host).strip())
            host, netloc = (split.hostname or "").rstrip("."), split.netloc.lower()
        except ValueError:  # an unclosed bracket, or signs that turn into a slash
            return nothing
    netloc = netloc.removeprefix("www.")
    if ":" in host or host[-1:].isdecimal():  # no top-level domain ends in a digit
        try:
            return nothing | {"netloc": netloc, "registered": str(ipaddress.ip_address(host)), "is_number": True}
        except ValueError:
            return nothing
    domain = registered_domain(host) if len(host) <= 253 else None
    if domain is None:
        return nothing
    return nothing | {"netloc": netloc, "registered": domain, "deliverer": deliverer(host)}


def registered_domain(host: str) -> str | None:
    """The part of a host's name that somebody registered; None where it is no name of a host on the web.

    A last part that the Public Suffix List does not know is a suffix by its own rule ("if no rules match, the
    prevailing rule is *"): ``images.cabinet.example`` belongs to ``cabinet.example``.
    """
    labels = host.split(".")
    if len(labels) < 2 or not all(map(LABEL.fullmatch, labels)):
        return None
    suffix, rules = 1, _suffixes()
    for start in range(max(0, len(labels) - DEEPEST), len(labels) - 1):  # the longest rule decides
        name, above = ".".join(labels[start:]), ".".join(labels[start + 1 :])
        if f"!{name}" in rules:
            suffix = len(labels) - start - 1
            break
        if name in rules or f"*.{above}" in rules:
            suffix = len(labels) - start
            break
    return ".".join(labels[-suffix - 1 :]) if suffix < len(labels) else None


@cache
def _suffixes() -> frozenset[str]:
    """Rules of the Public Suffix List (its first part, of registries) from the copy that tldextract carries.

    Nothing is fetched and nothing kept. The rules are applied here: the package's own parser, made for any address,
    takes longer than all else that is asked of a million hosts. Names of other scripts are in the list as they are read
    and as they are sent.
    """
    import tldextract

    rules = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None).tlds
    return frozenset((*rules, *(rule.encode("idna").decode() for rule in rules if not rule.isascii())))

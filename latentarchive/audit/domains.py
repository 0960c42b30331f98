"""Where the images of a collection lie: registered domains, hosts, and hosts that deliver for others."""

from __future__ import annotations

import ipaddress
import math
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from latentarchive.audit.delivery import deliverer
from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.registry import check
from latentarchive.audit.spread import spread
from latentarchive.audit.subject import Subject

DEEPEST = 5
"""Parts of the longest rules of the Public Suffix List."""

PLAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
"""Nearly all hosts: with no user, port or sign of another script, there is nothing to take apart."""

LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}\w)?|_[\w-]{1,62}")
"""One part of a host name: letters of any script, digits, hyphens; at most 63 characters (RFC 1035, 2.3.4). Underscores
are no host names by the book and are in use."""


@check
def registered(subject: Subject, *, top: int = 20) -> Iterator[Finding]:
    """From which registered domains the items come, and how many lie with hosts that deliver for others.

    A registered domain is what somebody bought: ``images.museum.org.uk`` belongs to ``museum.org.uk`` (Public Suffix
    List, the copy that tldextract carries). Addresses that name no host are counted apart and first. Of what lies
    with a delivery network, a rented store or a platform, the domain does not tell the source.

    Options:
        top: How many domains are listed.
    """
    hosts = _hosts(subject)
    yield _readable(subject, hosts)
    counted = subject.once(
        "registered domains",
        f"SELECT registered AS v, sum(n)::BIGINT AS n FROM {hosts} WHERE registered IS NOT NULL GROUP BY 1",
    )
    of = f"{subject.noun} with an address"
    yield from spread(subject, counted, kind="registered domain", kinds="registered domains", of=of, top=top)
    yield from _delivered(subject, hosts, top)


@check
def hosts(subject: Subject, *, top: int = 20) -> Iterator[Finding]:
    """From which hosts the items come, as LAION counts them: the network location, lower case, without ``www.``.

    Two hosts may belong to one registered domain, so these shares are smaller than those of `domains.registered`.

    Options:
        top: How many hosts are listed.
    """
    found = _hosts(subject)
    counted = subject.once(
        "network locations",
        f"SELECT netloc AS v, sum(n)::BIGINT AS n FROM {found} WHERE netloc IS NOT NULL GROUP BY 1",
    )
    of = f"{subject.noun} with an address"
    yield from spread(subject, counted, kind="host", kinds="hosts", of=of, top=top)


@check
def template(subject: Subject, *, share: float = 0.1, most: int = 1000) -> Iterator[Finding]:
    """The domains that the EU's template for a public summary of training content asks for.

    The AI Act (art. 53(1)(d)) wants a summary of the content that a model was trained on; the Commission's template
    asks for the top 10 % of the domain names by the size of what was taken from them. A table of addresses does not
    say sizes: here they stand by number of items. What was in fact downloaded is not known here.

    Options:
        share: Which share of the domains is in the cut.
        most: How many of these are listed.
    """
    found = _hosts(subject)
    counted = subject.once(
        "registered domains",
        f"SELECT registered AS v, sum(n)::BIGINT AS n FROM {found} WHERE registered IS NOT NULL GROUP BY 1",
    )
    domains, total = subject.row(f"SELECT count(*), coalesce(sum(n), 0)::BIGINT FROM {counted}")
    if not domains:
        return
    cut = max(1, math.ceil(domains * share - 1e-9))  # 0.1 of 30 is 3, whatever floats say
    ranked = f"SELECT v, n FROM {counted} ORDER BY n DESC, v LIMIT"
    (held,) = subject.row(f"SELECT sum(n)::BIGINT FROM ({ranked} {cut})")
    rows = subject.rows(f"{ranked} {min(cut, most)}")
    of = f"{subject.noun} with an address"
    yield Finding(
        sentence=f"The top {share:.0%} of {domains:,} registered domains are {cut:,}; {held / total:.1%} of the "
        f"{total:,} {of} come from them.",
        value=held / total,
        unit="share",
        n=total,
        denominator=of,
        null=cut / domains,
        null_by="all domains equally common",
        table=Table(columns=("registered domain", of, "share"), rows=tuple((v, n, n / total) for v, n in rows)),
        notes=(
            f"Ranked by number of items, not by size as the template asks; {len(rows):,} of {cut:,} are listed "
            "(option `most`).",
        ),
    )


def _readable(subject: Subject, hosts: str) -> Finding:
    """How many addresses name no host."""
    none, bad, address = subject.row(
        f"""SELECT coalesce(sum(n) FILTER (said IS NULL), 0)::BIGINT,
            coalesce(sum(n) FILTER (said IS NOT NULL AND registered IS NULL), 0)::BIGINT,
            coalesce(sum(n) FILTER (is_number), 0)::BIGINT FROM {hosts}"""
    )
    url, examples = _url(subject), ()
    if bad:
        reads = f"SELECT said FROM {hosts} WHERE said IS NOT NULL AND registered IS NULL"
        rows = subject.rows(
            f"SELECT DISTINCT {subject.example} AS e FROM items WHERE ({_netloc(url)}) IN ({reads}) ORDER BY e LIMIT 20"
        )
        examples = tuple(e for (e,) in rows if e)
    said = f"All {subject.n:,} {subject.noun} have an address that names a host"
    if none + bad:
        said = (
            f"{none + bad:,} of {subject.n:,} {subject.noun} have no usable address: {none:,} have none, {bad:,} one "
            "that names no host"
        )
    return Finding(
        sentence=said + (f"; {address:,} name a number instead of a domain." if address else "."),
        value=(none + bad) / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        examples=examples,
    )


def _delivered(subject: Subject, hosts: str, top: int) -> Iterator[Finding]:
    """How many lie with hosts that deliver for others."""
    rows = subject.rows(
        f"""SELECT deliverer, sum(n)::BIGINT AS n FROM {hosts} WHERE registered IS NOT NULL
            GROUP BY deliverer ORDER BY n DESC, deliverer"""
    )
    total = sum(n for _, n in rows)
    if not total:
        return
    known = [(name, n) for name, n in rows if name is not None]
    held = sum(n for _, n in known)
    of = f"{subject.noun} with an address"
    said = f"None of the {total:,} {of} lies with a known delivery network, rented store or platform."
    if known:
        said = (
            f"{held / total:.1%} of the {total:,} {of} lie with delivery networks, rented stores or platforms, where "
            f"the domain does not tell whose image it is; most with {known[0][0]} ({known[0][1]:,})."
        )
    yield Finding(
        sentence=said,
        value=held / total,
        unit="share",
        n=total,
        denominator=of,
        table=Table(
            columns=("who delivers", subject.noun, "share"), rows=tuple((v, n, n / total) for v, n in known[:top])
        ),
        picture=Picture(kind="bars", x=0, y=(1,), alt="Bars: how many images each deliverer has.") if known else None,
        notes=("Recognised from a list of the well known (latentarchive/audit/delivery.py): there are more.",),
    )


def _hosts(subject: Subject) -> str:
    """A table of the network locations as written: what was said, how often, and what is in it."""
    raw = subject.once(
        "said hosts",
        f"SELECT {_netloc(_url(subject))} AS said, count(*) AS n FROM items GROUP BY said",
    )
    parts = "STRUCT(netloc VARCHAR, registered VARCHAR, deliverer VARCHAR, is_number BOOLEAN)"
    subject.function("address_parts", _parts, parts)
    return subject.once("hosts", f"SELECT said, n, unnest(address_parts(said)) FROM {raw}")


def _url(subject: Subject) -> str:
    return f"CAST({subject.sql('url')} AS VARCHAR)"


def _netloc(url: str) -> str:
    """What stands between the scheme and the next slash; NULL without an address, "" where there is no such part."""
    # The first two cases are nearly all, and need no regular expression; what it is worth is seen once for each.
    return f"""CASE WHEN starts_with({url}, 'https://') OR starts_with({url}, 'http://') THEN split_part({url}, '/', 3)
        WHEN {url} IS NULL OR trim({url}) = '' THEN NULL
        WHEN regexp_matches({url}, '(?i)^\\s*(https?:)?//') THEN split_part({url}, '/', 3)
        ELSE '' END"""


def _parts(said: pa.Array) -> pa.Array:
    kind = pa.struct(
        [("netloc", pa.string()), ("registered", pa.string()), ("deliverer", pa.string()), ("is_number", pa.bool_())]
    )
    return pa.array([parts(one) for one in said.to_pylist()], kind)


def parts(said: str | None) -> dict[str, Any]:
    """What is in the network location of an address.

    Args:
        said: As written, for example ``User@WWW.Example.org:80``.

    Returns:
        ``netloc`` as LAION counts it; ``registered``, the registered domain, or the number where that stands for
        one; ``deliverer``, who delivers for others there; ``is_number``. All None, and False, where it is no host.
    """
    nothing = {"netloc": None, "registered": None, "deliverer": None, "is_number": False}
    host = netloc = (said or "").lower()
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

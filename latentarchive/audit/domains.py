"""Where the images of a collection lie: registered domains, hosts, and hosts that deliver for others."""

from __future__ import annotations

import math
from collections.abc import Iterator

from latentarchive.audit.addresses import said
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.hosts import address, known_hosts
from latentarchive.audit.registry import check
from latentarchive.audit.spread import spread
from latentarchive.audit.subject import Subject


@check
def registered(subject: Subject, *, top: int = 20) -> Iterator[Finding]:
    """From which registered domains the items come, and how many lie with hosts that deliver for others.

    A registered domain is what somebody bought: ``images.museum.org.uk`` belongs to ``museum.org.uk`` (Public Suffix
    List, the copy that tldextract carries). Addresses that name no host are counted apart and first. Of what lies
    with a delivery network, a rented store or a platform, the domain does not tell the source.

    Options:
        top: How many domains are listed.
    """
    yield _readable(subject)
    counted = _domains(subject)
    of = f"{subject.noun} with an address"
    yield from spread(subject, counted, kind="registered domain", kinds="registered domains", of=of, top=top)
    yield from _delivered(subject, top)


@check
def hosts(subject: Subject, *, top: int = 20) -> Iterator[Finding]:
    """From which hosts the items come, as LAION counts them: the network location, lower case, without ``www.``.

    Two hosts may belong to one registered domain, so these shares are smaller than those of `domains.registered`.

    Options:
        top: How many hosts are listed.
    """
    hosts_of = f"FROM {known_hosts(subject)} WHERE netloc IS NOT NULL GROUP BY netloc"
    counted = subject.once("network locations", f"SELECT netloc AS v, sum(n)::BIGINT AS n {hosts_of}")
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
    if not 0 < share <= 1:
        message = f"share must be above 0 and at most 1, got {share}"
        raise Skip(message)
    counted = _domains(subject)
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


def _domains(subject: Subject) -> str:
    """A table of the registered domains (v) and how many items have each (n)."""
    hosts_of = f"FROM {known_hosts(subject)} WHERE registered IS NOT NULL GROUP BY registered"
    return subject.once("registered domains", f"SELECT registered AS v, sum(n)::BIGINT AS n {hosts_of}")


def _readable(subject: Subject) -> Finding:
    """How many addresses name no host."""
    hosts = known_hosts(subject)
    none, bad, numbers = subject.row(
        f"""SELECT coalesce(sum(n) FILTER (said IS NULL), 0)::BIGINT,
            coalesce(sum(n) FILTER (said IS NOT NULL AND registered IS NULL), 0)::BIGINT,
            coalesce(sum(n) FILTER (is_number), 0)::BIGINT FROM {hosts}"""
    )
    examples: tuple[str, ...] = ()
    if bad:
        these = f"SELECT said FROM {hosts} WHERE said IS NOT NULL AND registered IS NULL"
        named = f"SELECT DISTINCT {subject.example} AS e FROM items WHERE ({said(address(subject))}) IN ({these})"
        examples = tuple(e for (e,) in subject.rows(f"{named} ORDER BY e LIMIT {MOST_EXAMPLES}") if e)
    sentence = f"All {subject.n:,} {subject.noun} have an address that names a host"
    if none + bad:
        sentence = (
            f"{none + bad:,} of {subject.n:,} {subject.noun} have no usable address: {none:,} have none, {bad:,} one "
            "that names no host"
        )
    return Finding(
        sentence=sentence + (f"; {numbers:,} name a number instead of a domain." if numbers else "."),
        value=(none + bad) / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        examples=examples,
    )


def _delivered(subject: Subject, top: int) -> Iterator[Finding]:
    """How many lie with hosts that deliver for others."""
    hosts = known_hosts(subject)
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
    sentence = f"None of the {total:,} {of} lies with a known delivery network, rented store or platform."
    if known:
        sentence = (
            f"{held / total:.1%} of the {total:,} {of} lie with delivery networks, rented stores or platforms, where "
            f"the domain does not tell whose image it is; most with {known[0][0]} ({known[0][1]:,})."
        )
    yield Finding(
        sentence=sentence,
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

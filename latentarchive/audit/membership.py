"""Is this work in that list? What can be asked of a list, what it has of institutions, and which of one's works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from latentarchive.audit.addresses import RULES
from latentarchive.audit.answers import CAVEAT, FOUND, NOT_ASKED, NOT_FOUND, RUNGS, Membership, member
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.question import Question
from latentarchive.audit.registry import check
from latentarchive.audit.rungs import by_domain
from latentarchive.audit.subject import Subject
from latentarchive.audit.works import Work, read_list


@check
def rungs(subject: Subject) -> Iterator[Finding]:
    """On which rungs this list can be asked for a work at all, and in how many rows what they compare is there.

    Silence of a rung that cannot be asked is no answer: a list without digests cannot say whether it has a file.
    """
    columns = {"id": "id", "pair": "pair_hash", "url": "url", "caption": "caption", "sha256": "sha256", "md5": "md5"}
    there = {}
    for name, role in columns.items():
        if subject.has(role) or (role == "caption" and subject.archive is not None):
            value = f"nullif(trim(CAST({subject.sql(role)} AS VARCHAR)), '')"
            there[name] = subject.row(f"SELECT count({value}) FROM items")[0]
    archive = subject.archive
    images = subject.n if archive is not None and archive.manifest.counts["images"] else 0
    url, digests = there.get("url", 0), max(there.get("sha256", 0), there.get("md5", 0))
    pairs = there.get("pair", 0) or (min(url, there.get("caption", 0)))
    filled = {
        "id": there.get("id", 0), "pair": pairs, "url": url, "address": url, "iiif": url, "host": url, "domain": url,
        "bytes": digests, "perceptual": images,
        "neighbour": subject.n if archive is not None and archive.has_vectors else 0,
    }  # fmt: skip
    can = [rung.name for rung in RUNGS if filled[rung.name]]
    cannot = [rung.name for rung in RUNGS if not filled[rung.name]]
    without = f"; it cannot be asked for: {', '.join(cannot)}" if cannot else ""
    yield Finding(
        sentence=f"This list can be asked on {len(can)} of {len(RUNGS)} rungs{without}.",
        value=len(can),
        unit="rungs",
        n=len(RUNGS),
        denominator="rungs",
        table=Table(
            columns=("rung", "looks for", "rows that can answer", "found shows", "neither answer shows"),
            rows=tuple((r.name, r.what, filled[r.name], r.shows, r.hides) for r in RUNGS),
        ),
        notes=(CAVEAT, f"Addresses are normalised: {RULES}."),
    )


@check
def institutions(subject: Subject, *, domains: tuple[str, ...]) -> Iterator[Finding]:
    """How many rows lie with the domains of institutions, their subdomains included.

    It shows that images from there are listed, not which works they show, nor that nothing of the institution lies
    elsewhere: most images of museum works are on other people's pages.

    Options:
        domains: Registered domains, for example ``artic.edu``.
    """
    works = [Work(name=domain, url=f"https://{domain.strip().lower()}/") for domain in dict.fromkeys(domains)]
    question = Question(subject, tuple(works))
    (addressed,) = subject.row(f"SELECT coalesce(sum(n), 0)::BIGINT FROM {question.hosts} WHERE host IS NOT NULL")
    if not addressed:
        message = f"none of the {subject.n:,} {subject.items} has an address that names a host"
        raise Skip(message)
    found = by_domain.ask(question).found
    rows = sorted(((works[at].name, match.rows) for at, match in found.items()), key=lambda row: (-row[1], row[0]))
    missing = sorted(work.name for at, work in enumerate(works) if at not in found)
    total = sum(n for _, n in rows)
    shares = tuple((name, n, n / addressed) for name, n in rows)
    alt = "Bars: how many rows lie with each institution."
    yield Finding(
        sentence=f"{total:,} of {addressed:,} rows with an address lie with {len(rows)} of "
        f"the {len(works)} domains that were asked about.",
        value=total / addressed,
        unit="share",
        n=addressed,
        denominator=f"{subject.items} with an address",
        table=Table(columns=("domain", "rows", "share"), rows=shares) if rows else None,
        picture=Picture(kind="bars", x=0, y=(1,), alt=alt) if rows else None,
        notes=(*((f"Not found in this list: {', '.join(missing)}.",) if missing else ()), CAVEAT),
    )


@check
def works(subject: Subject, *, works: str = "", radius: int | None = None) -> Iterator[Finding]:
    """How many works of one's own list are found in this one, on each rung; see ``latentarchive member``.

    Options:
        works: CSV file with a header: work, file, url, text, id, sha256, md5, as far as known. "": not asked.
        radius: In how many of 64 bits perceptual hashes may differ; not given: as few as chance allows here.
    """
    if not works:
        message = 'no list of works was given; name one in a suite of your own: works = "works.csv"'
        raise Skip(message)
    found = member(subject, read_list(Path(works)), radius=radius)
    for rung in RUNGS:
        counts = found.counts(rung.name)
        asked = counts[FOUND] + counts[NOT_FOUND]
        if not asked:
            reason = found.answers[rung.name][0].reason
            yield Finding(sentence=f"{rung.name}: not asked: {reason}.", outcome="skip")
            continue
        rows = [
            (work.name, answer.rows, one, answer.said)
            for work, answer in zip(found.works, found.answers[rung.name], strict=True)
            for one in (answer.which or ("",))
            if answer.verdict == FOUND
        ]
        yield Finding(
            sentence=f"{rung.what}: {counts[FOUND]:,} of {asked:,} works found in {found.stated}; "
            f"{counts[NOT_ASKED]:,} could not be asked for.",
            value=counts[FOUND] / asked,
            unit="share",
            n=asked,
            denominator="works that could be asked for",
            table=Table(columns=("work", "rows", "one of them", "said"), rows=tuple(rows[:100]), ids=(0, 2))
            if rows
            else None,
            examples=_examples(found, rung.name) if subject.archive is not None else (),
            notes=(f"Shows: {rung.shows}. Does not show: {rung.hides}.", *filter(None, (found.notes[rung.name],))),
        )


def _examples(found: Membership, rung: str) -> tuple[str, ...]:
    """Items that were found, in the order of the works."""
    matched = [item for one in found.answers[rung] if one.verdict == FOUND for item in one.which]
    return tuple(dict.fromkeys(matched))[:MOST_EXAMPLES] if rung not in ("host", "domain") else ()

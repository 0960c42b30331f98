"""Ask a list for works, rung by rung from the exact pair to what merely looks alike; never of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from latentarchive.audit.finding import Skip
from latentarchive.audit.likeness import neighbour, perceptual
from latentarchive.audit.question import Asked, Match, Question
from latentarchive.audit.rungs import (
    Rung,
    by_address,
    by_bytes,
    by_domain,
    by_host,
    by_id,
    by_iiif,
    by_pair,
    by_url,
)
from latentarchive.audit.subject import Subject
from latentarchive.audit.works import Work
from latentarchive.errors import QueryError
from latentarchive.measures.hashing import BITS
from latentarchive.progress import Progress, silent

FOUND, NOT_FOUND, NOT_ASKED = "found", "not found", "not asked"


RUNGS = (by_id, by_pair, by_url, by_address, by_iiif, by_host, by_domain, by_bytes, perceptual, neighbour)
"""From what shows most to what shows least of one work."""

CAVEAT = (
    "An address in a list does not show that a model was trained on it: links rot (of LAION's addresses about 15 % "
    "gave other bytes within eight months), and lists are filtered again before training. That a work is not in this "
    "list, or not in this part of it, shows nothing of other lists and other parts."
)
"""What no rung can show; the share is that of the MD5 table of LAION-2B of May 2022, compared in January 2023."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rung says of one work."""

    #: ``found``, ``not found`` or ``not asked``.
    verdict: str
    #: Why it was not asked.
    reason: str = ""
    #: How many rows match, and some of them; of a rung that measures, the nearest even where none matches.
    rows: int = 0
    which: tuple[str, ...] = ()
    said: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Membership:
    """The answers to one question about one list."""

    #: The list: its name, how many rows and of what, which edition, and what was filtered out.
    name: str
    n: int
    items: str
    edition: str
    selection: str
    works: tuple[Work, ...]
    #: By rung, one for each work in order.
    answers: Mapping[str, tuple[Answer, ...]]
    #: How a rung was asked, where that matters.
    notes: Mapping[str, str]
    #: Places of works that are items of this list: on all rungs but `id` they are not looked for as themselves.
    own: frozenset[int] = frozenset()

    @property
    def stated(self) -> str:
        """The list as every answer names it."""
        return f"{self.name} ({self.edition}; {self.n:,} {self.items}; {self.selection})"

    def sentence(self, rung: Rung, at: int) -> str:
        """The answer of one rung for the work at a place, for a person."""
        one = self.answers[rung.name][at]
        if one.verdict == NOT_ASKED:
            return f"not asked: {one.reason}"
        which = f" ({', '.join(one.which)}{' …' if one.rows > len(one.which) else ''})" if one.which else ""
        said = f"; {one.said}" if one.said else ""
        if one.verdict == FOUND:
            return f"found in {self.stated}: {one.rows:,} row{'s' * (one.rows != 1)}{which}{said}"
        besides = " besides itself" if at in self.own and rung.name != "id" else ""
        return f"not found in {self.stated}{besides}{said and said + which}"

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        facts = {name: getattr(self, name) for name in ("name", "n", "items", "edition", "selection")}
        rungs = [
            {"rung": rung.name, "asks": rung.what, "shows": rung.shows, "does not show": rung.hides,
             "note": self.notes.get(rung.name, "")}
            for rung in RUNGS
        ]  # fmt: skip
        works = [
            {
                "work": work.name,
                "fault": work.fault,
                "answers": {r.name: asdict(self.answers[r.name][at]) for r in RUNGS},
            }
            for at, work in enumerate(self.works)
        ]
        return {"list": facts, "caveat": CAVEAT, "rungs": rungs, "works": works}

    def counts(self, rung: str) -> dict[str, int]:
        """How many works have each verdict on a rung."""
        verdicts = [one.verdict for one in self.answers[rung]]
        return {verdict: verdicts.count(verdict) for verdict in (FOUND, NOT_FOUND, NOT_ASKED)}


def member(
    subject: Subject,
    works: Sequence[Work],
    *,
    radius: int | None = None,
    edition: str = "",
    selection: str = "",
    progress: Progress = silent,
) -> Membership:
    """Ask a list for works, on every rung.

    Args:
        subject: The list: an archive, or a table of addresses. Withheld items are not in it.
        works: What is asked about; all at once, since each rung reads the list once.
        radius: In how many of 64 bits perceptual hashes may differ; None: see `likeness`.
        edition: What the publisher calls this edition of the list; "": what is known of it.
        selection: What was filtered out of it; "": what is known.
        progress: Told of rungs, and of images.

    Raises:
        QueryError: Nothing is asked about, or the radius is none.
    """
    if not works:
        message = "no work was given to ask about"
        raise QueryError(message)
    if radius is not None and not 0 <= radius <= BITS:
        message = f"the radius must lie between 0 and {BITS} bits, got {radius}"
        raise QueryError(message)
    question = _question(subject, tuple(works), radius, progress)
    answers, notes = {}, {}
    for number, rung in enumerate(RUNGS):
        progress("asking", number, len(RUNGS), rung.name)
        answers[rung.name], notes[rung.name] = _answers(rung, question)
    progress("asking", len(RUNGS), len(RUNGS))
    manifest = subject.archive.manifest if subject.archive is not None else None
    return Membership(
        name=subject.name,
        n=subject.n,
        items=subject.items,
        edition=edition or (f"built {manifest.created[:10]}" if manifest else "edition not stated"),
        selection=selection or ("all that its recipe takes in" if manifest else "filter not stated"),
        works=question.works,
        answers=answers,
        notes=notes,
        own=frozenset(question.own),
    )


def _question(subject: Subject, works: tuple[Work, ...], radius: int | None, progress: Progress) -> Question:
    """The question; what is known of works that are items of the archive themselves is filled in."""
    if subject.archive is None:
        return Question(subject, works, radius, progress)
    archive, own, filled = subject.archive, {}, list(works)
    named = [at for at, work in enumerate(works) if work.id and work.file is None]
    for at, row in zip(named, archive.collection.rows([works[at].id for at in named]), strict=True):
        if row is not None and archive.visible[row]:
            item, work = archive.collection.items([row])[0], works[at]
            own[at] = item.id
            filled[at] = replace(
                work,
                url=work.url or item.url,
                text=work.text or item.text or item.title,
                sha256=work.sha256 or item.sha256,
            )
    return Question(subject, tuple(filled), radius, progress, own)


def _answers(rung: Rung, question: Question) -> tuple[tuple[Answer, ...], str]:
    try:
        asked = rung.ask(question)
    except Skip as reason:
        return (Answer(NOT_ASKED, str(reason)),) * len(question.works), ""
    return tuple(_answer(asked, at) for at in range(len(question.works))), asked.note


def _answer(asked: Asked, at: int) -> Answer:
    if at in asked.found:
        return _of(FOUND, asked.found[at])
    if at in asked.unasked:
        return Answer(NOT_ASKED, asked.unasked[at])
    return _of(NOT_FOUND, asked.nearest[at]) if at in asked.nearest else Answer(NOT_FOUND)


def _of(verdict: str, match: Match) -> Answer:
    return Answer(verdict, "", match.rows, match.which, match.said, match.value)

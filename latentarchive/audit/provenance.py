"""Written provenance as a reading aid: how much is told, where years are missing, what happened from 1933 to 1945.

It quotes what it read. It judges no object: a gap in a text is a question to the files of the museum, nothing more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table, shortened
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.ownership import OPEN, TAKEN, UNCERTAIN, Owner, Ownership, read_ownership, words_in

QUOTED, WHOLE = 160, 400
"""Characters that are quoted of a link of a chain, and of a text."""

AID = "Read by rules from the text alone; the museum's files know more."


@dataclass(frozen=True)
class _Told:
    id: str
    text: str
    chain: Ownership
    #: First and last year in which the work was made; None where the catalogue does not say.
    made: int | None
    made_by: int | None
    #: Year in which it came to the museum, as the catalogue or the end of the chain has it; None where neither does.
    came: int | None


@check
def texts(subject: Subject) -> Iterator[Finding]:
    """How many items have a provenance text, how many links their chains have, and how many of them have years."""
    told = _told(subject)
    yield Finding(
        sentence=f"{subject.n - len(told):,} of {subject.n:,} {subject.items} have no provenance text.",
        value=(subject.n - len(told)) / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
    )
    links = Counter(min(len(one.chain.owners), 10) for one in told)
    alone = sum(1 for one in told if len(one.chain.owners) <= 1)
    dated = sum(1 for one in told if any(owner.first or owner.last for owner in one.chain.owners))
    yield Finding(
        sentence=f"{alone:,} of {len(told):,} texts name one owner or donor and no chain; {dated:,} have a year.",
        value=alone / len(told),
        unit="share",
        n=len(told),
        denominator="items with a provenance text",
        table=Table(
            columns=("links", "texts"),
            rows=tuple((str(at) if at < 10 else "10 or more", links[at]) for at in range(11) if links[at]),
        ),
        picture=Picture(kind="bars", x=0, y=(1,), alt="Bars: provenance texts by the number of their links."),
        notes=("Links end at semicolons and full stops, as the AAM Guide to Provenance Research (2001) has it.",),
    )


@check
def gaps(subject: Subject, *, at_least_years: int = 10, top: int = 100) -> Iterator[Finding]:
    """Chains in which years are told of no owner: where a full stop stands between them, and both sides have a year.

    A maker who is named first had the work from the year in which it was made.

    Options:
        at_least_years: Shorter gaps are not named.
        top: How many are listed, longest first.
    """
    told = [one for one in _told(subject) if len(one.chain.owners) > 1 and one.chain.spans()]
    if not told:
        message = "no provenance text has a chain with years"
        raise Skip(message)
    found = [(one, gap) for one in told for gap in one.chain.gaps() if gap.before - gap.after >= at_least_years]
    found.sort(key=lambda two: (two[1].after - two[1].before, two[0].id))
    items = list(dict.fromkeys(one.id for one, _ in found))
    yield Finding(
        sentence=f"{len(items):,} of {len(told):,} chains with years have a gap of {at_least_years} years or more"
        + (f"; the longest is from {found[0][1].after} to {found[0][1].before}." if found else "."),
        value=len(items) / len(told),
        unit="share",
        n=len(told),
        denominator="chains of several owners with a year",
        examples=tuple(items[:MOST_EXAMPLES]),
        table=Table(
            columns=("item", "last known", "next known", "who had it then", "who had it next"),
            rows=tuple(
                (one.id, gap.after, gap.before, shortened(gap.left, QUOTED), shortened(gap.right, QUOTED))
                for one, gap in found[:top]
            ),
            ids=(0,),
        )
        if found
        else None,
        notes=(AID,),
    )


@check
def period(subject: Subject, *, first: int = 1933, last: int = 1945, top: int = 200) -> Iterator[Finding]:
    """What the texts tell of who had a work in a period, by default 1933 to 1945, the years of National Socialism.

    Asked of works that were made by the end of the period and did not come to the museum before it (American Alliance
    of Museums, "Guidelines Concerning the Unlawful Appropriation of Objects During the Nazi Era", 1999). The answer is
    one of: told in every year; told, but somebody is named without years; years left open by a chain of several; one
    owner or donor is named and no chain; no year at all. Every change of hands that may lie in the period is quoted.
    Where the catalogue says when the museum acquired a work, that counts. Whether a work was in Europe then, no rule
    can tell.

    Options:
        first: First year of the period.
        last: Last year of the period.
        top: How many works are listed.
    """
    asked = [one for one in _told(subject) if _concerned(one, first, last)]
    undated = sum(1 for one in _told(subject) if one.made_by is None)
    if not asked:
        message = f"no work with a provenance text was made by {last} and came to the museum from {first} on"
        raise Skip(message)
    answers = {one.id: _answer(one.chain, first, last) for one in asked}
    counts = Counter(answers.values())
    untold = counts[NOT_ALL] + counts[ALONE] + counts[NO_YEAR]
    yield Finding(
        sentence=f"Of {len(asked):,} works that were made by {last} and are not known to have come to the museum "
        f"before {first}, {untold:,} have a text that leaves years from {first} to {last} open: {counts[ALONE]:,} "
        f"name one owner or donor alone, {counts[NO_YEAR]:,} have no year, {counts[NOT_ALL]:,} are chains with years "
        "that do not tell all of these.",
        value=untold / len(asked),
        unit="share",
        n=len(asked),
        denominator=f"works with a provenance text, made by {last}, not known to have come before {first}",
        examples=tuple(one.id for one in asked if answers[one.id] == NOT_ALL)[:MOST_EXAMPLES],
        table=Table(columns=("what the text tells", "works"), rows=tuple((one, counts[one]) for one in ANSWERS)),
        picture=Picture(kind="bars", x=0, y=(1,), alt=f"Bars: what texts tell of the years {first} to {last}."),
        notes=(AID, f"{undated:,} works with a text have no year in the catalogue and are not among them."),
    )
    open_ones = [one for one in asked if answers[one.id] == NOT_ALL]
    passed = [(one, *two) for one in asked for two in _passages(one.chain, first, last)]
    passed.sort(key=lambda row: (row[2] - row[1], row[0].id))  # the most closely dated first
    hands = list(dict.fromkeys(one.id for one, *_ in passed))
    yield Finding(
        sentence=f"{len(hands):,} of them changed hands in these years, or may have: what is most closely dated first.",
        value=len(hands) / len(asked),
        unit="share",
        n=len(asked),
        denominator="the same works",
        examples=tuple(hands[:MOST_EXAMPLES]),
        table=Table(
            columns=("item", "between", "and", "from", "to"),
            rows=tuple((one.id, a, b, shortened(x, QUOTED), shortened(y, QUOTED)) for one, a, b, x, y in passed[:top]),
            ids=(0,),
        )
        if passed
        else None,
        notes=(AID, "Between two years far apart anything may have happened, in the period or outside it."),
    )
    if open_ones:
        yield Finding(
            sentence=f"{len(open_ones):,} chains with years to read again.",
            value=len(open_ones),
            unit="chains",
            n=len(asked),
            denominator="the same works",
            table=Table(
                columns=("item", "made", "text"),
                rows=tuple((one.id, one.made_by, shortened(one.text, WHOLE)) for one in open_ones[:top]),
                ids=(0,),
            ),
        )


@check
def words(
    subject: Subject,
    *,
    uncertain: tuple[str, ...] = UNCERTAIN,
    taken: tuple[str, ...] = TAKEN,
    top: int = 100,
) -> Iterator[Finding]:
    """Texts with words of uncertainty, and texts with words that ask for a second reading, each quoted.

    Options:
        uncertain: Words of uncertainty.
        taken: Words of taking and of giving back. They may stand in the history of a work that was restituted.
        top: How many quotations are listed.
    """
    told = _told(subject)
    for listed, what in ((uncertain, "a word of uncertainty"), (taken, "a word of taking or giving back")):
        found = [(one.id, word, quote) for one in told for word, quote in words_in(one.text, listed)]
        items = list(dict.fromkeys(item for item, *_ in found))
        per = Counter(word for item, word in dict.fromkeys((item, word) for item, word, _ in found))
        often = ", ".join(f"{word!r} in {n:,}" for word, n in sorted(per.items(), key=lambda x: (-x[1], x[0]))[:5])
        yield Finding(
            sentence=f"{len(items):,} of {len(told):,} texts have {what}" + (f": {often}." if often else "."),
            value=len(items) / len(told),
            unit="share",
            n=len(told),
            denominator="items with a provenance text",
            examples=tuple(items[:MOST_EXAMPLES]),
            table=Table(columns=("item", "word", "where it stands"), rows=tuple(found[:top]), ids=(0,))
            if found
            else None,
            notes=("A word that was looked for was found; what it means there, only reading tells.",),
        )


NOT_ALL, ALONE, NO_YEAR = "a chain that leaves years open", "one owner or donor alone", "no year at all"
ANSWERS = ("told in every year", "told, with somebody named without years", NOT_ALL, ALONE, NO_YEAR)
"""What a text can tell of a period."""


def _told(subject: Subject) -> list[_Told]:
    """The items with a provenance text, by id. Raises `Skip` where there are none."""
    text = f"trim(CAST({subject.sql('provenance')} AS VARCHAR))"
    year = subject.sql("year") if subject.has("year") else "NULL"
    end = subject.sql("year_end") if subject.has("year_end") else year
    # Four digits, wherever they stand: "1979-12-06", "12/6/1979".
    came = "NULL"
    if subject.has("acquired"):
        came = f"TRY_CAST(regexp_extract(CAST({subject.sql('acquired')} AS VARCHAR), '([12][0-9]{{3}})', 1) AS INTEGER)"
    creator = "CAST(creator AS VARCHAR)" if subject.named("creator") else "''"
    rows = subject.rows(
        f"SELECT {subject.example} AS id, {text} AS t, {year}, coalesce({end}, {year}), {came}, {creator} FROM items "
        f"WHERE coalesce({text}, '') <> '' ORDER BY id"
    )
    if not rows:
        message = "no item has a provenance text"
        raise Skip(message)
    told = []
    for item, words_, first, by, acquired, maker in rows:
        chain = _chain(words_, _whole(first), maker or "", acquired)
        told.append(_Told(str(item), words_, chain, _whole(first), _whole(by), acquired or chain.ends))
    return told


@lru_cache(maxsize=100_000)  # several checks of one suite read the same texts
def _chain(text: str, made: int | None, maker: str, came: int | None) -> Ownership:
    return read_ownership(text).made(made, maker).kept_since(came)


def _whole(year: float | None) -> int | None:
    return None if year is None else int(year)


def _concerned(one: _Told, first: int, last: int) -> bool:
    return one.made_by is not None and one.made_by <= last and (one.came is None or one.came >= first)


def _answer(chain: Ownership, first: int, last: int) -> str:
    spans = chain.spans()
    if not spans:
        return NO_YEAR
    told = dict.fromkeys(range(first, last + 1), False)
    covered = set()
    for span in spans:
        for year in range(max(span.first, first), min(span.last, last) + 1):
            covered.add(year)
            told[year] = told[year] or span.dated
    if len(covered) < len(told):
        return NOT_ALL if len(chain.owners) > 1 else ALONE
    return ANSWERS[0] if all(told.values()) else ANSWERS[1]


def _passages(chain: Ownership, first: int, last: int) -> Iterator[tuple[int, int, str, str]]:
    """Changes of hands that may lie in the period: the years between which they lie, from whom, to whom."""
    dated: Owner | None = None
    for number, owner in enumerate(chain.owners):
        if owner.first is None and owner.last is None:
            continue
        begins = owner.first if owner.first is not None else owner.last
        if dated is not None and begins is not None:
            left = dated.last if dated.last is not None else dated.first
            # The last year that is told of the one before, and the first of this one; `until 1938; from 1938` is 1938.
            if left is not None and left <= begins and left <= last and begins >= first and begins != OPEN:
                yield left, begins, dated.text, chain.owners[number].text
        dated = owner

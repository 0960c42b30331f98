"""What a collection says of its rights: the statements as written, what is missing, what contradicts what."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table, shortened
from latentarchive.audit.registry import check
from latentarchive.audit.statements import Place, Stated, catalogue, columns_of, combinations, files, items_with, joined
from latentarchive.audit.subject import Subject
from latentarchive.rights import Rights

CLASSES = ("open", "restricted", "unknown", "no statement")
UNDECIDED = ("UND", "CNE", "NKC")
"""Statements of RightsStatements.org by which somebody says that it is not known: unknown, and never "free to use"."""


@check
def classes(subject: Subject, *, top: int = 20) -> Iterator[Finding]:
    """How many items are open, restricted or unknown by their rights statements, and these as they are written.

    Open: marked as out of copyright, or licensed for every use. Restricted: in copyright, or bound otherwise, which
    includes licences with NC and ND. Unknown: nobody has decided (UND, CNE, NKC of RightsStatements.org), the words
    hedge or contradict each other, or they are not understood. Of several columns of a catalogue the first with a
    known statement counts; `conflicts` tells where they disagree.

    Options:
        top: How many statements are listed.
    """
    found, unread = combinations(subject, catalogue(subject))
    counts, statements = Counter[str](), Counter[tuple[str, str, str]]()
    undecided = 0
    for one in found:
        rights = one.counting()
        counts[rights.rights_class if rights else "no statement"] += one.items
        if rights:
            statements[rights.statement, rights.label, rights.rights_class] += one.items
            undecided += one.items if any(f"/{code}/" in rights.uri for code in UNDECIDED) else 0
    counts["unknown"] += unread
    unknown = counts["no statement"] + counts.get("unknown", 0)
    why = (
        (counts["no statement"], "have no statement"),
        (undecided, "say that nobody has decided"),
        (counts["unknown"] - undecided, "have words that leave it open"),
    )
    told = ", ".join(f"{n:,} {words}" for n, words in why if n)
    yield Finding(
        sentence=f"{unknown:,} of {subject.n:,} {subject.items} leave open whether they may be used: {told}."
        if unknown
        else f"All {subject.n:,} {subject.items} state whether they may be used.",
        value=unknown / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
    )
    rows = tuple((name, counts.get(name, 0), counts.get(name, 0) / subject.n) for name in CLASSES)
    yield Finding(
        sentence=f"Open: {_share(counts.get('open', 0), subject.n)}; restricted: "
        f"{_share(counts.get('restricted', 0), subject.n)}.",
        value=counts.get("open", 0) / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        table=Table(columns=("class", "items", "share"), rows=rows),
        picture=Picture(kind="bars", x=0, y=(1,), alt="Bars: items by rights class, those without a statement last."),
        notes=(
            "Restricted includes licences that exclude commercial use or changes. Unknown never means free.",
            "A class is a summary for sorting; the statement itself is what counts.",
        ),
    )
    if statements:
        listed = sorted(statements.items(), key=lambda one: (-one[1], one[0]))
        first, general = shortened(listed[0][0][0]), _general(subject)
        yield Finding(
            sentence=f"{len(listed):,} different statements; the most common is that of {listed[0][1]:,} items: {first}"
            if len(listed) > 1
            else f"All that state anything say the same: {first}",
            value=len(listed),
            unit="statements",
            n=subject.n,
            denominator=subject.items,
            table=Table(
                columns=("statement as written", "known as", "class", "items"),
                rows=tuple((shortened(text, 300), label, kind, n) for (text, label, kind), n in listed[:top]),
            ),
            notes=(
                *((f"{top} of {len(listed):,} are listed.",) if len(listed) > top else ()),
                *(
                    (f"Items without a statement of their own have that of the whole collection: {general}.",)
                    if general
                    else ()
                ),
            ),
        )


def _general(subject: Subject) -> str:
    """The statement that the recipe gives to items that have none of their own; "" if there is none."""
    if subject.archive is None:
        return ""
    try:
        collection = tomllib.loads(subject.archive.manifest.recipe).get("collection", {})
    except tomllib.TOMLDecodeError:
        return ""
    return shortened(collection.get("defaults", {}).get("rights", ""))


@check
def missing(subject: Subject, *, top: int = 200) -> Iterator[Finding]:
    """Which items have no rights statement at all: empty, "unknown", or LAION's "?".

    What a file says of itself has filled the gaps of the catalogue when the archive was built, so an item that is
    named here has a statement in neither.

    Options:
        top: How many items are listed.
    """
    places = catalogue(subject)
    silent = [one for one in combinations(subject, places)[0] if not one.read()]
    count = sum(one.items for one in silent)
    yield Finding(
        sentence=f"{count:,} of {subject.n:,} {subject.items} have no rights statement.",
        value=count / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        examples=tuple(item for item, _ in items_with(subject, places, silent, MOST_EXAMPLES)),
        table=Table(
            columns=("item without a statement",),
            rows=tuple((item,) for item, _ in items_with(subject, places, silent, top)),
            ids=(0,),
        )
        if silent
        else None,
        notes=(f"The first {top:,} are listed.",) if count > top else (),
    )


@check
def conflicts(subject: Subject, *, columns: tuple[str, ...] = (), top: int = 200) -> Iterator[Finding]:
    """Items of which one statement says open and another says restricted.

    Compared are the columns of the catalogue, what the file says of itself (licence, web statement, notices in XMP,
    IPTC and EXIF), and further columns that the suite names, for example what the page or the collection says. Which
    of them is right is for a person to find out; until then the stricter one is the safe one.

    Options:
        columns: Further columns with statements, ``extra.NAME`` for those of an archive.
        top: How many items are listed.
    """
    more = [Place(f"column {name}", subject.field(name)) for name in columns]
    places = [*catalogue(subject), *files(subject), *more]
    found, _ = combinations(subject, places)
    several = sum(one.items for one in found if len(one.read()) > 1)
    opposed = {one: sides for one in found if (sides := _sides(one)) is not None}
    count = sum(one.items for one in opposed)
    listed = [(item, *opposed[one]) for item, one in items_with(subject, places, list(opposed), top)] if opposed else []
    yield Finding(
        sentence=f"{count:,} of {subject.n:,} {subject.items} are open by one statement and restricted by another; "
        f"{several:,} have more than one.",
        value=count / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        examples=tuple(row[0] for row in listed[:MOST_EXAMPLES]),
        table=Table(
            columns=("item", "open by", "which says", "restricted by", "where it says"),
            rows=tuple(
                (item, places[a].name, shortened(said.statement, 200), places[b].name, shortened(denied.statement, 200))
                for item, a, said, b, denied in listed
            ),
            ids=(0,),
        )
        if listed
        else None,
        notes=(
            "Which of the two is right is not decided here; until it is, the stricter one is the safe one.",
            *((f"The first {top:,} are listed.",) if count > top else ()),
        ),
    )
    pairs = Counter[tuple[str, str]]()
    for one, (a, _, b, _) in opposed.items():
        pairs[places[a].name, places[b].name] += one.items
    if pairs:
        most = sorted(pairs.items(), key=lambda one: (-one[1], one[0]))
        yield Finding(
            sentence=f"Most often, {most[0][0][0]} says open and {most[0][0][1]} says restricted: {most[0][1]:,} "
            "items.",
            value=most[0][1],
            unit="items",
            n=count,
            denominator="items whose statements contradict each other",
            table=Table(columns=("open by", "restricted by", "items"), rows=tuple((*two, n) for two, n in most)),
        )


def _sides(one: Stated) -> tuple[int, Rights, int, Rights] | None:
    """The first place that says open and the first that says restricted; None unless there are both."""
    read = one.read()
    opened = next(((at, rights) for at, rights in read if rights.rights_class == "open"), None)
    closed = next(((at, rights) for at, rights in read if rights.rights_class == "restricted"), None)
    return (*opened, *closed) if opened and closed else None


@check
def years(subject: Subject, *, step: int = 10, old: int = 1870, young: int = 1930) -> Iterator[Finding]:
    """Rights classes over the years of the works, and statements that their years make doubtful.

    A work made before `old` is hardly in copyright anywhere: a term of the author's life and 70 years would need an
    author who outlived it by 80. A work made from `young` on is marked as out of copyright by rule of age nowhere: in
    the United States works enter the public domain 95 years after publication (17 U.S.C. 304). Works of governments
    and works that were never protected are rightly so marked, which is why these are questions, not faults.

    Options:
        step: Years in one bar.
        old: Restricted works that were finished before it are asked about.
        young: Works marked as out of copyright that were begun in it or later are asked about; licences are not.
    """
    year = subject.sql("year")
    end = f"coalesce({subject.sql('year_end')}, {year})" if subject.has("year_end") else year
    places = catalogue(subject)
    kinds = {one.statements: _kind(one.counting()) for one in combinations(subject, places)[0]}
    columns = ", ".join(f"p{at}" for at in range(len(places)))
    dated = f"SELECT {subject.example} AS id, {year} AS first, {end} AS last, {columns_of(places)} FROM items"
    per = Counter[tuple[int, str]]()
    for at, *statements, count in subject.rows(
        f"SELECT floor(first / {step}) * {step}, {columns}, count(*) FROM ({dated}) "
        "WHERE first IS NOT NULL GROUP BY ALL"
    ):
        per[int(at), kinds.get(tuple(statements), "unknown").removesuffix(" by age")] += count
    n = sum(per.values())
    if not n:
        message = "no item has a year"
        raise Skip(message)
    ats = sorted({at for at, _ in per})
    begin, finish = subject.row(f"SELECT min(first), max(greatest(first, last)) FROM ({dated})")
    yield Finding(
        sentence=f"{subject.n - n:,} of {subject.n:,} {subject.items} have no year; the others are from {begin:.0f} to "
        f"{finish:.0f}, counted by {step} years.",
        value=(subject.n - n) / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        table=Table(
            columns=({10: "decade from", 100: "century from"}.get(step, f"{step} years from"), *CLASSES),
            rows=tuple((at, *(per[at, kind] for kind in CLASSES)) for at in ats),
        ),
        picture=Picture(
            kind="timeline", x=0, y=(1, 2, 3, 4), alt=f"Timeline: items of each rights class, by {step} years."
        ),
    )
    for kind, when, words, why in (
        ("restricted", f"last < {old}", f"are restricted although they were made before {old}",
         "Scans of old works are sometimes claimed, and terms differ from country to country."),
        ("open by age", f"first >= {young}", f"are marked as out of copyright although they were made from {young} on",
         "Works of the US government, and others, are so rightly."),
    ):  # fmt: skip
        wanted = [Stated(statements, 0) for statements, one in kinds.items() if one == kind]
        rows = subject.rows(
            f"SELECT id, first, last, number FROM {joined(subject, dated, len(places), wanted)} "
            f"WHERE {when} ORDER BY first, id"
        )
        yield Finding(
            sentence=f"{len(rows):,} of {n:,} dated items {words}.",
            value=len(rows) / n,
            unit="share",
            n=n,
            denominator="items with a year",
            examples=tuple(str(row[0]) for row in rows[:MOST_EXAMPLES]),
            table=Table(
                columns=("item", "first year", "last year", "statement"),
                rows=tuple(
                    (row[0], int(row[1]), int(row[2]), shortened(wanted[row[3]].counting().statement))
                    for row in rows[:100]
                ),
                ids=(0,),
            )
            if rows
            else None,
            notes=(why, "A question for a person, not a fault."),
        )


def _kind(rights: Rights | None) -> str:
    """The class, and whether something open is so by age and not by a licence."""
    if rights is None:
        return "no statement"
    licensed = rights.spdx or "/licenses/" in rights.uri
    return "open by age" if rights.rights_class == "open" and not licensed else rights.rights_class


def _share(count: int, n: int) -> str:
    return f"{count:,} of {n:,} ({count / max(n, 1):.1%})"

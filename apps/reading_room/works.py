"""What the page of a work says of it: record, rights, what its file and its provenance say, in the app's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from latentarchive.description import Description, standings
from latentarchive.embedded import Embedded
from latentarchive.items import Item
from latentarchive.neighborhood import Side
from latentarchive.ownership import Ownership
from latentarchive.rights import classify, reserves_mining
from latentarchive.wording import rights
from reading_room.facts import Fact, fact
from reading_room.language import say

if TYPE_CHECKING:
    from latentarchive.diffusion.record import Record

NEAREST = 8
"""Words and neighbours that are shown of each kind."""

PROVENANCE = ("provenance_text", "provenance", "ownership_history", "object_provenance")
"""Where catalogues write who owned a work, in lower case, among the further fields of an item."""

MOST_FIELDS = 60
"""Fields of a file that are listed."""

LEADS = 0.02
"""Cosine by which the nearest word must be ahead of the next to be said to lead."""


def record(item: Item) -> list[Fact]:
    """All that the catalogue says, in its words; what it leaves open is said to be."""
    known = [
        fact(say("Maker"), item.creator),
        fact(say("Date"), item.date or years(item)),
        fact(say("Medium"), item.medium),
        fact(say("Place"), item.place),
        fact(say("Source"), item.source or item.url, href=item.url),
    ]
    if item.date and years(item) not in ("", item.date):
        known.insert(2, fact(say("Date read as"), years(item)))
    if item.text:
        known.append(fact(say("Description"), item.text))
    if item.subjects:
        known.append(fact(say("Subjects"), " · ".join(item.subjects)))
    if item.width and item.height:
        known.append(fact(say("Picture"), say("{width} × {height} pixels", width=item.width, height=item.height)))
    hidden = {name for name in item.extra if name.lower() in PROVENANCE}
    known += [
        Fact(name.replace("_", " "), (value,))
        for name, value in item.extra.items()
        if name not in hidden and value.strip()
    ]
    return [*known, Fact(say("Identifier"), (item.id,))]


def years(item: Item) -> str:
    """The years that a date can mean, "" where there are none."""
    first, last = (None if one is None else f"{-one} BC" if one < 0 else str(one) for one in (item.year, item.year_end))
    if first and last:
        return first if first == last else say("{first} to {last}", first=first, last=last)
    if first or last:
        return say("{first} or later", first=first) if first else say("{last} or earlier", last=last)
    return ""


def rights_facts(item: Item) -> list[Fact]:
    """What the rights are, and what that means for who wants to use the picture."""
    known = classify(item.rights)
    means = {
        "open": say(
            "Free to use: out of copyright, or licensed for every use, changed or not, paid or not. A licence may ask "
            "that its terms and the maker be named."
        ),
        "restricted": say(
            "Not free to use: in copyright, or bound by a contract, by conditions of a licence or by another law. Ask "
            "the source before you use it."
        ),
        "unknown": say(
            "Nobody has said whether it is free to use, or what was said cannot be understood. “Unknown” does not mean "
            "free: ask the source."
        ),
    }
    told = [
        fact(say("Rights"), rights(item), href=known.uri),
        fact(say("This means"), means[item.rights_class]),
    ]
    if known.statement not in ("", "unknown", known.uri, known.label):
        told.insert(1, fact(say("As written"), known.statement))
    if reserves_mining(item.mining):
        told.append(
            fact(
                say("Data mining"),
                say("Reserved by the holder of the rights. Models are not trained on it here."),
                item.mining,
            )
        )
    elif item.mining:
        told.append(fact(say("Data mining"), item.mining))
    return told


def side_said(side: Side) -> str:
    """What stands beside a work, and how much of it the space shares."""
    if side.kind == "meaning":
        return say("What looks or means alike to the encoder, the nearest first.")
    if side.kind == "shelf":
        return say("What stands before and after it in the catalogue, whatever it shows.")
    said = say("{others} other works of {of} have this.", others=f"{side.others:,}", of=f"{side.of:,}")
    if side.nearest:
        shared = say(
            "Of the {nearest} works nearest in the space, {shared} have it.", nearest=side.nearest, shared=side.shared
        )
        said = f"{said} {shared}"
    return said


def side_name(side: Side) -> str:
    """What a kind of neighbours is called: plain text, that may hold what a catalogue says."""
    names = {
        "meaning": say("Nearest in the space"),
        "shelf": say("Beside it on the shelf"),
        "creator": say("Same maker"),
        "place": say("Same place"),
        "decade": say("Same decade"),
        "century": say("Same century"),
        "medium": say("Same medium"),
        "source": say("Same source"),
        "extra.credit_line": say("Same donor"),
    }
    name = names.get(side.kind) or say("Same {field}", field=side.kind.removeprefix("extra."))
    return f"{name}: {side.value}" if side.value else name


def words_said(found: Description, item: Item) -> list[str]:
    """What a vector keeps of a work, in sentences about words; plain text."""
    if not found.terms:
        return [say("This archive has no subjects of its own to describe it with.")]
    first, said = found.terms[0], []
    several = ", ".join(f"“{term.term}”" for term in found.terms[:NEAREST])
    said.append(say("Of {n} subjects of this archive, the nearest are: {words}.", n=found.n_terms, words=several))
    if first.margin is not None:
        said.append(
            say("“{word}” is clearly ahead of the next.", word=first.term)
            if first.margin >= LEADS
            else say("“{word}” is hardly ahead of the next: any of the first may be meant.", word=first.term)
        )
    stated = [(term, rank) for term, rank in standings(found, item.subjects) if rank is not None]
    near = [term for term, rank in stated if rank <= NEAREST]
    far = [(term, rank) for term, rank in stated if rank > NEAREST]
    if near:
        said.append(say("Of what the catalogue says, these are among them: {words}.", words=", ".join(near)))
    if far:
        places = ", ".join(f"{term} ({rank})" for term, rank in far)
        said.append(say("These are farther off, at the rank in brackets: {words}.", words=places))
    return said


def embedded_facts(found: Embedded) -> list[Fact]:
    """What the file says of itself, field by field, as it stands there."""
    facts = [Fact(name, (value,)) for name, value in found.fields.items() if value.strip()][:MOST_FIELDS]
    left = len(found.fields) - len(facts)
    if left > 0:
        facts.append(fact(say("Further fields"), say("{n} more are not shown", n=left)))
    return facts


def provenance_text(item: Item) -> str:
    """The written provenance, "" if the catalogue has none."""
    named = {name.lower(): value for name, value in item.extra.items()}
    return next((named[name] for name in PROVENANCE if named.get(name, "").strip()), "")


def owner_facts(read: Ownership) -> list[Fact]:
    """The chain of owners as written, with the years that were read and where it passed on directly."""
    facts = []
    for number, owner in enumerate(read.owners, 1):
        told = [owner.text]
        if owner.first is not None or owner.last is not None:
            read_years = " – ".join(str(year) if year else "…" for year in (owner.first, owner.last))
            told.append(say("years read: {years}", years=read_years))
        if number > 1 and not owner.directly:
            told.append(say("how it came from the one before is not said"))
        facts.append(Fact(str(number), tuple(told)))
    if read.notes:
        facts.append(fact(say("Notes"), read.notes))
    return facts


def lineage_facts(made: Record, conditions: Sequence[str]) -> list[Fact]:
    """How a generated image was made.

    Args:
        made: Its record.
        conditions: Titles of those works it was conditioned by that may be shown.
    """
    values = {name: value for name, value in made.values().items() if isinstance(value, str | int | float) and value}
    said = {
        say("Words asked for"): made.asked,
        say("Words read by the model"): made.effective if made.effective != made.asked else "",
        say("Words against"): made.negative,
        say("Works it was conditioned by"): " · ".join(conditions),
    }
    told = {name: str(values.pop(name)) for name in ("generator", "seed", "steps", "guidance") if name in values}
    names = {
        "generator": say("Generator"),
        "seed": say("Seed"),
        "steps": say("Steps"),
        "guidance": say("Guidance"),
    }
    facts = [fact(term, value) for term, value in said.items() if value]
    left = len(made.items) - len(conditions)
    if left:
        facts.append(fact(say("Further conditions"), say("{n} works that are not shown here", n=left)))
    return [*facts, *(fact(names[name], value) for name, value in told.items())]

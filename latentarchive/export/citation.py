"""What there is to cite of a work, once, for every format of citations."""

from __future__ import annotations

from dataclasses import dataclass

from latentarchive.items import Item
from latentarchive.plaintext import plain
from latentarchive.rights import classify
from latentarchive.wording import shortened, title

ACCESSION = ("accession_number", "accession", "accessionNumber", "accession number", "inventory_number",
             "inventoryNumber", "inventory number", "object_number", "objectNumber")  # fmt: skip
"""Names under which catalogues keep the number of a work in its house, in the columns of an item's ``extra``."""

LONGEST = 2000
"""Characters of a description that go into a citation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One work as it is cited. Text is on one line; "" means "not stated"."""

    id: str
    title: str
    #: As the catalogue writes them: whether a comma turns a name around or says where a workshop was, nobody knows.
    creators: tuple[str, ...]
    #: First and last year, the same where the date is one year; None where either end is open.
    years: tuple[int, int] | None
    #: The date as the catalogue writes it.
    date: str
    medium: str
    place: str
    #: Who holds the work, and its number there.
    house: str
    number: str
    #: Its address, only if it is one of the web.
    url: str
    text: str
    subjects: tuple[str, ...]
    #: The statement, with its address where it has one.
    rights: str
    #: What must be said beside: that a model made it, what its date is in the catalogue's own words.
    notes: tuple[str, ...]


def cite(item: Item) -> Citation:
    """What there is to cite of a work; nothing is guessed."""
    years = (item.year, item.year_end) if item.year is not None and item.year_end is not None else None
    known = classify(item.rights)
    rights = known.statement if not known.uri else f"{known.label} ({known.uri})"
    plainly = years is not None and item.date in (str(years[0]), f"{years[0]}-{years[1]}", f"{years[0]}–{years[1]}")
    notes = ["Generated image, not a work"] if item.generated else []
    notes += [f"Date: {plain(item.date)}"] if item.date and years is not None and not plainly else []
    notes += [f"Rights: {plain(rights)}"]
    return Citation(
        id=item.id,
        title=plain(title(item)),
        creators=tuple(filter(None, (plain(one).strip() for one in item.creator.split("; ")))),
        years=years,
        date=plain(item.date),
        medium=plain(item.medium),
        place=plain(item.place),
        house=plain(item.source),
        number=plain(next((item.extra[name] for name in ACCESSION if item.extra.get(name)), "")),
        url=plain(item.url) if item.url.startswith(("http://", "https://")) else "",
        text=plain(shortened(item.text, LONGEST)),
        subjects=tuple(filter(None, map(plain, item.subjects))),
        rights=plain(rights),
        notes=tuple(notes),
    )

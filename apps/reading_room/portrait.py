"""An archive described in sentences, for its card and for the foot of every page.

What only the card needs is imported there: the foot stands on the first page that a visitor waits for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from reading_room.language import say
from reading_room.shared import plainly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from latentarchive.archive import Archive
    from latentarchive.encoders.origins import Origin
    from latentarchive.export.dataset_card import DatasetCard, IndexFacts
    from latentarchive.export.facts import Facts


def card(archive: Archive) -> DatasetCard:
    """The card of an archive; measured once for each state of it, and of what is withheld."""
    return _card(archive, archive.log.stamp)


def classes(archive: Archive) -> Mapping[str, int]:
    """Works that are shown by what may be done with them; counted once for each state, as `card`."""
    return _classes(archive, archive.log.stamp)


@lru_cache(maxsize=8)
def _card(archive: Archive, _stamp: tuple[int, int]) -> DatasetCard:
    from latentarchive.export.dataset_card import dataset_card

    return dataset_card(archive)


@lru_cache(maxsize=32)
def _classes(archive: Archive, _stamp: tuple[int, int]) -> Mapping[str, int]:
    from latentarchive.summary import rights_classes

    return rights_classes(archive)


def lead(card: DatasetCard) -> str:
    """How large it is, and when it was built."""
    return say(
        "{count} works can be seen here. The archive was built on {date}.",
        count=f"{card.facts.n:,}",
        date=card.created[:10],
    )


def method(kind: str) -> str:
    """How the works came in, by the kind of source."""
    ways = {
        "folder": say("Read from a folder of image files, with what stands beside them and in them."),
        "table": say("Read from a table of the collection’s own records; a row is a work."),
        "webdataset": say("Read from shards of images and texts, as data sets for training are published."),
        "huggingface": say("Read from a data set as the Hugging Face hub publishes it."),
        "embeddings": say("Read from embeddings and records that others published; the images were not seen here."),
        "cabinet": say("Drawn by the program itself: these are no works of anybody, and their faults were planted."),
    }
    how = ways.get(kind) or say("How its works came in is not known.")
    return f"{how} {say('Nothing was guessed and nothing added; a field that is empty says so.')}"


def rights(counts: Mapping[str, int]) -> str:
    """How many works are open, restricted, unknown."""
    words = {"open": say("open"), "restricted": say("restricted"), "unknown": say("unknown")}
    told = ", ".join(f"{counts[name]:,} {word}" for name, word in words.items() if counts.get(name))
    said = say("Rights are those of each work: {told}.", told=told or say("there is none"))
    return f"{said} {say('“Unknown” does not mean free.')}" if counts.get("unknown") else said


def fields() -> dict[str, str]:
    """Fields of a work in the visitor's words."""
    return {
        "title": say("title"),
        "text": say("description"),
        "creator": say("maker"),
        "date": say("date as written"),
        "year": say("date that could be read as years"),
        "medium": say("medium"),
        "place": say("place"),
        "rights": say("rights"),
        "url": say("address of its page"),
        "source": say("who holds it"),
    }


def stages() -> dict[str, str]:
    """Where on its way an input was rejected."""
    return {
        "source": say("in the records"),
        "read": say("reading the file"),
        "decode": say("opening the image"),
        "encode": say("computing its vector"),
    }


def span(facts: Facts) -> str:
    """The years that dates cover."""
    from latentarchive.render.figures import percent

    if facts.first is None or facts.last is None:
        return say("No date could be read as years.")
    return say(
        "Dates run from {first} to {last}; they could be read for {count} of {n} works ({share}).",
        first=year(facts.first),
        last=year(facts.last),
        count=f"{facts.dated:,}",
        n=f"{facts.n:,}",
        share=percent(facts.dated / facts.n) if facts.n else "–",
    )


def encoder(told: Origin) -> str:
    """What compares the works, and what it learned from; in one sentence."""
    name = plainly(told.name)
    if told.kind == "none":
        return say(
            "This archive holds only records: works are found by words of the catalogue, none is compared by eye."
        )
    if not told.trained_on:
        return say("Works are compared by the encoder {name}; what it was trained on is not known.", name=name)
    trained = plainly(told.trained_on)
    if told.works is None:
        return say("Works are compared by the encoder {name}, trained on: {trained}.", name=name, trained=trained)
    return say(
        "Works are compared by the encoder {name}, trained on {count} works of: {trained}.",
        name=name,
        trained=trained,
        count=f"{told.works:,}",
    )


def index(told: IndexFacts) -> str:
    """How nearest works are looked for, and what is missed by it."""
    from latentarchive.render.figures import percent

    if told.recall is None:
        return say("A search compares all works: none that is nearer is missed.")
    return say(
        "A search looks through an index ({factory}), which finds {recall} of the ten truly nearest works, measured "
        "over {queries} queries; what it finds is compared exactly.",
        factory=plainly(told.factory),
        recall=percent(told.recall),
        queries=f"{told.queries:,}",
    )


def absent(card: DatasetCard) -> str:
    """How many inputs were rejected, and how many works are withheld."""
    rejected = (
        say("{count} of {n} inputs could not be used.", count=f"{card.rejected:,}", n=f"{card.inputs:,}")
        if card.rejected
        else say("All {n} inputs could be used.", n=f"{card.inputs:,}")
    )
    if not card.facts.withheld:
        withheld = say("No work is withheld.")
    elif card.facts.withheld == 1:
        withheld = say("1 work is withheld: it is shown nowhere, and is in none of these figures.")
    else:
        withheld = say(
            "{count} works are withheld: they are shown nowhere, and are in none of these figures.",
            count=f"{card.facts.withheld:,}",
        )
    return f"{rejected} {withheld}"


def year(number: int) -> str:
    """A year in words; those before our era are counted back from it."""
    return say("{year} BCE", year=-number) if number < 0 else str(number)

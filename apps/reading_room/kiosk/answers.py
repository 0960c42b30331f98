"""What the questions of a kiosk find: the same for every visitor, so found once, until something is withheld."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from latentarchive.query import Query, Term
from reading_room import settings
from reading_room.shared import archive_named

if TYPE_CHECKING:
    from latentarchive.archive import Archive
    from latentarchive.items import Item
    from latentarchive.kiosk import Question

FOUND = 12
"""Works that a question finds, and that stand around a work: one screen of them."""

KEPT = 64
"""Answers that are kept in memory, each of `FOUND` entries of the catalogue."""


def asked(*, words: str = "", work: str = "") -> Query:
    """The query of words, or of a work."""
    if work:
        return Query(terms=(Term("item", work),), by="meaning", k=FOUND)
    return Query(terms=(Term("text", words),), k=FOUND)


def answer(name: str, question: Question) -> tuple[Item, ...]:
    """The works that a question finds, best first. Raises `ArchiveError` as `Archive.answer` does."""
    return _answer(name, question.words, question.work, stamp(archive_named(name)))


def around(name: str, item_id: str) -> tuple[Item, ...]:
    """The works around one. Raises `ArchiveError`."""
    return _answer(name, "", item_id, stamp(archive_named(name)))


def own_words(name: str, words: str) -> tuple[Item, ...]:
    """The works that words of a visitor's own find; not kept. Raises `ArchiveError`."""
    return tuple(hit.item for hit in archive_named(name).search(words, k=FOUND).hits)


@lru_cache(maxsize=KEPT)
def _answer(name: str, words: str, work: str, _: object) -> tuple[Item, ...]:
    return tuple(hit.item for hit in archive_named(name).answer(asked(words=words, work=work)).hits)


def stamp(archive: Archive) -> object:
    """Changes when the archive was built anew, or something in it was withheld or restored."""
    return archive.manifest.digest, archive.manifest.created, archive.log.stamp, settings.current().kiosk

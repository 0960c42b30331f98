"""What an archive answers, page by page: ranks stay what they are, near-duplicates stand under the best of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from latentarchive.collapsing import Group, Miniatures, collapsed
from latentarchive.query import Hit, Results, Term
from latentarchive.wording import shortened
from reading_room import cards
from reading_room.asked import Asked
from reading_room.cards import Card
from reading_room.language import say

if TYPE_CHECKING:
    from latentarchive.archive import Archive

PER_PAGE = 24
MOST = 192
"""Results that are asked for, on eight pages: one and the same ranking, whichever page is looked at. Where two rankings
are fused, and where results are re-ranked, the first 24 of 192 are not the 24 of a question for 24."""

_miniatures: dict[Path, tuple[Archive, Miniatures]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Answer:
    """The results of a question, of which one page is shown."""

    results: Results
    #: From 1; never beyond the last.
    page: int
    pages: int
    #: What stands on the page: results in the order of their ranks, and under each the copies of it on this page.
    groups: tuple[Group, ...]


def answer(archive: Archive, asked: Asked, terms: Sequence[Term], *, by: str = "") -> Answer:
    """Ask an archive. Raises `ArchiveError` as `Archive.search` does.

    Args:
        archive: Whom to ask.
        asked: The question.
        terms: Its terms, pictures with their bytes.
        by: In place of the question's own way.
    """
    results = archive.answer(asked.query(MOST, terms, by=by))
    pages = max(1, -(-len(results.hits) // PER_PAGE))
    page = min(asked.page, pages)
    hits = results.hits[(page - 1) * PER_PAGE : page * PER_PAGE]
    groups = tuple(map(Group, hits)) if asked.copies else collapsed(hits, miniatures_of(archive))
    return Answer(results, page, pages, groups)


def shown(found: Answer, archive: str, names: Sequence[str], kept: Sequence[str]) -> list[Card]:
    """The cards of a page.

    Args:
        found: The answer.
        archive: Name of the archive in addresses.
        names: What each term of the question is called, for what a result is nearest to.
        kept: Ids of the works that the visitor keeps.
    """
    return [_card(group, found.results, archive, names, kept) for group in found.groups]


def _card(group: Group, results: Results, archive: str, names: Sequence[str], kept: Sequence[str]) -> Card:
    nearest = results.nearest[group.best.rank - 1] if results.nearest else None
    notes = [] if nearest is None else [say("nearest to {what}", what=shortened(names[nearest], 60))]
    copies = tuple(_copy(copy.hit, copy.same, archive) for copy in group.copies)
    return cards.of_hit(
        group.best,
        archive,
        notes=notes,
        kept=group.best.item.id in kept,
        copies=copies,
    )


def _copy(hit: Hit, same: str, archive: str) -> Card:
    why = say("the same file") if same == "file" else say("the same picture")
    return cards.card(hit.item, archive, notes=[f"{hit.rank} · {why}"])


def miniatures_of(archive: Archive) -> Miniatures:
    """What pictures look like small, kept for all visitors."""
    with _lock:
        held = _miniatures.get(archive.path)
        if held is None or held[0] is not archive:  # built anew since
            held = _miniatures[archive.path] = (archive, Miniatures(archive))
        return held[1]

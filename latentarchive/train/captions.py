"""Catalogue entries to captions: a small fixed grammar over whatever fields an item has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from latentarchive.items import Item

EXTRA = "extra."
"""Before the name of a column that only `Item.extra` has."""

_LIFE = re.compile(r"[\s,(]*\b(?:ca?\.|b\.|d\.|born|active|fl\.)?\s*\d{3,4}\b.*$", re.IGNORECASE | re.DOTALL)


def captions_of(item: Item, fields: Sequence[str] = ()) -> tuple[str, ...]:
    """Every caption that the grammar makes of an item, without repeats, the most general one first.

    Where fields are named, their texts alone are the captions, as they stand: one for each text, and as often
    as its field is named, so that a caption that matters more can be drawn more. Otherwise:

    What the work is *of* (each of its subjects, and its title) is named alone, and with medium,
    creator, place and date in turn: ``watercolor of apples``, ``apples``, ``apples by Mary Arnold``,
    ``watercolor of apples by Mary Arnold``, ``apples, 1908``. Where nothing says what it is of, medium,
    creator, place and date are all there is to say. The catalogue's running text stands as it is.

    Returns:
        Captions with single spaces; empty if no field says anything.
    """
    if fields:
        return tuple(filter(None, (_plain(text) for field in fields for text in values(item, field))))
    medium, place, date = (_plain(value) for value in (item.medium, item.place, item.date))
    creator = name(item.creator)
    made: list[str] = []
    for subject in filter(None, map(_plain, (*item.subjects, item.title))):
        whole = f"{medium} of {subject}" if medium else subject
        made += [whole, subject]
        made += [f"{subject} by {creator}", f"{whole} by {creator}"] if creator else []
        made += [f"{subject} from {place}"] if place else []
        made += [f"{subject}, {date}"] if date else []
    if not made:
        made += [medium] if medium else []
        made += [f"{medium or 'work'} by {creator}"] if creator else []
        made += [f"{medium or 'work'} from {place}"] if place else []
        made += [f"{medium or 'work'}, {date}"] if date else []
    return tuple(dict.fromkeys(filter(None, [*made, _plain(item.text)])))


def values(item: Item, field: str) -> tuple[str, ...]:
    """The texts of a field: several of subjects, one of others; ``extra.series`` is a column of `Item.extra`."""
    if field.startswith(EXTRA):
        return (item.extra.get(field.removeprefix(EXTRA), ""),)
    value = getattr(item, field)
    return value if isinstance(value, tuple) else (str(value),)


def name(creator: str) -> str:
    """A creator as one would say it: without years of life, and "Arnold, Mary" as "Mary Arnold".

    >>> name("Arnold, Mary Daisy, ca. 1873-1955")
    'Mary Daisy Arnold'
    >>> name("Workshop of Rubens")
    'Workshop of Rubens'
    """
    parts = [part.strip() for part in _LIFE.sub("", _plain(creator)).strip(" ,(").split(",")]
    return f"{parts[1]} {parts[0]}" if len(parts) == 2 and all(parts) else ", ".join(parts)


def _plain(text: str) -> str:
    return " ".join(text.split())

"""What a work is called where it is shown: title, credit and rights, "not stated" where nothing is."""

from __future__ import annotations

import re

from latentarchive.items import Item
from latentarchive.rights import classify


def title(item: Item) -> str:
    """Title, else the first words of the text, else a plain statement that there is none; a generated image says so."""
    said = item.title or shortened(item.text, 80) or "untitled"
    return f"generated, not a work: {said}" if item.generated else said


def alt(item: Item) -> str:
    """What a picture shows, from the catalogue alone: title, maker, date; the id where there is neither title nor text.

    A title that only says "untitled" would tell a blind reader nothing.
    """
    said = title(item) if item.title or item.text else item.id
    return ", ".join(filter(None, [said, item.creator, item.date]))


def credit(item: Item) -> str:
    """Maker, date, medium, place and source, as far as they are stated; that no source is, is said."""
    parts = [item.creator, item.date, item.medium, item.place, item.source or item.url or "source: not stated"]
    return " · ".join(filter(None, parts))


def rights(item: Item) -> str:
    """The rights statement by its short name, and what it amounts to.

    A statement of no known vocabulary stands in quotation marks, which it cannot itself close: a catalogue
    that writes "CC0 1.0 (open)" somewhere in a sentence has not said it in our name.
    """
    if item.rights == "unknown":
        return "unknown"
    known = classify(item.rights).label
    return f"{known or _quoted(shortened(item.rights, 90))} ({item.rights_class})"


def shortened(text: str, length: int) -> str:
    """A text of at most so many characters, with an ellipsis where it was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _quoted(text: str) -> str:
    return "“" + re.sub("[“”„‟]", '"', text) + "”"

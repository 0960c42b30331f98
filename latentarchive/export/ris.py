"""Citations as RIS, which reference managers read: Zotero, EndNote, Mendeley, Citavi."""

from __future__ import annotations

from collections.abc import Iterable

from latentarchive.export.citation import Citation, cite
from latentarchive.items import Item


def to_ris(items: Iterable[Item]) -> bytes:
    """One reference of type ``ART`` (work of art) a work, in their order; UTF-8, lines ended by CR LF."""
    return "".join(f"{tag}  - {value}\r\n" for item in items for tag, value in _lines(cite(item))).encode()


def _lines(one: Citation) -> Iterable[tuple[str, str]]:
    yield "TY", "ART"
    yield "ID", one.id
    yield "TI", one.title
    yield from (("AU", name) for name in one.creators)
    if one.years is not None and one.years[0] > 0:  # a year has four digits here, so that none is before our era
        first, last = one.years
        yield "PY", f"{first:04d}"
        yield "DA", f"{first:04d}///" + (f"{first}-{last}" if last != first else "")
    elif one.date and f"Date: {one.date}" not in one.notes:
        yield "N1", f"Date: {one.date}"
    stated = [("M3", one.medium), ("CY", one.place), ("DP", one.house), ("AN", one.number), ("UR", one.url),
              ("AB", one.text)]  # fmt: skip
    yield from ((tag, value) for tag, value in stated if value)
    yield from (("KW", subject) for subject in one.subjects)
    yield from (("N1", note) for note in one.notes)
    yield "ER", ""

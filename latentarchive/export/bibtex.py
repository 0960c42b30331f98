"""Citations as BibTeX, in UTF-8, for BibTeX 0.99d and BibLaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable

from latentarchive.export.citation import Citation, cite
from latentarchive.items import Item

_ESCAPES = {
    # Braces count for BibTeX even behind a backslash, so that one alone would open or end a field.
    "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "\\": r"\textbackslash{}", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
}  # fmt: skip
_IN_ADDRESSES = {"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20", "^": "%5E", '"': "%22", "<": "%3C", ">": "%3E"}


def to_bibtex(items: Iterable[Item]) -> bytes:
    """One ``@misc`` a work, in their order; keys are their ids, made of letters that BibTeX takes."""
    entries, keys = [], set[str]()
    for item in items:
        base = key = re.sub(r"[^A-Za-z0-9:._/-]", "-", item.id)
        number = 1
        while key.lower() in keys:  # BibTeX takes keys that differ in case for one
            number += 1
            key = f"{base}-{number}"
        keys.add(key.lower())
        entries.append(_entry(key, cite(item)))
    return "\n".join(entries).encode()


def _entry(key: str, one: Citation) -> str:
    fields = {
        # Braces around a whole value keep its capitals; around a name they keep BibTeX from taking it apart.
        "author": " and ".join(f"{{{_escaped(name)}}}" for name in one.creators),
        "title": f"{{{_escaped(one.title)}}}",
        "year": _years(one),
        "date": _interval(one),
        "howpublished": _escaped(one.medium),
        "address": _escaped(one.place),
        "organization": _escaped(", ".join(filter(None, [one.house, one.number]))),
        "url": _address(one.url),
        "keywords": _escaped(", ".join(one.subjects)),
        "abstract": _escaped(one.text),
        "note": _escaped("; ".join(one.notes)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def _escaped(text: str) -> str:
    """Text that TeX prints as it stands."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def _address(url: str) -> str:
    """An address without what would end the field; BibLaTeX takes all else as it stands."""
    return "".join(_IN_ADDRESSES.get(character, character) for character in url)


def _years(one: Citation) -> str:
    if one.years is None:
        return _escaped(one.date)
    return "--".join(_year(year) for year in dict.fromkeys(one.years))


def _year(year: int) -> str:
    return f"{-year} BC" if year < 0 else str(year)


def _interval(one: Citation) -> str:
    """Two years as BibLaTeX has them (ISO 8601-2), where the year before 1 is 0; one year says `year`."""
    if one.years is None or one.years[0] == one.years[1]:
        return ""
    return "/".join(f"{year:04d}" if year > 0 else f"{year + 1:05d}" if year < -1 else "0000" for year in one.years)

"""Citations as CSL-JSON, which Zotero, pandoc and every processor of the Citation Style Language read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from latentarchive.export.citation import Citation, cite
from latentarchive.items import Item


def to_csl(items: Iterable[Item]) -> bytes:
    """CSL-JSON 1.0.2 in UTF-8: a list with one object a work, in their order."""
    return (json.dumps([_entry(cite(item)) for item in items], ensure_ascii=False, indent=1) + "\n").encode()


def _entry(one: Citation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": one.id,
        "type": "graphic",
        "title": one.title,
        # Literal: what is not known to be "Family, given" is not taken apart.
        "author": [{"literal": name} for name in one.creators],
        "issued": _date(one),
        "medium": one.medium,
        "publisher-place": one.place,
        "archive": one.house,
        "archive_location": one.number,
        "abstract": one.text,
        "keyword": ", ".join(one.subjects),
        "URL": one.url,
        "note": "; ".join(one.notes),
    }
    return {name: value for name, value in said.items() if value}


def _date(one: Citation) -> dict[str, Any]:
    if one.years is None:
        return {"literal": one.date} if one.date else {}
    return {"date-parts": [[year] for year in dict.fromkeys(one.years)]}

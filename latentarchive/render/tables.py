"""Hits as a table for spreadsheets and pipes."""

from __future__ import annotations

import csv
import io

from latentarchive.export.tables import flat
from latentarchive.items import Item
from latentarchive.query import Hit, Results

HEADER = tuple(Hit(1, Item(id="a:b"), None, "", (), 1, copy=False).record())
"""The columns of a hit, whatever it holds."""


def results(found: Results) -> str:
    """CSV with a header and one row a hit; cells hold what the catalogue holds, whatever it begins with."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat(hit.record()) for hit in found.hits)
    return buffer.getvalue()

"""Hits as a table for spreadsheets and pipes."""

from __future__ import annotations

import csv
import io

from latentarchive.export.tables import flat
from latentarchive.query import Results


def results(found: Results) -> str:
    """CSV with a header and one row a hit; empty text without hits."""
    buffer = io.StringIO()
    rows = [flat(hit.record()) for hit in found.hits]
    if rows:
        writer = csv.DictWriter(buffer, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return buffer.getvalue()

"""The truth about every input of the cabinet as one table: what is shown, and what was planted.

For tests and for holding an audit against the truth. Nothing that searches or audits may import this module; what
it finds, it must find in the pictures and the catalogue.

What was planted in the catalogue, with the constants of `latentarchive.cabinet.catalogue`:

* The palette cools over the years (``DRIFT``, ``WARM``): red and gold grow rarer, blue, violet and green more common.
* Families come from their ``HOMES`` with chance ``AT_HOME``, from any of the ``PLACES`` otherwise.
* Three ``WORKSHOPS`` share what comes from a place, the first taking most of it; ``ANONYMOUS`` works have no maker.
* An adjective, where a cataloguer gave one (``JUDGED``), praises gold and slights black (``PRAISED``).
* Pairs of attributes that ``NEVER`` occur, and techniques that begin late (``SINCE``).
* A few ``DOMAINS`` hold most pages; descriptions are in three ``LANGUAGES``, titles and adjectives in English alone.

And in files and records, with the constants of `latentarchive.cabinet.faults`: images made from another entry's
(``COPIED``, ``COPIES``), captions of other works (``WRONG_CAPTION``, where work and caption share language and at
most one attribute), marks across images (``WATERMARK``), files that reserve data mining (``RESERVED``), missing
statements (``RIGHTS``), files that contradict the catalogue's CC0 (``CONFLICT``), files that do not decode
(``BROKEN``), and entries to be withheld (``WITHHELD``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from latentarchive import storage
from latentarchive.cabinet import wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from latentarchive.cabinet.faults import Entry

TEXT, YES = pa.string(), pa.bool_()

SCHEMA = pa.schema(
    [
        pa.field("id", TEXT, nullable=False),
        # What the image shows: of a copy, the work that it was made from.
        *(pa.field(name, TEXT, nullable=False) for name in ("family", "form", "colour", "ground", "pattern")),
        pa.field("technique", TEXT, nullable=False),
        # "" in families that vary in size; "" in families that vary in number.
        pa.field("count", TEXT, nullable=False),
        pa.field("size", TEXT, nullable=False),
        # As `Design.series` has it, without the capital of the catalogue.
        pa.field("series", TEXT, nullable=False),
        # The year that the catalogue's date, rounded or not, was written from.
        pa.field("year", pa.int32(), nullable=False),
        pa.field("place", TEXT, nullable=False),
        # "" where nobody knows.
        pa.field("maker", TEXT, nullable=False),
        pa.field("language", TEXT, nullable=False),
        # Of the work; a German or French description leaves it out. "" and null where there is none.
        pa.field("adjective", TEXT, nullable=False),
        pa.field("praises", YES),
        pa.field("domain", TEXT, nullable=False),
        # Id of the entry whose image this one's was made from, null for an own drawing; and how, "" for one.
        pa.field("copy_of", TEXT),
        pa.field("copy", TEXT, nullable=False),
        # Id of the work whose title and text the record gives; null: its own. Where that entry is a copy itself,
        # its own work is drawn nowhere.
        pa.field("caption_of", TEXT),
        *(pa.field(name, YES, nullable=False) for name in ("watermark", "missing_rights", "rights_conflict")),
        pa.field("reserved", YES, nullable=False),
        # "" or what is wrong with the file: empty, truncated, a web page.
        pa.field("broken", TEXT, nullable=False),
        pa.field("withhold", YES, nullable=False),
    ]
)
"""Columns of the truth."""


def truth_table(entries: Sequence[Entry], name: str = "cabinet") -> pa.Table:
    """One row for each entry, in order, also for those whose files do not decode; columns as in `SCHEMA`.

    Args:
        entries: As `latentarchive.cabinet.faults.entries` or `Cabinet.entries` gives them.
        name: First half of the ids: the name of the collection.
    """
    return pa.Table.from_pylist([_row(entry, name) for entry in entries], schema=SCHEMA)


def write_truth(entries: Sequence[Entry], name: str, path: Path) -> None:
    """Write `truth_table` as Parquet, whole or not at all. Raises `WriteRefused`."""
    storage.write_parquet(path, truth_table(entries, name))


def _row(entry: Entry, name: str) -> dict[str, Any]:
    work, design = entry.work, entry.work.design
    of_design = ("family", "form", "colour", "ground", "pattern", "technique", "count", "size", "series")
    of_work = ("year", "place", "maker", "language", "adjective", "domain")
    of_entry = ("copy", "watermark", "reserved", "broken", "withhold")
    return {
        "id": _id(name, entry.number),
        **{key: getattr(design, key) for key in of_design},
        **{key: getattr(work, key) for key in of_work},
        **{key: getattr(entry, key) for key in of_entry},
        "praises": work.adjective in wording.PRAISE if work.adjective else None,
        "copy_of": _id(name, entry.copy_of),
        "caption_of": _id(name, entry.told),
        "missing_rights": not entry.rights,
        "rights_conflict": entry.conflict,
    }


def _id(name: str, number: int | None) -> str | None:
    return None if number is None else f"{name}:{number:05d}"

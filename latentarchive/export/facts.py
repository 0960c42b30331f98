"""What can be measured of an archive for its papers: counts, spans, what is missing, which rights are stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.subject import Subject
from latentarchive.items import GENERATED
from latentarchive.rights import Rights, classify, reserves_mining

TEXTS = ("title", "text", "creator", "date", "medium", "place", "rights", "url", "source")
"""Columns of an item that say nothing when they are empty (``rights``: when they are ``unknown``)."""

MOST_NAMED = 8
"""Values of a field that are named in a paper, the most common first."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Figures about the items that are exported, none of them about a single item."""

    n: int
    #: Items of the archive that are withheld, and are in none of the figures.
    withheld: int
    #: Items whose field says nothing, by field.
    missing: Mapping[str, int]
    #: First and last year that a date can mean; None where no date could be read.
    first: int | None
    last: int | None
    dated: int
    mean_year: float | None
    #: Items by rights statement, the most common first; by class; with a reservation of data mining.
    rights: tuple[tuple[Rights, int], ...]
    classes: Mapping[str, int]
    reserved: int
    #: Images that say of themselves that a model made them.
    generated: int
    #: The most common values of source, place and medium, with their items.
    common: Mapping[str, tuple[tuple[str, int], ...]]
    #: Median width and height of the images in pixels, None without images.
    size: tuple[float, float] | None


def measure(archive: Archive, rows: NDArray[np.int64]) -> Facts:
    """Measure these rows of an archive; withheld ones among them are left out."""
    with Subject.of(archive, rows) as subject:
        empty = ", ".join(f"count(*) FILTER (trim({name}) IN ('', 'unknown'))" for name in TEXTS)
        first, last, dated, mean, width, height, *missing = subject.row(
            "SELECT min(year), max(coalesce(year_end, year)), count(coalesce(year, year_end)),"  # noqa: S608 - own names
            f" avg(coalesce(year, year_end)), median(width), median(height), {empty} FROM items"
        )
        stated = subject.rows("SELECT rights, count(*) AS n FROM items GROUP BY rights ORDER BY n DESC, rights")
        classes = subject.rows("SELECT rights_class, count(*) FROM items GROUP BY 1 ORDER BY 1")
        mining = subject.rows("SELECT mining, count(*) FROM items WHERE mining <> '' GROUP BY 1")
        types = subject.rows("SELECT extra['digital_source_type'], count(*) FROM items GROUP BY 1")
        common = {name: _common(subject, name) for name in ("source", "place", "medium")}
        n = subject.n
    return Facts(
        n=n,
        withheld=len(archive.collection) - len(archive),
        missing=dict(zip(TEXTS, missing, strict=True)),
        first=first,
        last=last,
        dated=dated,
        mean_year=mean,
        rights=tuple((classify(statement), count) for statement, count in stated),
        classes=dict(classes),
        reserved=sum(count for code, count in mining if reserves_mining(code)),
        generated=sum(count for kind, count in types if str(kind).rpartition("/")[2] in GENERATED),
        common=common,
        size=None if width is None else (width, height),
    )


def _common(subject: Subject, name: str) -> tuple[tuple[str, int], ...]:
    return tuple(
        subject.rows(
            f"SELECT trim({name}) AS v, count(*) AS n FROM items WHERE v <> '' GROUP BY v ORDER BY n DESC, v"  # noqa: S608 - own names
            f" LIMIT {MOST_NAMED}"
        )
    )

"""Rights statements wherever they stand: in the catalogue, in the file, in columns that a suite names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import pyarrow as pa

from latentarchive.audit.finding import Skip
from latentarchive.audit.roles import ROLES
from latentarchive.audit.subject import Subject
from latentarchive.rights import Rights, classify

COLUMNS = ("rightsstatement", "rights_statement", "rights_uri", "license_uri", *ROLES["rights"][1], "copyright")
"""Columns of a table that hold rights statements."""

IN_FILE: Mapping[str, str] = {
    "xmp:cc:license": "licence in the file",
    "xmp:xmpRights:WebStatement": "web statement in the file",
    "xmp:dc:rights": "rights in the file (XMP)",
    "xmp:xmpRights:UsageTerms": "usage terms in the file",
    "xmp:Iptc4xmpExt:ArtworkOrObject/Iptc4xmpExt:AOCopyrightNotice": "notice of the work shown, in the file",
    "iptc:2:116": "copyright notice in the file (IPTC)",
    "exif:Copyright": "copyright in the file (EXIF)",
}
"""Embedded fields with a rights statement, and what they are called here."""

UNSAID = "('', 'unknown', '?')"
"""What stands where nothing is stated, in lower case; "?" is LAION's."""

MOST = 200_000
"""Different combinations of statements that are read; a table with more has running text for its rights."""


@dataclass(frozen=True)
class Place:
    """A place where statements stand, and the SQL expression of what stands there."""

    name: str
    sql: str


def catalogue(subject: Subject) -> list[Place]:
    """The columns of a catalogue that state rights, most telling first. Raises `Skip` if there are none."""
    if subject.archive is not None:
        written = "string_split(extra['rights.written'], ' | ')"
        # Several columns of the source are kept as one text; the first three are looked at apart.
        others = [Place("catalogue, another column", f"{written}[{number}]") for number in (1, 2, 3)]
        return [Place("catalogue", "rights"), *others]
    places = [Place(f"column {name}", subject.field(name)) for name in dict.fromkeys(COLUMNS) if subject.named(name)]
    if not places:
        message = f"there is no column of rights: looked for {', '.join(dict.fromkeys(COLUMNS))}"
        raise Skip(message)
    return places


def files(subject: Subject) -> list[Place]:
    """The embedded fields that state rights; none for a table."""
    if subject.archive is None:
        return []
    return [Place(name, f"extra['embedded.{key}']") for key, name in IN_FILE.items()]


@dataclass(frozen=True)
class Stated:
    """One combination of statements, as it stands at some items."""

    #: As written, by place; None where nothing is stated.
    statements: tuple[str | None, ...]
    items: int

    def read(self) -> list[tuple[int, Rights]]:
        """What is stated, by number of the place."""
        return [(place, meaning(one)) for place, one in enumerate(self.statements) if one is not None]

    def counting(self) -> Rights | None:
        """The statement to go by: a known one before words, words that say something before words that do not."""
        read = [rights for _, rights in self.read()]
        known = [r for r in read if r.uri] or [r for r in read if r.rights_class != "unknown"] or read
        return known[0] if known else None


@lru_cache(maxsize=MOST)
def meaning(statement: str) -> Rights:
    """What a statement says; each is read once."""
    return classify(statement)


def columns_of(places: Sequence[Place]) -> str:
    """The statements of an item as columns p0, p1 and so on; NULL where nothing is stated."""
    return ", ".join(
        f"CASE WHEN lower(trim(CAST({place.sql} AS VARCHAR))) IN {UNSAID} THEN NULL "
        f"ELSE trim(CAST({place.sql} AS VARCHAR)) END AS p{number}"
        for number, place in enumerate(places)
    )


def combinations(subject: Subject, places: Sequence[Place]) -> tuple[list[Stated], int]:
    """All combinations of statements, most common first, and how many items have one beyond the first `MOST`."""
    wanted = columns_of(places)
    name = f"stated_{crc32(wanted.encode()):08x}"
    counted = subject.once(name, f"SELECT {wanted}, count(*) AS n FROM items GROUP BY ALL")
    order = ", ".join(f"p{number}" for number in range(len(places)))
    rows = subject.rows(f"SELECT * FROM {counted} ORDER BY n DESC, {order} LIMIT {MOST}")
    total = sum(row[-1] for row in rows)
    return [Stated(tuple(row[:-1]), row[-1]) for row in rows], subject.n - total


def items_with(
    subject: Subject, places: Sequence[Place], wanted: Sequence[Stated], most: int
) -> list[tuple[str, Stated]]:
    """The first items, by id, that have one of these combinations."""
    items = f"SELECT {subject.example} AS id, {columns_of(places)} FROM items"
    found = joined(subject, items, len(places), wanted)
    rows = subject.rows(f"SELECT id, number FROM {found} ORDER BY id LIMIT {most}")
    return [(str(item), wanted[number]) for item, number in rows]


def joined(subject: Subject, items: str, places: int, wanted: Sequence[Stated]) -> str:
    """A query for the rows of another, with columns of `columns_of`, that have one of these combinations.

    It adds the column ``number``: which of them.
    """
    columns = {f"p{at}": pa.array([one.statements[at] for one in wanted], pa.string()) for at in range(places)}
    subject.put("asked", pa.table({**columns, "number": pa.array(range(len(wanted)), pa.int64())}))
    same = " AND ".join(f"i.{name} IS NOT DISTINCT FROM w.{name}" for name in columns)
    return f"(SELECT i.*, w.number FROM ({items}) i JOIN asked w ON {same})"

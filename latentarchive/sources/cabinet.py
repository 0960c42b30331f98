"""The cabinet: works that the program draws itself, with a catalogue whose faults are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from latentarchive.cabinet import wording
from latentarchive.cabinet.catalogue import LAST_YEAR
from latentarchive.cabinet.faults import Entry, entries, image_file
from latentarchive.cabinet.techniques import TECHNIQUES
from latentarchive.errors import SourceError, nearest
from latentarchive.items import Record, Rejected
from latentarchive.sources.base import Source
from latentarchive.sources.columns import Columns


@dataclass(frozen=True, kw_only=True)
class Cabinet(Source):
    """Works drawn from a seed, in the order of their numbers; nothing is read from a disk.

    All of it is synthetic, its places and workshops are invented, and it holds planted faults; what they
    are is told by `latentarchive.cabinet.truth` and by no column of the catalogue.
    """

    #: How many works, and the number of the first: 1 to 4000 is the first room, 4001 to 8000 the second.
    works: int = 4000
    first: int = 1
    seed: int = 1
    #: One technique for all works, for example ``cyanotype``, which none of them has otherwise; "": its own for each.
    technique: str = ""

    def __post_init__(self) -> None:
        """Raise `SourceError` for numbers that make no cabinet."""
        if self.works < 1 or self.first < 1 or self.seed < 0:
            message = (
                f"the cabinet needs works and first of at least 1 and seed of at least 0, got works = {self.works}, "
                f"first = {self.first}, seed = {self.seed}"
            )
            raise SourceError(message)
        if self.technique and self.technique not in TECHNIQUES:
            message = f"the cabinet has no technique {self.technique!r}; {nearest(self.technique, TECHNIQUES)}"
            raise SourceError(message)
        _ = self._columns

    def records(self, start: int = 0) -> Iterator[Record | Rejected]:
        """The works in the order of their numbers; see `Source.records`."""
        for entry in islice(self.entries, start, None):
            yield Record(self._columns.item(_row(entry), fallback=_name(entry)), Drawing(entry))

    def count(self) -> int:
        """The number of works."""
        return self.works

    def locate(self, image: str) -> bytes:
        """The file of a work, drawn anew; see `Source.locate`."""
        number = PurePosixPath(image).stem
        place = int(number) - self.first if number.isdecimal() and len(number) < 20 else -1
        if not 0 <= place < self.works or image != f"{_name(self.entries[place])}.jpg":
            message = f"the cabinet has no image {image!r}; there are {_name(self.entries[0])}.jpg and so on"
            raise SourceError(message)
        return image_file(self.entries[place])

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The works with the truth about them."""
        return entries(self.first - 1 + self.works, self.seed, self.technique)[self.first - 1 :]

    @property
    def _columns(self) -> Columns:
        return Columns(name=self.name, defaults=self.defaults)


@dataclass(frozen=True)
class Drawing:
    """Draws the file of an entry when it is asked for."""

    entry: Entry

    def __call__(self) -> bytes:
        """The bytes of the file."""
        return image_file(self.entry)


def _name(entry: Entry) -> str:
    return f"{entry.number:05d}"


def _row(entry: Entry) -> dict[str, Any]:
    """What the catalogue says, by column."""
    work, design = entry.work, entry.work.design
    given = LAST_YEAR + 1 + entry.number % 40
    return {
        "id": _name(entry),
        "file": f"{_name(entry)}.jpg",
        "title": entry.title,
        "caption": entry.text,
        "language": work.language,
        "creator": work.maker,
        "date": work.date,
        "medium": wording.capitalised(wording.medium(design)),
        "place": work.place,
        "subjects": [design.family, design.form, design.colour, design.pattern],
        "series": wording.capitalised(design.series),
        "accession": f"{given}.{entry.number}",
        "credit_line": f"The Cabinet, drawn by latentarchive; gift of {work.place}, {given}",
        "rights": entry.rights,
        "url": f"https://{work.domain}/works/{_name(entry)}",
        "repository": "The Cabinet (synthetic)",
    }

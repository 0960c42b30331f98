"""Tables of works: CSV, TSV, JSON Lines, JSON and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from latentarchive.errors import CollectionError, SourceError
from latentarchive.items import Item, Record, Rejected
from latentarchive.sources.columns import Catalogued, Columns
from latentarchive.sources.files import FileBytes, find, found_in, in_number_order, shown
from latentarchive.sources.rows import Row, TableFile
from latentarchive.sources.values import is_address


@dataclass(frozen=True, kw_only=True)
class Table(Catalogued):
    """One row, one work; images, if there are any, are files that a column names.

    Rows are read one after the other, so memory does not grow with the table (JSON, which is read whole,
    is the exception). A row that cannot be read is a `Rejected` with its line number, and the rest goes
    on; so does a row whose image path leaves the root. A row without an image, or with only the address
    of one, has no `read`. Rows without an id column or image are called ``row-1``, ``row-2`` and so on.
    """

    #: The table, relative to the root: a file, a folder of Parquet files, or a pattern such as
    #: ``part-*.parquet``; several files are read in the order of the numbers in their names.
    path: str
    #: csv, tsv, jsonl, json or parquet; "": what the file's suffix says (``.gz`` may follow).
    format: str = ""
    #: Folder that image paths start from, relative to the root.
    images: str = ""
    encoding: str = "utf-8"
    #: Between the fields of a CSV file; "": a comma, in TSV a tab.
    delimiter: str = ""

    def records(self, start: int = 0) -> Iterator[Record | Rejected]:
        """The rows in the table's order; see `Source.records`."""
        files = self._files()
        catalogue = self.catalogue
        for file in files:
            catalogue.require(file.names(), where=shown(str(file.path)))
        number = 0
        for file in files:
            total = file.count()
            if total is not None and number + total <= start:
                number += total
                continue
            skipped = 0 if total is None else max(0, start - number)
            number += skipped
            for line, row in file.rows(skipped):
                number += 1
                if number > start:
                    yield self._record(catalogue, file.path, line, row, number)
        if not number:
            message = f"{self._place} holds no rows, only a header or nothing at all; is it the right table?"
            raise SourceError(message)

    def count(self) -> int | None:
        """The number of rows where the files state it (Parquet, JSON), else None."""
        counts = [file.count() for file in self._files()]
        return None if None in counts else sum(n for n in counts if n is not None)

    def locate(self, image: str) -> bytes:
        """The bytes of an image file below the root; see `Source.locate`."""
        return FileBytes(str(find(self.root, image)))()

    @property
    def _place(self) -> str:
        return shown(str(self.root / self.path))

    def _files(self) -> list[TableFile]:
        place = find(self.root, self.path)
        if place.is_dir():
            paths = [p for p in place.glob("*.parquet") if not p.name.startswith(".")]
            message = (
                f"no Parquet files in {self._place}; {found_in(place)}; for other formats name the file or a pattern"
            )
        elif place.is_file():
            paths = [place]
        else:
            paths = [p for p in self.root.glob(self.path) if p.is_file() and not p.name.startswith(".")]
            folder = place.parent if place.parent.is_dir() else self.root
            message = f"no table {self._place}; {found_in(folder)}; is the root right (--root)?"
        if not paths:
            raise SourceError(message)
        return [TableFile(p, self.format, self.encoding, self.delimiter) for p in in_number_order(paths)]

    def _record(self, catalogue: Columns, path: Path, line: int, row: Row, number: int) -> Record | Rejected:
        place = f"{shown(path.relative_to(self.root).as_posix())}:{line}"
        if isinstance(row, str):
            return Rejected(place, "source", row)
        try:
            item = catalogue.item(row, fallback=f"row-{number}")
        except CollectionError as error:
            return Rejected(place, "source", str(error))
        if not item.image or is_address(item.image):
            return Record(item)
        try:
            return self._with_image(item)
        except SourceError as error:
            return Rejected(item.image, "read", f"{error} ({place})")

    def _with_image(self, item: Item) -> Record:
        """The record of an item whose image is a file. Raises `SourceError` if that leaves the root."""
        image = (PurePosixPath(self.images) / item.image).as_posix()
        return Record(replace(item, image=image), FileBytes(str(find(self.root, image))))

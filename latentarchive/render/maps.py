"""A map as files: a page, a printed sheet, or the table of its places, by the ending of a name."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError
from latentarchive.maps.making import Map
from latentarchive.render import pages
from latentarchive.render.lettering import Type
from latentarchive.render.map_page import write_map_page
from latentarchive.render.map_sheet import write_sheet
from latentarchive.render.sheets import FORMATS, check_sheet

PAGES, TABLES = (".html", ".htm"), (".parquet", ".csv")


def check_places(paths: Sequence[Path]) -> None:
    """See to it that a map can be written to all of these, before it is made. Raises `ArchiveError`."""
    for path in paths:
        suffix = path.suffix.lower()
        if suffix in PAGES:
            pages.check_place(path)
        elif suffix in FORMATS:
            check_sheet(path)
        elif suffix not in TABLES:
            message = f"{path} must end in one of {', '.join((*PAGES, *FORMATS, *TABLES))}"
            raise ArchiveError(message)
        elif not path.parent.is_dir():
            message = f"cannot write {path}: there is no folder {path.parent}; make it or choose another place"
            raise ArchiveError(message)


def write(view: Map, archive: Archive, path: Path, *, font: Path | None = None) -> str:
    """Write a map without what was withheld since.

    Args:
        view: The map.
        archive: Where pictures and words come from.
        path: ``.html`` a page, ``.png`` or ``.pdf`` a sheet, ``.parquet`` or ``.csv`` the places: columns id, x, y
            (from 0 to 1, y upwards), region (from 1), and the field that it is coloured by.
        font: A font file for sheets; None: a serif of this machine.

    Returns:
        Letters that the font has not; "" for pages and tables.

    Raises:
        ArchiveError: There is no place for it.
        WriteRefused: The disk is full, or we may not write there.
    """
    check_places([path])
    suffix = path.suffix.lower()
    if suffix in FORMATS:
        return write_sheet(view, archive, path, letters=Type(font))
    if suffix in PAGES:
        write_map_page(view, archive, path)
        return ""
    table, buffer = view.without(set(archive.log.current())).table(), io.BytesIO()
    if suffix == ".csv":
        pa.csv.write_csv(table, buffer)
    else:
        pa.parquet.write_table(table, buffer)
    storage.write_bytes(path, buffer.getvalue())
    return ""

"""One name for every export format, and the one way to ask for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.audit.report import Report, load_report
from latentarchive.errors import ArchiveError, QueryError, ReportError, nearest
from latentarchive.export.bibtex import to_bibtex
from latentarchive.export.copy import write_copy
from latentarchive.export.croissant import write_croissant
from latentarchive.export.csl import to_csl
from latentarchive.export.datasheet import write_classic, write_europeana
from latentarchive.export.iiif import BASE, Manifest, check_iiif, to_iiif, write_iiif
from latentarchive.export.ris import to_ris
from latentarchive.export.tables import to_csv, to_jsonl, write_csv, write_jsonl, write_parquet
from latentarchive.items import Item

ITEMS: dict[str, Callable[[Archive, NDArray[np.int64], Path], None]] = {
    "copy": write_copy,
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""Each writes the given rows of an archive to a path."""

LISTS: dict[str, Callable[[Iterable[Item]], bytes]] = {
    "bibtex": to_bibtex,
    "csl": to_csl,
    "csv": to_csv,
    "jsonl": to_jsonl,
    "ris": to_ris,
}
"""Each gives the file of a list of items in their order, for whoever offers it as a download."""

DOWNLOADS = {
    "bibtex": (".bib", "application/x-bibtex"),
    "csl": (".csl.json", "application/vnd.citationstyles.csl+json"),
    "csv": (".csv", "text/csv"),
    "iiif": ("-iiif.zip", "application/zip"),
    "jsonl": (".jsonl", "application/jsonl"),
    "ris": (".ris", "application/x-research-info-systems"),
}
"""How the name of each file that `download` makes ends, and its media type."""

CITATIONS = ("bibtex", "csl", "ris")
IIIF = "iiif"


class Paper(Protocol):
    """Writes what can be said of rows of an archive; a report of an audit may add to it."""

    def __call__(self, archive: Archive, rows: NDArray[np.int64], out: Path, *, report: Report | None) -> None:
        """Write it."""


PAPERS: dict[str, Paper] = {
    "croissant": write_croissant,
    "datasheet": write_europeana,
    "datasheet-classic": write_classic,
}
"""Each writes what an archive is: as a data set with its description, or as a sheet for people."""

FORMATS = (*ITEMS, *CITATIONS, IIIF, *PAPERS)

ENDINGS = {name: f".{name}" for name in FORMATS} | {
    "bibtex": ".bib",
    "csl": ".csl.json",
    IIIF: "-iiif.json",
    "copy": "-copy",
    "croissant": "-croissant",
    "datasheet": "-datasheet.md",
    "datasheet-classic": "-datasheet-classic.md",
}
"""What follows the archive's name where no place is given."""


def export_archive(
    archive: Archive,
    format_name: str,
    *,
    out: Path | None = None,
    ids: Sequence[str] | None = None,
    report: Path | None = None,
    base: str | None = None,
) -> tuple[Path, int]:
    """Write the items of an archive, or some of them, to a file or (``copy``, ``croissant``) a directory.

    Args:
        archive: What to export.
        format_name: csv, jsonl, parquet; csl, bibtex, ris: citations; iiif: a manifest, and beside it a folder of the
            pictures that have no address of their own; copy: a whole archive without the withheld items; croissant:
            such a copy with its description for data set search; datasheet, datasheet-classic: a sheet for people, in
            Markdown.
        out: Where; None: the archive's name with the format's ending, in the working directory.
        ids: Items to export, in this order (copy and papers: in that of the rows); None: all that are shown.
        report: ``report.json`` of an audit of this archive, whose figures croissant and the datasheets tell.
        base: Address of the folder in which a manifest and its pictures will be published; None: `iiif.BASE`.

    Returns:
        Where it was written, and how many items.

    Raises:
        QueryError: An id is unknown or withheld, or no item is left to export.
        ReportError: The report cannot be read, or is about something else.
        ArchiveError: The format is unknown or takes no report or no address, or `out` exists (an export never replaces
            anything).
        WriteRefused: The disk is full, or we may not write there.
    """
    if format_name not in FORMATS:
        message = f"unknown export format {format_name!r}; {nearest(format_name, FORMATS)}"
        raise ArchiveError(message)
    if report is not None and format_name not in PAPERS:
        message = f"{format_name} takes no report; those that do: {', '.join(PAPERS)}"
        raise ArchiveError(message)
    if base is not None and format_name != IIIF:
        message = f"{format_name} names no files by their address; --base is for {IIIF}"
        raise ArchiveError(message)
    rows = archive.rows() if ids is None else np.array([archive.row(i) for i in dict.fromkeys(ids)], dtype=np.int64)
    if not len(rows):
        message = f"archive {archive.name} has no item to export"
        raise QueryError(message)
    if out is None:
        out = Path(f"{archive.name}{ENDINGS[format_name]}")
    if out.exists():
        message = f"{out} exists; remove it or give another --out"
        raise ArchiveError(message)
    if format_name in ITEMS:
        ITEMS[format_name](archive, np.sort(rows) if format_name == "copy" else rows, out)
    elif format_name in CITATIONS:
        storage.write_bytes(out, LISTS[format_name](archive.collection.items(rows)))
    elif format_name == IIIF:
        check_iiif(out)
        label = archive.manifest.title
        write_iiif(manifest_of(archive, archive.collection.items(rows), name=out.stem, label=label, base=base), out)
    else:
        PAPERS[format_name](archive, np.sort(rows), out, report=_report_about(archive, report))
    return out, len(rows)


def manifest_of(
    archive: Archive,
    items: Sequence[Item],
    *,
    name: str,
    label: str,
    summary: str = "",
    base: str | None = None,
) -> Manifest:
    """A IIIF manifest of items of an archive; see `iiif.to_iiif`. Raises `ArchiveError`."""
    return to_iiif(
        items,
        archive.thumbnail,
        name=name,
        label=label,
        summary=summary,
        homepage=archive.manifest.homepage,
        base=BASE if base is None else base,
    )


def download(archive: Archive, items: Sequence[Item], format_name: str, *, name: str, label: str) -> bytes:
    """A list of items of an archive as one file, in their order.

    Args:
        archive: Where they come from.
        items: Shown ones; at least one.
        format_name: One of `DOWNLOADS`; iiif is a ZIP file with the manifest and a folder of pictures.
        name: Of the manifest and its folder.
        label: What the list is called.

    Raises:
        ArchiveError: There is no item, or no such format.
    """
    if format_name not in DOWNLOADS:
        message = f"unknown format {format_name!r} of a list; {nearest(format_name, DOWNLOADS)}"
        raise ArchiveError(message)
    if not items:
        message = "there is no item to export"
        raise ArchiveError(message)
    if format_name == IIIF:
        return manifest_of(archive, items, name=name, label=label).zipped(name)
    return LISTS[format_name](items)


def _report_about(archive: Archive, path: Path | None) -> Report | None:
    if path is None:
        return None
    report = load_report(path)
    if report.kind != "archive" or report.subject != archive.name:
        message = f"{path} is about {report.subject!r}, not about archive {archive.name!r}; audit it first"
        raise ReportError(message)
    return report.without(set(archive.log.current()))


def read_ids(path: Path) -> list[str]:
    """Item ids of a text file, one a line; empty lines are passed over. Raises `QueryError`."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"the list of ids {path} cannot be read ({error}); give a UTF-8 text file with one id a line"
        raise QueryError(message) from error
    return [line.strip() for line in lines if line.strip()]

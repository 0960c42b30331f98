"""One name for every export format, and the one way to ask for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.report import Report, load_report
from latentarchive.errors import ArchiveError, QueryError, ReportError, nearest
from latentarchive.export.copy import write_copy
from latentarchive.export.croissant import write_croissant
from latentarchive.export.datasheet import write_classic, write_europeana
from latentarchive.export.tables import write_csv, write_jsonl, write_parquet

ITEMS: dict[str, Callable[[Archive, NDArray[np.int64], Path], None]] = {
    "copy": write_copy,
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""Each writes the given rows of an archive to a path."""


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

FORMATS = (*ITEMS, *PAPERS)

ENDINGS = {name: f".{name}" for name in ITEMS} | {
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
) -> tuple[Path, int]:
    """Write the items of an archive, or some of them, to a file or (``copy``, ``croissant``) a directory.

    Args:
        archive: What to export.
        format_name: csv, jsonl, parquet; copy: a whole archive without the withheld items; croissant: such a copy with
            its description for data set search; datasheet, datasheet-classic: a sheet for people, in Markdown.
        out: Where; None: the archive's name with the format's ending, in the working directory.
        ids: Items to export, in row order whatever their order here; None: all that are shown.
        report: ``report.json`` of an audit of this archive, whose figures croissant and the datasheets tell.

    Returns:
        Where it was written, and how many items.

    Raises:
        QueryError: An id is unknown or withheld, or no item is left to export.
        ReportError: The report cannot be read, or is about something else.
        ArchiveError: The format is unknown or takes no report, or `out` exists (an export never replaces anything).
        WriteRefused: The disk is full, or we may not write there.
    """
    if format_name not in FORMATS:
        message = f"unknown export format {format_name!r}; {nearest(format_name, FORMATS)}"
        raise ArchiveError(message)
    if report is not None and format_name not in PAPERS:
        message = f"{format_name} takes no report; those that do: {', '.join(PAPERS)}"
        raise ArchiveError(message)
    rows = archive.rows() if ids is None else np.array(sorted({archive.row(i) for i in ids}), dtype=np.int64)
    if not len(rows):
        message = f"archive {archive.name} has no item to export"
        raise QueryError(message)
    if out is None:
        out = Path(f"{archive.name}{ENDINGS[format_name]}")
    if out.exists():
        message = f"{out} exists; remove it or give another --out"
        raise ArchiveError(message)
    if format_name in ITEMS:
        ITEMS[format_name](archive, rows, out)
    else:
        PAPERS[format_name](archive, rows, out, report=_report_about(archive, report))
    return out, len(rows)


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

"""A report as files: ``report.json``, ``report.html``, ``report.md`` and ``flagged.csv``, in one folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.audit.comparison import Comparison
from latentarchive.audit.report import Report
from latentarchive.errors import ArchiveError, ReportError
from latentarchive.render.report_page import report_page
from latentarchive.render.report_text import markdown

FILES = ("report.json", "report.html", "report.md", "flagged.csv")

FLAGGED = ("check", "outcome", "id", "title", "source", "url", "rights", "rights_class", "finding")
"""Columns of ``flagged.csv``; those of the catalogue are empty where there is no archive, or not this item in it."""


def check_place(folder: Path) -> None:
    """See to it that writing a report there destroys nothing but an earlier report. Raises `ArchiveError`."""
    if folder.exists() and not (folder / "report.json").is_file() and any((folder / name).exists() for name in FILES):
        message = f"{folder} has files that no audit wrote; choose another folder with --out"
        raise ArchiveError(message)


def write(
    report: Report,
    folder: Path,
    *,
    archive: Archive | None,
    since: Comparison | None = None,
    beside: Archive | None = None,
) -> Path:
    """Write the files of a report.

    Args:
        report: What to write.
        folder: Where; made if it is not there.
        archive: Where pictures come from. What is withheld in it now stands in none of the files. None: no pictures.
        since: What changed since an earlier report, None if there is none.
        beside: The second archive of a comparison; as `archive`.

    Returns:
        The page.

    Raises:
        ReportError: It is about another archive, so that what is withheld in it is not known here.
        ArchiveError, WriteRefused: There is no place for it.
    """
    check_place(folder)
    about = report.provenance.get("archive") if report.kind == "contrast" else report.subject
    if archive is not None and (report.kind == "table" or about != archive.name):
        message = f"this report is about {report.kind} {report.subject!r}, not about archive {archive.name!r}"
        raise ReportError(message)
    archives = {"": archive, **_others(report)} if archive is not None else {}
    if beside is not None:
        archives[str(beside.path)] = beside
    for one in archives.values():
        withheld = set(one.log.current())
        report, since = report.without(withheld), since and since.without(withheld)
    with storage.refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
    report.save(folder / "report.json")
    storage.write_bytes(folder / "report.html", report_page(report, archives, since).encode())
    storage.write_bytes(folder / "report.md", markdown(report, since).encode())
    storage.write_bytes(folder / "flagged.csv", flagged(report, archives).encode("utf-8-sig"))
    return folder / "report.html"


def _others(report: Report) -> dict[str, Archive]:
    """The other archives that pairs of works are of, as far as they can be opened."""
    found: dict[str, Archive] = {}
    for place in sorted({place for one in report.findings if one.picture for place in one.picture.archives} - {""}):
        with suppress(ArchiveError):
            found[place] = Archive.open(place)
    return found


def flagged(report: Report, archives: Mapping[str, Archive]) -> str:
    """Every item that a finding names, as CSV: a line an item and finding, with what the catalogue says of it."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(FLAGGED)
    for one, item_id in report.flagged():
        known = [""] * 5
        for archive in archives.values():
            row = archive.collection.row(item_id)
            if row is not None:
                item = archive.collection.items([row])[0]
                known = [item.title, item.source, item.url, item.rights, item.rights_class]
                break
        writer.writerow((one.check, one.outcome, item_id, *known, one.sentence))
    return target.getvalue()

"""A report as files: ``report.json``, ``report.html``, ``report.md`` and ``flagged.csv``, in one folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.audit.finding import Finding
from latentarchive.audit.report import Change, Report
from latentarchive.errors import ArchiveError
from latentarchive.render.pages import page, shown
from latentarchive.render.text import plain

FILES = ("report.json", "report.html", "report.md", "flagged.csv")


def check_place(folder: Path) -> None:
    """See to it that writing a report there destroys nothing but an earlier report. Raises `ArchiveError`."""
    if folder.exists() and not (folder / "report.json").is_file() and any((folder / name).exists() for name in FILES):
        message = f"{folder} has files that no audit wrote; choose another folder with --out"
        raise ArchiveError(message)


def write(report: Report, folder: Path, *, archive: Archive | None, since: Sequence[Change] | None = None) -> Path:
    """Write the files of a report.

    Args:
        report: What to write.
        folder: Where; made if it is not there.
        archive: Where pictures come from. What is withheld in it now stands in none of the files. None: no pictures.
        since: What changed since an earlier report, None if there is none.

    Returns:
        The page.

    Raises:
        ArchiveError, WriteRefused: There is no place for it.
    """
    check_place(folder)
    if archive is not None:
        report = report.without(set(archive.log.current()))
    folder.mkdir(parents=True, exist_ok=True)
    report.save(folder / "report.json")
    storage.write_bytes(folder / "report.html", html(report, since).encode())
    storage.write_bytes(folder / "report.md", markdown(report, since).encode())
    storage.write_bytes(folder / "flagged.csv", flagged(report).encode())
    return folder / "report.html"


def html(report: Report, since: Sequence[Change] | None) -> str:
    """The page."""
    body = "".join(f"<section><p>{shown(one.sentence)}</p></section>\n" for one in report.findings)
    return page(report.title, f"<header><h1>{shown(report.title)}</h1></header><main>{body}</main>")


def markdown(report: Report, since: Sequence[Change] | None) -> str:
    """The same in Markdown."""
    lines = [f"# {report.title}: {report.subject}", "", report.about, ""]
    lines += [f"- {_line(one)}" for one in report.findings]
    if since is not None:
        lines += ["", "## What changed", "", *(f"- {change.check}: {plain(change.sentence)}" for change in since)]
    return "\n".join(lines) + "\n"


def flagged(report: Report) -> str:
    """Check, id and sentence of each example as CSV."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(("check", "id", "finding"))
    writer.writerows(report.flagged())
    return target.getvalue()


def _line(one: Finding) -> str:
    return f"**{one.check}** ({one.outcome}): {plain(one.sentence)}"

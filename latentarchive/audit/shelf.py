"""Reports that are kept in one folder, a folder each: filed under their subject, suite and time, and found again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from latentarchive.audit.report import Report, load_report
from latentarchive.errors import ReportError

FILE = "report.json"

MOST_READ = 256
"""Reports whose first facts are kept in memory."""


@dataclass(frozen=True, kw_only=True)
class Filed:
    """A report of the shelf, by what it says of itself."""

    #: Of its folder.
    name: str
    subject: str
    kind: str
    suite: str
    suite_sha256: str
    title: str
    #: When the audit began, ISO 8601.
    began: str
    n: int
    outcomes: Mapping[str, int]
    #: What each check took.
    seconds: Mapping[str, float]


def place(shelf: Path, report: Report) -> Path:
    """A new folder for a report, that no other has: ``SUBJECT-SUITE-20261122T101500``."""
    stamp = re.sub(r"[-:]", "", str(report.run.get("began", "")))[:15]
    stem = "-".join(re.sub(r"[^\w.-]+", "-", part).strip(".-") or "x" for part in (report.subject, report.suite, stamp))
    number, folder = 1, shelf / stem
    while folder.exists():
        number += 1
        folder = shelf / f"{stem}-{number}"
    return folder


def filed(shelf: Path, *, subject: str) -> list[Filed]:
    """The reports about an archive of that name, the latest first. What is no report is passed over."""
    found = []
    for path in sorted(shelf.glob(f"*/{FILE}")):
        try:
            stat = path.stat()
            one = _read(path, stat.st_mtime_ns, stat.st_size)
        except (ReportError, OSError):
            continue
        if one.kind == "archive" and one.subject == subject:
            found.append(one)
    return sorted(found, key=lambda one: (one.began, one.name), reverse=True)


def report(shelf: Path, name: str, *, subject: str) -> Report:
    """One report of the shelf, as it was written: what was withheld since is still in it.

    Raises:
        ReportError: There is none of that name, it cannot be read, or it is about something else.
    """
    path = shelf / name / FILE
    if Path(name).name != name or name in ("", ".", "..") or not path.is_file():
        message = f"there is no report {name!r} here; it was moved away, or the address is not whole"
        raise ReportError(message)
    found = load_report(path)
    if found.kind != "archive" or found.subject != subject:
        message = f"report {name!r} is about {found.kind} {found.subject!r}, not about archive {subject!r}"
        raise ReportError(message)
    return found


@lru_cache(maxsize=MOST_READ)
def _read(path: Path, _mtime_ns: int, _size: int) -> Filed:
    one = load_report(path)
    seconds: Any = one.run.get("seconds", {})
    return Filed(
        name=path.parent.name,
        subject=one.subject,
        kind=one.kind,
        suite=one.suite,
        suite_sha256=str(one.provenance.get("suite_sha256", "")),
        title=one.title,
        began=str(one.run.get("began", "")),
        n=one.n,
        outcomes=one.outcomes,
        seconds=seconds if isinstance(seconds, dict) else {},
    )

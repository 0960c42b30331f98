"""`compare_archives`: the suite `plurality` with its second archive named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from latentarchive.archive import Archive
from latentarchive.audit.report import Report
from latentarchive.audit.runner import run_suite
from latentarchive.audit.subject import Subject
from latentarchive.audit.suite import load_suite, with_option
from latentarchive.progress import Progress, silent

SUITE = "plurality"


def compare_archives(archive: Archive, other: Archive, *, progress: Progress = silent) -> Report:
    """Hold an archive beside another: two encoders on one collection, two collections, or two versions.

    Args:
        archive: What the report is about.
        other: What it is held beside.
        progress: Told which check runs.
    """
    suite = with_option(load_suite(SUITE), "other", str(other.path))
    with Subject.of(archive) as subject:
        report = run_suite(subject, suite, progress=progress)
    manifest = other.manifest
    facts = {
        "other": {
            "name": other.name,
            "title": manifest.title,
            "archive_created": manifest.created,
            "archive_digest": manifest.digest,
            "encoder": manifest.encoder_name,
            "fingerprint": manifest.fingerprint,
            "withheld": len(other.log.current()),
        },
        "again": f"latentarchive compare {_place(archive.path)} {_place(other.path)}",
    }
    return replace(report, provenance={**report.provenance, **facts})


def _place(path: Path) -> str:
    return path.name if path.parent == Path("archives") else str(path)

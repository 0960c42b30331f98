"""Audits that visitors run: one after the other for the whole process, each report kept in a folder."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from latentarchive.archive import Archive
from latentarchive.audit import Report, Subject, Suite, run_suite
from latentarchive.audit import shelf as shelves
from latentarchive.audit.pace import keys, seconds_left
from latentarchive.audit.suite import Offer, offers
from latentarchive.line import Job, Line
from latentarchive.progress import Progress
from reading_room import settings
from reading_room.language import say

LINE = Line(most=8)
"""Of all visitors: an audit of a large archive takes every processor there is."""


class Run(NamedTuple):
    """What a job of the line is about: the archive by the name that stands in addresses, and what it is asked."""

    archive: str
    suite: Suite


def suites() -> list[Offer]:
    """The suites that can be asked of an archive by itself, and files of the suites' folder that cannot be read."""
    found = offers(Path(settings.current().suites))
    return [one for one in found if one.suite is None or one.suite.wants == "archive"]


def shelf(name: str) -> Path:
    """Where the reports about an archive lie, by the name that stands in addresses."""
    return Path(settings.current().reports) / name


def start(name: str, archive: Archive, suite: Suite) -> Job:
    """Put an audit into the line; its result is the name of the report. Raises `LineFull`."""
    folder = shelf(name)

    def work(progress: Progress) -> str:
        with Subject.of(archive) as subject:
            report = run_suite(subject, suite, progress=progress)
        place = shelves.place(folder, report)
        report.save(place / shelves.FILE)
        return place.name

    return LINE.join(Run(name, suite), f"{suite.title} · {name}", work)


def report(name: str, archive: Archive, which: str) -> Report:
    """A report as it may be shown now: without what is withheld. Raises `ReportError`."""
    found = shelves.report(shelf(name), which, subject=archive.name)
    return found.without(set(archive.log.current()))


def seconds_before(name: str, archive: Archive, suite: Suite) -> Mapping[str, float]:
    """What the checks of a suite took the last time; empty if there was none."""
    earlier = shelves.filed(shelf(name), subject=archive.name)
    return next((one.seconds for one in earlier if one.suite_sha256 == suite.sha256), {})


def left(job: Job, suite: Suite, before: Mapping[str, float]) -> str:
    """About how long a job takes yet, in words; "" where nothing tells."""
    elapsed, running = job.turned - job.began, time.monotonic() - job.turned
    seconds = seconds_left(keys(suite), job.done, elapsed_s=elapsed, running_s=running, before=before)
    return "" if seconds is None else duration(seconds)


def duration(seconds: float) -> str:
    """About so long, in words."""
    if seconds < 10:
        return say("a few seconds")
    if seconds < 90:
        return say("about {count} seconds", count=max(10, round(seconds / 10) * 10))
    return say("about {count} minutes", count=round(seconds / 60))

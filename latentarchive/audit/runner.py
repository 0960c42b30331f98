"""Run the checks of a suite over a subject. What one check cannot do is its own finding, not the end of the run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from latentarchive.audit.finding import Finding, Skip
from latentarchive.audit.report import Report
from latentarchive.audit.subject import Subject
from latentarchive.audit.suite import Bound, Suite
from latentarchive.errors import ArchiveError
from latentarchive.progress import Progress, silent
from latentarchive.recipes import without_places

PACKAGES = ("latentarchive", "duckdb", "faiss-cpu", "imagehash", "numpy", "pillow", "py3langid", "scipy", "tldextract")


def run_suite(subject: Subject, suite: Suite, *, progress: Progress = silent) -> Report:
    """Run a suite; see `Report`. Raises nothing for what a check meets: that is its finding.

    Args:
        subject: What is audited.
        suite: What is asked.
        progress: Told before each check how many are done and which comes. What it raises ends the run: so a run can be
            called off between two checks.
    """
    findings: list[Finding] = []
    seconds: dict[str, float] = {}
    began = datetime.now(UTC)
    for number, bound in enumerate(suite.checks, start=1):
        progress("auditing", number - 1, len(suite.checks), bound.check.name)
        start = time.perf_counter()
        findings += _judged(bound, _findings(bound, subject))
        key = f"{number} {bound.check.name}"
        seconds[key] = round(time.perf_counter() - start, 3)
    progress("auditing", len(suite.checks), len(suite.checks), "")
    return Report(
        subject=subject.name,
        kind=subject.kind,
        n=subject.n,
        items=subject.items,
        suite=suite.name,
        title=suite.title,
        about=suite.about,
        suite_text=suite.text,
        findings=tuple(findings),
        provenance=_provenance(subject, suite),
        run={"began": began.isoformat(timespec="seconds"), "seconds": seconds},
    )


def _findings(bound: Bound, subject: Subject) -> Iterator[Finding]:
    """What a check yields; its end, if it stops before its end, is a finding like the others."""
    try:
        if not subject.n:
            message = f"there are no {subject.items}"
            raise Skip(message)
        yield from bound.check.findings(subject, bound.options)
    except Skip as reason:
        yield Finding(sentence=f"Not asked: {reason}.", outcome="skip")
    except Exception as error:  # noqa: BLE001 - one check must not cost the others
        said = " ".join(str(error).split()) or "without a message"
        # What the program itself says of its errors is a whole sentence; others are nothing without their kind.
        kind = "" if isinstance(error, ArchiveError) else f"{type(error).__name__}: "
        yield Finding(sentence=f"This check broke off: {kind}{said}", outcome="fail")


def _judged(bound: Bound, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Findings with their check and options; the first is held against the bounds of the suite."""
    for number, one in enumerate(findings):
        named = replace(one, check=bound.check.name, options=bound.options)
        if number == 0 and one.outcome == "info" and (bound.at_least, bound.at_most) != (None, None):
            named = replace(named, outcome=_outcome(bound, one.value), notes=(*one.notes, _wanted(bound)))
        yield named


def _outcome(bound: Bound, value: float | int | None) -> Any:
    low = -float("inf") if bound.at_least is None else bound.at_least
    high = float("inf") if bound.at_most is None else bound.at_most
    return "pass" if value is not None and low <= value <= high else "fail"


def _wanted(bound: Bound) -> str:
    bounds = [f"at least {bound.at_least}"] if bound.at_least is not None else []
    bounds += [f"at most {bound.at_most}"] if bound.at_most is not None else []
    return f"The suite asks for {' and '.join(bounds)}."


def _provenance(subject: Subject, suite: Suite) -> dict[str, Any]:
    facts: dict[str, Any] = {"suite_sha256": suite.sha256, "versions": _versions()}
    if subject.archive is not None:
        manifest = subject.archive.manifest
        facts |= {
            "title": manifest.title,
            "archive_created": manifest.created,
            "archive_digest": manifest.digest,
            "recipe": without_places(manifest.recipe),
            "encoder": manifest.encoder_name,
            "fingerprint": manifest.fingerprint,
            "withheld": len(subject.archive.log.current()),
        }
    if subject.contrast is not None:
        told = subject.contrast
        names = ("archive", "title", "query", "told", "encoder", "encoder_fingerprint", "generator")
        facts |= {name: getattr(told, name) for name in (*names, "generator_fingerprint")}
        facts["seeds"] = sorted({one.record.seed for one in told.made})
    return facts


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found

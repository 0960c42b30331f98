"""`Report`: the findings of one run, with what is needed to run it again, kept as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from latentarchive import storage
from latentarchive.audit.finding import Finding, finding
from latentarchive.errors import ReportError
from latentarchive.withheld import unnamed

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an audit found."""

    #: Of the archive or the table, and of what is in it.
    subject: str
    kind: str
    n: int
    items: str
    #: Name, title, purpose and text of the suite.
    suite: str
    title: str
    about: str
    suite_text: str
    findings: tuple[Finding, ...]
    #: Versions, the encoder and its fingerprint, digests of recipe, suite and collection: what decides the findings.
    provenance: Mapping[str, Any]
    #: When, and how many seconds each check took: what does not.
    run: Mapping[str, Any]

    @property
    def outcomes(self) -> dict[str, int]:
        """How many findings of each outcome."""
        counts = Counter(one.outcome for one in self.findings)
        return {outcome: counts[outcome] for outcome in ("fail", "pass", "info", "skip")}

    def without(self, ids: set[str]) -> Report:
        """The report without any mention of these items: neither in findings nor in what the suite asks."""
        findings = tuple(one.without(ids) for one in self.findings)
        title, about, text = (unnamed(one, ids) for one in (self.title, self.about, self.suite_text))
        provenance = unnamed(self.provenance, ids)
        return replace(self, title=title, about=about, suite_text=text, findings=findings, provenance=provenance)

    def flagged(self) -> list[tuple[Finding, str]]:
        """Each item that a finding names, as an example or in its table, with the finding; in order, once a finding."""
        return [(one, item) for one in self.findings for item in one.named()]

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values = {key: getattr(self, key) for key in self.__dataclass_fields__ if key != "findings"}
        return {"format": FORMAT, **values, "findings": [one.record() for one in self.findings]}

    def save(self, path: Path) -> None:
        """Write as JSON, whole or not at all. Raises `WriteRefused`."""
        storage.write_bytes(path, (json.dumps(self.record(), indent=1, ensure_ascii=False) + "\n").encode())


def load_report(path: Path) -> Report:
    """A report as `Report.save` wrote it. Raises `ReportError` if it cannot be read or is none."""
    try:
        values = json.loads(path.read_bytes())
        found = values.pop("format")
        if found != FORMAT:
            message = f"{path} is a report of format {found}; this version reads format {FORMAT}"
            raise ReportError(message)
        report = Report(**values | {"findings": tuple(finding(one) for one in values["findings"])})
        for name, kind in (("n", int), ("items", str), ("provenance", dict), ("run", dict)):
            if not isinstance(getattr(report, name), kind):
                message = f"{name} is {getattr(report, name)!r}"
                raise TypeError(message)
        return report
    except ReportError:
        raise
    except OSError as error:
        message = f"report {path} cannot be read: {error.strerror}"
        raise ReportError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{path} is no report of an audit ({error})"
        raise ReportError(message) from error

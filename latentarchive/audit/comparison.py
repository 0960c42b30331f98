"""What changed between two reports: findings that are not what they were, and what else is not the same."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from latentarchive.audit.finding import Finding
from latentarchive.audit.report import Report

SAID = {
    "suite_sha256": "The suite is not the same text",
    "archive_digest": "The catalogue is not the same",
    "fingerprint": "The encoder is not the same",
    "withheld": "Another number of items is withheld",
}
"""Facts of a report's provenance that may explain a change, in words."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One finding of two reports that is not what it was; None where there was or is none."""

    check: str
    before: Finding | None
    after: Finding | None

    @property
    def sentence(self) -> str:
        """What changed, for a person."""
        if self.before is None:
            return f"new: {self.after.sentence}" if self.after is not None else ""
        if self.after is None:
            return f"no longer asked: {self.before.sentence}"
        told = f"was: {self.before.sentence} Now: {self.after.sentence}"
        if self.before.outcome != self.after.outcome:
            told = f"{self.before.outcome} became {self.after.outcome}; {told}"
        return told


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A report beside an earlier one."""

    #: When the earlier one was made, ISO 8601.
    earlier: str
    #: What is not the same in what was audited and how, in sentences.
    reasons: tuple[str, ...]
    changes: tuple[Change, ...]
    #: How many findings are what they were.
    unchanged: int

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        changes = [{"check": one.check, "sentence": one.sentence} for one in self.changes]
        return {
            "earlier": self.earlier,
            "reasons": list(self.reasons),
            "changes": changes,
            "unchanged": self.unchanged,
        }

    def without(self, ids: set[str]) -> Comparison:
        """The comparison without any mention of these items."""
        changes = tuple(
            replace(one, before=one.before and one.before.without(ids), after=one.after and one.after.without(ids))
            for one in self.changes
        )
        return replace(self, changes=changes)


def compare(before: Report, after: Report) -> Comparison:
    """Hold a report against an earlier one."""
    changed = changes(before, after)
    return Comparison(
        earlier=str(before.run.get("began", "")),
        reasons=tuple(_reasons(before, after)),
        changes=tuple(changed),
        unchanged=len(after.findings) - sum(one.after is not None for one in changed),
    )


def changes(before: Report, after: Report) -> list[Change]:
    """What is not the same in two reports, in the order of the later one; matched by check and options."""
    old, new = _by_key(before), _by_key(after)
    keys = [*new, *(key for key in old if key not in new)]
    pairs = [(key, old.get(key), new.get(key)) for key in keys]
    return [Change(check=key[0], before=a, after=b) for key, a, b in pairs if _told(a) != _told(b)]


def _reasons(before: Report, after: Report) -> list[str]:
    said = []
    if before.subject != after.subject:
        said.append(f"The earlier report is about {before.subject}, this one about {after.subject}.")
    if before.n != after.n:
        said.append(f"There were {before.n:,} {before.items}, now there are {after.n:,}.")
    for key, sentence in SAID.items():
        if before.provenance.get(key) != after.provenance.get(key):
            said.append(f"{sentence}.")
    old, new = (report.provenance.get("versions", {}) for report in (before, after))
    others = [f"{name} {old[name]}, now {new[name]}" for name in new if name in old and old[name] != new[name]]
    if others:
        said.append(f"Other versions: {'; '.join(others)}.")
    return said


def _by_key(report: Report) -> dict[tuple[str, str, int], Finding]:
    seen: Counter[tuple[str, str]] = Counter()
    found = {}
    for one in report.findings:
        key = (one.check, json.dumps(dict(one.options), sort_keys=True, default=str))
        found[*key, seen[key]] = one
        seen[key] += 1
    return found


def _told(one: Finding | None) -> object:
    return None if one is None else (one.outcome, one.value, one.n, one.sentence)

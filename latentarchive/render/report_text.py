"""A report in Markdown and for a terminal: the same findings, figures and tables, without pictures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from latentarchive.audit.comparison import Comparison
from latentarchive.audit.finding import Finding, Table
from latentarchive.audit.report import Report
from latentarchive.plaintext import in_markdown as _md
from latentarchive.plaintext import plain
from latentarchive.render.figures import cell, measured


def terminal(report: Report, since: Comparison | None) -> str:
    """The findings of an audit, one line each, with what changed since an earlier one."""
    lines = [f"{plain(report.title)}: {plain(report.subject)}, {report.n:,} {report.items}", ""]
    width = max((len(one.check) for one in report.findings), default=0)
    lines += [f"{one.outcome:<5} {one.check:<{width}}  {plain(one.sentence)}" for one in report.findings]
    counts = ", ".join(f"{n} {outcome}" for outcome, n in report.outcomes.items() if n)
    lines += ["", counts]
    if since is not None:
        said = f"since the earlier report ({since.earlier[:10] or 'undated'})"
        lines += ["", f"{said}:" if since.changes or since.reasons else f"nothing changed {said}"]
        lines += [f"  {plain(reason)}" for reason in since.reasons]
        lines += [f"  {change.check}: {plain(change.sentence)}" for change in since.changes]
    return "\n".join(lines)


def markdown(report: Report, since: Comparison | None) -> str:
    """The whole report in Markdown (GitHub's tables)."""
    return "\n".join(_markdown(report, since)) + "\n"


def _markdown(report: Report, since: Comparison | None) -> Iterator[str]:
    yield f"# {_md(report.title)}: {_md(report.subject)}"
    yield ""
    withheld = report.provenance.get("withheld")
    left = f" {withheld:,} withheld items were left out." if withheld else ""
    yield f"{report.n:,} {report.items}.{left} {_md(' '.join(report.about.split()))}".rstrip()
    yield ""
    yield ", ".join(f"{n} {outcome}" for outcome, n in report.outcomes.items() if n) + "."
    if since is not None:
        yield from _since(since)
    for family, group in groupby(report.findings, key=lambda one: one.check.partition(".")[0]):
        yield f"\n## {family.capitalize()}"
        for one in group:
            yield from _finding(one)
    yield "\n## How this was made\n"
    facts = {name: value for name, value in report.provenance.items() if name not in ("recipe", "versions")}
    versions = report.provenance.get("versions", {})
    facts["versions"] = ", ".join(f"{name} {version}" for name, version in versions.items())
    for name, value in {"suite": report.suite, **facts, "began": report.run.get("began", "")}.items():
        yield f"- {_md(name)}: {_md(str(value))}"


def _since(since: Comparison) -> Iterator[str]:
    yield f"\n## What changed since {_md(since.earlier[:10]) or 'the earlier report'}\n"
    yield from (f"- {_md(reason)}" for reason in since.reasons)
    yield from (f"- {_md(change.check)}: {_md(change.sentence)}" for change in since.changes)
    yield f"- {since.unchanged:,} findings are what they were."


def _finding(one: Finding) -> Iterator[str]:
    yield f"\n**{_md(one.sentence)}**\n"
    options = ", ".join(f"{name} = {value!r}" for name, value in one.options.items())
    yield f"- {one.outcome}; check {_md(one.check)}{f' ({_md(options)})' if options else ''}"
    if facts := measured(one):
        yield f"- {_md('; '.join(facts))}{f'; exactly {one.value!r}' if one.value is not None else ''}"
    yield from (f"- {_md(note)}" for note in one.notes)
    if one.examples:
        yield f"- examples: {_md(', '.join(one.examples))}"
    if one.table is not None and one.table.rows:
        yield ""
        yield from _table(one.table)


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(_md, table.columns))} |"
    yield f"|{'---|' * len(table.columns)}"
    for row in table.rows:
        cells = [_md(cell(value, name)) for value, name in zip(row, table.columns, strict=True)]
        yield f"| {' | '.join(cells)} |"

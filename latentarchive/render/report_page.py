"""The page of a report: outcomes first, findings by family with their pictures and tables, then how it was made."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from latentarchive.archive import Archive
from latentarchive.audit.comparison import Change, Comparison
from latentarchive.audit.finding import Finding, Table, shortened
from latentarchive.audit.registry import about_family
from latentarchive.audit.report import Report
from latentarchive.render.charts import chart
from latentarchive.render.figures import cell, measured, number
from latentarchive.render.pages import page, shown
from latentarchive.render.report_style import STYLE
from latentarchive.render.works import examples, names, neighbours, pairs, sides

OUTCOMES = {
    "fail": ("failed: outside the bounds of the suite, or broken off", "Failed"),
    "pass": ("passed: within the bounds of the suite", "Passed"),
    "info": ("to be read: the suite sets no bound", ""),
    "skip": ("not asked: what is needed is not there", ""),
}
"""Of each outcome: what it is in the summary, and what stands above such a finding."""

MOST_PRINTED = 40
"""Rows of a table that is printed; paper shows the picture of a longer one, and the other files have its rows."""


def report_page(report: Report, archives: Mapping[str, Archive], since: Comparison | None) -> str:
    """The whole page.

    Args:
        report: What to show, already without what is withheld.
        archives: Where pictures of works come from: "" the archive that was audited, others by `Picture.archives`.
        since: What changed since an earlier report; None if there is none.
    """
    numbers = {id(one): k for k, one in enumerate(report.findings, start=1)}
    sections = _sections(report)
    parts = [_header(report), "<main>", _summary(report, numbers), _contents(sections, since)]
    if since is not None:
        parts.append(_since(since, numbers))
    for section in sections:
        parts.append(f'<section id="{shown(section.anchor)}"><h2>{shown(section.title)}</h2>')
        if section.about:
            parts.append(f"<p class=quiet>{shown(section.about)}</p>")
        for run, of_run in _runs(section.findings):
            parts.append(f"<h3>{shown(run)}</h3>")
            parts += [_finding(one, numbers[id(one)], archives) for one in of_run]
        parts.append("</section>")
    parts.append(_provenance(report))
    parts.append("</main>")
    return page(f"{report.title}: {report.subject}", "\n".join(parts), style=STYLE)


@dataclass(frozen=True)
class _Section:
    """The findings of one family that stand together, in the order of the suite."""

    anchor: str
    title: str
    #: What the family is about, where it stands first; "" where it comes again.
    about: str
    findings: list[Finding]


def _sections(report: Report) -> list[_Section]:
    """Sections; one of a family that comes more than once is named by its checks too."""
    groups = [(family, list(group)) for family, group in groupby(report.findings, key=_family)]
    times = Counter(family for family, _ in groups)
    sections, seen = [], Counter[str]()
    for family, group in groups:
        seen[family] += 1
        anchor, title = family, family.capitalize()
        if times[family] > 1:
            rules = dict.fromkeys(one.check.partition(".")[2].replace("_", " ") for one in group)
            anchor, title = f"{family}-{seen[family]}", f"{title}: {', '.join(rules)}"
        sections.append(_Section(anchor, title, about_family(family) if seen[family] == 1 else "", group))
    return sections


def _header(report: Report) -> str:
    facts = report.provenance
    collection = facts.get("title") or ""
    named = f"{shown(report.subject)}{f' ({shown(str(collection))})' if collection else ''}"
    withheld = facts.get("withheld") or 0
    left = f" {withheld:,} withheld items were left out." if withheld else ""
    about = f"<p class=lead>{shown(' '.join(report.about.split()))}</p>" if report.about else ""
    return f"""<header>
<h1>{shown(report.title)}</h1>
<p>{named}: {report.n:,} {shown(report.items)}.{left} {_date(report)}</p>
{about}
</header>"""


def _date(report: Report) -> str:
    began = str(report.run.get("began", ""))
    return f"Audited {shown(began[:10])}." if began else ""


def _summary(report: Report, numbers: Mapping[int, int]) -> str:
    counts = report.outcomes
    lines = "".join(
        f'<li class="{outcome}"><b>{counts[outcome]:,}</b><span>{said}</span></li>'
        for outcome, (said, _) in OUTCOMES.items()
        if counts[outcome]
    )
    failed = [one for one in report.findings if one.outcome == "fail"]
    links = "".join(f'<li><a href="#f{numbers[id(one)]}">{shown(one.sentence)}</a></li>' for one in failed)
    named = f"<p>Failed:</p><ul>{links}</ul>" if failed else ""
    return f'<section id="summary"><h2>{len(report.findings):,} findings</h2><ul class=summary>{lines}</ul>{named}'


def _contents(sections: Sequence[_Section], since: Comparison | None) -> str:
    entries: list[tuple[str, str, int | None]] = [("since", "What changed", None)] if since is not None else []
    entries += [(section.anchor, section.title, len(section.findings)) for section in sections]
    entries.append(("made", "How this was made", None))
    lines = "".join(
        f'<li><a href="#{shown(anchor)}">{shown(name)}</a>'
        f"{f' <span class=quiet>{count:,}</span>' if count is not None else ''}</li>"
        for anchor, name, count in entries
    )
    return f'<nav aria-label="Contents"><ul>{lines}</ul></nav></section>'


def _since(since: Comparison, numbers: Mapping[int, int]) -> str:
    reasons = "".join(f"<li>{shown(reason)}</li>" for reason in since.reasons)
    unchanged = f"<p class=quiet>{since.unchanged:,} findings are what they were.</p>"
    changes = "".join(_change(one) for one in since.changes) or "<p>No finding changed.</p>"
    return f"""<section id="since"><h2>What changed since {shown(since.earlier[:10] or "the earlier report")}</h2>
{f"<ul class=notes>{reasons}</ul>" if reasons else ""}{unchanged}{changes}</section>"""


def _change(one: Change) -> str:
    before = shown(one.before.sentence) if one.before else "(not asked)"
    after = shown(one.after.sentence) if one.after else "(no longer asked)"
    turned = ""
    if one.before and one.after and one.before.outcome != one.after.outcome:
        turned = f"<p class=outcome>{one.before.outcome} became {one.after.outcome}</p>"
    return f"""<article><h3>{shown(one.check)}</h3>{turned}<dl><dt>before</dt><dd>{before}</dd>
<dt>now</dt><dd>{after}</dd></dl></article>"""


def _finding(one: Finding, number_of: int, archives: Mapping[str, Archive]) -> str:
    """One finding: its sentence, its figures, its picture and table, works to look at, how it was done."""
    above = OUTCOMES[one.outcome][1]
    parts = [f'<article class="{one.outcome}" id="f{number_of}">']
    if above:
        parts.append(f"<p class=outcome>{above}</p>")
    parts.append(f"<p class=sentence>{shown(one.sentence)}</p>")
    return "\n".join([*parts, *evidence(one, number_of, archives), "</article>"])


def evidence(one: Finding, number_of: int, archives: Mapping[str, Archive]) -> Iterable[str]:
    """What stands behind the sentence of a finding, in HTML: figures, notes, picture and table, works to look at."""
    if facts := measured(one):
        exact = "" if one.value is None else f' value="{one.value!r}" title="exactly {one.value!r}"'
        first = f"<data{exact}>{shown(facts[0])}</data>" if exact else shown(facts[0])
        yield f"<p class=facts>{'; '.join([first, *map(shown, facts[1:])])}</p>"
    if one.notes:
        yield f"<ul class=notes>{''.join(f'<li>{shown(note)}</li>' for note in one.notes)}</ul>"
    yield from _pictured(one, number_of, archives)
    if one.examples:
        how_many = "an item" if len(one.examples) == 1 else f"{len(one.examples)} items"
        held = list(archives.values())
        yield f"<details><summary>{how_many} to look at</summary>{examples(one, held)}</details>"


def _pictured(one: Finding, number_of: int, archives: Mapping[str, Archive]) -> Iterable[str]:
    table, picture = one.table, one.picture
    if table is None or not table.rows:
        return
    if picture is not None and picture.kind == "pairs":
        how_many = "one pair" if len(table.rows) == 1 else f"{len(table.rows):,} pairs"
        sheet = pairs(one, archives)
        yield f"<details><summary>{shown(picture.alt)} ({how_many})</summary>{sheet}</details>"
    elif picture is not None and picture.kind == "neighbours":
        sheet = neighbours(one, list(archives.values()))
        yield f"<details><summary>{shown(picture.alt)}</summary>{sheet}</details>"
    elif picture is not None and (drawn := chart(picture, table, labelled_by=f"c{number_of}")):
        yield f"""<figure class=picture>{drawn}
<figcaption class=quiet id="c{number_of}">{shown(picture.alt)}</figcaption></figure>"""
    rows = "1 row" if len(table.rows) == 1 else f"{len(table.rows):,} rows"
    long = " class=long" if len(table.rows) > MOST_PRINTED else ""
    yield f"<details{long}><summary>Table, {rows}</summary>{html_table(table, sides(one, archives))}</details>"


def html_table(table: Table, sides: Sequence[Sequence[Archive]] = ()) -> str:
    """A table of a page: numbers at the right, each with its exact value; works by their titles, ids below these.

    Args:
        table: What to show.
        sides: For each column of its ids, the archives that these may be of; what none of them shows is an id alone.
    """
    columns = range(len(table.columns))
    right = [all(isinstance(row[k], int | float | None) for row in table.rows) for k in columns]  # numbers
    works = {
        column: names([str(row[column]) for row in table.rows if row[column] is not None], held)
        for column, held in zip(table.ids, sides, strict=False)
    }
    head = "".join(
        f'<th scope="col"{" class=n" if n else ""}>{shown(name)}</th>'
        for name, n in zip(table.columns, right, strict=True)
    )
    lines = []
    for row in table.rows:
        cells = "".join(
            f'<td class=n title="{shown(repr(value))}">{shown(cell(value, name))}</td>'
            if n
            else f"<td>{works.get(k, {}).get(str(value)) or shown(cell(value, name))}</td>"
            for k, (value, name, n) in enumerate(zip(row, table.columns, right, strict=True))
        )
        lines.append(f"<tr>{cells}</tr>")
    return (
        f'<div class=table tabindex="0" role="region" aria-label="Table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _provenance(report: Report) -> str:
    """How the report was made, to the letter: what another person needs to make it again."""
    facts = dict(report.provenance)
    recipe = facts.pop("recipe", "")
    versions = facts.pop("versions", {})
    other = facts.pop("other", None) or {}
    entries: dict[str, Any] = {
        "audited": f"{report.subject} ({report.kind}): {report.n:,} {report.items}",
        "withheld, left out": number(facts.pop("withheld")) if "withheld" in facts else "a table withholds nothing",
        "suite": f"{report.suite}, SHA-256 {facts.pop('suite_sha256', 'unknown')}",
        **{WORDS.get(name, name): value for name, value in facts.items() if value},
        **{f"the other: {WORDS.get(name, name)}": value for name, value in other.items() if value},
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "began": report.run.get("began", ""),
        "took": _seconds(report),
        "again": facts.pop("again", f"latentarchive audit {report.subject} {report.suite}"),
    }
    rows = "".join(f"<dt>{shown(name)}</dt><dd>{shown(str(value))}</dd>" for name, value in entries.items() if value)
    texts = "".join(
        f"<details><summary>{name}</summary><pre>{_lines(text)}</pre></details>"
        for name, text in (("The suite", report.suite_text), ("The recipe of the archive", str(recipe)))
        if text
    )
    return f'<section id="made"><h2>How this was made</h2><dl>{rows}</dl>{texts}</section>'


WORDS = {
    "archive_created": "archive built",
    "archive_digest": "digest of the catalogue",
    "fingerprint": "fingerprint of the encoder",
    "title": "collection",
}
"""Facts of the provenance, in words."""


def _seconds(report: Report) -> str:
    seconds = report.run.get("seconds", {})
    slowest = sorted(seconds.items(), key=lambda pair: -pair[1])[:3]
    longest = ", ".join(f"{name.partition(' ')[2]} {took:,.1f} s" for name, took in slowest)
    return f"{sum(seconds.values()):,.1f} s; longest: {longest}" if seconds else ""


def _lines(text: str) -> str:
    return "\n".join(shown(line) for line in text.splitlines())


def _family(one: Finding) -> str:
    return one.check.partition(".")[0] or "findings"


def _runs(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings by what was asked; what was not asked for one reason stands together."""
    runs: list[tuple[str, list[Finding]]] = []
    for title, group in groupby(findings, key=_run):
        found = list(group)
        if runs and found[0].outcome == "skip" and _same(runs[-1][1], found):
            runs[-1] = (f"{runs[-1][0]}; {title}", runs[-1][1])
        else:
            runs.append((title, found))
    return runs


def _same(one: Sequence[Finding], other: Sequence[Finding]) -> bool:
    return [(f.outcome, f.sentence) for f in one] == [(f.outcome, f.sentence) for f in other]


def _run(one: Finding) -> str:
    """The check and what it was asked, as a caption."""
    options = ", ".join(
        f"{name} {shortened(_option(value))}" for name, value in one.options.items() if value not in (None, "", ())
    )
    return f"{one.check}{f': {options}' if options else ''}"


def _option(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)

"""A report of an audit in the app: its findings by outcome, the works behind each, what changed, its files."""

from __future__ import annotations

import json
from collections.abc import Callable

import streamlit as st

from latentarchive.archive import Archive
from latentarchive.audit import Finding, Report
from latentarchive.audit import shelf as shelves
from latentarchive.audit.comparison import Comparison, compare
from latentarchive.render.evidence import Named, named
from latentarchive.render.report_page import report_page
from latentarchive.render.reports import flagged
from latentarchive.render.text import title
from reading_room import audits, cards, facts, findings, navigation
from reading_room.language import say
from reading_room.shared import plainly

LISTED = 30
"""Earlier reports that are listed."""

WIDTH = 736
"""Of the works behind a finding, in pixels: four of them beside each other, or two, so that pairs are not parted."""

PAGE = 24
"""Works on one page; even, so that pairs stay together."""


def earlier_reports(name: str, archive: Archive) -> None:
    """The reports that are kept, each a link."""
    st.header(say("Reports"))
    filed = shelves.filed(audits.shelf(name), subject=archive.name)
    if not filed:
        st.markdown(say("No audit of this archive was kept here yet. Choose a suite above and run it."))
    for one in filed[:LISTED]:
        link(f"{plainly(one.title)} · {moment(one.began)}", name, report=one.name)
        st.caption(counted(one.outcomes))
    if len(filed) > LISTED:
        said = say("{count} older ones are kept; an address with their name opens them.", count=len(filed) - LISTED)
        st.caption(said)


def read(name: str, archive: Archive, which: str) -> None:
    """A report: what it counts, what changed, its findings by outcome."""
    report = audits.report(name, archive, which)
    link(say("All audits"), name, icon=":material/arrow_back:")
    st.title(plainly(report.title))
    head(report)
    since = changed(name, archive, which, report)
    downloads(report, archive, since)
    if since is not None:
        changes(since)
    numbered = list(enumerate(report.findings, start=1))
    headings = {
        "fail": say("Failed"),
        "pass": say("Passed"),
        "info": say("To be read"),
        "skip": say("Not asked"),
    }
    notes = {
        "fail": say("Outside the bounds that the suite sets, or broken off."),
        "pass": say("Within the bounds that the suite sets."),
        "info": say("The suite sets no bound: what these mean is for you to judge."),
        "skip": say("What is needed for these is not in this archive."),
    }
    for outcome, heading in headings.items():
        some = [(number, one) for number, one in numbered if one.outcome == outcome]
        if some:
            st.header(f"{heading} ({len(some)})")
            st.caption(notes[outcome])
            listed(some, name, archive, which, whole=False)
    made(report)


def one_finding(name: str, archive: Archive, which: str, number: int) -> None:
    """One finding of a report, with all of its table and its works."""
    report = audits.report(name, archive, which)
    link(plainly(report.title), name, report=which, icon=":material/arrow_back:")
    if not 1 <= number <= len(report.findings):
        st.info(
            say(
                "This report has {count} findings; there is no number {number}.",
                count=len(report.findings),
                number=number,
            )
        )
        return
    one = report.findings[number - 1]
    st.title(say("Finding {number} of {count}", number=number, count=len(report.findings)))
    st.caption(" · ".join(filter(None, [findings.outcome(one), moment(str(report.run.get("began", "")))])))
    listed([(number, one)], name, archive, which, whole=True)
    works(one, name, archive)
    before, after = st.columns(2)
    with before:
        if number > 1:
            said = say("Finding {number}", number=number - 1)
            link(said, name, report=which, finding=number - 1, icon=":material/arrow_back:")
    with after:
        if number < len(report.findings):
            said = say("Finding {number}", number=number + 1)
            link(said, name, report=which, finding=number + 1, icon=":material/arrow_forward:")


def listed(some: list[tuple[int, Finding]], name: str, archive: Archive, which: str, *, whole: bool) -> None:
    """Findings in the component, with the addresses of what they lead to."""

    def address(number: int) -> str:
        return navigation.address("audit", {"archive": name, "report": which, "finding": str(number)})

    def shown(one: Finding) -> findings.Works:
        ids = visible(list(dict.fromkeys(work.id for work in named(one))), archive)
        addresses = {item: navigation.address("item", {"archive": name, "id": item}) for item in ids}
        return findings.Works(addresses, titled(ids, archive))

    key = f"findings.{which}.{some[0][1].outcome}.{some[0][0] if whole else 'all'}"
    findings.show(some, key=key, address=address, works=shown, whole=whole)


def works(one: Finding, name: str, archive: Archive) -> None:
    """The works behind a finding as cards, those of one row beside each other."""
    told = named(one)
    held = set(visible([work.id for work in told], archive))
    some = [work for work in told if work.id in held]
    if not told:
        return
    st.header(say("Works behind this finding"))
    if len(some) < len(told):
        st.caption(say("{count} of them are not shown here: inputs that never came in.", count=len(told) - len(some)))
    pages = -(-len(some) // PAGE)
    page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    part = some[(page - 1) * PAGE : page * PAGE]
    shown = [cards.card(archive.item(work.id), name, notes=said(work)) for work in part]
    with st.container(width=WIDTH):
        cards.show(shown, key=f"works.{page}", label=say("Works behind this finding"), small=True)


def said(work: Named) -> list[str]:
    """What stands on the card of a work: which row names it, and what else that says."""
    if not work.row:
        return []
    row = say("pair {number}", number=work.row) if work.of == 2 else say("row {number}", number=work.row)
    return [row, *work.said] if work.of > 1 else list(work.said)


def titled(ids: list[str], archive: Archive) -> dict[str, str]:
    """Titles of works of the archive, by their ids."""
    rows = archive.collection.rows(ids) if ids else []
    return {item.id: title(item) for item in archive.collection.items([row for row in rows if row is not None])}


def visible(ids: list[str], archive: Archive) -> list[str]:
    """Those of some ids that are works of the archive and may be shown."""
    mask = archive.visible
    rows = archive.collection.rows(ids) if ids else []
    return [item for item, row in zip(ids, rows, strict=True) if row is not None and mask[row]]


def head(report: Report) -> None:
    """What was audited, when, what for, and how it came out."""
    if report.about:
        st.markdown(plainly(" ".join(report.about.split())))
    told = [
        f"{report.n:,} {plainly(report.items)}",
        say("audited {moment}", moment=moment(str(report.run.get("began", "")))),
    ]
    if withheld := report.provenance.get("withheld"):
        told.append(say("{count} withheld ones were left out", count=f"{withheld:,}"))
    st.caption(" · ".join(told))
    st.markdown(f"**{counted(report.outcomes)}**")


def counted(outcomes: object) -> str:
    """How many findings of each outcome, in words."""
    counts: dict[str, int] = dict(outcomes) if isinstance(outcomes, dict) else {}
    words: dict[str, Callable[..., str]] = {
        "fail": lambda count: say("{count} failed", count=count),
        "pass": lambda count: say("{count} passed", count=count),
        "info": lambda count: say("{count} to be read", count=count),
        "skip": lambda count: say("{count} not asked", count=count),
    }
    told = ", ".join(word(counts[outcome]) for outcome, word in words.items() if counts.get(outcome))
    return say("{count} findings: {told}", count=sum(counts.values()), told=told)


def changed(name: str, archive: Archive, which: str, report: Report) -> Comparison | None:
    """What changed since an earlier report of the same suite, if the visitor chose one."""
    began = str(report.run.get("began", ""))
    earlier = {
        one.name: one
        for one in shelves.filed(audits.shelf(name), subject=archive.name)
        if one.suite == report.suite and one.name != which and one.began <= began
    }
    if not earlier:
        st.caption(say("There is no earlier report of this suite to compare with."))
        return None
    named = st.query_params.get("since", "")
    before = st.selectbox(
        say("What changed since"),
        list(earlier),
        index=list(earlier).index(named) if named in earlier else None,
        format_func=lambda one: moment(earlier[one].began),
        placeholder=say("Choose an earlier report"),
        key="audit.since",
        on_change=remember,
        args=("since", "audit.since"),
    )
    return compare(audits.report(name, archive, before), report) if before else None


def remember(param: str, key: str) -> None:
    """Let the address say what was chosen: by its name, where Streamlit itself would put the words of the choice."""
    if chosen := st.session_state[key]:
        st.query_params[param] = chosen
    else:
        st.query_params.pop(param, None)


def changes(since: Comparison) -> None:
    """What is not as it was."""
    st.header(say("What changed"))
    for reason in since.reasons:
        st.markdown(f"- {plainly(reason)}")
    st.caption(say("{count} findings are what they were.", count=since.unchanged))
    if not since.changes:
        st.markdown(say("No finding changed."))
    for one in since.changes:
        told = [plainly(one.check)]
        if one.before and one.after and one.before.outcome != one.after.outcome:
            told.append(f"{one.before.outcome} → {one.after.outcome}")
        st.caption(" · ".join(told))
        before = plainly(one.before.sentence) if one.before else say("not asked")
        after = plainly(one.after.sentence) if one.after else say("no longer asked")
        st.markdown(f"{say('Before:')} {before}  \n{say('Now:')} {after}")


def downloads(report: Report, archive: Archive, since: Comparison | None) -> None:
    """The report as files, made when they are asked for: what is withheld at that moment is in none of them."""
    stem = f"{report.subject}-{report.suite}"

    def now() -> Report:
        return report.without(set(archive.log.current()))

    def page() -> str:
        return report_page(now(), {"": archive}, since.without(set(archive.log.current())) if since else None)

    def record() -> str:
        return json.dumps(now().record(), indent=1, ensure_ascii=False)

    row = st.container(horizontal=True)
    row.download_button(say("Whole report, one page"), page, f"{stem}.html", "text/html", on_click="ignore")
    row.download_button(say("Report, JSON"), record, f"{stem}.json", "application/json", on_click="ignore")

    def table() -> bytes:
        return flagged(now(), {"": archive}).encode("utf-8-sig")

    row.download_button(say("Works named, CSV"), table, f"{stem}.csv", "text/csv", on_click="ignore")


def made(report: Report) -> None:
    """What another person needs to run it again."""
    with st.expander(say("How this was made")):
        known = report.provenance
        versions = known.get("versions", {})
        rows = {
            say("Suite"): f"{report.suite}, SHA-256 {known.get('suite_sha256', '')}",
            say("Archive built"): str(known.get("archive_created", ""))[:19],
            say("Digest of the catalogue"): str(known.get("archive_digest", "")),
            say("Fingerprint of the encoder"): str(known.get("fingerprint", "")),
            say("Versions"): ", ".join(f"{one} {version}" for one, version in versions.items()),
            say("It took"): audits.duration(sum(report.run.get("seconds", {}).values())),
        }
        told = [facts.fact(heading, value) for heading, value in rows.items() if value]
        facts.show(told, key="made", label=say("How this was made"))
        st.code(report.suite_text, language="toml")


def link(label: str, name: str, *, report: str = "", finding: int = 0, icon: str | None = None) -> None:
    """A link to another state of this page."""
    params = {"archive": name, "report": report, "finding": str(finding or "")}
    st.page_link(navigation.VIEWS / "audit.py", label=label, icon=icon, query_params=navigation.kept(params))


def moment(iso: str) -> str:
    """Day and time of an ISO date, UTC."""
    return f"{iso[:10]} {iso[11:16]} UTC" if len(iso) >= 16 else iso or say("undated")

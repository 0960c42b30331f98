"""The page of audits: choosing, running, reading, comparing, what is withheld; and a run in a browser."""

import json
import re
import threading
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from latentarchive.audit import Finding, Table, load_suite
from latentarchive.audit.report import load_report
from latentarchive.build import build_archive
from latentarchive.recipes import load_recipe
from reading_room import audits
from tests.app_shown import HOSTILE, data, hostile, links, texts
from tests.conftest import write_recipe
from tests.test_app_axe import violations

SUITE = """
title = "Before the loan"
about = "What a borrower asks first."
[[check]]
name = "composition.missing"
at_most = 0
[[check]]
name = "composition.values"
field = "creator"
[[check]]
name = "duplicates.exact"
[[check]]
name = "years.camera"
"""
"""One finding fails, some are to be read, one is not asked; takes well under a second."""


@pytest.fixture
def desk(tmp_path):
    """Folders of the app in which a suite of one's own lies, as settings."""
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "loan.toml").write_text(SUITE)
    return {"reports": str(tmp_path / "reports"), "suites": str(tmp_path / "suites")}


def run(page):
    """Press the button and wait for the report; the page of it."""
    page.button[0].click().run()
    for _ in range(300):
        if "report" in page.query_params:
            break
        assert not page.exception
        time.sleep(0.1)
        page.run()
    assert not page.exception
    return page


def kept_in(desk):
    """Where the reports about an archive of the directory ``archive`` lie."""
    return Path(desk["reports"]) / "archive"


def named(page, param="report"):
    return page.query_params[param][0] if isinstance(page.query_params[param], list) else page.query_params[param]


def test_suites_stand_with_their_descriptions_and_what_they_ask(room, small_cabinet, desk):
    page = room(small_cabinet.path, page="audit", settings=desk)
    assert not page.exception
    options = page.selectbox(key="audit.suite").options
    assert "Before the loan" in options
    assert load_suite("transformation").title not in options  # asks about a contrast, not about an archive
    assert page.selectbox(key="audit.suite").value == "quick"
    assert any("What a person should know of a collection" in text for text in texts(page))
    assert any("No audit of this archive was kept here yet" in text for text in texts(page))
    page.selectbox(key="audit.suite").select("loan").run()
    assert named(page, "suite") == "loan"
    assert any(text.startswith("What a borrower asks first") for text in texts(page))
    assert "4 checks" in texts(page)


def test_a_suite_that_cannot_be_read_says_why_and_offers_no_button(room, small_cabinet, desk, tmp_path):
    (tmp_path / "suites" / "bad.toml").write_text('[[check]]\nname = "composition.mising"\n')
    page = room(small_cabinet.path, page="audit", settings=desk, suite="bad")
    assert not page.exception
    assert "composition.missing" in page.error[0].value.replace("\\", "")
    assert str(tmp_path) not in page.error[0].value.replace("\\", "")
    assert not page.button


def test_an_audit_runs_and_its_report_is_read_by_outcome(room, small_cabinet, desk):
    page = run(room(small_cabinet.path, page="audit", settings=desk, suite="loan"))
    assert page.title[0].value == "Before the loan"
    assert [header.value.partition(" (")[0] for header in page.header] == ["Failed", "To be read", "Not asked"]
    failed, read, skipped = data(page, "findings")
    [first] = failed["families"][0]["findings"]
    assert first["sentence"].startswith("4 of ")
    assert first["facts"][0].endswith("items that are shown")
    assert first["drawn"].startswith("<svg")
    assert first["table"]["numbers"][:2] == [False, True]
    assert [family["title"] for family in read["families"]] == ["Composition", "Duplicates"]
    assert skipped["families"][0]["findings"][0]["word"] == "Not asked"
    assert len(page.get("download_button")) == 3
    kept = load_report(next(iter(kept_in(desk).glob("*/report.json"))))
    assert kept.title == "Before the loan"
    # The report is listed, and its address opens it again.
    again = room(small_cabinet.path, page="audit", settings=desk)
    [query] = [query for label, query in links(again).items() if label.startswith("Before the loan")]
    assert parse_qs(query)["report"] == [named(page)]


def test_a_finding_has_an_address_and_its_works_stand_beneath_it(room, small_cabinet, desk):
    report = named(run(room(small_cabinet.path, page="audit", settings=desk, suite="loan")))
    findings = load_report(kept_in(desk) / report / "report.json").findings
    number = next(k for k, one in enumerate(findings, 1) if one.check == "duplicates.exact")
    page = room(small_cabinet.path, page="audit", settings=desk, report=report, finding=str(number))
    assert not page.exception
    assert page.title[0].value == f"Finding {number} of {len(findings)}"
    [told] = data(page, "findings")
    [one] = told["families"][0]["findings"]
    assert (told["whole"], one["sentence"]) == (True, findings[number - 1].sentence)
    [cards] = data(page, "cards")
    shown = [card["id"] for card in cards["cards"]]
    table = findings[number - 1].table
    assert shown[:2] == [table.rows[0][column] for column in table.ids]
    assert cards["cards"][0]["notes"][0] == cards["cards"][1]["notes"][0] == "pair 1"
    assert links(page)[f"Finding {number - 1}"].endswith(f"finding={number - 1}")
    odd = room(small_cabinet.path, page="audit", settings=desk, report=report, finding="99")
    assert "there is no number 99" in odd.info[0].value


def test_withheld_works_are_gone_from_an_old_report(room, archive, desk):
    page = run(room(archive.path, page="audit", settings=desk, suite="loan"))
    report = named(page)
    path = next(iter(kept_in(desk).glob("*/report.json")))
    first, second = [item.id for item in archive.shown()][:2]
    table = Table(columns=("one", "n"), rows=((first, 1), (second, 2)), ids=(0,))
    one = Finding(
        sentence=f"{first} is odd, {second} is not.", check="duplicates.exact", table=table, examples=(first,)
    )
    replace(load_report(path), findings=(one,)).save(path)
    archive.withhold([first], reason="asked for")
    for more in ({}, {"finding": "1"}):
        page = room(archive.path, page="audit", settings=desk, report=report, **more)
        assert not page.exception
        told = json.dumps([data(page, "findings"), data(page, "cards"), texts(page)])
        assert first not in told
        assert second in told
        assert "(withheld) is odd" in told


def test_what_changed_since_an_earlier_run_is_said(room, archive, desk):
    earlier = named(run(room(archive.path, page="audit", settings=desk, suite="loan")))
    archive.withhold([next(iter(archive.shown())).id], reason="asked for")
    time.sleep(1.1)  # reports are told apart by the second
    page = run(room(archive.path, page="audit", settings=desk, suite="loan"))
    page.selectbox(key="audit.since").select(earlier).run()
    assert not page.exception
    assert named(page, "since") == earlier
    assert "What changed" in [header.value for header in page.header]
    said = " ".join(texts(page)).replace("\\", "")
    assert "There were 10 items that are shown, now there are 9." in said
    assert re.search(r"Before: .*10 items.*\n?.*Now: .*9 items", said)


def test_hostile_captions_are_plain_text_in_reports(room, tmp_path, desk):
    odd = hostile(tmp_path)
    page = run(room(odd.path, page="audit", settings=desk, suite="loan"))
    told = data(page, "findings")
    cells = [cell["text"] for part in told for family in part["families"] for one in family["findings"]
             if one["table"] for row in one["table"]["rows"] for cell in row]  # fmt: skip
    assert any(cell.startswith("<script>") for cell in cells)  # data, which the component sets as text
    drawn = "".join(one["drawn"] for part in told for family in part["families"] for one in family["findings"])
    assert "<script" not in drawn
    assert "onerror=alert" not in drawn.replace("&lt;img src=x onerror=alert", "")
    for text in texts(page):
        assert "](javascript" not in text
        assert not re.search(r"(?<!\\)<script", text)
    assert HOSTILE[0] not in texts(page)


def test_an_archive_without_vectors_is_audited_too(room, tmp_path, swatches, desk):
    text = 'title = "S"\n[collection]\nsource = "folder"\n'
    built = build_archive(load_recipe(str(write_recipe(tmp_path, text)), root=swatches), out=tmp_path / "plain")
    page = run(room(built.path, page="audit", settings=desk, suite="loan"))
    assert page.header[0].value == "Failed (1)"


@pytest.mark.parametrize("report", ["nothing", "../archive", "a/b"])
def test_an_address_that_leads_nowhere_is_answered_with_a_sentence(room, small_cabinet, desk, report):
    page = room(small_cabinet.path, page="audit", settings=desk, report=report)
    assert not page.exception
    assert page.error[0].value.replace("\\", "").startswith("there is no report")
    assert links(page)["All audits"]
    page = room(small_cabinet.path, page="audit", settings=desk, run=report)
    assert "This run is not known any more" in page.info[0].value


def test_a_second_visitor_waits_in_line_and_whoever_leaves_calls_nothing_off(room, small_cabinet, desk):
    gate = threading.Event()
    busy = audits.LINE.join("busy", "Something long", lambda progress: gate.wait(30))
    try:
        first = room(small_cabinet.path, page="audit", settings=desk, suite="loan")
        first.button[0].click().run()
        assert "One audit is run before this one" in first.info[0].value
        second = room(small_cabinet.path, page="audit", settings=desk, suite="loan")
        said = " ".join(texts(second)).replace("\\", "")
        assert "At work now: Something long; Before the loan · archive" in said
        second.button[0].click().run()
        assert named(second, "run") == named(first, "run")  # the same audit is made once
        second.button[0].click().run()
        assert "it goes on, without you" in second.info[0].value
        first.run()
        assert "One audit is run before this one" in first.info[0].value
        first.button[0].click().run()
        assert "The audit was called off" in first.info[0].value
        assert audits.LINE.titles() == ["Something long"]
    finally:
        gate.set()
    assert busy.askers == 1


@pytest.fixture(scope="module")
def home(serve, small_cabinet, tmp_path_factory):
    """The real app with the small cabinet and an archive whose catalogue tries everything."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "loan.toml").write_text(SUITE)
    options = ["--suites", str(folder), "--reports", str(folder / "reports")]
    return serve(small_cabinet.path, hostile(folder).path, options=options)


def test_a_suite_is_run_in_a_browser_and_the_works_behind_a_finding_are_opened(home, visitor):
    page = visitor(f"{home}/audit?suite=loan", width=390)
    page.get_by_role("button", name="Run this audit").click()
    failed = page.locator("article.fail")
    failed.wait_for()
    drawing = failed.get_by_role("img")
    assert drawing.evaluate("svg => svg.namespaceURI").endswith("svg")
    assert drawing.evaluate("svg => svg.getBoundingClientRect().width") > 200
    assert not violations(page)
    page.get_by_role("link", name="works to look at").first.click()
    page.get_by_role("heading", name="Works behind this finding").wait_for()
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["report"][0].startswith("cabinet-loan-")
    assert asked["finding"]
    card = page.get_by_role("list", name="Works behind this finding").locator("li").first
    card.wait_for()
    assert "Rights:" in card.inner_text()
    assert not violations(page)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
    again = visitor(page.url)  # the address alone is enough
    again.get_by_role("heading", name="Works behind this finding").wait_for()


def test_hostile_captions_do_nothing_in_a_browser(home, visitor):
    page = visitor(f"{home}/audit?archive=odd&suite=loan")
    page.get_by_role("button", name="Run this audit").click()
    found = page.locator(".findings").nth(1)
    found.locator("article").first.wait_for()
    assert "broken" not in page.title()
    assert page.locator(".findings").locator("script, img, iframe, [onerror], [onclick]").count() == 0
    assert found.locator("summary").first.inner_text().startswith("Table")
    found.locator("summary").first.click()
    assert found.locator("td", has_text="<script>document.title='broken'</script>").first.is_visible()
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
    page.goto(f"{home}/about?archive=odd")
    page.get_by_role("heading", name="What is not here").wait_for()
    assert "broken" not in page.title()
    assert main.locator("script, iframe, img").count() == 0

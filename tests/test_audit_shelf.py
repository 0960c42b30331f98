"""Reports that are kept, suites that are offered, and how long an audit takes yet."""

import json

import pytest

from latentarchive.audit import Subject, load_suite, run_suite, shelf
from latentarchive.audit.pace import keys, seconds_left
from latentarchive.audit.suite import bind, names, offers
from latentarchive.errors import ReportError

SUITE = '[[check]]\nname = "composition.missing"\n'


@pytest.fixture
def report(archive):
    suite = bind({"title": "T", "check": [{"name": "composition.missing"}]}, name="mine", text=SUITE, where="mine.toml")
    with Subject.of(archive) as subject:
        return run_suite(subject, suite)


def kept(folder, report, **run):
    values = {name: getattr(report, name) for name in report.__dataclass_fields__}
    place = shelf.place(folder, type(report)(**values | {"run": {**report.run, **run}}))
    type(report)(**values | {"run": {**report.run, **run}}).save(place / shelf.FILE)
    return place


def test_reports_are_filed_by_subject_suite_and_time_and_found_latest_first(tmp_path, report):
    first = kept(tmp_path, report, began="2026-11-22T10:15:00+00:00")
    again = kept(tmp_path, report, began="2026-11-22T10:15:00+00:00")
    later = kept(tmp_path, report, began="2026-11-23T08:00:00+00:00", seconds={"1 composition.missing": 2.5})
    assert [one.name for one in (first, again, later)] == [
        "swatches-mine-20261122T101500", "swatches-mine-20261122T101500-2", "swatches-mine-20261123T080000"
    ]  # fmt: skip
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / shelf.FILE).write_text("{")
    found = shelf.filed(tmp_path, subject="swatches")
    assert [one.name for one in found] == [later.name, again.name, first.name]
    assert (found[0].title, found[0].n, found[0].seconds) == ("T", report.n, {"1 composition.missing": 2.5})
    assert found[0].outcomes == report.outcomes
    assert shelf.filed(tmp_path, subject="another") == shelf.filed(tmp_path / "nowhere", subject="swatches") == []
    opened = shelf.report(tmp_path, first.name, subject="swatches")
    assert [one.sentence for one in opened.findings] == [one.sentence for one in report.findings]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "nothing", "a/b"])
def test_an_address_opens_no_other_file(tmp_path, report, name):
    kept(tmp_path, report)
    (tmp_path.parent / "x").mkdir(exist_ok=True)
    report.save(tmp_path.parent / "x" / shelf.FILE)
    with pytest.raises(ReportError, match="there is no report"):
        shelf.report(tmp_path, name, subject="swatches")


def test_a_report_about_something_else_is_refused(tmp_path, report):
    place = kept(tmp_path, report)
    with pytest.raises(ReportError, match="is about archive 'swatches', not about archive 'other'"):
        shelf.report(tmp_path, place.name, subject="other")


def test_shipped_suites_come_first_then_files_that_can_be_read_or_not(tmp_path):
    (tmp_path / "own.toml").write_text(f'title = "Own"\n{SUITE}')
    (tmp_path / "quick.toml").write_text(SUITE)
    (tmp_path / "rights.toml").write_text(load_suite("rights").text)  # a copy of a shipped one is that one
    (tmp_path / "bad.toml").write_text('[[check]]\nname = "composition.mising"\n')
    offered = {one.name: one for one in offers(tmp_path)}
    assert list(offered) == [*names(), "bad", "own", "quick.toml"]
    assert offered["own"].suite.title == "Own"
    assert offered["bad"].suite is None
    assert offered["bad"].problem == (
        "bad.toml [[check]] 1: no check 'composition.mising'; did you mean 'composition.missing'?"
    )
    assert [one.name for one in offers(tmp_path / "nowhere")] == names()


def test_a_suite_says_what_it_asks_about():
    wants = {name: load_suite(name).wants for name in names()}
    assert [name for name, what in wants.items() if what == "contrast"] == ["transformation"]
    assert [name for name, what in wants.items() if what == "two archives"] == ["plurality"]
    entry = {"name": "plurality.neighbours", "other": "annex"}
    assert bind({"check": [entry]}, name="x", text="", where="x").wants == "archive"


def test_seconds_left_follow_the_last_run_or_the_checks_that_are_done():
    suite = bind({"check": [{"name": "composition.missing"}, {"name": "rights.classes"}]}, name="x", text="", where="x")
    checks = keys(suite)
    assert checks == ["1 composition.missing", "2 rights.classes"]
    before = {checks[0]: 4.0, checks[1]: 10.0}
    assert seconds_left(checks, 0, elapsed_s=0, running_s=1, before=before) == 13
    assert seconds_left(checks, 1, elapsed_s=8, running_s=5, before=before) == 15  # twice as slow as then
    assert seconds_left(checks, 1, elapsed_s=4, running_s=50, before=before) == 0
    assert seconds_left(checks, 0, elapsed_s=0, running_s=3, before={}) is None
    assert seconds_left(checks, 1, elapsed_s=6, running_s=2, before={checks[0]: 1.0}) == 4
    assert seconds_left(checks, 2, elapsed_s=6, running_s=0, before={}) == 0


def test_the_seconds_of_a_report_bear_the_names_that_are_looked_for(report):
    suite = bind({"check": [{"name": "composition.missing"}]}, name="x", text="", where="x")
    assert list(json.loads(json.dumps(report.record()))["run"]["seconds"]) == keys(suite)


def test_a_run_is_called_off_between_two_checks(archive):
    asked = []

    def progress(stage, done, total, note=""):
        asked.append((done, total, note))
        if done == 1:
            raise KeyboardInterrupt

    entries = [{"name": "composition.missing"}, {"name": "rights.classes"}]
    suite = bind({"check": entries}, name="x", text="", where="x")
    with Subject.of(archive) as subject, pytest.raises(KeyboardInterrupt):
        run_suite(subject, suite, progress=progress)
    assert asked == [(0, 2, "composition.missing"), (1, 2, "rights.classes")]

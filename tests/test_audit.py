"""The runner of audits: binding, outcomes, reports, what changed, what is withheld."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from latentarchive.audit import Finding, Subject, Table, load_suite, run_suite
from latentarchive.audit import registry as registered
from latentarchive.audit.comparison import changes
from latentarchive.audit.finding import Skip, finding
from latentarchive.audit.report import load_report
from latentarchive.audit.suite import bind, names
from latentarchive.errors import ReportError, SourceError, SuiteError
from latentarchive.render import reports

ROWS = "id,caption,similarity,width\na,red boat,0.3,100\nb,blue boat,6016,\nc,,x,40\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text(ROWS)
    return path


def suite(*checks, **more):
    return bind({"title": "T", "check": list(checks)} | more, name="t", text="", where="t.toml")


@pytest.fixture
def probes(monkeypatch):
    """Three checks that are registered for one test."""

    def measured(subject, *, share: float = 0.25):
        yield Finding(sentence="A quarter.", value=share, unit="share", n=4, denominator="rows", examples=("a",))
        yield Finding(sentence="More.")

    def missing(subject):
        subject.sql("aesthetic")
        yield Finding(sentence="never")

    def broken(subject):
        yield Finding(sentence="So far.")
        message = "no\nmore"
        raise RuntimeError(message)

    measured.__annotations__["share"] = float
    registered.checks()
    with monkeypatch.context() as patch:
        patch.setattr(registered, "_CHECKS", dict(registered._CHECKS))
        for function in (measured, missing, broken):
            function.__module__ = "latentarchive.audit.composition"
            registered.check(function)
        yield


def outcomes(report):
    return [(one.check.partition(".")[2], one.outcome) for one in report.findings]


def test_bounds_judge_the_first_finding_and_a_check_that_breaks_costs_no_other(table, probes):
    chosen = suite(
        {"name": "composition.measured", "at_most": 0.25},
        {"name": "composition.broken"},
        {"name": "composition.missing"},
        {"name": "composition.measured", "at_least": 0.3},
        {"name": "composition.measured", "share": 1},
    )
    with Subject.open(table) as subject:
        report = run_suite(subject, chosen)
    assert outcomes(report) == [
        ("measured", "pass"), ("measured", "info"),
        ("broken", "info"), ("broken", "fail"),
        ("missing", "skip"),
        ("measured", "fail"), ("measured", "info"),
        ("measured", "info"), ("measured", "info"),
    ]  # fmt: skip
    assert report.findings[3].sentence == "This check broke off: RuntimeError: no more"
    assert "looked for aesthetic, aesthetic_score" in report.findings[4].sentence
    assert report.findings[0].notes == ("The suite asks for at most 0.25.",)
    assert report.findings[7].value == 1.0
    assert isinstance(report.findings[7].value, float)
    assert report.outcomes == {"fail": 2, "pass": 1, "info": 5, "skip": 1}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"name": "composition.valus"}, "no check 'composition.valus'; did you mean 'composition.values'?"),
        ({}, "no check None"),
        ({"name": "composition.values"}, "needs the option 'field'"),
        ({"name": "composition.values", "feild": "x"}, "has no option 'feild'; did you mean 'field'?"),
        ({"name": "composition.values", "field": 3}, "field must be str, got 3"),
        ({"name": "composition.values", "field": "x", "top": True}, "top must be int, got True"),
        ({"name": "composition.values", "field": "x", "at_most": "1"}, "at_most must be a number, got '1'"),
    ],
)
def test_a_suite_is_bound_before_anything_runs(entry, said):
    with pytest.raises(SuiteError, match=r"t\.toml \[\[check\]\] 1") as caught:
        suite(entry)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("table", "said"), [({}, "one table"), ({"chek": []}, "did you mean 'check'"), ({"check": 3}, "one table")]
)
def test_suites_of_another_form_are_refused(table, said):
    with pytest.raises(SuiteError, match=said):
        bind(table, name="t", text="", where="t.toml")


def test_suites_that_cannot_be_read_are_one_line(tmp_path):
    for path in (tmp_path / "no.toml", tmp_path):
        with pytest.raises(SuiteError):
            load_suite(str(path))
    (tmp_path / "bad.toml").write_text("title = ")
    with pytest.raises(SuiteError, match="is not TOML"):
        load_suite(str(tmp_path / "bad.toml"))


@pytest.mark.parametrize("name", names())
def test_shipped_suites_are_bound(name):
    chosen = load_suite(name)
    assert chosen.checks
    assert chosen.about
    assert chosen.title != name


def test_equal_inputs_give_equal_findings_and_json_keeps_them(table, tmp_path):
    chosen = suite({"name": "composition.values", "field": "caption"})
    with Subject.open(table) as subject:
        one, two = run_suite(subject, chosen), run_suite(subject, chosen)
    assert one.findings == two.findings
    assert one.provenance == two.provenance
    one.save(tmp_path / "r.json")
    assert load_report(tmp_path / "r.json") == replace(one, provenance=dict(one.provenance))
    assert changes(one, two) == []


def test_what_changed_names_before_and_after(table, probes):
    with Subject.open(table) as subject:
        before = run_suite(subject, suite({"name": "composition.measured"}, {"name": "composition.missing"}))
    after = replace(
        before, findings=(replace(before.findings[0], sentence="A half.", value=0.5), *before.findings[1:2])
    )
    said = [change.sentence for change in changes(before, after)]
    assert said == ["was: A quarter. Now: A half.", f"no longer asked: {before.findings[2].sentence}"]
    assert [change.sentence for change in changes(after, before)][1].startswith("new: Not asked")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format": 2}', '{"format": 1, "findings": [{"sentence": 3, "x": 1}]}']
)
def test_files_that_are_no_reports_are_one_line(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(ReportError):
        load_report(tmp_path / "r.json")


@pytest.mark.parametrize(
    "change",
    [{"sentence": 3}, {"n": "many"}, {"value": "1"}, {"outcome": "odd"}, {"options": []}, {"examples": 3},
     {"table": {"columns": ["a"], "rows": [[1, 2]], "ids": []}}, {"table": {"columns": ["a"], "rows": [], "ids": [1]}},
     {"picture": {"kind": "pie"}}],
)  # fmt: skip
def test_reports_with_odd_values_are_one_line(table, tmp_path, change):
    with Subject.open(table) as subject:
        run_suite(subject, suite({"name": "composition.values", "field": "caption"})).save(tmp_path / "r.json")
    values = json.loads((tmp_path / "r.json").read_bytes())
    values["findings"][0] |= change
    (tmp_path / "r.json").write_text(json.dumps(values))
    with pytest.raises(ReportError, match="is no report of an audit"):
        load_report(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"value": 1.0}, "needs n"),
        ({"value": 1.5, "unit": "share", "n": 2, "denominator": "rows"}, "between 0 and 1"),
        ({"interval": (0.0, 1.0)}, "how they were made"),
        ({"null": 0.1}, "how they were made"),
        ({"examples": tuple("abcdefghijklmnopqrstuvwxyz")}, "at most 20"),
    ],
)
def test_a_figure_without_what_it_needs_is_refused(values, said):
    with pytest.raises(ValueError, match=said):
        Finding(sentence="s", **values)


def test_items_that_are_withheld_vanish_from_examples_and_rows():
    table = Table(columns=("a", "b", "n"), rows=(("x", "y", 1), ("z", "y", 2)), ids=(0, 1))
    one = Finding(sentence="s", examples=("x", "z"), table=table)
    assert one.without({"x"}).examples == ("z",)
    assert one.without({"x"}).table.rows == (("z", "y", 2),)
    asked = replace(
        one, options={"ids": ("x", "xy"), "by": {"x": 2}}, table=replace(table, rows=(("z", "x and y", 3),))
    )
    assert asked.without({"x"}).options == {"ids": ["(withheld)", "xy"], "by": {"(withheld)": 2}}
    assert asked.without({"x"}).table.rows == (("z", "(withheld) and y", 3),)
    assert finding(json.loads(json.dumps(one.record()))) == one


def test_roles_are_found_by_any_of_their_names_and_read_as_numbers(table):
    with Subject.open(table) as subject:
        assert subject.n == 3
        numbers = subject.rows(f"SELECT {subject.sql('similarity')} FROM items ORDER BY id")
        assert numbers == [(0.3,), (6016.0,), (None,)]
        assert subject.column_of("width") == "width"
        assert not subject.has("aesthetic")
        with pytest.raises(Skip, match="looked for aesthetic, "):
            subject.sql("aesthetic")
        with pytest.raises(Skip, match="no vectors"):
            subject.with_vectors()


def test_a_table_reads_its_own_files_and_nothing_else(table, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    with Subject.open(table) as subject, pytest.raises(Exception, match=r"(?i)permission|disabled|allowed"):
        subject.rows(f"SELECT * FROM read_csv('{other}')")


def test_what_is_no_table_is_one_line(tmp_path):
    (tmp_path / "x.parquet").write_text("nothing")
    with pytest.raises(SourceError, match="cannot be read as a table"):
        Subject.open(tmp_path / "x.parquet")


def test_a_report_goes_nowhere_where_others_have_written(table, tmp_path):
    with Subject.open(table) as subject:
        report = run_suite(subject, suite({"name": "composition.values", "field": "caption"}))
    folder = tmp_path / "out"
    page = reports.write(report, folder, archive=None)
    assert page.read_text().count("<article") == len(report.findings)
    reports.write(report, folder, archive=None)
    (folder / "report.json").unlink()
    with pytest.raises(Exception, match="no audit wrote"):
        reports.write(report, folder, archive=None)


@pytest.mark.parametrize(
    ("option", "said"),
    [("top = 0", "top must be at least 1, got 0"), ("sample_rows = -5", "sample_rows must be at least 1, got -5"),
     ("seed = -1", "seed must be at least 0, got -1")],
)  # fmt: skip
def test_counts_below_the_least_are_told_before_anything_runs(tmp_path, option, said):
    (tmp_path / "s.toml").write_text(f'[[check]]\nname = "captions.languages"\n{option}\n')
    with pytest.raises(SuiteError, match=said):
        load_suite(str(tmp_path / "s.toml"))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("t.csv", "id,title\n1,café\n".encode("latin-1"), "t.csv is not UTF-8; save it anew in that encoding"),
        ("t.csv", b"id,text\n1,a\n2,b,c,d\n3\n", "its rows do not all have as many columns as its header"),
        ("t.txt", b"id\n1\n", "no table that can be read: its name must end in .parquet, .csv, .tsv, .jsonl"),
        ("t.jsonl", b'{"id": 1}\nnot json\n', "Malformed JSON"),
        ("t.parquet", b"PAR1xxxx", "too small to be a Parquet file"),
    ],
)
def test_tables_that_cannot_be_read_are_one_line(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=re.escape(said)) as raised:
        Subject.open(tmp_path / name)
    assert "\n" not in str(raised.value)


def test_a_work_that_a_suite_asks_for_is_named_nowhere_once_it_is_withheld(archive, tmp_path):
    path = tmp_path / "about.toml"
    path.write_text(
        'title = "Of s:red.png"\nabout = "Why s:red.png?"\n[[check]]\nname = "composition.values"\nfield = "creator"\n'
        '# s:red.png, "s:red.png"\n'
    )
    with Subject.open(archive.path) as subject:
        report = run_suite(subject, load_suite(str(path)))
    assert "s:red.png" in json.dumps(report.record())
    assert "s:red.png" not in json.dumps(report.without({"s:red.png"}).record())

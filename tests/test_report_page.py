"""Reports as a person gets them: the page, its pictures, Markdown, CSV; nothing of what is withheld."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.audit import Finding, Picture, Subject, Table, run_suite
from latentarchive.audit.comparison import compare
from latentarchive.audit.suite import bind
from latentarchive.cli.main import main
from latentarchive.errors import ReportError
from latentarchive.render import figures, reports
from latentarchive.render.charts import chart
from latentarchive.render.report_page import html_table

EVIL = "<script>alert(1)</script>|`x`\u202e"


def drawn(kind, rows, columns=("name", "items"), **more):
    table = Table(columns=columns, rows=tuple(rows))
    picture = Picture(kind=kind, x=0, y=tuple(range(1, len(columns))), alt="What is to be seen.", **more)
    return chart(picture, table)


@pytest.fixture
def report(archive):
    """A report of the swatches with a finding of every kind."""
    ids = [item.id for item in archive.shown()]
    bars = Table(columns=(EVIL, "share of all"), rows=((EVIL, 0.75), ("", 0.25)))
    pairs = Table(columns=("one", "other", "cosine"), rows=((ids[0], ids[1], 0.98), (ids[2], ids[3], 0.97)), ids=(0, 1))
    findings = (
        Finding(check="composition.values", options={"field": "x"}, sentence=f"Three of four {EVIL}.", value=0.75,
                unit="share", n=4, denominator="items that are shown", interval=(0.3, 0.954), interval_by="Wilson",
                null=0.5, null_by="by chance", notes=(f"Note {EVIL}",), table=bars,
                picture=Picture(kind="bars", x=0, y=(1,), alt=f"Bars {EVIL}")),
        Finding(check="duplicates.near", sentence=f"Two pairs; the first is of {ids[0]}.", value=2, unit="pairs", n=10,
                denominator="pairs", outcome="fail", examples=tuple(ids[:10]), table=pairs,
                picture=Picture(kind="pairs", x=0, y=(2,), alt="Pairs")),
        Finding(check="rights.c2pa", sentence="Not asked: no images.", outcome="skip"),
        Finding(check="rights.classes", sentence="All are open.", outcome="pass"),
    )  # fmt: skip
    suite = bind({"title": f"T {EVIL}", "check": [{"name": "composition.values", "field": "title"}]},
                 name="t", text="[[check]]", where="t.toml")  # fmt: skip
    with Subject.of(archive) as subject:
        return replace(run_suite(subject, suite), findings=findings)


class Page(HTMLParser):
    """What a page holds: attributes by tag, and whether its elements are closed in their order."""

    VOID = ("meta", "img", "br", "input")

    def __init__(self):
        super().__init__()
        self.found, self.open, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attrs for found, attrs in self.found if found == tag]


def read(page):
    parser = Page()
    parser.feed(page.read_text())
    assert parser.open == []
    return parser


def test_the_page_is_one_file_whose_links_hold_and_whose_pictures_speak(report, archive, tmp_path):
    page = read(reports.write(report, tmp_path / "out", archive=archive))
    anchors = {attrs["id"] for _, attrs in page.found if "id" in attrs}
    links = [attrs["href"] for attrs in page.all("a")]
    assert links
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= anchors
    assert not [attrs for _, attrs in page.found if attrs.get("src", "data:")[:5] != "data:"]
    assert page.all("script") == []
    assert all(attrs.get("alt") for attrs in page.all("img"))
    pictures = [attrs for attrs in page.all("svg") if attrs.get("role") == "img"]
    assert pictures
    assert all(attrs.get("aria-labelledby") in anchors for attrs in pictures)
    assert len(page.all("article")) == len(report.findings)


def test_the_page_says_what_was_audited_and_every_figure(report, archive, tmp_path):
    page = read(reports.write(report, tmp_path / "out", archive=archive))
    exact = [attrs["value"] for attrs in page.all("data")]
    assert exact == ["0.75", "2"]
    for said in (
        "75 % of 4 items that are shown", "95 % interval 30 % to 95.4 % (Wilson)", "beside 50 % (by chance)",
        "2 pairs, n = 10 pairs", archive.manifest.digest, archive.manifest.fingerprint,
        report.provenance["suite_sha256"],
        "latentarchive audit swatches t", "1failed", "1passed", "1not asked", "1to be read",
    ):  # fmt: skip
        assert said in re.sub(r"\s+", " ", page.text), said


def test_tables_name_works_by_their_titles_with_the_id_below(report, archive):
    table = report.findings[1].table
    item = archive.item(table.rows[0][0])
    told = html_table(table, [[archive], []])
    address = item.url.startswith("http")
    assert told.count("<span class=id>") == len(table.rows)  # of the second column no archive is at hand
    assert f"{item.title}{'</a>' if address else ''}<span class=id>{item.id}</span>" in told
    assert f"<td>{table.rows[0][1]}</td>" in told
    assert "<span class=id>" not in html_table(table)


def test_what_is_withheld_later_vanishes_from_all_files(report, archive, tmp_path):
    folder = tmp_path / "out"
    since = compare(report, replace(report, findings=report.findings[2:]))
    reports.write(report, folder, archive=archive, since=since)
    gone = report.findings[1].examples[0]
    title = archive.item(gone).title
    assert all(gone in (folder / name).read_text() for name in reports.FILES)
    assert title in (folder / "report.html").read_text()
    archive.withhold([gone], reason="asked by the family")
    done = CliRunner().invoke(main, ["report", str(folder / "report.json"), "--archive", str(archive.path)])
    assert done.exit_code == 0, done.output
    reports.write(report, tmp_path / "again", archive=archive, since=since)
    for place in (folder, tmp_path / "again"):
        for name in reports.FILES:
            assert gone not in (place / name).read_text(), name
            assert title not in (place / name).read_text(), name
    assert "Two pairs; the first is of (withheld)." in (folder / "report.html").read_text()
    assert read(folder / "report.html").text.count("(1 row") + read(folder / "report.html").text.count("one pair") == 1


def test_an_archive_that_the_report_is_not_about_is_refused(report, archive, tmp_path):
    with pytest.raises(ReportError, match="about archive 'elsewhere', not about archive 'swatches'"):
        reports.write(replace(report, subject="elsewhere"), tmp_path / "out", archive=archive)
    assert not (tmp_path / "out").exists()


def test_a_report_of_a_table_needs_no_archive(report, tmp_path):
    page = read(reports.write(replace(report, kind="table", provenance={}), tmp_path / "out", archive=None))
    assert page.all("img") == []
    assert report.findings[1].examples[3] in page.text


def test_markdown_holds_every_finding_and_nothing_steers_it(report, archive, tmp_path):
    reports.write(report, tmp_path / "out", archive=archive, since=compare(report, report))
    text = (tmp_path / "out" / "report.md").read_text()
    assert "<script>" not in text
    assert "\u202e" not in text
    assert "75 % of 4 items that are shown; 95 % interval" in text
    assert "exactly 0.75" in text
    assert f"- {len(report.findings)} findings are what they were." in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} <= {3, 4}


def test_flagged_items_come_with_their_rights(report, archive, tmp_path):
    reports.write(report, tmp_path / "out", archive=archive)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "flagged.csv").read_bytes().decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == list(report.findings[1].examples)
    assert tuple(rows[0]) == reports.FLAGGED
    for row in rows:
        assert row["rights_class"] == archive.item(row["id"]).rights_class


def test_what_changed_stands_in_page_markdown_and_terminal(archive, tmp_path):
    (tmp_path / "s.toml").write_text('title = "T"\n[[check]]\nname = "composition.values"\nfield = "creator"\n')
    runner, first, second = CliRunner(), tmp_path / "first", tmp_path / "second"
    assert (
        runner.invoke(main, ["audit", str(archive.path), str(tmp_path / "s.toml"), "--out", str(first)]).exit_code == 0
    )
    archive.withhold([next(archive.shown()).id], reason="r")
    arguments = ["audit", str(archive.path), str(tmp_path / "s.toml"), "--out", str(second)]
    done = runner.invoke(main, [*arguments, "--against", str(first / "report.json")])
    assert done.exit_code == 0, done.output
    html, text = ((second / name).read_text() for name in ("report.html", "report.md"))
    for shown in (done.stdout, html, text):
        assert "There were 10 items that are shown, now there are 9." in shown
        assert "Another number of items is withheld." in shown
    assert "What changed since" in html
    arguments = ["audit", str(archive.path), str(tmp_path / "s.toml"), "--out", str(second)]
    done = runner.invoke(main, [*arguments, "--against", str(first / "report.json"), "--json"])
    assert json.loads(done.stdout)["since"]["reasons"][0].startswith("There were 10")
    html = (second / "report.html").read_text()  # of this run, which says when it was
    arguments = ["report", str(second / "report.json"), "--archive", str(archive.path)]
    assert runner.invoke(main, [*arguments, "--against", str(first / "report.json")]).exit_code == 0
    assert (second / "report.html").read_text() == html


# Figures.


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (1, "100 %"), (0.5, "50 %"), (0.1588, "15.9 %"), (0.00412, "0.41 %"), (0.99987, "99.99 %"),
     (0.99999, "more than 99.99 %"), (0.00001, "less than 0.01 %"), (1 / 3, "33.3 %")],
)  # fmt: skip
def test_shares_in_percent(share, said):
    assert figures.percent(share) == said


@given(st.floats(0, 1))
def test_a_share_never_reads_as_all_or_nothing_if_it_is_not(share):
    said = figures.percent(share)
    assert (said == "0 %") == (share == 0)
    assert (said == "100 %") == (share == 1)


def test_numbers_keep_years_whole_and_part_thousands():
    assert figures.cell(1850, "year of the work") == "1850"
    assert figures.cell(1850, "first year") == "1850"
    assert figures.cell(1850, "items") == "1,850"
    assert figures.cell(1850, "items with one year") == "1,850"
    assert figures.cell(0.125, "share of items") == "12.5 %"
    assert figures.cell(3.0, "share ratio") == "3"
    assert figures.cell(None, "x") == "–"
    assert figures.number(1234567.8) == "1,234,568"


# Drawings.


def parts(svg, name):
    return list(ElementTree.fromstring(svg).iter(name))


def test_bars_are_as_long_as_their_values():
    svg = drawn("bars", [("a", 4), ("b", 1), ("c", None), (EVIL, 2)])
    widths = [bar.get("width") for bar in parts(svg, "rect")][1::2]
    assert widths == ["100.000%", "25.000%", "0.000%", "50.000%"]
    assert "<script>" not in svg


def test_many_bars_of_nothing_at_the_end_are_one_line():
    svg = drawn("bars", [("a", 3), ("b", 0), ("c", 1), *((name, 0) for name in "defghi")])
    assert "6 more: 0" in svg
    assert re.findall(r">([a-i])</text>", svg) == ["a", "b", "c"]
    assert "more: 0" not in drawn("bars", [("a", 3), ("b", 0), ("c", 0)])


def test_a_family_that_comes_twice_is_told_by_its_checks(report, archive, tmp_path):
    again = [replace(report.findings[0], check=f"rights.{name}") for name in ("missing", "years")]
    findings = (report.findings[3], report.findings[0], *again)
    page = reports.write(replace(report, findings=findings), tmp_path / "out", archive=archive).read_text()
    assert '<a href="#rights-1">Rights: classes</a>' in page
    assert '<a href="#rights-2">Rights: missing, years</a>' in page
    assert page.count("What a collection says of its rights") == 1


def test_what_is_not_asked_for_one_reason_is_said_once(report, archive, tmp_path):
    skips = tuple(replace(report.findings[2], check=f"rights.{name}") for name in ("classes", "missing", "years"))
    page = reports.write(replace(report, findings=skips), tmp_path / "out", archive=archive).read_text()
    assert page.count("Not asked: no images.") == 1
    assert "<h3>rights.classes; rights.missing; rights.years</h3>" in page


def test_many_series_stand_below_each_other_to_one_scale():
    rows = [(year, 8 if year == 1500 else 2, 4) for year in range(1500, 1900, 10)]
    svg = drawn("timeline", rows, ("decade from", "open", "unknown"))
    first = re.findall(r"M0.0 1000V([0-9.]+)h([0-9.]+)", svg)
    assert [height for height, _ in first] == ["0.0", "500.0"]
    assert all(float(wide) * 330 / 1000 > 6 for _, wide in first)  # pixels on a phone
    assert svg.index(">open<") < svg.index(">unknown<")
    beside = drawn("timeline", rows[:20], ("decade from", "open", "unknown"))
    assert beside.count('viewBox="0 0 1000 1000"') == 1


def test_a_timeline_keeps_its_gaps():
    svg = drawn("timeline", [(1900, 2), (1903, 1)], ("year", "items"))
    [path] = [p.get("d") for p in parts(svg, "path")]
    # four years share 1000 units: bars of 200 at the beginning of the first and last quarter, of full and half height
    assert path == "M0.0 1000V0.0h200.00V1000zM750.0 1000V500.0h200.00V1000z"
    assert {text.text for text in parts(svg, "text")} >= {"1900", "1903"}


def test_bars_of_decades_are_ten_years_wide_and_stand_beside_each_other():
    svg = drawn("timeline", [(1900, 2, 1), (1930, 1, 2)], ("decade from", "items", "ranges"))
    assert [p.get("d") for p in parts(svg, "path")] == [
        "M0.0 1000V0.0h100.00V1000zM750.0 1000V500.0h100.00V1000z",
        "M100.0 1000V500.0h100.00V1000zM850.0 1000V0.0h100.00V1000z",
    ]


def test_addresses_are_shortened_in_the_middle():
    svg = drawn("bars", [(f"https://rightsstatements.org/vocab/{'x' * 40}/NoC-US/1.0/", 1), ("y" * 60, 1)])
    names = [text.text for text in parts(svg, "text") if text.get("class") != "v"]
    assert names == ["rightsstatements.org/v…xxxxxxxxx/NoC-US/1.0/", "y" * 43 + "…"]


def test_a_lorenz_curve_has_its_diagonal_and_other_curves_have_none():
    columns = ("share of values", "share of items")
    lorenz = drawn("curve", [(0.0, 0.0), (0.5, 0.2), (1.0, 1.0)], columns)
    assert [p.get("d") for p in parts(lorenz, "path")] == [
        "M0.0 1000.0L1000.0 0.0",
        "M0.0 1000.0L500.0 800.0L1000.0 0.0",
    ]
    assert len(parts(drawn("curve", [(0.0, 0.1), (1.0, 1.0)], columns), "path")) == 1


def test_curves_show_marks_gaps_and_logarithms():
    svg = drawn("curve", [(0, 1), (1, 10), (2, None), (3, 1000), (4, 100)], ("x", "items"), log=True,
                marks=((3.0, "a data set"), (9.0, "outside")))  # fmt: skip
    assert [p.get("d").count("L") for p in parts(svg, "path")] == [1, 1]
    assert parts(svg, "path")[0].get("d") == "M0.0 1000.0L250.0 666.7"
    assert [t.text for t in parts(svg, "text") if "data set" in (t.text or "")] == ["3: a data set"]
    assert "outside" not in svg
    assert [line.get("x1") for line in parts(svg, "line") if line.get("stroke-dasharray") == "3 3"] == ["75.00%"]


ODD = st.sampled_from([float("nan"), float("inf"), None, True])
NUMBERS = st.one_of(ODD, st.integers(-(10**9), 10**9), st.floats(-1e15, 1e15), st.text(max_size=60))


@given(
    st.sampled_from(["bars", "curve", "timeline"]),
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=8),
    st.booleans(),
)
def test_any_table_is_drawn_as_sound_xml_within_bounds(kind, rows, log):
    svg = drawn(kind, rows, ("x", "one", "two"), log=log, marks=((0.5, "m"),))
    if svg:
        for bar in parts(svg, "rect"):
            assert 0 <= float(bar.get("width").rstrip("%")) <= 100.001
        for path in parts(svg, "path"):
            assert re.fullmatch(r"[MLVhz0-9. -]*", path.get("d"))


def test_nothing_to_draw_is_no_picture():
    assert drawn("bars", []) == ""
    assert drawn("curve", [("a", "b")]) == ""


def test_a_finding_with_a_number_that_is_none_is_refused_or_emptied():
    with pytest.raises(ValueError, match="finite"):
        Finding(sentence="s", value=float("nan"), n=1, denominator="x")
    assert json.dumps(Table(columns=("a",), rows=((float("inf"),), (1.0,))).rows) == "[[null], [1.0]]"

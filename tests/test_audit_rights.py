"""The suite `rights`: on a cabinet whose planted faults are known, and on small tables worked out by hand."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.audit.finding import Skip
from latentarchive.audit.suite import bind
from latentarchive.build import build_archive
from latentarchive.embedded import read_embedded
from latentarchive.export.formats import export_archive
from latentarchive.recipes import load_recipe
from tests.conftest import write_recipe


@pytest.fixture(scope="module")
def cabinet(small_cabinet, small_truth):
    """An archive of 700 works, and the truth about those that are in it, by id."""
    return small_cabinet, {row["id"]: row for row in small_truth}


def asked(subject, *checks):
    entries = [{"name": one} if isinstance(one, str) else one for one in checks]
    suite = bind({"title": "T", "check": entries}, name="t", text="", where="t.toml")
    return run_suite(subject, suite).findings


def planted(truth, what):
    return {item for item, row in truth.items() if row[what] and not row["broken"]}


def table(path, text):
    path.write_text(text)
    return Subject.open(path)


def test_every_planted_fault_is_found_and_none_invented(cabinet):
    archive, truth = cabinet
    with Subject.of(archive) as subject:
        found = asked(
            subject,
            {"name": "rights.conflicts", "top": 5000},
            {"name": "rights.missing", "top": 5000},
            {"name": "reservations.mining", "top": 5000},
            "quality.rejected",
        )
    first = {}
    for one in found:
        first.setdefault(one.check, one)
    assert min(len(planted(truth, what)) for what in ("rights_conflict", "missing_rights", "reserved")) >= 5
    for check, what in (
        ("rights.conflicts", "rights_conflict"),
        ("rights.missing", "missing_rights"),
        ("reservations.mining", "reserved"),
    ):
        assert {row[0] for row in first[check].table.rows} == planted(truth, what), check
        assert first[check].value == len(planted(truth, what)) / len(archive)
    broken = {f"{row['id'].partition(':')[2]}.jpg" for row in truth.values() if row["broken"]}
    assert {row[0] for row in first["quality.rejected"].table.rows} == broken
    assert first["quality.rejected"].n == len(truth)


def few(suite):
    """A suite that reads few originals: those of a cabinet are drawn anew each time."""
    fewer = [replace(one, options=dict(one.options) | {"most": 20}) for one in suite.checks if "most" in one.options]
    assert [one.check.name for one in fewer] == ["embedded.credentials"]
    return replace(suite, checks=tuple(fewer[0] if "most" in one.options else one for one in suite.checks))


def test_the_whole_suite_runs_on_the_cabinet(cabinet):
    archive, _ = cabinet
    with Subject.of(archive) as subject:
        one, two = (run_suite(subject, few(load_suite("rights"))) for _ in range(2))
    assert one.outcomes["fail"] == 0
    assert one.findings == two.findings
    skipped = {finding.check for finding in one.findings if finding.outcome == "skip"}
    assert {name.partition(".")[0] for name in skipped} == {"reservations", "provenance"}


def test_what_is_withheld_is_in_no_finding(cabinet, tmp_path):
    archive, truth = cabinet
    out = tmp_path / "copy"
    export_archive(archive, "copy", out=out)
    copy = Archive.open(out)
    gone = sorted(planted(truth, "rights_conflict"))[:2]
    copy.withhold(gone, reason="test")
    with Subject.of(copy) as subject:
        told = json.dumps([one.record() for one in run_suite(subject, few(load_suite("rights"))).findings])
    assert not any(item in told for item in gone)


TABLE = """\
id,rights,rightsstatement
a,CC0,
b,Public domain,http://rightsstatements.org/vocab/InC/1.0/
c,,http://rightsstatements.org/vocab/UND/1.0/
d,?,
e,No known copyright restrictions,
f,CC BY-NC 4.0,
g,CC BY 4.0,http://creativecommons.org/licenses/by/4.0/
"""


def test_classes_of_a_table(tmp_path):
    with table(tmp_path / "t.csv", TABLE) as subject:
        left_open, classes, statements, missing, conflicts, *_ = asked(
            subject, "rights.classes", "rights.missing", "rights.conflicts"
        )
    # UND and words that hedge are unknown, never free; "?" is no statement
    assert left_open.value == 3 / 7
    assert "1 have no statement, 1 say that nobody has decided, 1 have words" in left_open.sentence
    assert [row[:2] for row in classes.table.rows] == [
        ("open", 2),
        ("restricted", 2),
        ("unknown", 2),
        ("no statement", 1),
    ]
    assert statements.value == 6
    assert missing.examples == ("d",)
    assert conflicts.examples == ("b",)
    assert conflicts.table.rows[0][1::2] == ("column rights", "column rightsstatement")


def test_a_page_that_contradicts_the_catalogue(tmp_path):
    with table(tmp_path / "t.csv", "id,rights,page\na,CC0,All rights reserved\nb,CC0,CC0\n") as subject:
        [first, *_] = asked(subject, {"name": "rights.conflicts", "columns": ["page"]})
        [skipped] = asked(subject, {"name": "rights.conflicts", "columns": ["pgae"]})
    assert first.examples == ("a",)
    assert skipped.outcome == "skip"


def test_years_ask_and_do_not_judge(tmp_path):
    rows = "id,rights,year\na,In Copyright,1700\nb,Public domain,1950\nc,CC0,1950\nd,In Copyright,1950\ne,CC0,\n"
    with table(tmp_path / "t.csv", rows) as subject:
        over, old, young = asked(subject, "rights.years")
    assert over.value == 1 / 5
    assert over.table.rows == ((1700, 0, 1, 0, 0), (1950, 2, 1, 0, 0))
    assert old.examples == ("a",)
    assert young.examples == ("b",)  # a waiver is no statement of age


def test_identifiers_of_local_contexts_are_carried(tmp_path):
    with table(
        tmp_path / "t.csv", "id,local_contexts_project\na,https://localcontextshub.org/projects/1\nb,\n"
    ) as subject:
        [found] = asked(subject, "communities.labels")
    assert (found.value, found.examples) == (0.5, ("a",))


WEB = """\
id,url,x_robots_tag,tdm_reservation,tdm_policy,content_usage
a,https://a.org/i/1.jpg,noai,1,https://a.org/p,train-ai=n
b,https://a.org/i/2.jpg,otherbot: noai,0,,train-ai=y
c,https://a.org/open/3.jpg,"unavailable_after: Wed, 3 Dec 2025 13:09:53 GMT",,,train-ai
d,https://b.org/4.jpg,noindex,,,Train-AI=n
"""


def test_recorded_fields_and_files_of_the_web(tmp_path):
    for name in ("tdm", "robots"):
        (tmp_path / name).mkdir()
    (tmp_path / "tdm/a.org.json").write_text(json.dumps([{"location": "/", "tdm-reservation": 1}]))
    (tmp_path / "tdm/b.org.json").write_text("nothing")
    (tmp_path / "robots/a.org.txt").write_text("User-agent: GPTBot\nDisallow: /i/\nContent-Usage: /open/ train-ai=n\n")
    with table(tmp_path / "t.csv", WEB) as subject:
        tag, hidden, usage, broken, tdm, robots, open_ones = asked(
            subject,
            "reservations.robots_tag",
            "reservations.usage",
            {"name": "reservations.tdm", "files": str(tmp_path / "tdm")},
            {"name": "reservations.robots", "files": str(tmp_path / "robots")},
        )
        [none] = asked(subject, {"name": "reservations.robots", "files": str(tmp_path / "nowhere")})
    assert tag.examples == ("a",)
    assert hidden.value == 1 / 4
    assert usage.examples == ("a",)
    assert broken.examples == ("d",)
    assert tdm.table.rows == (("a", "https://a.org/p"), ("c", "file of a.org"))  # the field of b overrides the file
    assert any("b.org" in note for note in tdm.notes)
    assert (robots.value, robots.n, robots.examples) == (2 / 3, 3, ("a", "b"))
    assert open_ones.value == 1 / 3
    assert none.outcome == "skip"


CODE = "DMI-PROHIBITED-GENAIMLTRAINING"
PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" '
    'xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" e:DigitalSourceType="digitalArt" e:AISystemUsed="Brush 1" '
    f'plus:DataMining="http://ns.useplus.org/ldf/vocab/{CODE}"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture
def reserved(tmp_path):
    """An archive of two photographs, one of which reserves training in its file."""
    folder = tmp_path / "images"
    folder.mkdir()
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8))
    image.save(folder / "a.jpg", xmp=PACKET.encode())
    image.rotate(90).save(folder / "b.jpg")
    return load_recipe(str(write_recipe(tmp_path)), root=folder)


def test_a_reservation_survives_every_re_encoding(reserved, tmp_path):
    """Thumbnails lose what a file says; the record must not, in any copy or table, nor when the archive grows."""
    archive = Archive.open(build_archive(reserved, out=tmp_path / "archive").path)
    item = "s:a.jpg"
    assert archive.item(item).mining == CODE
    assert read_embedded(archive.original(item)).mining.endswith(CODE)
    assert read_embedded(archive.thumbnail(item)).mining == ""
    with Subject.of(archive) as subject:
        first, _, kept = asked(subject, "reservations.mining")
    assert first.examples == (item,)
    assert (kept.value, kept.n) == (0, 1)
    assert "Thumbnails" in kept.notes[0]
    for name in ("csv", "jsonl", "parquet", "copy"):
        export_archive(archive, name, out=tmp_path / f"t.{name}")
    by_id = {row["id"]: row for row in csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text("utf-8-sig")))}
    assert by_id[item]["mining"] == CODE
    for name in ("t.csv", "t.jsonl", "t.parquet", "t.copy"):
        with Subject.open(tmp_path / name) as subject:
            assert asked(subject, "reservations.mining")[0].examples == (item,), name
    (archive.holdings.root / "c.jpg").write_bytes((archive.holdings.root / "b.jpg").read_bytes()[:-2])
    grown = Archive.open(build_archive(reserved, out=tmp_path / "archive").path)
    assert grown.item(item).mining == CODE


def test_a_reservation_that_is_lost_is_named(reserved, tmp_path, monkeypatch):
    from latentarchive.build import parts

    monkeypatch.setattr(parts, "mining_code", lambda written: "")
    archive = Archive.open(build_archive(reserved, out=tmp_path / "archive").path)
    with Subject.of(archive) as subject:
        *_, kept = asked(subject, "reservations.mining")
    assert (kept.value, kept.examples) == (1, ("s:a.jpg",))


def test_what_files_say_of_their_making(reserved, tmp_path):
    archive = Archive.open(build_archive(reserved, out=tmp_path / "archive").path)
    with Subject.of(archive) as subject:
        silent, made, types, ai, credentials = asked(
            subject, "embedded.fields", "embedded.source_types", "embedded.ai", "embedded.credentials"
        )
    assert silent.value == 1 / 2
    assert made.value == 0
    assert "1 as a bare code, 1 with a retired one" in types.sentence
    assert ai.examples == ("s:a.jpg",)
    assert dict(credentials.table.rows)["no manifest"] == 2
    assert "No manifest shows nothing." in credentials.notes


PROVENANCE = [
    {
        "id": "a",
        "year": 1900,
        "creator": "Anna Maler",
        "provenance_text": "Anna Maler. K. Weber, Zurich, by 1950; gift, 1960",
    },
    {"id": "b", "year": 1900, "creator": "", "provenance_text": "K. Weber, 1920; (Galerie Nord), 1937; gift, 1938"},
    {"id": "c", "year": 1900, "creator": "", "provenance_text": "Probably K. Weber", "date_acquired": "1926-01-15"},
    {"id": "d", "year": 1900, "creator": "", "provenance_text": "K. Weber"},
    {"id": "e", "year": 1990, "creator": "", "provenance_text": "the artist, 1991"},
    {"id": "f", "year": 1900, "creator": "", "provenance_text": ""},
]


def test_provenance_is_read_and_quoted(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in PROVENANCE))
    with Subject.open(path) as subject:
        found = asked(subject, "provenance.texts", "provenance.gaps", "provenance.period", "provenance.words")
    none, alone, gaps, period, hands, again, uncertain, taken = found
    assert none.value == 1 / 6
    assert alone.value == 3 / 5
    assert gaps.table.rows == (("a", 1900, 1950, "Anna Maler", "K. Weber, Zurich, by 1950"),)
    assert period.n == 3  # not c, which came in 1926, nor e, which was made later
    assert dict(period.table.rows) == {
        "told in every year": 1,
        "told, with somebody named without years": 0,
        "a chain that leaves years open": 1,
        "one owner or donor alone": 0,
        "no year at all": 1,
    }
    assert [row[:3] for row in hands.table.rows] == [("b", 1937, 1938), ("b", 1920, 1937), ("a", 1900, 1950)]
    assert again.table.rows[0][0] == "a"
    assert uncertain.examples == ("c",)
    assert taken.value == 0


def test_a_museums_own_columns_of_dates_are_read(tmp_path):
    """Years as numbers or as days under a museum's names; else dates in words; and neither is not asked."""
    path = tmp_path / "t.jsonl"
    rows = [{"creation_date_earliest": "1855-01-01", "creation_date_latest": "1865-01-01", "creation_date": "c. 1860"}]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    with Subject.open(path) as subject:
        assert subject.row(f"SELECT {subject.sql('year')}, {subject.sql('year_end')} FROM items") == (1855, 1865)
    with table(tmp_path / "t.csv", "id,Date\na,1890s\nb,1925?\nc,someday\nd,\n") as subject:
        years = f"SELECT id, {subject.sql('year')}, {subject.sql('year_end')} FROM items ORDER BY id"
        assert subject.rows(years) == [("a", 1890, 1899), ("b", 1925, 1925), ("c", None, None), ("d", None, None)]
        assert subject.column_of("year") == "Date"
    with table(tmp_path / "n.csv", "id\na\n") as subject:
        assert not subject.has("year")
        with pytest.raises(Skip, match="no column for year: looked for year, year_start"):
            subject.sql("year")

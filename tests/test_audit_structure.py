"""Structure and loss: planted labels are found, shuffled ones are not, what cannot be asked says why."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from latentarchive.archive import Archive
from latentarchive.audit import Finding, Picture, Subject, Table, load_suite, run_suite
from latentarchive.audit.finding import Skip
from latentarchive.audit.labels import fields_of, in_turn, labels
from latentarchive.audit.neighbours import neighbours
from latentarchive.audit.probes import probed
from latentarchive.audit.suite import bind
from latentarchive.build import build_archive
from latentarchive.cli.main import main
from latentarchive.measures.matching import top_k
from latentarchive.recipes import load_recipe
from latentarchive.render.charts import chart
from tests.conftest import write_recipe

DIM, KINDS = 16, 4
RECIPE = """
title = "Planted"
[collection]
source = "embeddings"
[encoder]
id = "openclip:ViT-B-32/missing.pt"
[index]
factory = "{factory}"
"""


def ask(subject, name, **options):
    """The findings of one check."""
    return run_suite(subject, bind({"check": [{"name": name} | options]}, name="t", text="", where="t")).findings


def planted(folder: Path, n: int, *, factory="exact", copies=0, noise=0.9) -> Archive:
    """Works in clusters by place, which drift over the years; makers are dealt at random, each has its own number."""
    random = np.random.default_rng(0)
    kind, year = np.arange(n) % KINDS, 1800 + random.integers(0, 100, n)
    rows = 3 * np.eye(DIM)[kind] + noise * random.standard_normal((n, DIM))
    rows[:, KINDS] += (year - 1850) / 20
    rows[n - copies :] = rows[:copies]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    table = {
        "caption": [f"work {i}" for i in range(n)],
        "place": [f"Place {one}" for one in kind],
        "creator": [f"Maker {one}" for one in random.integers(0, 3, n)],
        "date": [str(one) for one in year],
        "medium": ["ink"] * n,
        "accession": [str(i) for i in range(n)],
        "donor": [f"Donor {i % 2}" if i < 6 else "" for i in range(n)],
    }
    for name in ("img_emb", "metadata"):
        (folder / name).mkdir(parents=True)
    np.save(folder / "img_emb" / "img_emb_0000.npy", rows.astype(np.float16))
    pq.write_table(pa.table(table), folder / "metadata" / "metadata_0000.parquet")
    text = RECIPE.format(factory=factory)
    recipe = load_recipe(str(write_recipe(folder, text, "planted")), root=folder)
    return Archive.open(build_archive(recipe, out=folder / "archive").path)


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    with Subject.of(planted(tmp_path_factory.mktemp("planted"), 240)) as subject:
        yield subject


# Neighbours.


def test_neighbours_are_the_nearest_of_those_that_are_shown(works, tmp_path):
    graph = neighbours(works, 5)
    rows = works.archive.embeddings.take(graph.rows)
    assert graph.near.tolist() == top_k(rows, rows, 5, apart=True).tolist()
    assert graph.recall is None
    assert neighbours(works, 5) is graph
    archive = planted(tmp_path, 60)
    gone = archive.collection[7].id
    archive.withhold([gone], reason="asked")
    with Subject.of(archive) as subject:
        less = neighbours(subject, 5)
        assert gone not in less.ids
        assert 7 not in less.rows
        rows = archive.embeddings.take(less.rows)
        assert less.near.tolist() == top_k(rows, rows, 5, apart=True).tolist()
        report = run_suite(subject, load_suite("structure"))
    assert f"'{gone}'" not in str(report.record())


def test_a_large_archive_is_asked_by_its_index_and_says_how_many_it_finds(tmp_path):
    with Subject.of(planted(tmp_path, 600, factory="RR16,IVF8,RaBitQfs")) as subject:
        graph = neighbours(subject, 5)
        rows = subject.archive.embeddings.take(graph.rows)
        found, low, high = graph.recall
        assert found >= 0.9
        assert low <= found <= high
        assert "index, which finds" in graph.notes[0]
        assert (graph.near != np.arange(600)[:, None]).all()
        assert graph.near.min() >= 0
        true = top_k(rows, rows, 5, apart=True)
        hits = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(graph.near.tolist(), true.tolist(), strict=True)])
        assert hits == pytest.approx(found, abs=0.05)
        some = neighbours(subject, 5, 100)
        assert len(some.ids) == 100
        assert some.what == "items, a sample of 600"
        codes = {row[0]: row[1] for row in ask(subject, "kept.ledger")[0].table.rows}
        assert codes["code"] == subject.archive.holdings.index.coded(rows[:2])[1] < codes["vector"] == 2 * DIM


def test_copies_are_nobody_s_neighbours_and_change_no_figure(tmp_path):
    """Of 200 works 60 are there twice: homophily is that of the 140 others, as far as neighbours are the same."""
    with Subject.of(planted(tmp_path / "a", 200, copies=60)) as subject:
        graph = neighbours(subject, 10)
        i, j = graph.links
        assert graph.copies.cosine == 0.98
        assert not [pair for pair in zip(i.tolist(), j.tolist(), strict=True) if abs(pair[0] - pair[1]) == 140]
        assert np.bincount(np.bincount(graph.copies.group)).tolist()[:3] == [0, 80, 60]


# Who stands beside whom.


def test_planted_places_stand_together_and_makers_do_not(works):
    first, *each = ask(works, "mixing.homophily")
    assert [row[0] for row in first.table.rows] == ["place", "decade", "creator"]
    by = {row[0]: row for row in first.table.rows}
    assert by["place"][3] > 0.8 > by["decade"][3] > 0.02
    assert by["place"][6] == by["decade"][6] == 0.005
    assert by["creator"][6] > 0.05
    assert by["creator"][4] < 0 < by["creator"][5]
    assert first.value == by["place"][3]
    assert first.interval[0] < first.value < first.interval[1]
    place = next(one for one in each if "share its place" in one.sentence)
    assert place.null == pytest.approx(59 / 239, abs=0.01)
    assert place.interval[0] > 0.8
    assert "not to be told from chance" in next(one.sentence for one in each if "share its creator" in one.sentence)
    assert any("medium needs two values, and 'ink' is the only one" in note for note in first.notes)


def test_segregation_and_mixed_neighbourhoods_agree(works):
    place, decade, creator = ask(works, "mixing.segregated")
    assert place.value > 0.8 > place.null
    assert "not to be told apart" in creator.sentence
    assert decade.value > decade.null
    found = ask(works, "mixing.neighbourhoods", fields=["place", "creator"])
    assert found[0].value < 1.5 < 2.5 < found[0].null
    assert found[0].interval[1] < found[0].null
    assert found[1].interval[0] < found[1].null < found[1].interval[1]


# What the vector keeps.


def test_what_is_kept_and_what_is_dropped(works):
    first, *each = ask(works, "kept.fields", pca=3)
    by = {row[0]: row for row in first.table.rows}
    assert list(by) == ["place", "decade", "creator"]
    assert by["place"][1] > 0.95
    assert by["place"][4] == 0.25
    assert by["creator"][5] == pytest.approx(1 / 3, abs=0.12)
    assert (first.value, first.n) == (2 / 3, 3)
    assert "What cannot be told from chance: creator." in first.sentence
    assert "PCA 3" in str(first.table.columns)
    assert [one.interval[0] > one.null for one in each] == [True, True, False]
    assert "the vector does not keep it" in each[2].sentence
    assert any("no group of copies (cosine from 0.98) is divided" in note for note in first.notes)
    assert any("Not grouped by source: no work states source" in note for note in first.notes)


def test_what_is_grouped_is_never_guessed_from_its_like(tmp_path):
    """Copies are in one part; so are decades, of which there are ten; makers and places are too few to be."""
    with Subject.of(planted(tmp_path / "a", 200, copies=40)) as subject:
        works = probed(subject, group_by=(), pca=4)
        assert (works.fold[160:] == works.fold[:40]).all()
    with Subject.of(planted(tmp_path / "b", 200)) as subject:
        works = probed(subject, group_by=("creator", "place", "decade"), pca=4)
        decade = labels(subject, works.ids, "decade").of
        assert [len(set(works.fold[decade == one].tolist())) for one in range(10)] == [1] * 10
        assert "Not grouped by creator: that takes 5 values" in works.notes[0]
        assert "Works of one decade are in one part." in works.notes[0]


def test_years_are_read_where_the_works_drift(works):
    first, second = ask(works, "temporal.year")
    assert first.interval[0] > 0.3 > first.null
    assert len(second.table.rows) == 40
    [drift] = ask(works, "temporal.drift", shuffles=39)
    assert drift.value > 0.8
    assert "move apart with time" in drift.sentence
    [floating] = ask(works, "temporal.neighbourhoods")
    assert floating.interval[1] < 1
    assert floating.null == pytest.approx(1, abs=0.02)


# The shape.


def test_shape_of_planted_clusters(works):
    cone, filled = ask(works, "structure.spread")
    rows = works.archive.embeddings.take(np.arange(works.n)).astype(np.float64)
    products = rows @ rows.T
    assert cone.value == pytest.approx((products.sum() - np.trace(products)) / (240 * 239))
    assert 1 < filled.value < DIM
    assert filled.table.rows[-1] == (DIM, pytest.approx(1))
    hubs, never = ask(works, "structure.hubs")
    assert hubs.n == 2400
    assert hubs.table.rows[0][2] == max(row[2] for row in hubs.table.rows)
    assert never.value == pytest.approx(len(never.examples) / 240) or len(never.examples) == 20
    remote, apart = ask(works, "structure.remote", top=5)
    assert remote.table.rows[0][3] <= remote.table.rows[-1][3]
    assert apart.table.rows[0][3] >= apart.table.rows[-1][3]


# Bad input.


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        (
            "structure.hubs",
            {"k": 240},
            "240 neighbours of each work need 241 works or more, and k from 1: there are 240",
        ),
        ("mixing.homophily", {"fields": ["medium"]}, "medium needs two values, and 'ink' is the only one"),
        ("mixing.homophily", {"fields": ["accession"]}, "accession has a value of its own for each of 240 works"),
        ("mixing.homophily", {"fields": ["shelf"]}, "there is no column 'shelf'"),
        (
            "mixing.segregated",
            {"units": 200},
            "quarters must be from 2 to half as many as the works, 120 of 240: got 200",
        ),
        ("mixing.segregated", {"fields": ["source"]}, "no work states source"),
        ("kept.fields", {"fields": ["donor"]}, "donor needs two values of 20 works or more, and there is none"),
        ("kept.fields", {"sample": 49}, "probes need 50 works or more, 5 parts of ten: there are 49"),
        ("temporal.words", {"vocabulary": "missing.txt"}, "vocabulary missing.txt cannot be read"),
        ("structure.direction", {}, "words cannot be encoded"),
        ("structure.spread", {"sample": 2}, "needs 3 of them or more: there are 2"),
    ],
)
def test_what_cannot_be_asked_says_why_and_what_would_do(works, name, options, said):
    [one] = ask(works, name, **options)
    assert one.outcome == "skip"
    assert said in one.sentence


def test_a_handful_of_works_is_passed_over(archive, tmp_path):
    """Ten swatches: too few for neighbours and probes; a table has no vectors."""
    with Subject.of(archive) as subject:
        found = run_suite(subject, load_suite("loss")).findings + run_suite(subject, load_suite("structure")).findings
    assert not [one.sentence for one in found if one.outcome == "fail"]
    assert "10 neighbours of each work need 11 works or more, and k from 1: there are 10" in str(found)
    (tmp_path / "t.csv").write_text("caption\nx\n")
    with Subject.open(tmp_path / "t.csv") as subject:
        skipped = {
            one.outcome for suite in ("loss", "structure") for one in run_suite(subject, load_suite(suite)).findings
        }
    assert skipped == {"skip"}


def test_one_picture_many_times_breaks_nothing(tmp_path):
    """All vectors are the same: one group of copies, no spread, no links, nothing to learn."""
    archive = planted(tmp_path, 60, copies=0)
    same = np.repeat(archive.embeddings.take([0]), 60, axis=0).astype(np.float16)
    folder = tmp_path / "same"
    for name in ("img_emb", "metadata"):
        (folder / name).mkdir(parents=True)
    np.save(folder / "img_emb" / "img_emb_0000.npy", same)
    source = tmp_path / "metadata" / "metadata_0000.parquet"
    (folder / "metadata" / source.name).write_bytes(source.read_bytes())
    recipe = load_recipe(str(write_recipe(folder, RECIPE.format(factory="exact"), "same")), root=folder)
    with Subject.of(Archive.open(build_archive(recipe, out=folder / "archive").path)) as subject:
        found = run_suite(subject, load_suite("loss")).findings + run_suite(subject, load_suite("structure")).findings
    assert not [one.sentence for one in found if one.outcome == "fail"]


def test_labels_count_what_they_leave_out(works):
    ids = neighbours(works, 5).ids
    donor = labels(works, ids, "donor")
    assert (donor.names, donor.unstated, donor.rare) == (("Donor 0", "Donor 1"), 234, 0)
    assert labels(works, ids, "decade").names[0].endswith("0s")
    place = labels(works, ids, "place", most=2)
    assert (len(place.known), place.rare) == (120, 120)
    assert place.note == "Of 240 works 0 do not state place, 120 have one that too few others share."
    with pytest.raises(Skip, match="no column"):
        labels(works, ids, "nothing")
    found, reasons = fields_of(works, ids, ())
    assert [one.field for one in found] == ["creator", "place", "decade"]
    assert len(reasons) == 3
    assert in_turn(np.array([1, 0, 0, 1, 2])).tolist() == [1, 0, 4, 2, 3]


# On works whose truth is known.


def test_families_and_their_homes_are_found_in_the_pictures(other_cabinet, small_truth):
    first, *_ = ask(other_cabinet, "mixing.homophily", fields=["subjects", "subjects.3", "place", "medium"])
    by = {row[0]: row for row in first.table.rows}
    assert by["subjects (first)"][4] > 0.7
    assert by["place"][4] > 0.1  # six in ten works of a family come from its home
    assert by["place"][3] < by["subjects (first)"][3]
    assert all(row[6] == 0.005 for row in by.values())
    truth = {row["id"]: row["family"] for row in small_truth}
    remote = ask(other_cabinet, "structure.remote")[0]
    assert all(one in truth for one in remote.examples)


def test_the_palette_cools_and_words_say_so(other_cabinet):
    """Red and gold grow rarer, blue more common: DRIFT and WARM of the cabinet's catalogue."""
    [words] = ask(other_cabinet, "temporal.words", top=60)
    by = {row[0]: row for row in words.table.rows}
    assert by["blue"][2] > 0
    assert by["red"][3] < 0
    assert by["gold"][3] < 0
    assert "towards “blue”" in words.sentence
    assert words.picture.kind == "intervals"


def test_shuffled_years_move_nothing(other_cabinet):
    """At most 17 of 200 words move by chance at level 0.05: five colours under forty orders of the years."""
    from scipy.stats import norm

    from latentarchive.audit.labels import years
    from latentarchive.audit.texts import text_vectors
    from latentarchive.measures.drift import slopes

    graph = neighbours(other_cabinet, 10)
    when = years(other_cabinet, graph.ids)
    dated = np.flatnonzero(~np.isnan(when))
    terms = ["red", "gold", "blue", "violet", "green"]
    cosines = other_cabinet.archive.embeddings.take(graph.rows[dated]) @ text_vectors(other_cabinet, terms).T
    hits = 0
    for seed in range(40):
        slope, error = slopes(cosines, np.random.default_rng(seed).permutation(when[dated]))
        hits += int((2 * norm.sf(np.abs(slope / error)) < 0.05).sum())
    assert hits <= 17


def test_the_workshops_lead_their_places_and_the_vector_keeps_the_technique(other_cabinet):
    first, *each = ask(other_cabinet, "kept.fields", fields=["medium", "subjects", "place", "creator"])
    by = {row[0]: row for row in first.table.rows}
    assert by["medium"][1] > 0.9
    assert by["subjects (first)"][1] > 0.9
    assert by["place"][6] > 0.2
    assert all(one.interval[0] > one.null for one in each[:3])
    assert ask(other_cabinet, "kept.fields", fields=["medium", "subjects", "place", "creator"])[0] == first


def test_the_command_writes_a_report_of_structure(other_cabinet, tmp_path):
    done = CliRunner().invoke(
        main, ["audit", str(other_cabinet.archive.path), "structure", "--out", str(tmp_path / "r")]
    )
    assert done.exit_code == 0, done.output
    findings = json.loads((tmp_path / "r" / "report.json").read_text())["findings"]
    assert {one["outcome"] for one in findings} <= {"info", "skip"}
    assert "Who stands beside whom" in (tmp_path / "r" / "report.html").read_text()


@pytest.mark.parametrize(
    ("factory", "nearness"),
    [
        ("RR16,IVF4,RaBitQfs", 0.8),
        ("IVF4,PQ4x4", 0.8),
        ("IVF4,SQ8", 0.999),
        ("IVF4,PQ4x4fs", None),
        ("HNSW8,Flat", None),
    ],
)
def test_codes_of_an_index_on_disk_are_decoded_or_left_alone(tmp_path, factory, nearness):
    archive = planted(tmp_path, 600, factory=factory)
    rows = archive.embeddings.take(np.arange(600))
    found = archive.holdings.index.coded(rows)
    assert (found is None) == (nearness is None)
    if found is not None:
        decoded, size = found
        assert np.einsum("nd,nd->n", decoded / np.linalg.norm(decoded, axis=1, keepdims=True), rows).mean() > nearness
        assert 0 < size < 2 * DIM


def test_intervals_are_drawn_on_one_axis_with_their_marks():
    table = Table(columns=("term", "change", "from", "to"), rows=(("<a>", 0.5, 0.25, 0.75), ("b", None, 0, 1)))
    picture = Picture(kind="intervals", x=0, y=(1, 2, 3), alt="What is to be seen.", marks=((0.0, "no change"),))
    drawn = chart(picture, table)
    svg = ElementTree.fromstring(drawn)
    assert svg.attrib["aria-label"] == "What is to be seen."
    assert len(svg.findall(".//circle")) == 1  # what has no value is not drawn
    [interval] = [line for line in svg.iter("line") if line.get("stroke-width") == "3"]
    places = [float(line.rstrip("%")) for line in (interval.get("x1"), interval.get("x2"))]
    assert float(svg.find(".//circle").get("cx").rstrip("%")) == pytest.approx(sum(places) / 2)
    assert "0: no change" in drawn
    assert "&lt;a&gt;: 0.500 (0.25 to 0.75)" in drawn
    with pytest.raises(ValueError, match="a picture is one of"):
        Finding(sentence="s", table=table, picture=Picture(kind="intervals", x=0, y=(1, 2), alt="a"))


def test_an_interval_without_an_end_is_an_arrow_and_marks_leave_names_alone():
    table = Table(columns=("group", "skew", "from", "to"), rows=(("one", -1.25, None, -0.5), ("two", 0.5, 0.25, 0.75)))
    picture = Picture(kind="intervals", x=0, y=(1, 2, 3), alt="What is to be seen.", marks=((0.0, ""),))
    svg = ElementTree.fromstring(chart(picture, table))
    lines = [line for line in svg.iter("line") if line.get("stroke-width") == "3"]
    assert [line.get("x1") == "0%" for line in lines] == [True, False]
    assert len(svg.findall(".//svg")) == 1  # the head of the arrow
    assert "one: -1.250 (no bound to -0.5)" in {title.text for title in svg.iter("title")}
    names = [float(text.get("y")) for text in svg.iter("text") if text.text in ("one", "two")]
    for mark in (line for line in svg.iter("line") if line.get("stroke-dasharray")):
        assert all(not float(mark.get("y1")) < y < float(mark.get("y2")) for y in names)

"""One archive beside another: spaces made so that the answers are known, the swatches, and the real command."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import ortho_group

from latentarchive.archive import Archive
from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.audit.comparing import compare_archives
from latentarchive.audit.spaces import nearest
from latentarchive.audit.suite import bind
from latentarchive.build import build_archive
from latentarchive.cli.main import main
from latentarchive.measures.matching import top_k
from latentarchive.recipes import load_recipe
from tests.conftest import write_recipe
from tests.space_helpers import cloud, space

DIM, N = 8, 120


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return space(tmp_path_factory.mktemp("one"), cloud(N, DIM, 0))


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """The same works after a random rotation, which only another encoder would make."""
    turn = ortho_group.rvs(DIM, random_state=1)
    return space(tmp_path_factory.mktemp("turned"), cloud(N, DIM, 0) @ turn, encoder="openclip:B/two")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """The same works at random."""
    return space(tmp_path_factory.mktemp("stranger"), cloud(N, DIM, 7), encoder="openclip:C/three")


def ask(archive, check, other, **options):
    """The findings of one check of the family."""
    entry = {"name": f"plurality.{check}", "other": str(other.path), **options}
    with Subject.of(archive) as subject:
        return run_suite(subject, bind({"check": [entry]}, name="t", text="", where="t")).findings


def test_a_rotated_space_is_the_same_space(one, turned):
    kept, jaccard, average, biased = ask(one, "neighbours", turned)
    assert [round(f.value, 2) for f in (kept, jaccard, average, biased)] == [1, 1, 1, 1]
    assert (kept.n, kept.null) == (N, pytest.approx(10 / (N - 1)))
    assert [row[0] for row in kept.table.rows] == [1, 5, 10, 20, 50]
    cka, cknna, procrustes = ask(one, "agreement", turned)
    assert cka.value == pytest.approx(1, abs=1e-3)
    assert cknna.value == pytest.approx(1, abs=0.02)
    assert procrustes.value == pytest.approx(0, abs=1e-5)  # vectors are stored in float32
    assert procrustes.null > 0.5
    assert "p = 0.010" in procrustes.null_by
    found = ask(one, "translation", turned)
    assert [f.value for f in found] == [1, 1, 1, 1]
    assert {row[0] for row in found[0].table.rows} == {
        "rotation", "ridge", "none", "rotation, anchors paired at random",
    }  # fmt: skip
    none = next(row for row in found[0].table.rows if row[0] == "none")
    assert none[3] < 0.2  # without a map the two spaces have nothing to say to each other
    [moved] = ask(one, "moved", turned)
    assert (moved.value, moved.table.rows[0][-2]) == (0, 10)


def test_a_strange_space_is_chance(one, stranger):
    kept, jaccard, average, biased = ask(one, "neighbours", stranger)
    for f in (kept, jaccard, average, biased):
        assert f.interval[0] < f.null < f.interval[1]
    for f in ask(one, "agreement", stranger):
        assert f.interval[0] < f.null < f.interval[1]
    for f in ask(one, "translation", stranger):
        assert f.value < 0.1
        assert f.interval[0] <= f.null
    [moved] = ask(one, "moved", stranger)
    assert moved.interval[0] < moved.null < moved.interval[1]
    assert moved.table.rows[0][-2] == 0
    assert moved.examples[0] == moved.table.rows[0][0]


def test_works_in_one_alone_are_said(one, tmp_path):
    other = space(tmp_path, cloud(30, DIM, 3), keys=range(100, 130))
    [both] = ask(one, "works_in_both", other)
    assert both.sentence == "20 works are in both; 100 of 120 are only in e, 10 of 30 only in the other e."
    assert (both.value, both.n) == (pytest.approx(110 / 130), 130)
    assert both.examples[0] == "e:0"
    one.withhold(["e:0", "e:119"], reason="asked")
    try:
        [left] = ask(one, "works_in_both", other)
        assert left.n == 129  # one is in the other alone now
        assert left.examples[0] == "e:1"
    finally:
        one.restore(["e:0", "e:119"], reason="again")


def test_one_encoder_on_two_collections(one, tmp_path):
    """Works from the same cloud are covered as theory says; works from half of it leave the other half bare."""
    rows = cloud(400, DIM, 5)
    like = space(tmp_path / "like", rows[:N], keys=range(500, 500 + N))
    there, back = ask(one, "covered", like)
    for f in (there, back):
        assert f.interval[0] < f.null < f.interval[1]
    density = there.table.rows[1]
    assert density[0] == "density"
    assert density[3] < 1 < density[4]
    assert density[6] == pytest.approx(1, abs=0.1)  # both mixed and dealt anew
    half = space(tmp_path / "half", rows[rows[:, 0] > 0.2][:N], keys=range(900, 900 + min(N, (rows[:, 0] > 0.2).sum())))
    bare, _ = ask(one, "covered", half)
    assert bare.interval[1] < bare.null
    place = {item: at for at, item in enumerate(one.collection.table["id"].to_pylist())}
    assert cloud(N, DIM, 0)[[place[item] for item in bare.examples], 0].mean() < -0.2


def test_what_cannot_be_compared_says_what_would_do(one, turned, tmp_path, swatches):
    few = space(tmp_path / "few", cloud(4, DIM, 3), keys=[0, 1, 200, 201])
    said = {check: ask(one, check, few)[0].sentence for check in ("neighbours", "moved", "agreement", "translation")}
    assert said == {
        "neighbours": "Not asked: 2 works are in both, matched by id: at least 12 would do.",
        "moved": "Not asked: 2 works are in both, matched by id: at least 12 would do.",
        "agreement": "Not asked: 2 works are in both, matched by id: at least 22 would do.",
        "translation": "Not asked: 8 anchors of 2 works in both, for spaces of up to 8 dimensions: a map needs as many "
        "anchors as dimensions and 20 works to try it on, so that 8 anchors of 28 works in both would do.",
    }
    [lacking] = ask(one, "translation", turned, anchors=7)
    assert "7 anchors of 120 works in both" in lacking.sentence
    [other] = ask(one, "covered", turned)
    assert other.sentence.startswith("Not asked: two encoders made the vectors (openclip:A/one and openclip:B/two)")
    [small] = ask(one, "covered", few)
    assert small.sentence == "Not asked: 120 and 4 works: k = 5 needs at least 6 of each."
    alone = space(tmp_path / "alone", cloud(1, DIM, 3), keys=[777])
    assert ask(alone, "neighbours", one)[0].sentence.startswith("Not asked: 0 works are in both")
    with Subject.of(one) as subject:
        findings = run_suite(subject, load_suite("plurality")).findings
    assert {f.outcome for f in findings} == {"skip"}
    assert "use the command compare" in findings[0].sentence
    [nowhere] = ask(one, "works_in_both", type("Nowhere", (), {"path": tmp_path / "none"}))
    assert nowhere.sentence.startswith("Not asked: the other archive cannot be opened")


def test_an_archive_without_vectors(one, tmp_path):
    root = tmp_path / "table.csv"
    root.write_text("id,title\n0,a\n1,b\n")
    text = 'title = "T"\n[collection]\nsource = "table"\npath = "table.csv"\nname = "e"\n[encoder]\nid = "none"\n'
    bare = Archive.open(
        build_archive(load_recipe(str(write_recipe(tmp_path, text, "e")), root=tmp_path), out=tmp_path / "bare").path
    )
    assert ask(one, "works_in_both", bare)[0].value == pytest.approx(118 / 120)
    assert ask(bare, "neighbours", one)[0].sentence == "Not asked: archive e holds only metadata: there are no vectors."


def test_neighbours_are_exact_and_blocks_change_nothing(one, monkeypatch):
    rows = np.arange(5, N)
    some = np.arange(0, len(rows), 3)
    vectors = one.embeddings.take(rows)
    expected = top_k(vectors, vectors, 7, apart=True)[some]
    assert (nearest(one.embeddings, rows, some, 7) == expected).all()
    monkeypatch.setattr("latentarchive.audit.spaces.BLOCK", 13)
    monkeypatch.setattr("latentarchive.audit.spaces.QUERIES", 4)
    assert (nearest(one.embeddings, rows, some, 7) == expected).all()


def test_equal_archives_give_equal_findings(one, stranger):
    first, again = compare_archives(one, stranger), compare_archives(one, stranger)
    assert first.findings == again.findings
    assert first.provenance["other"]["encoder"] == "openclip:C/three"


def test_the_command_writes_a_report_without_what_is_withheld_in_either(archive, recipe, tmp_path):
    """The swatches beside themselves, built twice: all works are in both, and nothing moves."""
    twin = Archive.open(build_archive(recipe, out=tmp_path / "twin").path)
    out = tmp_path / "out"
    arguments = ["compare", str(archive.path), str(twin.path), "--out", str(out)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "10 works are in both" in done.stdout
    assert done.stdout.splitlines()[-1] == str(out / "report.html")
    assert sorted(p.name for p in out.iterdir()) == ["flagged.csv", "report.html", "report.json", "report.md"]
    page = (out / "report.html").read_text()
    assert f"latentarchive compare {archive.path} {twin.path}" in page
    suite = bind(
        {"check": [{"name": "plurality.moved", "other": str(twin.path), "k": 3}]}, name="t", text="", where="t"
    )
    from latentarchive.render import reports

    with Subject.of(archive) as subject:
        report = run_suite(subject, suite)
    twin.withhold(["s:red.png"], reason="asked")
    page = reports.write(report, tmp_path / "moved", archive=archive, beside=twin).read_text()
    assert "nearest in the other swatches" in page
    assert "s:red.png" not in page
    assert "s:green.png" in page
    json_of = CliRunner().invoke(main, [*arguments[:-1], str(tmp_path / "j"), "--json"])
    assert json.loads(json_of.stdout)["provenance"]["other"]["withheld"] == 1

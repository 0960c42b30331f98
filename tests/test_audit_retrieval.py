"""Does this space find this collection: on swatches worked out by hand, and on works whose truth is known."""

import numpy as np
import pytest

from latentarchive.archive import Archive
from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.audit.suite import bind
from latentarchive.build import build_archive
from latentarchive.recipes import load_recipe
from tests.conftest import write_recipe


def ask(subject, name, **options):
    """The findings of one check."""
    return run_suite(subject, bind({"check": [{"name": name} | options]}, name="t", text="", where="t")).findings


def test_swatches_by_hand(archive):
    """Nine swatches have a title that names their colours, a tenth (a copy of red) has none. The toy encoder puts
    words where their colours are, so that every caption finds its own image first and back."""
    with Subject.of(archive) as subject:
        there, back, repeated = ask(subject, "retrieval.recall")
        assert (there.value, there.n, there.null) == (1.0, 9, 1.0)  # 10 of 9
        assert there.table.rows[0][:3] == ("caption → its own image", 1, 1.0)
        assert there.table.rows[0][5] == pytest.approx(1 / 9)
        assert (back.value, back.n) == (1.0, 9)
        assert (repeated.value, repeated.n, repeated.table) == (0.0, 9, None)
        assert "1 of 10 works have none" in there.notes[0]
        [lost] = ask(subject, "retrieval.never_found", k=1)
        assert (lost.value, lost.n, lost.null) == (0.0, 9, pytest.approx((8 / 9) ** 9))
        [hubs, _] = ask(subject, "retrieval.hubs", k=1)
        assert (hubs.value, hubs.n) == (0.0, 9)
        [wrong] = ask(subject, "retrieval.wrong_captions")
        assert (wrong.value, wrong.n, len(wrong.table.rows)) == (0.0, 9, 9)


def test_shared_captions_are_told_and_any_of_their_works_counts(tmp_path, swatches):
    """Both reds have one caption: that finds either first in one of two orders, and one of them always."""
    (swatches / "red-copy.json").write_text((swatches / "red.json").read_text())
    built = build_archive(load_recipe(str(write_recipe(tmp_path)), root=swatches), out=tmp_path / "a")
    with Subject.of(Archive.open(built.path)) as subject:
        there, back, repeated = ask(subject, "retrieval.recall")
    table = {row[:2]: row[2:] for row in there.table.rows}
    assert table["caption → its own image", 1][0] == pytest.approx(9 / 10)
    assert table["caption → any work that has it", 1][0] == 1.0
    assert table["caption → any work that has it", 1][2:] == (1.0, pytest.approx((8 * 0.1 + 0.2) / 9), 9)
    assert back.n == 10
    assert (repeated.value, repeated.table.rows[0][2]) == (0.2, 2)


def test_withheld_works_are_asked_of_nobody(archive):
    archive.withhold(["s:blue.png"], reason="asked")
    with Subject.of(archive) as subject:
        report = run_suite(subject, load_suite("retrieval"))
    assert report.findings[0].n == 8
    assert "'s:blue.png'" not in str(report.record())


def test_what_has_no_vectors_or_no_captions_is_passed_over(archive, tmp_path, swatches):
    (tmp_path / "t.csv").write_text("caption\nx\n")
    with Subject.open(tmp_path / "t.csv") as subject:
        assert [one.outcome for one in run_suite(subject, load_suite("retrieval")).findings] == ["skip"] * 4
    for side in swatches.glob("*.json"):
        side.unlink()
    recipe = load_recipe(str(write_recipe(tmp_path)), root=swatches)
    with Subject.of(Archive.open(build_archive(recipe, out=tmp_path / "bare").path)) as subject:
        [said] = ask(subject, "retrieval.recall")
    assert said.sentence == "Not asked: captions are compared with each other: 0 of them is too few."


def test_wrong_captions_come_first(other_cabinet, small_truth):
    """Average precision over all works, against the share of wrong ones, which is what a random order has."""
    [found] = ask(other_cabinet, "retrieval.wrong_captions", top=other_cabinet.n)
    ranked = [row[0] for row in found.table.rows]
    truth = {row["id"]: row["caption_of"] is not None for row in small_truth}
    wrong = np.array([truth[work] for work in ranked])
    assert len(ranked) == other_cabinet.n
    precision = (np.cumsum(wrong) / np.arange(1, len(wrong) + 1))[wrong].mean()
    assert wrong.sum() > 10
    assert precision >= 5 * wrong.mean()
    assert precision >= AVERAGE_PRECISION
    assert found.examples == tuple(ranked[:20])


AVERAGE_PRECISION = 0.9
"""1.0 was measured here, 0.82 on the shipped cabinet, whose wrong captions the encoder was trained with; null 0.026."""


def test_captions_find_what_they_describe_and_samples_say_so(other_cabinet):
    there, back, _, whole = ask(other_cabinet, "retrieval.recall", sample=300)
    assert there.n == back.n == 300
    assert there.interval[0] > 0.9
    assert there.denominator == f"works that are shown and have a caption, a sample of {other_cabinet.n}"
    assert f"Among all {other_cabinet.n} works, 300 captions" in whole.sentence
    assert whole.value <= there.value
    assert ask(other_cabinet, "retrieval.recall", sample=300)[0] == there

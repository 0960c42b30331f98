"""Faults as a person meets them: vectors and indexes that are damaged, of others, or too large, from the command line.

What kills and interrupts a build is in `test_build`, `test_growing` and `test_scale_out`.
"""

import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from latentarchive.build import build_archive
from latentarchive.cli.main import main
from latentarchive.index import room, search
from latentarchive.recipes import load_recipe
from tests.conftest import RECIPE, write_recipe

N, DIM = 200, 11


def said(*arguments):
    """Exit code, and the last line on stderr (of `verify` on stdout), the only one if it is an error."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert "Traceback" not in done.output
    lines = (done.stdout if arguments[0] == "verify" else done.stderr).strip().splitlines()
    assert done.exit_code == 0 or arguments[0] == "verify" or len(lines) == 1, lines
    return done.exit_code, lines[-1] if lines else ""


def vectors(number):
    rows = np.random.default_rng(number).normal(size=(N, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def shard(folder, number):
    return folder / "published" / "img_emb" / f"img_emb_{number}.npy"


def publish(folder, name="faults"):
    """A recipe of three files of vectors and their metadata, of no encoder that there is here."""
    for kind in ("img_emb", "metadata"):
        (folder / "published" / kind).mkdir(parents=True)
    for number in range(3):
        np.save(shard(folder, number), vectors(number))
        rows = {"key": [f"{number}-{row}" for row in range(N)], "caption": [f"work {row}" for row in range(N)]}
        pq.write_table(pa.table(rows), folder / "published" / "metadata" / f"metadata_{number}.parquet")
    return write_recipe(folder, RECIPE.replace('"folder"', '"embeddings"').replace('name = "s"', ""), name)


def build(folder, *options):
    return said("build", folder / "faults.toml", "--root", folder / "published", "--out", folder / "a", *options)


@pytest.fixture
def published(tmp_path):
    publish(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """An archive with an index, and what it was made of."""
    folder = tmp_path_factory.mktemp("finished")
    publish(folder)
    assert build(folder, "--factory", "IVF8,Flat") == (0, "600 inputs: 600 items, 0 rejected")
    return folder


@pytest.fixture
def copied(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copied")


def changed(path, change):
    array = np.load(path)
    np.save(path, change(array))


def with_row(value, row=7):
    def change(array):
        array[row] = value
        return array

    return change


# Before there is an archive.


@pytest.mark.parametrize(
    ("value", "unit"),
    [(np.nan, True), (np.inf, True), (0, True), (1e30, True), (1e-30, True), (5, False)],
)
def test_a_vector_that_cannot_be_used_is_rejected_and_one_of_another_length_is_not(published, value, unit):
    changed(shard(published, 1), with_row(value))
    code, line = build(published)
    assert code == 0
    if unit:
        assert line.startswith("600 inputs: 599 items, 1 rejected (reasons in ")
        [row] = pq.read_table(published / "a" / "rejected.parquet").to_pylist()
        assert row == {"path": "faults:1-7", "stage": "encode", "reason": "its vector is zero or not finite"}
    else:
        assert line == "600 inputs: 600 items, 1 of them not of unit length, 0 rejected"
    assert said("verify", published / "a") == (0, "faults is sound")
    assert said("search", published / "a", "--like", "faults:1-8", "--by", "meaning")[0] == 0


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda path: path.write_bytes(path.read_bytes()[:999]),
            "img_emb_1.npy cannot be read as an array: mmap length",
        ),
        (
            lambda path: path.write_bytes(b""),
            "img_emb_1.npy cannot be read as an array: No data left in file; fetch it",
        ),
        (lambda path: path.unlink(), "metadata_1.parquet has no partner of its number in img_emb; fetch that, or move"),
        (
            lambda path: changed(path, lambda a: a[:-1]),
            "img_emb_1.npy has 199 vectors, metadata_1.parquet 200 rows; fe",
        ),
        (lambda path: changed(path, lambda a: a[:, :-1]), "img_emb_1.npy has vectors of 10 numbers, the files before "),
    ],
)
def test_a_file_of_vectors_that_does_not_fit_is_named_and_nothing_is_begun(published, damage, message):
    damage(shard(published, 1))
    code, line = build(published)
    assert (code, message in line) == (1, True), line
    assert not (published / "a").exists()


# An archive whose vectors lie elsewhere, or are its own: they may become others.


ANOTHER = "is not the file of vectors with which the archive was made; put that one back, or build the archive again"
VECTOR_FAULTS = {
    "other numbers": (lambda first, _: changed(first, lambda a: a[::-1].copy()), ANOTHER),
    "swapped": (lambda first, second: swap(first, second), ANOTHER),
    "fewer": (lambda first, _: changed(first, lambda a: a[:-1]), ANOTHER),
    "more": (lambda first, _: changed(first, lambda a: np.concatenate([a, a[:1]])), ANOTHER),
    "of another type": (lambda first, _: changed(first, lambda a: (a * 100).astype(np.int8)), ANOTHER),
    "complex": (lambda first, _: changed(first, lambda a: a.astype(complex)), ANOTHER),
    "of another dimension": (lambda first, _: changed(first, lambda a: a[:, 1:]), "expected (n, "),
    "torn": (lambda first, _: first.write_bytes(first.read_bytes()[:999]), "cannot be read as an array (mmap length"),
    "missing": (lambda first, _: first.unlink(), "is missing; restore it from a copy, or build the archive again"),
}


def swap(first, second):
    between = first.with_suffix(".between")
    first.rename(between)
    second.rename(first)
    between.rename(second)


@pytest.mark.parametrize("fault", VECTOR_FAULTS)
@pytest.mark.parametrize("own", [False, True])
def test_vectors_that_are_not_those_of_the_archive_answer_nothing(copied, tmp_path, monkeypatch, swatches, fault, own):
    archive = copied / "a"
    first, second = shard(copied, 0), shard(copied, 1)
    item = "faults:2-5"
    if own:
        recipe = load_recipe(str(write_recipe(tmp_path)), root=swatches)
        archive = build_archive(recipe, out=tmp_path / "own", part_inputs=4).path
        first, second = (archive / "embeddings" / f"part-0000{number}.npy" for number in (1, 2))
        item = "s:black.png"
    assert said("search", archive, "--like", item, "--by", "meaning") == (0, "")
    damage, message = VECTOR_FAULTS[fault]
    if own and fault == "torn":
        message = "cannot be read as an array"
        first.write_bytes(first.read_bytes()[:150])
    else:
        damage(first, second)
    code, line = said("search", archive, "--like", item, "--by", "meaning")
    assert (code, message in line) == (1, True), line
    assert any(f"/{path.name} " in line for path in (first, second))
    assert said("verify", archive)[0] == 1


@pytest.mark.parametrize("value", [0, np.nan])
def test_a_row_that_became_no_vector_is_said_where_it_is_met(copied, value):
    """In the middle of its file, where only `verify` looks."""
    changed(shard(copied, 1), lambda a: with_row(value, 100)(a))
    code, line = said("search", copied / "a", "--like", "faults:1-100", "--by", "meaning")
    assert code == 1
    assert f"embeddings: the vector of row 300 has length {value:.3g}: its file was changed; `latentarchive" in line
    assert "img_emb_1.npy is not the file that was opened" in said("verify", copied / "a")[1]
    (copied / "a" / "index.faiss").unlink()
    code, line = said("search", copied / "a", "--like", "faults:2-100", "--by", "meaning")
    assert (code, "the vector of row 300 has length" in line) == (1, True)
    assert build(copied, "--factory", "IVF8,Flat") == (0, "599 items kept, 0 added, 1 dropped; 0 images encoded")


# The index.


def test_an_index_that_is_torn_missing_or_of_another_archive(copied, tmp_path):
    archive, path = copied / "a", copied / "a" / "index.faiss"
    good = path.read_bytes()
    ask = ("search", archive, "--like", "faults:0-5", "--by", "meaning")
    other = tmp_path / "other"
    publish(other)
    for number in range(3):
        np.save(shard(other, number), vectors(number + 50))
    assert build(other, "--factory", "IVF8,Flat")[0] == 0
    for content, message in [
        (good[:5000], "index.faiss cannot be read as an index; delete it and it is rebuilt from the embeddings"),
        (b"", "index.faiss cannot be read as an index; delete it and it is rebuilt from the embeddings"),
        (
            (other / "a" / "index.faiss").read_bytes(),
            "index.faiss is the index of other vectors than the archive's; del",
        ),
    ]:
        path.write_bytes(content)
        code, line = said(*ask)
        assert (code, message in line) == (1, True), line
        assert said("verify", archive)[0] == 1
    path.unlink()
    assert said(*ask) == (0, "")
    assert path.read_bytes() == good
    path.unlink()
    path.mkdir()  # it cannot be written there: a temporary one is used, and nothing is left
    assert said(*ask) == (0, "")
    assert not list(archive.glob("*.partial"))


def test_what_an_index_needs_is_said_before_anything_is_made(published, monkeypatch):
    monkeypatch.setattr(room, "free_memory", lambda: 1000)
    code, line = build(published, "--factory", "IVF8,Flat")
    assert (code, "index 'IVF8,Flat' over 600 vectors of 11 needs about 0." in line) == (1, True), line
    assert not (published / "a").exists()
    code, line = build(published, "--factory", "IVF8;Flat")
    assert (code, "FAISS cannot build 'IVF8;Flat' over 600 vectors of 11: " in line) == (1, True), line
    assert not (published / "a").exists()
    monkeypatch.undo()
    monkeypatch.setattr(room.storage, "free_bytes", lambda _: 1000)
    code, line = build(published, "--factory", "IVF8,Flat")
    assert (code, "takes about 0.0 MB on disk" in line) == (1, True), line
    assert build(published)[0] == 0  # exact needs none


def test_memory_that_ends_all_the_same_is_one_line(copied, monkeypatch):
    def none(*_, **__):
        raise MemoryError

    monkeypatch.setattr(search.Index, "search", none)
    assert said("search", copied / "a", "--like", "faults:0-5", "--by", "meaning") == (
        1,
        "latentarchive: there is too little memory; close other programs, then run the same command again",
    )

"""Stored rows come back in order and of unit length; numpy's own concatenation is the oracle."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentarchive.embeddings import Embeddings, Stacked, load_array
from latentarchive.errors import ArchiveDamaged


def unit(n, dim=16, seed=0):
    rows = np.random.default_rng(seed).normal(size=(n, dim))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def folder(tmp_path):
    """Two parts of float16 rows, 3 and 2."""
    rows = unit(5).astype(np.float16)
    for part, here in enumerate([slice(0, 3), slice(3, 5)]):
        np.save(tmp_path / f"part-{part:05d}.npy", rows[here])
        np.save(tmp_path / f"norms-{part:05d}.npy", np.arange(5, dtype=np.float32)[here])
    return tmp_path


def test_rows_and_norms_of_all_parts_in_order(folder):
    embeddings = Embeddings.open(folder, 2)
    assert (len(embeddings), embeddings.dim, embeddings.in_place) == (5, 16, False)
    assert embeddings.norms.tolist() == [0, 1, 2, 3, 4]
    assert embeddings.take(range(5)) == pytest.approx(unit(5), abs=1e-3)
    assert embeddings.take([4, 0, 4]).tolist() == embeddings.take(range(5))[[4, 0, 4]].tolist()
    assert embeddings.take([]).shape == (0, 16)


def test_the_rounding_to_float16_is_undone_as_far_as_length_goes():
    """Rows of 512 dimensions are up to 6e-4 off when stored; read, they are unit to float32 precision."""
    stored = unit(500, 512).astype(np.float16)
    off = np.abs(np.linalg.norm(stored.astype(np.float64), axis=1) - 1)
    embeddings = Embeddings([stored], [np.ones(500, np.float32)])
    read = embeddings.take(range(500)).astype(np.float64)
    assert off.max() > 1e-5
    assert np.abs(np.linalg.norm(read, axis=1) - 1).max() < 2e-7
    [(start, raw)] = embeddings.stored_blocks()
    assert start == 0
    assert raw.tolist() == stored.astype(np.float32).tolist()


def test_published_rows_are_read_through_pointers(tmp_path):
    """The publisher's files stay where and as they are: not unit, float32, in an order of their own."""
    raw = unit(6) * np.array([1, 2, 3, 4, 5, 6])[:, None]
    paths = []
    for part, here in enumerate(np.split(raw.astype(np.float32), [4])):
        paths.append(tmp_path / f"img_emb_{part}.npy")
        np.save(paths[-1], here)
    np.save(tmp_path / "rows-00000.npy", np.array([5, 0]))
    np.save(tmp_path / "rows-00001.npy", np.array([3]))
    np.save(tmp_path / "norms-00000.npy", np.array([6, 1], np.float32))
    np.save(tmp_path / "norms-00001.npy", np.array([4], np.float32))
    embeddings = Embeddings.open(tmp_path, 2, published=paths)
    assert embeddings.in_place
    assert len(embeddings) == 3
    assert embeddings.take([0, 1, 2]) == pytest.approx(unit(6)[[5, 0, 3]], abs=1e-6)
    assert embeddings.norms.tolist() == [6, 1, 4]
    np.save(paths[1], raw[4:5].astype(np.float32))  # the publisher put a shorter file there
    with pytest.raises(ArchiveDamaged, match="row 5 is asked of 5 stored ones; were the files replaced"):
        Embeddings.open(tmp_path, 2, published=paths).take([0])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=6).filter(any),
    st.lists(st.integers(0, 10**6), max_size=12),
    st.sampled_from([(), (3,), (2, 2)]),
)
def test_stacked_arrays_read_like_their_concatenation(lengths, picks, shape):
    arrays = [np.random.default_rng(n).normal(size=(length, *shape)) for n, length in enumerate(lengths)]
    whole = np.concatenate(arrays)
    rows = np.array([pick % len(whole) for pick in picks], dtype=np.int64)
    assert len(Stacked(arrays)) == len(whole)
    assert np.array_equal(Stacked(arrays).take(rows), whole[rows])


def test_stacking_never_loses_precision():
    """Shards of float16 and float32 in any order."""
    fine = np.array([[1 + 2**-20]], np.float32)
    coarse = np.ones((1, 1), np.float16)
    assert Stacked([coarse, fine]).take(np.array([1]))[0, 0] == fine[0, 0]


@pytest.mark.parametrize("row", [-1, 5])
def test_a_row_that_is_not_there(folder, row):
    with pytest.raises(ArchiveDamaged, match=f"row {row} is asked of 5 stored ones"):
        Embeddings.open(folder, 2).take([0, row])


def test_blocks_join_to_all_rows(folder):
    embeddings = Embeddings.open(folder, 2)
    blocks = list(embeddings.blocks(size=2))
    assert [start for start, _ in blocks] == [0, 2, 4]
    assert np.array_equal(np.concatenate([block for _, block in blocks]), embeddings.take(range(5)))


def test_the_mean_is_not_normalised():
    """Of (1, 0), (0, 1), (0, 1), (0, 1): (1/4, 3/4), of length 0.79."""
    rows = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], np.float16)
    assert Embeddings([rows], [np.ones(4, np.float32)]).mean.tolist() == [0.25, 0.75]


@pytest.mark.parametrize("bad", [0, np.nan, np.inf])
def test_a_row_that_no_build_lets_in_is_named(bad):
    """It would be near to nothing, or make every answer NaN."""
    rows = np.eye(5, 3, dtype=np.float16)
    rows[3:] = [(1, 1, 0), (bad, bad, bad)]
    embeddings = Embeddings([rows[[0, 4, 1, 2]], rows[[3]]], [np.ones(5, np.float32)])
    assert embeddings.take([4, 0]).tolist() == [[pytest.approx(0.5**0.5)] * 2 + [0], [1, 0, 0]]
    for read in (lambda: embeddings.take([0, 1]), lambda: embeddings.between(1, 3), lambda: embeddings.mean):
        with pytest.raises(
            ArchiveDamaged, match=rf"^embeddings: the vector of row 1 has length {bad:.3g}: its file was "
        ):
            read()


@pytest.mark.parametrize("name", ["part-00001.npy", "norms-00000.npy"])
@pytest.mark.parametrize(
    ("damage", "said"),
    [("missing", "is missing"), ("torn", "cannot be read as an array"), ("pickle", "cannot be read as an array"),
     ("shape", r"holds an array of shape \(4, 3, 2\), expected \(n,")],
)  # fmt: skip
def test_a_damaged_file_is_named(folder, name, damage, said):
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if damage == "torn":
        path.write_bytes(content[:-1])
    elif damage == "pickle":
        np.save(path, np.array([object()]), allow_pickle=True)
    elif damage == "shape":
        np.save(path, np.zeros((4, 3, 2), np.float16))
    with pytest.raises(ArchiveDamaged, match=f"{name} {said}.*; restore it from a copy"):
        Embeddings.open(folder, 2)


def test_files_that_do_not_fit_each_other(folder):
    np.save(folder / "part-00001.npy", np.zeros((2, 17), np.float16))
    with pytest.raises(ArchiveDamaged, match=r"part-00001.npy holds an array of shape \(2, 17\), expected \(n, 16\)"):
        Embeddings.open(folder, 2)
    np.save(folder / "part-00001.npy", np.zeros((1, 16), np.float16))
    with pytest.raises(ArchiveDamaged, match="4 vectors, but 5 norms"):
        Embeddings.open(folder, 2)


def test_a_mapped_array_cannot_be_written_to(folder):
    with pytest.raises(ValueError, match="read-only"):
        load_array(folder / "part-00000.npy")[0, 0] = 1


def resident(path):
    """Kilobytes of a file that this process has mapped at the moment."""
    lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    return sum(
        next(int(row.split()[1]) for row in lines if row.startswith("Rss:")) for line in lines if str(path) in line
    )


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="the system does not tell what is mapped")
def test_large_files_stay_mapped_only_up_to_a_bound(tmp_path, monkeypatch):
    path, rows = tmp_path / "part-00000.npy", np.random.default_rng(0).normal(size=(320_000, 64)).astype(np.float16)
    np.save(path, rows)

    monkeypatch.setattr("latentarchive.embeddings.AROUND", 2**20)

    def most(mapped, stay):
        monkeypatch.setattr("latentarchive.embeddings.MAPPED", mapped)
        monkeypatch.setattr("latentarchive.embeddings.STAY", stay)
        stacked, seen = Stacked([load_array(path)]), []
        for start in range(0, len(rows), 16_000):  # looking at what is resident takes long
            assert np.array_equal(stacked.between(start, start + 16_000), rows[start : start + 16_000])
            drawn = np.random.default_rng(start).integers(len(rows), size=20)
            assert np.array_equal(stacked.take(drawn), rows[drawn])
            seen.append(resident(path))
        return max(seen)

    size = rows.nbytes // 1024
    assert most(2**29, rows.nbytes) > 0.9 * size
    assert most(2**22, 0) < 0.4 * size


def test_an_archive_of_many_parts_opens_where_a_shell_allows_few_files(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 4), np.float16))
    program = """if True:
        import resource, sys
        from pathlib import Path
        from latentarchive.embeddings import load_array
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, int(sys.argv[2])))
        print(len([load_array(Path(sys.argv[1])) for _ in range(300)]))
    """
    command = [sys.executable, "-c", program, str(tmp_path / "a.npy")]
    assert subprocess.run([*command, "1000"], capture_output=True, text=True, check=True).stdout == "300\n"
    refused = subprocess.run([*command, "100"], capture_output=True, text=True, check=False).stderr
    assert "Too many open files; this process may not open more files: raise the limit" in refused

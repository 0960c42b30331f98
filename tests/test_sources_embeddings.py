"""Published embeddings, opened where they lie."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from latentarchive.errors import SourceError
from latentarchive.items import Record
from latentarchive.sources import PublishedEmbeddings
from latentarchive.sources.embeddings import VectorShard
from tests.source_helpers import keeps_its_promises


def source(root, **options):
    return PublishedEmbeddings(name="e", root=root, **options)


def pair(root, number, keys, *, width=4, dtype=np.float16, dim=8):
    for folder in ("img_emb", "metadata"):
        (root / folder).mkdir(exist_ok=True)
    np.save(root / "img_emb" / f"img_emb_{number:0{width}d}.npy", np.ones((len(keys), dim), dtype))
    rows = [
        {"image_path": f"{k:09d}", "caption": f"c{k}", "url": f"http://x/{k}", "key": f"{k:09d}", "NSFW": "?"}
        for k in keys
    ]
    pq.write_table(pa.Table.from_pylist(rows), root / "metadata" / f"metadata_{number:02d}.parquet", row_group_size=2)


def test_pairs_by_number_whatever_the_width(tmp_path):
    pair(tmp_path, 10, [5, 6, 7], width=2)
    pair(tmp_path, 2, [3, 4], width=1)
    pair(tmp_path, 0, [0, 1, 2])
    before = sorted(p.name for p in tmp_path.rglob("*"))
    found = source(tmp_path)
    records = keeps_its_promises(found)
    assert [r.vector for r in records] == list(range(8))
    assert [r.item.id for r in records] == [f"e:{k:09d}" for k in range(8)]
    assert all(isinstance(r, Record) and r.read is None for r in records)
    first = records[0].item
    assert (first.image, first.url, first.text) == ("", "http://x/0", "c0")  # a webdataset key is no path
    assert first.extra == {"image_path": "000000000", "key": "000000000", "NSFW": "?"}
    assert found.shards == (
        VectorShard("img_emb/img_emb_0000.npy", 3, 8, "float16"),
        VectorShard("img_emb/img_emb_2.npy", 2, 8, "float16"),
        VectorShard("img_emb/img_emb_10.npy", 3, 8, "float16"),
    )
    assert found.count() == 8
    assert sorted(p.name for p in tmp_path.rglob("*")) == before  # nothing is written there


def test_real_paths_stay_paths(tmp_path):
    pair(tmp_path, 0, [1])
    pq.write_table(
        pa.table({"image_path": ["a/b.jpg"], "caption": ["c"]}), tmp_path / "metadata" / "metadata_00.parquet"
    )
    [record] = source(tmp_path, columns={"title": "caption"}).records()
    assert (record.item.id, record.item.image, record.item.title) == ("e:a/b.jpg", "a/b.jpg", "c")
    with pytest.raises(SourceError, match="without images"):
        source(tmp_path).locate("a/b.jpg")


ARRAY = "img_emb/img_emb_0002.npy"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((9, 8), "f2"), "img_emb_0002.npy has 9 vectors, metadata_02.parquet 2 rows"),
        (np.ones((2, 4), "f2"), "has vectors of 4 numbers, the files before it of 8"),
        (np.asfortranarray(np.ones((2, 8), "f4")), "is in Fortran order"),
        (np.ones((2, 8), "f8"), "holds float64, not float16 or float32"),
        (np.ones(16, "f4"), r"has shape \(16,\), not \(rows, dimensions\)"),
        (np.ones((0, 8), "f4"), r"has shape \(0, 8\), not \(rows, dimensions\)"),
        (np.array([{}] * 2), "cannot be read as an array: Array can't be memory-mapped: Python objects"),
    ],
)
def test_arrays_that_cannot_be_used_are_refused_by_name(tmp_path, array, message):
    pair(tmp_path, 0, [0, 1, 2])
    pair(tmp_path, 2, [3, 4])
    np.save(tmp_path / ARRAY, array)
    with pytest.raises(SourceError, match=message):
        list(source(tmp_path).records())


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda r: (r / ARRAY).write_bytes(b"junk"), "img_emb_0002.npy cannot be read as an array"),
        (lambda r: (r / "metadata/metadata_02.parquet").unlink(), "img_emb_0002.npy has no partner of its number"),
        (lambda r: (r / ARRAY).unlink(), "metadata_02.parquet has no partner of its number in img_emb"),
        (lambda r: (r / ARRAY).rename(r / "img_emb/img_emb_0.npy"), "have the same number; move one away"),
        (lambda r: (r / "metadata").rename(r / "meta"), r"no \.parquet files in .*; it does not exist"),
    ],
)
def test_files_that_do_not_pair_are_refused_by_name(tmp_path, break_it, message):
    pair(tmp_path, 0, [0, 1, 2])
    pair(tmp_path, 2, [3, 4])
    break_it(tmp_path)
    with pytest.raises(SourceError, match=message):
        list(source(tmp_path).records())


def test_float32_and_a_missing_column(tmp_path):
    pair(tmp_path, 0, [0], dtype=np.float32)
    assert source(tmp_path).shards[0].dtype == "float32"
    with pytest.raises(SourceError, match=r"no column 'captoin' for text; did you mean 'caption'\?"):
        list(source(tmp_path, columns={"text": "captoin"}).records())

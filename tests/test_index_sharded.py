"""Search over several indexes is the search over one index of all their rows."""

from itertools import pairwise

import numpy as np
import pytest

from latentarchive.embeddings import Embeddings
from latentarchive.errors import EncoderMismatch, QueryError
from latentarchive.index import EXACT, Index, ShardedIndex, build_index
from tests.test_index import DIM, N, clustered, oracle, stored

CUTS = (0, 300, 301, 301, 1500, N)


@pytest.fixture(scope="module")
def rows():
    """Unit rows, a third of them copies of one."""
    rows = clustered(N)
    rows[::3] = rows[0]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def embeddings(rows):
    return Embeddings([rows], [np.ones(N, np.float32)])


@pytest.fixture(scope="module")
def sharded(rows):
    parts = [rows[start:stop] for start, stop in pairwise(CUTS)]
    shards = [Index(Embeddings([part], [np.ones(len(part), np.float32)]), encoder="e") for part in parts]
    return ShardedIndex(shards)


@pytest.mark.parametrize("k", [1, 10, 700, 2 * N])
@pytest.mark.parametrize("share", [None, 0.5, 0.001])
def test_exact_shards_are_the_oracle(embeddings, sharded, k, share):
    allowed = None if share is None else np.random.default_rng(1).random(N) < share
    queries = embeddings.take([0, 1, 2, 400, 1999])
    found = sharded.search(queries, k, encoder="e", allowed=allowed)
    one = Index(embeddings, encoder="e").search(queries, k, encoder="e", allowed=allowed)
    for query, (numbers, scores), (expected, same) in zip(queries, found, one, strict=True):
        assert numbers.tolist() == expected.tolist() == oracle(embeddings, query, k, allowed)[0].tolist()
        assert scores.tolist() == same.tolist()


def test_approximate_shards_give_exact_scores_best_first(tmp_path):
    embeddings = stored(clustered(N))
    shards = []
    for number, start in enumerate(range(0, N, 500)):
        part = Embeddings([embeddings.take(range(start, start + 500)).astype(np.float16)], [np.ones(500, np.float32)])
        tuning = build_index(part, (EXACT, "IVF8,Flat", "HNSW16,Flat", "SQ8")[number].replace(EXACT, "Flat"),
                             tmp_path / f"{number}")  # fmt: skip
        shards.append(Index.open(tmp_path / f"{number}", part, encoder="e", tuning=tuning))
    queries, hits = embeddings.take(range(0, N, 40)), 0
    for query, (rows, scores) in zip(queries, ShardedIndex(shards).search(queries, 10, encoder="e"), strict=True):
        best, cosines = oracle(embeddings, query, 10)
        assert scores == pytest.approx(cosines[rows], abs=1e-3)  # stored as float16 once more
        assert (np.diff(scores) <= 0).all()
        assert len(set(rows.tolist())) == 10
        hits += len({*rows.tolist()} & {*best.tolist()})
    assert hits / (10 * len(queries)) > 0.9


def test_a_row_is_in_one_shard(sharded):
    assert len(sharded) == N
    assert [sharded.place(row) for row in (0, 299, 300, 301, N - 1)] == [(0, 0), (0, 299), (1, 0), (3, 0), (4, 499)]
    for row in (-1, N):
        with pytest.raises(IndexError, match=f"row {row} of {N}"):
            sharded.place(row)


def test_what_one_index_refuses_several_refuse(sharded):
    query = np.eye(1, DIM, dtype=np.float32)
    with pytest.raises(EncoderMismatch, match="the query was made by encoder other"):
        sharded.search(query, 1, encoder="other")
    with pytest.raises(QueryError, match="k must be 1 or more"):
        sharded.search(query, 0, encoder="e")
    with pytest.raises(
        EncoderMismatch, match="an index of encoder f beside one of e: their vectors cannot be compared"
    ):
        ShardedIndex([*sharded.shards, Index(stored(clustered(3)), encoder="f")])
    assert [len(found) for found in sharded.search(query[:0], 1, encoder="e")] == []

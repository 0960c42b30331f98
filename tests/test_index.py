"""Every index against the same oracle: three lines of numpy in float64."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import faiss
import numpy as np
import pytest

from latentarchive.embeddings import BLOCK, Embeddings
from latentarchive.errors import ArchiveDamaged, ArchiveError, EncoderMismatch, QueryError, WriteRefused
from latentarchive.index import (
    AUTO,
    EXACT,
    EXACT_UP_TO,
    RECALL_TARGET,
    Index,
    Tuning,
    build_index,
    building,
    choice,
    choose,
    room,
    sharding,
)
from latentarchive.index import scan as scanning
from latentarchive.index import search as searching
from latentarchive.index import tuning as tuning_module

N, DIM = 2000, 32
FACTORIES = ["HNSW16,Flat", "IVF8,Flat", "IVF8,RaBitQ", "RR32,IVF8,RaBitQfs", "PCA16,Flat", "PCA16,HNSW16", "SQ8"]


def stored(rows):
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return Embeddings([rows[: len(rows) // 3].astype(np.float16), rows[len(rows) // 3 :].astype(np.float16)],
                      [np.ones(len(rows), np.float32)])  # fmt: skip


def clustered(n, seed=0):
    """Rows around twenty centres, as images of a collection lie."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(20, DIM))
    return centres[rng.integers(20, size=n)] + 0.5 * rng.normal(size=(n, DIM))


def oracle(embeddings, query, k, allowed=None):
    cosines = (embeddings.take(range(len(embeddings))).astype(np.float64) @ query.astype(np.float64)).astype(np.float32)
    rows = np.arange(len(embeddings)) if allowed is None else np.flatnonzero(allowed)
    return rows[np.lexsort((rows, -cosines[rows]))][:k], cosines


@pytest.fixture(scope="module")
def embeddings():
    return stored(clustered(N))


@pytest.fixture(scope="module")
def queries():
    rows = clustered(40, seed=1)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def built(embeddings, tmp_path_factory):
    """Each factory's index, opened from its file, and its tuning."""
    made = {EXACT: (Index(embeddings, encoder="e"), None, None)}
    for number, factory in enumerate(FACTORIES):
        path = tmp_path_factory.mktemp("index") / f"{number}.faiss"
        tuning = build_index(embeddings, factory, path)
        made[factory] = (Index.open(path, embeddings, encoder="e", tuning=tuning), tuning, path)
    return made


@pytest.fixture(params=[EXACT, *FACTORIES])
def index(request, built):
    return built[request.param][0]


# What every index promises.


def promised(result, embeddings, query, k, allowed=None):
    """Best first, the exact cosines, equal ones in row order, allowed rows only, no padding, no repeats."""
    rows, scores = result
    _, cosines = oracle(embeddings, query, k)
    assert len(rows) == len(scores) <= k
    assert (rows >= 0).all()
    assert len(set(rows.tolist())) == len(rows)
    assert allowed is None or allowed[rows].all()
    assert scores == pytest.approx(cosines[rows], abs=1e-6)
    assert rows.tolist() == rows[np.lexsort((rows, -scores))].tolist()


@pytest.mark.parametrize("k", [1, 10, 500])
def test_results_are_what_they_say(index, embeddings, queries, k):
    for query, result in zip(queries, index.search(queries, k, encoder="e"), strict=True):
        promised(result, embeddings, query, k)
        assert len(result[0]) == k or k > 10


def test_a_row_finds_itself(index, embeddings):
    sample = np.arange(0, N, 101)
    for row, (rows, scores) in zip(sample, index.search(embeddings.take(sample), 1, encoder="e"), strict=True):
        assert rows.tolist() == [row]
        assert scores[0] == pytest.approx(1, abs=1e-6)


def test_more_than_there_are(index, embeddings, queries):
    """Fewer come back than were asked for: all of them, or those that the index can reach (HNSW: not every cluster)."""
    [(rows, scores)] = index.search(queries[:1], 10 * N, encoder="e")
    promised((rows, scores), embeddings, queries[0], N)
    assert len(rows) == N or (index._proposer is not None and len(rows) > 50)


@pytest.mark.parametrize("reading", [1e9, 0], ids=["by the index", "by scanning"])
@pytest.mark.parametrize("share", [0.9, 0.3])
def test_only_allowed_rows_are_found(index, embeddings, queries, monkeypatch, reading, share):
    for name, value in {"READING": reading, "COMPARING": 0, "BESIDE": 0 if reading else N}.items():
        monkeypatch.setattr(searching, name, value)
    allowed = np.random.default_rng(2).random(N) < share
    for query, result in zip(queries, index.search(queries, 10, encoder="e", allowed=allowed), strict=True):
        promised(result, embeddings, query, 10, allowed)
        assert len(result[0]) > 3


def test_a_rare_filter_is_answered_exactly(index, embeddings, queries):
    """Few rows are allowed: they are scanned, so that an approximate index misses none."""
    allowed = np.random.default_rng(3).random(N) < 0.01
    found = index.search(queries, 10, encoder="e", allowed=allowed)
    for query, (rows, _) in zip(queries, found, strict=True):
        assert rows.tolist() == oracle(embeddings, query, 10, allowed)[0].tolist()
    one = np.arange(N) == 1234
    assert [rows.tolist() for rows, _ in index.search(queries, 10, encoder="e", allowed=one)] == [[1234]] * 40
    assert [len(rows) for rows, _ in index.search(queries, 10, encoder="e", allowed=one & False)] == [0] * 40


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"encoder": "other" * 9}, EncoderMismatch, "the query was made by encoder otherotherot, this index by e"),
        ({"queries": np.eye(DIM + 1, dtype=np.float32)}, EncoderMismatch, r"shape \(q, 32\), got \(33, 33\)"),
        ({"queries": np.eye(DIM, dtype=np.float32)[0]}, EncoderMismatch, r"shape \(q, 32\), got \(32,\)"),
        ({"k": 0}, QueryError, "k must be 1 or more, got 0"),
        ({"queries": np.diag([1, 1.01, *[1] * 30])}, QueryError, "unit vectors; query 1 has length 1.01"),
        ({"queries": np.full((1, DIM), np.nan)}, QueryError, "unit vectors; query 0 has length nan"),
    ],
)
def test_a_query_that_cannot_be_answered(index, changes, error, message):
    asked = {"queries": np.eye(DIM, dtype=np.float32), "k": 3, "encoder": "e"} | changes
    with pytest.raises(error, match=message):
        index.search(asked.pop("queries"), asked.pop("k"), **asked)


# Exact search.


@pytest.mark.parametrize("in_memory", [0, scanning.IN_MEMORY], ids=["streamed", "in memory"])
@pytest.mark.parametrize("block", [16_384, 100], ids=["one block", "many blocks"])
@pytest.mark.parametrize("k", [1, 7, 150, N])
def test_exact_search_is_the_oracle(embeddings, queries, monkeypatch, in_memory, block, k):
    monkeypatch.setattr(scanning, "IN_MEMORY", in_memory)
    monkeypatch.setattr(scanning, "BLOCK", block)
    monkeypatch.setattr(scanning, "PRODUCTS", 1)
    allowed = np.arange(N) % 5 != 3
    for mask in (None, allowed):
        found = Index(embeddings, encoder="e").search(queries[:8], k, encoder="e", allowed=mask)
        for query, (rows, _) in zip(queries, found, strict=False):
            assert rows.tolist() == oracle(embeddings, query, k, mask)[0].tolist()


@pytest.mark.parametrize("in_memory", [0, scanning.IN_MEMORY], ids=["streamed", "in memory"])
def test_ties_are_in_row_order_however_many_there_are(monkeypatch, in_memory):
    """Two rows of three are the same image: the first k of them are found, in order."""
    monkeypatch.setattr(scanning, "IN_MEMORY", in_memory)
    monkeypatch.setattr(scanning, "BLOCK", 700)
    monkeypatch.setattr(scanning, "PRODUCTS", 1)
    rows = clustered(3000)
    rows[np.arange(3000) % 3 > 0] = rows[1]
    copies = stored(rows)
    same = [row for row in range(3000) if row % 3]
    index = Index(copies, encoder="e")
    for k in (1, 10, 300, 1999):
        [(found, scores)] = index.search(copies.take([1]), k, encoder="e")
        assert found.tolist() == same[:k]
        assert len(set(scores.tolist())) == 1
    for query in copies.take([0, 3, 6]):
        [(found, _)] = index.search(query[None], 2500, encoder="e")
        assert found.tolist() == oracle(copies, query, 2500)[0].tolist()


# Building.


def test_tuning_reaches_and_states_its_recall(built, embeddings):
    """The stated figure is measured here again, from scratch."""
    sample = np.sort(np.random.default_rng(5).choice(N, 256, replace=False))
    for factory, (index, tuning, _) in built.items():
        if tuning is None:
            continue
        found = index.search(embeddings.take(sample), 11, encoder="e")
        hits = 0
        for row, (rows, _) in zip(sample, found, strict=True):
            true = [r for r in oracle(embeddings, embeddings.take([row])[0], 11)[0].tolist() if r != row][:10]
            hits += len(set(rows.tolist()) & set(true))
        assert hits / 2560 == pytest.approx(tuning.recall_at_10, abs=0.03), factory
        assert tuning.recall_at_10 >= RECALL_TARGET
        assert tuning.n == 512
        low, high = tuning.interval
        assert low <= tuning.recall_at_10 <= high
        assert low >= RECALL_TARGET or tuning.value in (0, index._proposer.most)
        assert tuning.parameter == {"HN": "efSearch", "IV": "nprobe", "SQ": ""}.get(factory[:2], tuning.parameter)
    assert built["PCA16,HNSW16"][1].parameter == "efSearch"


def test_the_parameter_is_raised_until_recall_is_reached(tmp_path):
    """Rows without clusters, in many lists: one list is not enough."""
    embeddings = stored(np.random.default_rng(0).normal(size=(N, 8)))
    tuning = build_index(embeddings, "IVF64,Flat", tmp_path / "x")
    assert tuning.parameter == "nprobe"
    assert 1 < tuning.value < 64
    assert tuning.recall_at_10 >= RECALL_TARGET
    index = Index.open(tmp_path / "x", embeddings, encoder="e", tuning=tuning)
    half = Index.open(tmp_path / "x", embeddings, encoder="e", tuning=replace(tuning, value=tuning.value // 2))
    queries = embeddings.take(range(0, N, 10))
    reached = []
    for opened in (index, half):
        results = zip(queries, opened.search(queries, 10, encoder="e"), strict=True)
        reached.append(
            np.mean([len({*a.tolist()} & {*oracle(embeddings, q, 10)[0].tolist()}) for q, (a, _) in results])
        )
    assert reached[0] / 10 >= RECALL_TARGET - 0.02
    assert reached[1] / 10 < RECALL_TARGET - 0.02


def test_copies_do_not_spoil_the_tuning(tmp_path):
    """Where half of a collection is one image, any of its copies is as good as another."""
    rows = clustered(N)
    rows[::2] = rows[0]
    tuning = build_index(stored(rows), "IVF8,Flat", tmp_path / "x")
    assert tuning.recall_at_10 >= RECALL_TARGET
    assert tuning.value < 8


@pytest.mark.parametrize("factory", FACTORIES)
def test_the_same_rows_give_the_same_bytes(built, embeddings, tmp_path, factory):
    _, tuning, path = built[factory]
    assert build_index(embeddings, factory, tmp_path / "again") == tuning
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("factory", "reason"),
    [
        ("Flut", "could not parse index string Flut"),
        ("", "could not parse index string"),
        ("IVF4096,Flat", r"Number of training points \(2000\) should be at least .* clusters \(4096\)"),
        ("IDMap,Flat", "add does not make sense with IndexIDMap, use add_with_ids"),
    ],
)  # fmt: skip
def test_what_faiss_cannot_build_is_said_in_one_line(embeddings, tmp_path, factory, reason):
    with pytest.raises(ArchiveError, match=f"^FAISS cannot build '{factory}' over 2000 vectors of 32: {reason}$"):
        build_index(embeddings, factory, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_one_row_has_nothing_to_measure_recall_on(tmp_path):
    one = stored(clustered(1))
    assert build_index(one, "HNSW8,Flat", tmp_path / "x") == Tuning("", 0, 1.0, 0)
    [(rows, _)] = Index.open(tmp_path / "x", one, encoder="e", tuning=None).search(one.take([0]), 5, encoder="e")
    assert rows.tolist() == [0]


def test_a_file_that_does_not_fit(built, embeddings, tmp_path):
    path = built["IVF8,Flat"][2]
    with pytest.raises(ArchiveDamaged, match="holds 2000 x 32 vectors, the archive 10 x 32; delete it and it is reb"):
        Index.open(path, stored(clustered(10)), encoder="e", tuning=None)
    for content in (b"", b"IxFI", path.read_bytes()[:3000], b"x" * 5000):
        (tmp_path / "torn").write_bytes(content)
        with pytest.raises(ArchiveDamaged, match="torn cannot be read as an index; delete it and it is rebuilt"):
            Index.open(tmp_path / "torn", embeddings, encoder="e", tuning=None)
    with pytest.raises(ArchiveDamaged):
        Index.open(tmp_path / "missing", embeddings, encoder="e", tuning=None)
    with pytest.raises(WriteRefused):
        build_index(embeddings, "SQ8", tmp_path / "torn" / "x")


# What a collection gets, and what that needs.


@pytest.mark.parametrize(
    ("asked", "rows", "given"),
    [
        ("auto", EXACT_UP_TO, EXACT),
        ("auto", EXACT_UP_TO + 1, "RR512,IVF512,RaBitQfs"),  # 2 sqrt(50,001) = 447
        ("auto", 1_000_000, "RR512,IVF2048,RaBitQfs"),
        ("auto", 10_000_000, "RR512,IVF4096,RaBitQfs"),
        ("exact", 10_000_000, EXACT),
        ("Flat", 100, EXACT),
        ("HNSW32,Flat", 100, "HNSW32,Flat"),
    ],
)
def test_the_factory_follows_the_size(asked, rows, given):
    assert choose(asked, rows, 512) == given


def test_auto_builds_what_it_chooses(embeddings, queries, tmp_path, monkeypatch):
    monkeypatch.setattr(choice, "EXACT_UP_TO", 100)
    factory = choose(AUTO, N, DIM)
    tuning = build_index(embeddings, factory, tmp_path / "x")
    assert (factory, tuning.parameter) == ("RR32,IVF64,RaBitQfs", "nprobe")
    index = Index.open(tmp_path / "x", embeddings, encoder="e", tuning=tuning)
    for query, result in zip(queries, index.search(queries, 10, encoder="e"), strict=True):
        promised(result, embeddings, query, 10)


@pytest.mark.parametrize("factory", ["RR32,IVF8,RaBitQfs", "IVF8,Flat", "HNSW16,Flat", "SQ8", "PCA16,HNSW16"])
def test_the_size_of_an_index_is_known_before_it_is_built(built, factory):
    """To within a third where the codes are most of it."""
    path = built[factory][2] if factory in FACTORIES else None
    empty = faiss.index_factory(DIM, factory, faiss.METRIC_INNER_PRODUCT)
    assert room.bytes_of(empty, N) == pytest.approx(path.stat().st_size, rel=0.34)


@pytest.mark.parametrize(
    ("scarce", "error", "message"),
    [
        (
            "memory",
            ArchiveError,
            r"^index 'IVF8,Flat' over 2,000 vectors of 32 needs about [1-9]\.\d MB of memory while it is built, 0.0 MB "
            "are free; close other programs, or build with --factory exact, which needs none$",
        ),
        (
            "disk",
            WriteRefused,
            r"^index 'IVF8,Flat' over 2,000 vectors of 32 takes about 0.3 MB on disk, .* has 0.0 MB fr",
        ),
    ],
)
def test_too_little_room_is_said_before_anything_is_trained(embeddings, tmp_path, monkeypatch, scarce, error, message):
    if scarce == "memory":
        monkeypatch.setattr(room, "free_memory", lambda: 1000)
    else:
        monkeypatch.setattr(room.storage, "free_bytes", lambda _: 1000)
    monkeypatch.setattr(building, "_train", lambda *_: pytest.fail("trained"))
    with pytest.raises(error, match=message):
        build_index(embeddings, "IVF8,Flat", tmp_path / "x")
    assert not (tmp_path / "x").exists()


# Inside filters.


def test_packing_shards_holds_the_codes_twice_and_the_shards_lie_beside_the_index(tmp_path, monkeypatch):
    """Shards that are full already need no more room on the disk."""
    rows, size, factory = 2_000_000, 500_000, "IVF64,RaBitQfs"
    shards = sharding.Shards(tmp_path, rows, size)
    packed, loose = (faiss.index_factory(512, f, faiss.METRIC_INNER_PRODUCT) for f in (factory, "IVF64,SQ8"))
    assert sharding.copies(packed, shards) == (2, 2)
    assert sharding.copies(loose, shards) == (1.25, 2)
    shards.all()[0][1].write_bytes(b"full")
    assert sharding.copies(packed, shards) == (2, 1.75)
    held, work = room.bytes_of(packed, rows), room.AT_WORK * BLOCK * 512 * 4
    check = partial(room.check_room, packed, factory, rows, tmp_path / "x")
    monkeypatch.setattr(room, "free_memory", lambda: held + work + 1)
    check(room.Copies())
    with pytest.raises(ArchiveError, match=r"over 2,000,000 vectors of 512 needs about .* of memory while it is built"):
        check(sharding.copies(packed, shards))
    monkeypatch.setattr(room, "free_memory", lambda: 2 * held + work + 1)
    monkeypatch.setattr(room.storage, "free_bytes", lambda _: int(1.7 * held))
    check(room.Copies())
    with pytest.raises(WriteRefused, match=r"over 2,000,000 vectors of 512 takes about .* on disk"):
        check(sharding.copies(packed, shards))


@pytest.mark.parametrize(
    ("files", "limit", "free"),
    [
        ({}, None, 900),
        ({"memory.max": "max\n", "memory.current": "300\n", "memory.stat": "inactive_file 50\n"}, None, 900),
        ({"memory.max": "700\n", "memory.current": "300\n", "memory.stat": "anon 9\ninactive_file 50\n"}, None, 450),
        ({"memory.max": "100\n", "memory.current": "300\n", "memory.stat": "anon 9\ninactive_file 50\n"}, None, 0),
        ({}, 1, 0),
    ],
)
def test_free_memory_is_that_of_the_machine_the_container_and_the_process(tmp_path, monkeypatch, files, limit, free):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(room, "CONTAINER", tmp_path)
    monkeypatch.setattr(room, "_address_space", lambda: limit)
    monkeypatch.setattr(room.psutil, "virtual_memory", lambda: SimpleNamespace(available=900))
    assert room.free_memory() == free


def test_the_index_of_other_vectors_is_refused_and_copies_are_no_reason(built, embeddings, tmp_path):
    """As many, of the same dimension, and of the same kind of index."""
    other = stored(clustered(N, seed=99))
    for factory in FACTORIES:
        path = built[factory][2]
        Index.open(path, embeddings, encoder="e", tuning=None)
        with pytest.raises(ArchiveDamaged, match="is the index of other vectors than the archive's; delete it and it"):
            Index.open(path, other, encoder="e", tuning=None)
    same = stored(np.repeat(clustered(4), 500, axis=0))
    tuning = build_index(same, "IVF4,Flat", tmp_path / "same")
    Index.open(tmp_path / "same", same, encoder="e", tuning=tuning)


def test_recall_inside_filters_is_tuned_and_stated(embeddings, tmp_path, monkeypatch):
    monkeypatch.setattr(tuning_module, "FEW", 50)
    monkeypatch.setattr(searching, "READING", 1e9)
    tuning = build_index(embeddings, "IVF64,Flat", tmp_path / "x")
    assert list(tuning.filtered) == ["0.5", "0.05"]  # 10 rows are too few
    values = [tuning.value, *(value for value, _ in tuning.filtered.values())]
    assert values == sorted(values)
    assert all(recall >= RECALL_TARGET for _, recall in tuning.filtered.values())
    index = Index.open(tmp_path / "x", embeddings, encoder="e", tuning=tuning)
    queries = embeddings.take(range(0, N, 10))
    for share in (0.5, 0.05):
        allowed = np.random.default_rng(11).random(N) < share
        results = zip(queries, index.search(queries, 10, encoder="e", allowed=allowed), strict=True)
        hits = [len({*a.tolist()} & {*oracle(embeddings, q, 10, allowed)[0].tolist()}) for q, (a, _) in results]
        assert np.mean(hits) / 10 >= RECALL_TARGET - 0.03


@pytest.mark.parametrize(
    ("share", "value"), [(1.0, 4), (0.9, 6), (0.5, 6), (0.4, 9), (0.05, 9), (0.01, 9)]
)  # fmt: skip
def test_between_two_shares_the_farther_look_counts(share, value):
    tuning = Tuning("nprobe", 4, 0.96, 256, None, {"0.5": (6, 0.95), "0.05": (9, 0.97)})
    assert tuning.at(share) == value


def test_a_filter_far_from_the_query_is_answered_exactly(embeddings, built, monkeypatch):
    """The rows that pass lie in cells that are not looked into: they are found by scanning."""
    monkeypatch.setattr(searching, "READING", 1e9)
    index = built["IVF8,Flat"][0]
    cosines = embeddings.take(range(N)) @ embeddings.take([0])[0]
    allowed = cosines <= np.sort(cosines)[200]
    [(rows, _)] = index.search(embeddings.take([0]), 10, encoder="e", allowed=allowed)
    assert rows.tolist() == oracle(embeddings, embeddings.take([0])[0], 10, allowed)[0].tolist()


def test_many_results_are_looked_for_farther(embeddings, built):
    """As tuned for ten, too few cells would be looked into for five hundred."""
    index, tuning, _ = built["RR32,IVF8,RaBitQfs"]
    assert tuning.value < 8
    for rows, _ in index.search(embeddings.take(range(0, N, 100)), 900, encoder="e"):
        assert len(rows) == 900

"""Collections give items back by number, by id and column by column."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentarchive import columnar, lookup, packed
from latentarchive.catalogue import SCHEMA, read_part, to_table
from latentarchive.collection import FEW, Collection
from latentarchive.columnar import write_columns
from latentarchive.errors import ArchiveDamaged
from latentarchive.items import Item, digest
from latentarchive.packed import write_packed
from latentarchive.storage import write_parquet
from tests.item_helpers import items


def stored(folder, *parts):
    """The collection of some parts, each a list of items, as a build writes it."""
    paths = [folder / f"{number}.parquet" for number in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        write_parquet(path, to_table(part))
    write_columns(paths, folder / "items.arrow")
    write_packed(paths, folder / "items.packed")
    return Collection(folder / "items.arrow", folder / "items.packed")


@pytest.fixture
def collection(tmp_path, monkeypatch):
    """Five items in two parts and two batches."""
    monkeypatch.setattr(columnar, "ROWS_TOGETHER", 2)
    five = [Item(id=f"s:{n}", title=f"t{n}", subjects=(str(n),)) for n in range(5)]
    made = stored(tmp_path, five[:3], five[3:])
    assert made.table["id"].num_chunks == 2
    return made


def test_a_collection_is_a_sequence(collection):
    rows = list(collection)
    assert [item.id for item in rows] == ["s:0", "s:1", "s:2", "s:3", "s:4"]
    assert len(collection) == 5
    for key in (0, 4, -1, -5, slice(1, 4), slice(None, None, -2), slice(3, 99)):
        assert collection[key] == rows[key]
    assert rows[3] in collection
    assert collection.items([4, 0, 4]) == [rows[4], rows[0], rows[4]]
    assert collection.items([]) == []
    assert collection.take([3, 1], ["title"]).to_pydict() == {"title": ["t3", "t1"]}
    for beyond in (5, -6):
        with pytest.raises(IndexError, match=f"row {beyond} of a collection of 5 items"):
            collection[beyond]


@pytest.mark.parametrize("alike", [False, True])
def test_the_first_row_of_a_text_is_found_in_order_too(monkeypatch, alike):
    if alike:  # of texts whose hashes are the same each is itself
        monkeypatch.setattr(lookup, "hash", lambda _: 7, raising=False)
    texts = ["b", "a", "", "b", "\u00e4", "a", "c"]
    rows = lookup.FirstRows(pa.chunked_array([texts[:3], texts[3:]], pa.string()))
    assert {text: rows.get(text) for text in texts} == {"b": 0, "a": 1, "": 2, "\u00e4": 4, "c": 6}
    assert rows.get("d") is None
    assert rows.get("\ud800") is None
    assert lookup.FirstRows(pa.chunked_array([], pa.string())).get("a") is None


def test_rows_are_found_by_id(collection):
    assert [collection.row(f"s:{n}") for n in range(5)] == [0, 1, 2, 3, 4]
    assert collection.row("s:5") is None
    assert collection.row("") is None
    assert collection.row("s:\udce4") is None  # an argument that is not UTF-8
    assert collection.rows(["s:4", "s:nine", "\ud800", "s:0"]) == [4, None, None, 0]
    assert collection.rows([]) == []
    for _ in range(FEW):  # after a few the ids are put in order: the same is found
        assert collection.rows(["s:4", "s:nine", "\ud800", "s:0"]) == [4, None, None, 0]
        assert (collection.row("s:1"), collection.row("s:nine")) == (1, None)


@st.composite
def asked(draw):
    """Items in parts, some of them empty, and row numbers: in any order, some twice."""
    rows = draw(st.lists(items(), max_size=9))
    cuts = [0, *sorted(draw(st.lists(st.integers(0, len(rows)), max_size=3))), len(rows)]
    numbers = draw(st.lists(st.integers(0, len(rows) - 1), max_size=20)) if rows else []
    return [rows[a:b] for a, b in pairwise(cuts)], numbers


@settings(max_examples=60, deadline=None)
@given(asked(), st.integers(1, 4), st.lists(st.sampled_from(SCHEMA.names), unique=True, min_size=1))
def test_rows_are_those_of_a_plain_list(tmp_path_factory, question, together, names):
    parts, numbers = question
    whole = [item for part in parts for item in part]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columnar, "ROWS_TOGETHER", together)
        patch.setattr(packed, "BLOCK", together + 1)
        found = stored(tmp_path_factory.mktemp("c"), *parts)
        assert list(found) == whole
        assert found.digest() == digest(whole)
        assert found.items(numbers) == [whole[n] for n in numbers]
        assert found.take(numbers).equals(to_table(whole[n] for n in numbers))
        assert found.take(numbers).schema == SCHEMA
        assert found.take(numbers, names).equals(to_table(whole[n] for n in numbers).select(names))


@pytest.mark.parametrize("columns", [None, ["id", "year"]])
@pytest.mark.parametrize("numbers", [[5], [0, -1], [2**40]])
def test_a_row_that_is_not_there_is_refused(collection, columns, numbers):
    with pytest.raises(IndexError, match=f"rows {min(numbers)} to {max(numbers)} of a collection of 5 items"):
        collection.take(numbers, columns)


def test_an_empty_collection_has_no_rows(tmp_path):
    for parts in ([], [[]]):
        empty = stored(tmp_path, *parts)
        assert (len(empty), list(empty), empty.items([]), empty.take([]).schema) == (0, [], [], SCHEMA)
        assert (tmp_path / "items.packed").read_bytes() == bytes(8)


@settings(max_examples=32, deadline=None)
@given(st.lists(st.booleans(), min_size=5, max_size=5))
def test_rows_under_a_mask(tmp_path_factory, mask):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columnar, "ROWS_TOGETHER", 2)
        ids = [Item(id=f"s:{n}") for n in range(5)]
        shown = stored(tmp_path_factory.mktemp("c"), ids[:3], ids[3:]).where(np.array(mask))
    assert shown.schema == SCHEMA
    assert shown["id"].to_pylist() == [f"s:{n}" for n in range(5) if mask[n]]


# Files.


def test_a_packed_row_is_what_the_module_says(tmp_path):
    stored(tmp_path, [Item(id="s:1", title="é", year=-5, subjects=("a", ""), rights="", extra={"k": "v"})])
    row = ["s:1", "", "é", "", "", "", "-5", "", "", "", "a~~", "", "unknown"]
    row += ["", "", "", "", "", "", "k~v~"]
    data = b"".join(value.encode().replace(b"~", b"\xfe") + b"\xff" for value in row)
    ends = b"".join(number.to_bytes(8, "little") for number in (0, len(data)))
    assert (tmp_path / "items.packed").read_bytes() == data + ends


@pytest.mark.parametrize("damage", ["missing", "torn", "empty", "columns"])
@pytest.mark.parametrize("name", ["items.arrow", "items.packed"])
def test_a_damaged_file_says_that_it_is_rebuilt(collection, name, damage):
    path = collection.path.with_name(name)
    content = path.read_bytes()
    path.unlink()
    if damage == "columns":
        with pa.ipc.new_file(str(path), pa.schema([("id", pa.string())])):
            pass
    elif damage != "missing":
        path.write_bytes(content[:-20] if damage == "torn" else b"")
    with pytest.raises(ArchiveDamaged, match=f"{name} .*delete it and it is rebuilt") as caught:
        Collection(collection.path, collection.path.with_name("items.packed"))
    assert "\n" not in str(caught.value)


def test_packed_rows_that_end_anywhere_too_early_are_damaged(collection, tmp_path):
    content = (tmp_path / "items.packed").read_bytes()
    for length in range(len(content)):
        (tmp_path / "short").write_bytes(content[:length])
        with pytest.raises(ArchiveDamaged, match="short cannot be read"):
            packed.PackedRows(tmp_path / "short")


def test_a_packed_row_in_which_an_ending_is_lost_is_damaged(collection, tmp_path):
    path = tmp_path / "items.packed"
    path.write_bytes(path.read_bytes().replace(b"\xff", b"-", 1))
    with pytest.raises(ArchiveDamaged, match=r"items\.packed cannot be read .*delete it and it is rebuilt"):
        Collection(collection.path, path).items([0])


def test_files_of_different_lengths_are_not_one_collection(collection, tmp_path):
    write_packed([tmp_path / "0.parquet"], tmp_path / "short")
    with pytest.raises(ArchiveDamaged, match=r"short holds 3 rows, .*items\.arrow 5; delete both and they are rebuilt"):
        Collection(collection.path, tmp_path / "short")


@pytest.mark.parametrize("damage", ["missing", "torn", "columns"])
def test_a_damaged_part_is_named(collection, damage):
    path = collection.path.with_name("1.parquet")
    content = path.read_bytes()
    path.unlink()
    if damage == "torn":
        path.write_bytes(content[:-20])
    elif damage == "columns":
        write_parquet(path, pa.table({"id": ["s:1"]}))
    with pytest.raises(ArchiveDamaged, match=r"1\.parquet (cannot be read|has columns \['id'\])"):
        read_part(path)
    before = collection.path.read_bytes()
    with pytest.raises(ArchiveDamaged):
        write_columns([collection.path.with_name("0.parquet"), path], collection.path)
    assert collection.path.read_bytes() == before
    before = collection.path.with_name("items.packed").read_bytes()
    with pytest.raises(ArchiveDamaged):
        write_packed([collection.path.with_name("0.parquet"), path], collection.path.with_name("items.packed"))
    assert collection.path.with_name("items.packed").read_bytes() == before

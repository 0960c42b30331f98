"""Items keep what they are given, and collections give it back in order."""

import dataclasses
import pickle
import unicodedata
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentarchive.collection import (
    RIGHTS_CLASSES,
    SCHEMA,
    Collection,
    Item,
    digest,
    from_table,
    local_id,
    read_part,
    to_table,
    write_arrow,
)
from latentarchive.errors import ArchiveDamaged, CollectionError
from latentarchive.storage import write_parquet

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
YEARS = st.tuples(st.integers(-9999, 9999), st.integers(0, 99)).map(lambda y: (y[0], y[0] + y[1]))


@st.composite
def items(draw):
    texts = ("image", "title", "text", "creator", "date", "medium", "place", "rights", "mining", "url", "source")
    year, year_end = draw(st.one_of(YEARS, st.just((None, None))))
    return Item(
        id="s:" + local_id(draw(TEXT.filter(bool))),
        **{name: draw(TEXT) for name in (*texts, "sha256")},
        year=year,
        year_end=year_end,
        width=draw(st.none() | st.integers(1, 99999)),
        height=draw(st.none() | st.integers(1, 99999)),
        rights_class=draw(st.sampled_from(RIGHTS_CLASSES)),
        subjects=tuple(draw(st.lists(TEXT, max_size=3))),
        extra=draw(st.dictionaries(TEXT, TEXT, max_size=3)),
    )


FULL = Item(
    id="s:1", image="a/1.jpg", title="Plate 1", text="An apple.", creator="Newton", date="c. 1900", year=1895,
    year_end=1905, medium="watercolor", place="Dallas", subjects=("apples", "Malus"), rights="CC0", rights_class="open",
    mining="DMI-ALLOWED", url="https://x/1", source="USDA", sha256="00", width=3, height=4, extra={"b": "2", "a": "1"},
)  # fmt: skip


@pytest.fixture
def collection(tmp_path):
    """Five items in two parts, so that rows lie in different batches."""
    for part, numbers in enumerate([range(3), range(3, 5)]):
        table = to_table(Item(id=f"s:{n}", title=f"t{n}", subjects=(str(n),)) for n in numbers)
        write_parquet(tmp_path / f"{part}.parquet", table)
    write_arrow([tmp_path / "0.parquet", tmp_path / "1.parquet"], tmp_path / "items.arrow")
    return Collection(tmp_path / "items.arrow")


# Items.


@pytest.mark.parametrize("bad", ["", "x", ":x", "s:", "s:a b", "s:a\tb", "s:a\u00a0b", "s:a\n"])
def test_an_id_has_two_parts_and_no_white_space(bad):
    with pytest.raises(CollectionError, match=r"item id must be 'source:local' without white space, got "):
        Item(id=bad)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rights_class": "free"}, "item s:1: rights_class must be one of open, restricted, unknown, got 'free'"),
        ({"year": 1900, "year_end": 1899}, "item s:1: year_end 1899 comes before year 1900"),
        ({"year_end": 2**31}, "item s:1: year_end 2147483648 does not fit in 32 bits"),
    ],
)
def test_an_item_that_breaks_its_promises_is_refused(changes, message):
    with pytest.raises(CollectionError) as caught:
        dataclasses.replace(FULL, **changes)
    assert str(caught.value) == message


def test_an_item_says_nothing_that_it_was_not_told():
    item = Item(id="s:1")
    assert item.rights == item.rights_class == "unknown"
    assert {name for name, value in item.record().items() if value not in ("", None, [], {})} == {
        "id", "rights", "rights_class",
    }  # fmt: skip


def test_text_is_nfc_and_an_item_cannot_be_changed():
    item = Item(id="s:Mu\u0308ller", title="e\u0301", subjects=("u\u0308",), extra={"o\u0308": "a\u030a"})
    assert (item.id, item.title, item.subjects, dict(item.extra)) == ("s:Müller", "é", ("ü",), {"ö": "å"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.title = "other"
    with pytest.raises(TypeError):
        item.extra["ö"] = "other"


def test_the_columns_on_disk_are_the_fields_of_an_item():
    assert SCHEMA.names == [f.name for f in dataclasses.fields(Item)] == list(FULL.record())


@settings(max_examples=60, deadline=None)
@given(st.lists(items(), max_size=4))
def test_items_come_back_from_a_table_as_they_were(rows):
    assert from_table(to_table(rows)) == rows


# Ids.


@settings(max_examples=400, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_local_id_has_no_white_space_and_can_be_undone(text):
    item = Item(id="s:" + local_id(text))
    assert not any(c.isspace() for c in item.id)
    assert unquote(item.id.removeprefix("s:")) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("79.66.115", "79.66.115"),
        ("a b/ü (2).jpg", "a%20b/ü%20(2).jpg"),
        ("100%", "100%25"),
        ("x\u00a0y\u2028z", "x%C2%A0y%E2%80%A8z"),
        ("\n\u0301", "%0A%CC%81"),  # else NFC would make the A an Á
        ("\n\u0591\u0301", "%0A%D6%91%CC%81"),
    ],
)
def test_local_ids_that_are_known(text, escaped):
    assert local_id(text) == escaped
    assert unquote(Item(id=f"s:{escaped}").id) == f"s:{text}"


# Digests.


def test_the_digest_of_no_items_is_that_of_no_bytes():
    assert digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("name", SCHEMA.names)
def test_the_digest_depends_on_every_field(name):
    other = {
        str: lambda v: "open" if v == "unknown" else "restricted" if v == "open" else v + "x",
        int: lambda v: v + 1,
        tuple: lambda v: v[::-1],
    }
    value = getattr(FULL, name)
    changed = {"a": "1", "b": "3"} if name == "extra" else other[type(value)](value)
    assert digest([dataclasses.replace(FULL, **{name: changed})]) != digest([FULL])


def test_the_digest_depends_on_order_but_not_on_that_of_extra(collection):
    rows = list(collection)
    assert digest(rows) == collection.digest() != digest(rows[::-1])
    assert digest([FULL]) == digest([dataclasses.replace(FULL, extra={"a": "1", "b": "2"})])


# Collections.


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


def test_rows_are_found_by_id(collection):
    assert [collection.row(f"s:{n}") for n in range(5)] == [0, 1, 2, 3, 4]
    assert collection.row("s:5") is None
    assert collection.row("") is None
    assert collection.row("s:\udce4") is None  # an argument that is not UTF-8
    assert collection.rows(["s:4", "s:nine", "\ud800", "s:0"]) == [4, None, None, 0]
    assert collection.rows([]) == []


@settings(max_examples=32, deadline=None)
@given(st.lists(st.booleans(), min_size=5, max_size=5))
def test_rows_under_a_mask(tmp_path_factory, mask):
    path = tmp_path_factory.getbasetemp() / "masked.arrow"
    if not path.exists():
        for part in range(2):
            table = to_table(Item(id=f"s:{n}") for n in ([0, 1, 2], [3, 4])[part])
            write_parquet(path.with_suffix(f".{part}"), table)
        write_arrow([path.with_suffix(".0"), path.with_suffix(".1")], path)
    shown = Collection(path).where(np.array(mask))
    assert shown.schema == SCHEMA
    assert shown["id"].to_pylist() == [f"s:{n}" for n in range(5) if mask[n]]


@pytest.mark.parametrize("damage", ["missing", "torn", "empty", "columns"])
def test_a_damaged_file_says_that_it_is_rebuilt(collection, damage):
    path = collection.path
    content = path.read_bytes()
    path.unlink()
    if damage == "columns":
        with pa.ipc.new_file(str(path), pa.schema([("id", pa.string())])):
            pass
    elif damage != "missing":
        path.write_bytes(content[:-20] if damage == "torn" else b"")
    with pytest.raises(ArchiveDamaged, match=r"items\.arrow .*delete it and it is rebuilt") as caught:
        Collection(path)
    assert "\n" not in str(caught.value)


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
        write_arrow([collection.path.with_name("0.parquet"), path], collection.path)
    assert collection.path.read_bytes() == before


def test_an_item_can_be_sent_to_another_process():
    item = Item(id="s:1", subjects=("a", "b"), extra={"k": "v"}, year=1900, year_end=1901)
    assert pickle.loads(pickle.dumps(item)) == item

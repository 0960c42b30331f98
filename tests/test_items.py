"""Items keep what they are given."""

import dataclasses
import pickle
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentarchive.catalogue import SCHEMA, from_table, to_table
from latentarchive.errors import CollectionError
from latentarchive.items import Item, digest, local_id
from tests.item_helpers import items

FULL = Item(
    id="s:1", image="a/1.jpg", title="Plate 1", text="An apple.", creator="Newton", date="c. 1900", year=1895,
    year_end=1905, medium="watercolor", place="Dallas", subjects=("apples", "Malus"), rights="CC0", rights_class="open",
    mining="DMI-ALLOWED", url="https://x/1", source="USDA", sha256="00", width=3, height=4, extra={"b": "2", "a": "1"},
)  # fmt: skip


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


def test_an_item_can_be_sent_to_another_process():
    item = Item(id="s:1", subjects=("a", "b"), extra={"k": "v"}, year=1900, year_end=1901)
    assert pickle.loads(pickle.dumps(item)) == item


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


def test_the_digest_depends_on_order_but_not_on_that_of_extra():
    other = Item(id="s:2")
    assert digest([FULL, other]) != digest([other, FULL])
    assert digest([FULL]) == digest([dataclasses.replace(FULL, extra={"a": "1", "b": "2"})])

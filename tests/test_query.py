"""Terms as people write them, and how they become one vector."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentarchive.errors import QueryError
from latentarchive.items import Item
from latentarchive.query import Hit, Query, Region, Results, Term, compose, parse_term

IDS = {"s:red.png", "s:a:b@c", "s:plate@2", "s:red", "m:79.66.115", "s:cut#xywh=1,2,3,4"}


def read(text, **options):
    return parse_term(text, is_item=IDS.__contains__, **options)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory holds two files, one of them named like an id."""
    monkeypatch.chdir(tmp_path)
    for name in ("my photo.jpg", "s:red", "notes"):
        (tmp_path / name).write_bytes(b"")


NEITHER = "is neither an item of this archive nor a file; to search for these words write text:"
REGIONS = "write #xywh=X,Y,WIDTH,HEIGHT or #xywh=percent:X,Y,WIDTH,HEIGHT"
PIXELS, PERCENT = Region(10, 20, 30.5, 40), Region(25, 0, 50, 100, percent=True)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("a red boat", Term("text", "a red boat")),
        ("a red boat@2", Term("text", "a red boat", 2)),
        ("a red boat @ 0.5", Term("text", "a red boat ", 0.5)),
        ("a boat@1e-1", Term("text", "a boat", 0.1)),
        ("a boat@.5", Term("text", "a boat", 0.5)),
        ("boats@sea", Term("text", "boats@sea")),
        ("me@example.org@2", Term("text", "me@example.org", 2)),
        ("boats@", Term("text", "boats@")),
        ("text:s:red.png", Term("text", "s:red.png")),
        ("text:my photo.jpg@3", Term("text", "my photo.jpg", 3)),
        ("text:id:x", Term("text", "id:x")),
        ("time: 5", Term("text", "time: 5")),
        ("s:red.png", Term("item", "s:red.png")),
        ("s:red.png@0.25", Term("item", "s:red.png", 0.25)),
        ("s:a:b@c", Term("item", "s:a:b@c")),
        ("s:a:b@c@2", Term("item", "s:a:b@c", 2)),
        ("s:plate@2", Term("item", "s:plate@2")),  # an id that ends like a weight
        ("id:s:plate@2", Term("item", "s:plate@2")),
        ("s:plate@2@3", Term("item", "s:plate@2", 3)),
        ("id:m:79.66.115@2", Term("item", "m:79.66.115", 2)),
        ("s:red", Term("item", "s:red")),  # an item before a file
        ("file:s:red", Term("file", "s:red")),
        ("my photo.jpg", Term("file", "my photo.jpg")),
        ("my photo.jpg@2", Term("file", "my photo.jpg", 2)),
        ("notes", Term("file", "notes")),
        ("s:red.png#xywh=10,20,30.5,40", Term("item", "s:red.png", 1, PIXELS)),
        ("s:red.png#xywh=pixel:10,20,30.5,40@2", Term("item", "s:red.png", 2, PIXELS)),
        ("file:my photo.jpg#xywh=percent:25,0,50,100", Term("file", "my photo.jpg", 1, PERCENT)),
        ("s:cut#xywh=1,2,3,4", Term("item", "s:cut#xywh=1,2,3,4")),  # an id that ends like a region
        ("id:s:cut#xywh=1,2,3,4@2", Term("item", "s:cut#xywh=1,2,3,4", 2)),
        ("s:cut#xywh=1,2,3,4#xywh=10,20,30.5,40", Term("item", "s:cut#xywh=1,2,3,4", 1, PIXELS)),
        ("boats@1e3", Term("text", "boats", 1000)),
        ("info@nancy", Term("text", "info@nancy")),
        ("boats " * 100, Term("text", "boats " * 100)),  # too long for the name of a file
        ("a\0b", Term("text", "a\0b")),
    ],
)
def test_the_reading_of_a_term(text, term):
    assert read(text) == term
    assert read(text, unlike=True) == Term(term.kind, term.value, -term.weight, term.region)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id:s:none", "this archive has no item 's:none'"),
        ("file:none.jpg", "no file 'none.jpg'"),
        ("file:.", "no file '.'"),
        ("none.jpg", "'none.jpg' " + NEITHER + "none.jpg"),
        ("https://x.org/a.PNG@2", "'https://x.org/a.PNG' " + NEITHER + "https://x.org/a.PNG"),
        ("s:none#xywh=1,2,3,4", "'s:none' " + NEITHER + "s:none"),
        ("boats@0", "the weight in 'boats@0' must be above 0; to search away from something use --unlike"),
        ("boats@-1", "the weight in 'boats@-1' must be above 0; to search away from something use --unlike"),
        ("boats@1e999", "the weight of 'boats' must lie between 0.001 and 1000, got inf"),
        ("red@inf", "the weight of 'red' must lie between 0.001 and 1000, got inf"),
        ("red@NaN", "the weight of 'red' must lie between 0.001 and 1000, got nan"),
        ("red@-inf", "the weight in 'red@-inf' must be above 0; to search away from something use --unlike"),
        ("red@1e308", "the weight of 'red' must lie between 0.001 and 1000, got 1e+308"),
        ("red@0.0009", "the weight of 'red' must lie between 0.001 and 1000, got 0.0009"),
        ("", "an empty term cannot be searched for"),
        ("text:", "an empty term cannot be searched for"),
        ("@2", "an empty term cannot be searched for"),
        *((f"s:red.png#xywh={bad}", f"the region in 's:red.png#xywh={bad}' cannot be read; {REGIONS}")
          for bad in ("1,2,3", "-1,0,5,5", "1.2.3,0,1,1", "em:1,2,3,4", "1,2,3,4,5", "")),
    ],
)  # fmt: skip
def test_a_term_that_cannot_be_read(text, message):
    with pytest.raises(QueryError) as caught:
        read(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["s:none", "s:no such", "s:none@2", "s:a:b"])
def test_what_is_written_like_an_id_is_no_words(text):
    """A mistyped id would otherwise be looked for as words, and something would be found."""
    assert read(text).kind == "text"
    place = text.removesuffix("@2")
    with pytest.raises(QueryError) as caught:
        read(text, prefix="s")
    assert str(caught.value) == f"{place!r} {NEITHER}{place}"
    assert read(f"text:{text}", prefix="s").value == place


@pytest.mark.parametrize("text", ["s:red", "file:s:red", "s: red and white", "s:", "so: red", "m:79"])
def test_what_else_begins_like_a_prefix(text):
    assert read(text, prefix="s") == read(text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=25), st.booleans())
def test_any_text_is_a_term_or_a_query_error(text, unlike):
    try:
        term = read(text, unlike=unlike)
    except QueryError:
        return
    assert (term.weight < 0) == unlike
    assert term.value in text


@pytest.mark.parametrize(
    ("region", "size", "box"),
    [
        (Region(10, 20, 30, 40), (100, 100), (10, 20, 40, 60)),
        (Region(90, 90, 30, 40), (100, 100), (90, 90, 100, 100)),
        (Region(25, 0, 50, 100, percent=True), (64, 32), (16, 0, 48, 32)),
        (Region(0, 0, 0.4, 9), (9, 9), None),
        (Region(9, 0, 5, 5), (9, 9), None),
        (Region(100, 0, 50, 50, percent=True), (9, 9), None),
    ],
)
def test_the_pixels_of_a_region(region, size, box):
    if box is not None:
        assert region.box(*size) == box
        return
    with pytest.raises(QueryError, match="holds no pixel of an image of 9 x 9"):
        region.box(*size)


RED = Term("text", "red")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"by": "magic"}, "by must be one of meaning, words, both, got 'magic'"),
        ({"k": 0}, "k must be 1 or more, got 0"),
        ({"k": 2.5}, "k must be a whole number, got 2.5"),
        ({"k": "3"}, "k must be a whole number, got '3'"),
        ({"diverse": 1.1}, "diverse must lie between 0 and 1, got 1.1"),
        ({"diverse": float("nan")}, "diverse must lie between 0 and 1, got nan"),
        ({"terms": ()}, "nothing to search for: give words, an image or an item"),
        ({"terms": (Term("text", "red", -1),)}, "nothing to search for: give words, an image or an item"),
    ],
)
def test_a_query_that_no_archive_can_answer(changes, message):
    with pytest.raises(QueryError) as caught:
        Query(**{"terms": (RED,)} | changes)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("terms", "words", "kind", "shown"),
    [
        ((RED,), "red", "text", "“red”"),
        ((RED, Term("text", "old boat", 2)), "red old boat", "text", "“red” + “old boat” × 2"),
        ((RED, Term("text", "blue", -1)), "red", "text", "“red” − “blue”"),
        ((RED, Term("item", "s:1", -0.5)), "red", "text", "“red” − item s:1 × 0.5"),
        ((Term("text", "x", -1), Term("file", "a.png")), "", "image", "− “x” + file a.png"),
        ((RED, Term("item", "s:1", 1, PERCENT)), "red", "mixed", "“red” + item s:1 (xywh=percent:25,0,50,100)"),
    ],
)
def test_a_query_in_words(terms, words, kind, shown):
    query = Query(terms=terms)
    assert (query.words, query.kind, str(query)) == (words, kind, shown)
    assert str(Query(terms=terms, where="year < 1900")) == f"{shown}, where year < 1900"


# Composing.

X, Y = np.eye(2, dtype=np.float32)


@pytest.mark.parametrize(
    ("vectors", "weights", "spreads", "expected"),
    [
        ([X], [1], [1], [1, 0]),
        ([X], [7], [0.01], [1, 0]),
        ([X, Y], [1, 1], [1, 1], [2**-0.5, 2**-0.5]),
        ([X, Y], [3, 4], [1, 1], [0.6, 0.8]),
        ([X, Y], [3, -4], [1, 1], [0.6, -0.8]),
        ([X, Y], [1, 1], [1 / 3, 1 / 4], [0.6, 0.8]),  # a kind whose cosines spread less counts for more
        ([X, Y], [3, 4], [0.3, 0.4], [2**-0.5, 2**-0.5]),
        ([X, X, Y], [1, 1, 2], [1, 1, 1], [2**-0.5, 2**-0.5]),
    ],
)
def test_composing_by_hand(vectors, weights, spreads, expected):
    vector = compose(np.stack(vectors), weights, spreads)
    assert vector.dtype == np.float32
    assert vector == pytest.approx(expected, abs=1e-7)


def test_ranking_by_the_composed_vector_is_ranking_by_standardised_cosines():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 8))
    terms = rng.normal(size=(3, 8)).astype(np.float32)
    terms /= np.linalg.norm(terms, axis=1, keepdims=True)
    weights, spreads = [1, -0.5, 2], [0.03, 0.2, 0.1]
    by_sum = sum(w * (rows @ t.astype(float)) / s for w, t, s in zip(weights, terms, spreads, strict=True))
    by_vector = rows @ compose(terms, weights, spreads).astype(float)
    assert np.argsort(by_sum).tolist() == np.argsort(by_vector).tolist()


@pytest.mark.parametrize(
    ("vectors", "weights", "spreads"),
    [([X, X], [1, -1], [1, 1]), ([X, -X], [2, 1], [2, 1]), ([X, X, X], [1, 1, -2], [0.1, 0.1, 0.1])],
)
def test_terms_that_cancel(vectors, weights, spreads):
    with pytest.raises(QueryError, match="the terms cancel each other out; change a weight"):
        compose(np.stack(vectors), weights, spreads)


def test_records_are_plain():
    item = Item(id="s:1", title="t", subjects=("a",), extra={"b": "c"})
    hit = Hit(1, item, 0.5, "close", ("meaning",), 1, copy=False)
    record = Results("q", "swatches", (hit,), ("note",)).record()
    assert (
        record["hits"][0] | {"rank": 1, "id": "s:1", "found": ["meaning"], "subjects": ["a"], "extra": {"b": "c"}}
        == record["hits"][0]
    )
    assert list(record["hits"][0])[:7] == ["rank", "id", "score", "band", "found", "plain_rank", "copy"]
    assert (record["query"], record["archive"], record["notes"]) == ("q", "swatches", ["note"])

"""What a visitor asks: the address and back, trays, uploads, filters; without any page."""

import base64
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from latentarchive.catalogue import to_table
from latentarchive.errors import ImageError
from latentarchive.faceting import Choice, Facets
from latentarchive.items import Item
from latentarchive.query import Region, Term
from reading_room import asked as asking
from reading_room import cards, narrowing, trays, uploads
from reading_room.asked import Asked
from tests.conftest import png, swatch

DIGEST = "0123456789abcdef" * 2
RED = Term("item", "s:red.png")
BLUE = Term("text", "blue", -2.0)


def there_and_back(asked):
    return asking.read(asked.params())


# The address.

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)
NUMBERS = st.integers(0, 1000).map(lambda n: n / 10)
REGIONS = st.none() | st.builds(Region, NUMBERS, NUMBERS, NUMBERS, NUMBERS, percent=st.just(True))
WEIGHTS = st.integers(1, 1000).map(lambda n: n / 100)


def terms(sign):
    weight = WEIGHTS.map(lambda w: sign * w)
    text = st.builds(Term, st.just("text"), WORDS, weight)
    item = st.builds(Term, st.just("item"), WORDS.map("s:{}".format), weight, REGIONS)
    picture = st.builds(Term, st.just("picture"), st.just(DIGEST), weight, REGIONS)
    return st.lists(text | item | picture, max_size=4).map(tuple)


CHOICES = st.builds(
    Choice,
    values=st.dictionaries(
        st.sampled_from(["creator", "place", "extra.a:b"]),
        st.lists(st.none() | WORDS, min_size=1, unique=True).map(tuple),
    ),
    years=st.tuples(st.none() | st.integers(-4000, 3000), st.none() | st.integers(-4000, 3000)),
    texts=st.dictionaries(st.sampled_from(["creator", "title"]), WORDS),
    where=st.sampled_from(["", "year < 1900"]),
)


@settings(max_examples=50)
@given(
    st.builds(
        Asked,
        words=st.just("") | WORDS,
        like=terms(1),
        unlike=terms(-1),
        by=st.sampled_from(["both", "words", "meaning"]),
        choice=CHOICES,
        varied=st.booleans(),
        rerank=st.sampled_from(["", "dpp@0.3", "det-greedy:place"]),
        copies=st.booleans(),
        page=st.integers(1, 9),
    )
)
def test_every_question_stands_whole_in_the_address(asked):
    assert there_and_back(asked) == (asked, [])


def test_a_plain_question_is_a_plain_address():
    assert Asked(words="a blue jug").params() == {"q": ["a blue jug"]}
    asked = Asked(
        like=(RED, Term("picture", DIGEST, 2.0, Region(1, 2, 33.333333, 40, percent=True))), unlike=(BLUE,), page=2
    )
    assert asked.params() == {
        "like": ["id:s:red.png", f"picture:{DIGEST}#xywh=percent:1,2,33.33333,40@2"],
        "unlike": ["text:blue@2"],
        "pg": ["2"],
    }
    assert Asked().params() == {}
    assert not Asked(unlike=(BLUE,)).asks
    assert Asked(words=" ").terms == ()


@pytest.mark.parametrize(
    "params",
    [
        {"like": ["/etc/passwd"]},
        {"like": ["file:/etc/passwd"]},
        {"like": ["picture:../../etc/passwd"]},
        {"like": ["id:s:a@0"]},
        {"like": ["id:s:a#xywh=percent:10,20,300,40"]},
        {"unlike": ["id:s:a@9999"]},
        {"by": ["magic"]},
        {"from": ["1900; DROP TABLE"]},
        {"to": ["٣"]},
        {"rerank": ["magic"]},
        {"rerank": ["mmr@7"]},
        {"f.colour": ["red"]},
        {"w.colour": ["red"]},
        {"q": ["x" * 501]},
        {"like": [f"text:{n}" for n in range(20)]},
    ],
)
def test_what_cannot_be_understood_is_left_out_and_said(params):
    asked, complaints = asking.read(params)
    assert len(complaints) == 1
    assert all(term.kind != "file" for term in asked.terms)
    assert len(asked.like) <= asking.MOST_TERMS
    assert asking.read(asked.params())[1] == []


@settings(max_examples=40)
@given(
    st.dictionaries(st.sampled_from(["q", "like", "unlike", "from", "pg", "f.place", "w.title", "rerank", "x"]),
                       st.lists(st.text(max_size=40), max_size=3)))  # fmt: skip
def test_no_address_breaks_a_page(params):
    asked, _ = asking.read(params)
    assert asked.page >= 1
    assert not any(term.kind == "file" for term in asked.terms)


def test_a_question_is_put_to_an_archive_as_it_stands(archive):
    asked = Asked(words="red", unlike=(BLUE,), choice=Choice(years=(1901, None)), varied=True)
    query = asked.query(7, asked.terms)
    assert (query.k, query.diverse, str(query.terms[1])) == (7, 0.5, "“blue” × 2")
    assert {hit.item.id for hit in archive.answer(query).hits}.isdisjoint({"s:red.png"})
    assert asked.query(7, asked.terms, by="words").by == "words"
    ordered = Asked(words="red", rerank="dpp", varied=True).query(7, asked.terms)
    assert str(ordered.order) == "dpp"


def test_choosing_another_value_of_a_facet_leaves_the_others():
    choice = Choice(values={"place": ("Ohio",), "creator": (None,)})
    assert asking.narrowed(choice, "place", ["Utah", None]).values == {"creator": (None,), "place": ("Utah", None)}
    assert asking.narrowed(choice, "place", []).values == {"creator": (None,)}


# Trays.


def test_what_is_done_in_a_tray_gives_the_next_question():
    asked = trays.applied(Asked(), {"do": "words", "tray": "like", "text": "  a\nblue   jug "})
    assert asked.like == (Term("text", "a blue jug"),)
    asked = trays.applied(asked, {"do": "words", "tray": "unlike", "text": "fish"})
    assert asked.unlike == (Term("text", "fish", -1.0),)
    asked = trays.applied(asked, {"do": "weight", "tray": "unlike", "place": 0, "weight": 2.5})
    assert asked.unlike[0].weight == -2.5
    assert trays.applied(asked, {"do": "weight", "tray": "like", "place": 0, "weight": 1e9}).like[0].weight == 10
    asked = trays.applied(asked, {"do": "move", "tray": "unlike", "place": 0})
    assert (asked.unlike, asked.like[1]) == ((), Term("text", "fish", 2.5))
    asked = trays.applied(asked, {"do": "remove", "tray": "like", "place": 0})
    assert asked.like == (Term("text", "fish", 2.5),)


def test_a_part_of_a_work_keeps_its_weight_and_can_be_let_go():
    asked = trays.with_term(Asked(), Term("item", "s:a@b", 2.0))
    part = trays.applied(asked, {"do": "region", "tray": "like", "place": 0, "region": "10,20,30,40"})
    assert part.like == (Term("item", "s:a@b", 2.0, Region(10, 20, 30, 40, percent=True)),)
    assert trays.applied(part, {"do": "region", "tray": "like", "place": 0, "region": ""}).like == asked.like
    for wrong in ("10,20", "0,0,0,x", "0,0,500,5"):
        with pytest.raises(ImageError, match="no part"):
            trays.applied(asked, {"do": "region", "tray": "like", "place": 0, "region": wrong})


def test_a_term_stands_in_one_tray_once():
    asked = trays.with_term(trays.with_term(Asked(), RED), RED)
    assert asked.like == (RED,)
    asked = trays.with_term(asked, Term("item", "s:red.png", -1))
    assert (asked.like, [term.weight for term in asked.unlike]) == ((), [-1])


@pytest.mark.parametrize(
    "act", [{}, {"do": "weight", "place": 3}, {"do": "x", "tray": "like", "place": 0}, {"place": "0"}]
)
def test_what_a_browser_makes_up_changes_nothing(act):
    asked = Asked(like=(RED,))
    assert trays.applied(asked, act) == asked


def test_trays_have_room_for_so_many():
    asked = Asked(like=tuple(Term("text", str(n)) for n in range(asking.MOST_TERMS)))
    with pytest.raises(ImageError, match="room for 12"):
        trays.applied(asked, {"do": "words", "tray": "like", "text": "more"})
    with pytest.raises(ImageError, match="no words"):
        trays.applied(Asked(), {"do": "words", "tray": "like", "text": "  "})


def test_terms_are_named_and_what_is_gone_is_said(archive, monkeypatch):
    monkeypatch.setattr(uploads, "store", uploads.Uploads())
    digest = uploads.store.add(png(swatch("red")))
    part = Region(0, 0, 50, 50, percent=True)
    asked = Asked(words="blue", like=(Term("picture", DIGEST), Term("picture", digest, 2.0)),
                  unlike=(Term("item", "s:red.png", -1.0, part), Term("item", "s:nothing", -1.0)))  # fmt: skip
    terms, names, complaints = trays.resolved(asked, archive)
    assert names == ["“blue”", "your picture 2", "a part of Plate 0: red"]
    assert trays.in_words(terms, names) == "“blue” + your picture 2 × 2 − a part of Plate 0: red"
    assert terms[1].data == png(swatch("red"))
    assert "Your picture 1 is no longer here" in complaints[0]
    assert complaints[1].startswith("s:nothing cannot be searched with")


# Uploads.


def test_a_picture_is_kept_under_its_digest_for_a_while():
    clock = [0.0]
    store = uploads.Uploads(seconds=10, now=lambda: clock[0])
    digest = store.add(png(swatch("red")))
    assert store.add(png(swatch("red"))) == digest
    clock[0] = 9
    assert store.get(digest).data == png(swatch("red"))  # which lets it stay
    clock[0] = 18
    assert Image.open(io.BytesIO(store.get(digest).small)).format == "WEBP"
    clock[0] = 29
    assert store.get(digest) is None


def test_the_picture_asked_for_longest_ago_makes_room():
    one, two, three = (png(swatch(colour)) for colour in ("red", "green", "blue"))
    alone = uploads.Uploads()
    room = sum(len(one) + len(alone.get(alone.add(one)).small) for one in (one, two)) + 10
    store = uploads.Uploads(room=room)
    first, second = store.add(one), store.add(two)
    store.get(first)
    third = store.add(three)
    assert [store.get(digest) is None for digest in (first, second, third)] == [False, True, False]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "text, not an image"),
        (b"%PDF-1.7 x", "a PDF document"),
        (b"", "the file is empty"),
        (b"x" * (uploads.LARGEST + 1), "at most 15 MB"),
        (png(swatch("red"))[:60], "damaged"),
    ],
)
def test_what_is_no_usable_picture_is_refused_in_a_sentence(data, said, monkeypatch):
    monkeypatch.setattr(uploads, "store", uploads.Uploads())
    act = {"do": "picture", "tray": "like", "data": base64.b64encode(data).decode()}
    with pytest.raises(ImageError, match=said):
        trays.applied(Asked(), act)
    with pytest.raises(ImageError, match="did not arrive whole"):
        trays.applied(Asked(), act | {"data": "§"})


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded():
    bomb = io.BytesIO()
    Image.new("1", (9000, 9000)).save(bomb, "PNG")
    with pytest.raises(ImageError, match="9000 x 9000 pixels; at most 64,000,000"):
        uploads.Uploads().add(bomb.getvalue())


# Filters.

WORKS = [
    Item(id="s:1", creator="Newton", year=1890, place="Ohio"),
    Item(id="s:2", creator="<script>alert(1)</script>", year=1905, place="Ohio"),
    Item(id="s:3", creator="Newton", year=1909, place="unknown"),
]


def left(choice):
    total, counts, years = Facets(to_table(WORKS)).counts(choice, ["creator", "place"], np.ones(3, bool))
    return narrowing.Left(3, total, counts, years)


def test_what_is_chosen_in_a_facet_or_on_the_slider_gives_the_next_choice():
    bars = left(Choice()).years
    choice = narrowing.applied(Choice(), {"do": "value", "name": "place", "value": None, "on": True}, bars)
    choice = narrowing.applied(choice, {"do": "value", "name": "place", "value": "Ohio", "on": True}, bars)
    assert choice.values == {"place": (None, "Ohio")}
    choice = narrowing.applied(choice, {"do": "value", "name": "place", "value": None, "on": False}, bars)
    assert choice.values == {"place": ("Ohio",)}
    choice = narrowing.applied(choice, {"do": "words", "name": "creator", "text": " new "}, bars)
    assert choice.texts == {"creator": "new"}
    assert narrowing.applied(choice, {"do": "words", "name": "creator", "text": ""}, bars).texts == {}
    choice = narrowing.applied(choice, {"do": "years", "from": 1890, "to": 1905}, bars)
    assert choice.years == (None, 1905)
    assert narrowing.applied(choice, {"do": "years", "from": 1890, "to": 1909}, bars).years == (None, None)
    for act in ({}, {"do": "value", "name": "id; DROP", "value": "x", "on": True}, {"do": "words", "name": "x"}):
        assert narrowing.applied(choice, act, bars) == choice


def test_a_facet_is_told_with_counts_of_what_the_other_choices_leave():
    choice = Choice(values={"place": (None,), "creator": ("gone",)})
    told = narrowing.told(choice, left(choice))
    creator, place = told["facets"]
    assert [(value["value"], value["number"], value["chosen"]) for value in place["values"]] == [(None, "0", True)]
    assert [(value["label"], value["number"]) for value in creator["values"]] == [("Newton", "1"), ("gone", "0")]
    assert (told["years"]["low"], told["years"]["high"]) == (1890, 1909)
    json.dumps(told)


def test_each_filter_is_named_and_can_be_taken_away():
    choice = Choice(values={"place": ("Ohio", None)}, years=(None, 1900), texts={"title": "jug"}, where="year > 1")
    parts = dict(narrowing.parts(choice))
    assert list(parts) == ["Place: Ohio, not stated", "title: “jug”", "Years: – 1900", "year > 1"]
    assert parts["Years: – 1900"].years == (None, None)
    assert parts["Place: Ohio, not stated"].values == {}


# Links out.


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/works/1", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        ("//example.org", False),
        ("https://me:secret@example.org", False),
        ("https://", False),
        ("https://[::1", False),
        ("https://example.org/\n", False),
        ("", False),
    ],
)
def test_only_a_plain_address_on_the_web_is_a_link(url, link):
    assert cards.outside(url) == (url if link else "")


def test_years_to_choose_from_are_those_of_the_works_and_not_of_the_bars():
    works = [Item(id="s:1", year=-1594, year_end=-1594), Item(id="s:2", year=2016, year_end=2016)]
    total, counts, years = Facets(to_table(works)).counts(Choice(), [], np.ones(2, bool))
    told = narrowing.told(Choice(), narrowing.Left(2, total, counts, years))["years"]
    assert years.begins[0] < -1594
    assert (told["low"], told["high"]) == (-1594, 2016)
    assert told["alt"] == "Works by year, from 1594 BCE to 2016"
    assert dict(narrowing.parts(Choice(years=(-1594, None)))) == {"Years: 1594 BCE –": Choice()}

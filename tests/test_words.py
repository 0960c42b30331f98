"""What the catalogue's words find: accession numbers, names, beginnings, whatever their case and accents."""

import sqlite3

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentarchive.errors import ArchiveDamaged
from latentarchive.items import Item
from latentarchive.words import FUNCTION_WORDS, Words, build_words

ITEMS = [
    Item(id="m:79.66.115", title="Apple", creator="Müller, Ellen", subjects=("apples", "Malus domestica")),
    Item(id="m:79.66.116", title="Two apples and a pear", text="A red apple beside a green pear.", date="1905"),
    Item(id="m:POM00007435", title="Pear", creator="Schutt", place="Dallas", extra={"accession": "1979.66.115"}),
    Item(id="m:plate-0007", title="Red boat", medium="ink on paper", image="plates/plate-0007.jpg"),
    Item(id="m:boats", title="Boats", text="NOT AND OR NEAR"),
    Item(id="m:x", title="Ægir’s Straße, Łódź", creator="Ærø; Dvořák"),
]


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "with space # and %.sqlite"
    build_words(ITEMS, path)
    return Words(path)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("79.66.115", [0]),  # not 79.66.116, not 1979.66.115
        ("66.115", [0, 2]),  # in the id it counts more than in a note
        ("115.66", []),
        ("POM00007435", [2]),
        ("m:POM00007435", [2]),
        ("pom0000*", [2]),
        ("pom0000", []),
        ("plate-0007", [3]),
        ("plate-0008", []),
        ("schutt", [2]),
        ("SCHUTT", [2]),
        ("Müller", [0]),
        ("Muller", [0]),
        ("mu\u0308ller", [0]),
        ("MÜLL*", [0]),
        ("Dvorak", [5]),
        ("“Dvořák”,", [5]),
        ("boat", [4, 3]),
        ("boat*", [4, 3]),
        ("dallas", [2]),
        ("1905", [1]),
        ("ink paper", [3]),
        ("domestica malus", [0]),
        ("nowhere", []),
        ("", []),
        ("  ", []),
        ("*", []),
        ("!?", []),
        ("_", []),
        ("red _ boat", [3, 4]),
        ("NOT", [4]),
        ("title:boats", []),
        ('"red boat"', [3]),
        ('red" "pear', [1]),
    ],
)
def test_what_is_found(words, query, found):
    assert words.search(query, 10).rows == found


def test_all_words_before_some_of_them(words):
    """One item has both: only it is found. None has all three: those that have enough of them are."""
    assert words.search("apple pear", 10).rows == [1]
    some = words.search("apple pear zeppelin", 10).rows
    assert some[0] == 1
    assert set(some) <= {0, 1, 2}
    assert words.search("zeppelin", 10).rows == []


PLATES = [
    Item(id="m:0", title="Persea: Dickey A"),
    Item(id="m:1", title="Malus: Branch"),
    Item(id="m:2", title="Pyrus: Pear Apple"),
    Item(id="m:3", title="Die Birne", text="für Emma"),
    Item(id="m:4", title="Fur"),
    Item(id="m:5", title="梨"),
]


@pytest.fixture(scope="module")
def plates(tmp_path_factory):
    path = tmp_path_factory.mktemp("plates") / "w"
    build_words(PLATES, path)
    return Words(path)


@pytest.mark.parametrize(
    ("query", "rows", "complete"),
    [
        ("pear apple", {2}, True),
        ("the pear apple", {2}, True),  # nobody has "the": all the others are enough
        ("a pear on a branch", {1, 2}, False),  # not 0, which alone has "a"
        ("Dickey A", {0}, True),
        ("a", {0}, True),
        ("on a", {0}, False),  # nothing else was asked for
        ("die Birne", {3}, True),
        ("eine Birne für Otto", {3}, False),
        ("A, branch.", {1}, True),
        ("fur zeppelin", {3, 4}, False),  # a coat,
        ("für zeppelin", set(), False),  # and German "for"
        ("ox branch", {1}, False),  # an ox is no function word
        ("xy pear apple", {2}, False),
        ("A* zeppelin", {0, 2}, False),
        ("梨 zeppelin", {5}, False),
        ("der zeppelin", set(), False),
        ("", set(), False),
    ],
)
def test_function_words_are_not_missed_where_nobody_has_them(plates, query, rows, complete):
    found = plates.search(query, 10)
    assert (set(found.rows), found.complete) == (rows, complete)


def test_function_words_are_single_words_in_small_letters():
    assert all(word == word.casefold() and word.isalpha() for word in FUNCTION_WORDS)
    assert not FUNCTION_WORDS & {"apple", "red", "man", "fur", "gogh"}


def test_any_k_however_great(words):
    assert words.search("pear", 2**70).rows == [2, 1]


def test_a_rare_word_counts_more_than_a_common_one(tmp_path):
    """ "newton" is in one item, "plate" in all: with a word that nobody has, the others are too far behind."""
    build_words([Item(id=f"m:{n}", text="plate newton" if n == 7 else "plate") for n in range(20)], tmp_path / "w")
    assert Words(tmp_path / "w").search("plate newton zeppelin", 20).rows == [7]


def test_equal_items_in_row_order_and_at_most_k(tmp_path):
    build_words([Item(id=f"m:a{n}", title="same") for n in range(30)], tmp_path / "w")
    words = Words(tmp_path / "w")
    assert words.search("same", 7).rows == list(range(7))
    assert words.search("same", 99).rows == list(range(30))
    assert words.search("same", 0).rows == []
    assert len(words) == 30


def test_only_allowed_rows(words):
    allowed = np.array([row != 1 for row in range(len(ITEMS))])
    assert words.search("pear", 10).rows == [2, 1]
    assert words.search("pear", 10, allowed=allowed).rows == [2]
    assert words.search("pear", 10, allowed=allowed & False).rows == []


def test_rows_that_are_not_allowed_change_nothing(tmp_path):
    """The best of all has most of the words, but is withheld: what lies far behind it is the best there is."""
    texts = ["alpha beta gamma", "delta", "alpha"] + ["delta"] * 9
    build_words([Item(id=f"m:{n}", text=text) for n, text in enumerate(texts)], tmp_path / "w")
    words = Words(tmp_path / "w")
    allowed = np.arange(len(texts)) > 0
    assert words.search("alpha beta gamma zeppelin", 9).rows == [0]
    assert words.search("alpha beta gamma zeppelin", 9, allowed=allowed).rows == [2]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(st.characters(), max_size=20),
        st.lists(
            st.sampled_from(
                [
                    "red",
                    "AND",
                    "OR",
                    "NOT",
                    "NEAR(",
                    ")",
                    '"',
                    "'",
                    "*",
                    "^",
                    ":",
                    "-",
                    "+",
                    "{",
                    "}",
                    "a\x00b",
                    "\ud800x",
                    "title",
                    ",",
                    "²",
                    "_",
                    "\u0301",
                    "(red",
                    "red*",
                    "rank",
                    "x" * 300,
                ]
            ),
            max_size=8,
        ).map(" ".join),
    )
)
def test_no_text_is_an_error(words, query):
    rows = words.search(query, 3).rows
    assert len(rows) <= 3
    assert set(rows) <= set(range(len(ITEMS)))


def test_a_long_text_is_no_error(words):
    assert words.search(" ".join(f"word{n}" for n in range(3000)) + " schutt", 3).rows == [2]


def test_the_same_items_give_the_same_bytes(tmp_path):
    build_words(ITEMS, tmp_path / "a")
    (tmp_path / "b.partial").write_bytes(b"what an interrupted run left")
    build_words(iter(ITEMS), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("damage", ["missing", "torn", "empty", "text", "other"])
def test_a_damaged_file_says_that_it_is_rebuilt(words, tmp_path, damage):
    path = tmp_path / "w.sqlite"
    content = {"torn": words.path.read_bytes()[:5000], "empty": b"", "text": b"no database at all" * 99}
    if damage == "other":
        sqlite3.connect(path).close()
    elif damage != "missing":
        path.write_bytes(content[damage])
    with pytest.raises(ArchiveDamaged, match=r"w\.sqlite cannot be read \(.+\); delete it and it is rebuilt from item"):
        Words(path)


@pytest.mark.parametrize(
    ("query", "found"), [("pear", [0]), ("pears", [0]), ("Jones", [1]), ("79.66.115", [2]), ("Äpfel", [3])]
)
def test_singular_and_plural_find_each_other_and_names_and_numbers_stay_what_they_are(tmp_path, query, found):
    items = [
        Item(id="s:0", title="Two pears"),
        Item(id="s:1", creator="Jones, Inigo"),
        Item(id="s:2", extra={"accession": "79.66.115"}),
        Item(id="s:3", title="Äpfel im Korb"),
        Item(id="s:4", title="79.66.1150"),
    ]
    build_words(items, tmp_path / "words.sqlite")
    assert list(Words(tmp_path / "words.sqlite").search(query, 10).rows) == found

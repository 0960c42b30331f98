"""Facets of a collection: what is counted, what a choice leaves, and that a filter leaves the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.facets import counted
from benchmarks.metadata import write
from latentarchive.catalogue import to_table
from latentarchive.collection import Collection
from latentarchive.errors import QueryError
from latentarchive.faceting import Choice, Facet, Facets, Years, crossfiltered
from latentarchive.facets import all_of, facet_condition, text_condition, years_condition
from latentarchive.filters import matching
from latentarchive.items import Item
from tests.item_helpers import items

WORKS = [
    Item(id="s:1", creator="Newton", year=1890, year_end=1899, subjects=("pear", "leaf", "pear"), place="Ohio"),
    Item(id="s:2", creator="Schutt", year=1905, subjects=("apple",), place="unknown"),
    Item(id="s:3", creator="Newton", year=1905, year_end=1906, extra={"donor": "O'Brien"}),
    Item(id="s:4", year_end=1900, title="Ébauche d'une pomme", subjects=("", "unknown")),
    Item(id="s:5", creator="O'Brien; DROP TABLE items", year=1801, year_end=1900, subjects=("leaf",)),
    Item(id="s:6", creator="unknown", year=-44, title="La Pomme"),
]
TABLE = to_table(WORKS)
ALL = np.ones(len(WORKS), bool)


def ids(expression):
    return [work.id[2:] for work, true in zip(WORKS, matching(TABLE, expression), strict=True) if true]


def test_counts_are_best_first_with_what_is_not_stated_and_not_listed_apart():
    found = Facet.of(TABLE, "creator").counted(ALL, most=2)
    assert found.values == (("Newton", 2), ("O'Brien; DROP TABLE items", 1))
    assert (found.more, found.unstated, found.of) == (1, 2, 6)
    subjects = Facet.of(TABLE, "subjects").counted(ALL)
    assert subjects.values == (("leaf", 2), ("apple", 1), ("pear", 1))
    assert (subjects.more, subjects.unstated) == (0, 3)
    assert Facet.of(TABLE, "decade").counted(ALL).values == (("1900s", 2), ("-50s", 1), ("1890s", 1))


def test_a_chosen_value_is_listed_even_if_nothing_is_left_of_it():
    few = np.array([True, False, True, False, False, False])
    found = Facet.of(TABLE, "creator").counted(few, most=1, always=("Schutt", "nobody"))
    assert found.values == (("Newton", 2), ("Schutt", 0))
    assert (found.more, found.unstated, found.of) == (0, 0, 2)


@pytest.mark.parametrize(
    ("name", "values", "left"),
    [
        ("creator", ["Newton"], "13"),
        ("creator", ["Schutt", "O'Brien; DROP TABLE items"], "25"),
        ("creator", [None], "46"),
        ("creator", [None, "Schutt"], "246"),
        ("creator", ["nobody"], ""),
        ("place", [None], "23456"),
        ("subjects", ["leaf"], "15"),
        ("subjects", ["apple", "pear"], "12"),
        ("subjects", [None], "346"),
        ("decade", ["1900s"], "23"),
        ("decade", ["-50s", "1890s"], "16"),
        ("decade", [None], "45"),
        ("century", ["1800 to 1899"], "15"),
        ("extra.donor", ["O'Brien"], "3"),
        ("extra.donor", [None], "12456"),
        ("extra.it's", [None], "123456"),
    ],
)
def test_a_facet_and_its_filter_leave_the_same(name, values, left):
    assert "".join(ids(facet_condition(name, values))) == left
    mask = Facet.of(TABLE, name).saying(values)
    assert "".join(work.id[2:] for work, true in zip(WORKS, mask, strict=True) if true) == left


@pytest.mark.parametrize(
    ("first", "last", "left"),
    [(1900, None, "2345"), (None, 1899, "156"), (1895, 1895, "15"), (1901, 1904, ""), (None, None, "123456")],
)
def test_years_are_those_that_a_date_can_mean(first, last, left):
    mask = Years.of(TABLE).between(first, last)
    assert "".join(work.id[2:] for work, true in zip(WORKS, mask, strict=True) if true) == left
    condition = years_condition(first, last)
    assert (not condition) if left == "123456" else "".join(ids(condition)) == left


def test_every_bar_says_what_choosing_it_would_leave():
    years, among = Years.of(TABLE), ALL.copy()
    among[5] = False
    bars = years.bars(among, most=12)
    assert bars == (1800, 10, 11)
    found = years.counted(among, bars)
    assert found.begins == tuple(range(1800, 1910, 10))
    assert found.counts == (1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4)
    assert (found.undated, found.of, found.step) == (0, 5, 10)
    assert found.span == (1800, 1909)
    for begin, count in zip(found.begins, found.counts, strict=True):
        assert count == (years.between(begin, begin + 9) & among).sum()
    assert years.counted(ALL, (1900, 1, 2)).counts == (2, 0)
    assert years.bars(np.zeros(6, bool)) == (0, 1, 0)
    assert years.span(np.zeros(6, bool)) == (0, 0)
    assert years.counted(ALL, (0, 1, 0)).counts == ()
    undated = Years.of(to_table([Item(id="s:1")]))
    assert undated.counted(np.ones(1, bool), undated.bars(np.ones(1, bool))).undated == 1


def test_a_facet_is_counted_among_what_all_other_choices_leave():
    choice = Choice(values={"creator": ("Newton",), "place": ()}, years=(1900, None))
    left, counts, years = Facets(TABLE).counts(choice, ["creator", "place", "subjects"], ALL)
    assert left == 1
    assert counts["creator"].values == (("Newton", 1), ("O'Brien; DROP TABLE items", 1), ("Schutt", 1))
    assert (counts["creator"].unstated, counts["creator"].of) == (1, 4)
    assert (counts["place"].values, counts["place"].unstated, counts["place"].of) == ((), 1, 1)
    assert counts["subjects"].of == 1
    assert years.of == 2
    assert sum(count for begin, count in zip(years.begins, years.counts, strict=True) if begin >= 1900) == 1
    assert "".join(ids(choice.condition)) == "3"


def test_masks_are_left_as_they_were():
    among = ALL.copy()
    asked = {"a": np.array([1, 1, 0, 0, 0, 0], bool), "b": np.array([1, 0, 1, 0, 0, 0], bool)}
    left, others = crossfiltered(among, asked)
    assert left.tolist() == [True, *[False] * 5]
    assert others["a"].tolist() == asked["b"].tolist()
    assert others["b"].tolist() == asked["a"].tolist()
    assert among.all()


def test_words_are_found_whatever_their_case_and_accents_and_order():
    assert "".join(ids(text_condition("title", "POMME"))) == "46"
    assert "".join(ids(text_condition("title", "pomme ebauche"))) == "4"
    assert "".join(ids(text_condition("subjects", "LEA"))) == "15"
    assert "".join(ids(text_condition("extra.donor", "o'b"))) == "3"
    assert text_condition("title", "  ") == ""
    assert "".join(ids(text_condition("creator", "' OR 1=1 --"))) == ""


def test_filters_are_joined_so_that_each_stays_whole():
    assert all_of("", "a", " ") == "a"
    assert all_of("year = 1 OR year = 2", "x") == "(year = 1 OR year = 2) AND (x)"
    choice = Choice(values={"creator": ("Newton", None)}, texts={"title": "pomme"}, where="year IS NULL OR year < 0")
    assert "".join(ids(choice.condition)) == "46"
    assert Choice().condition == ""


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: facet_condition("colour", ["red"]), "no field 'colour' to look into"),
        (lambda: facet_condition("decade", ["1890 to 1899"]), "'1890 to 1899' is no decade; write 1890s"),
        (lambda: facet_condition("century", ["1; DROP"]), "is no century; write 1800 to 1899"),
        (lambda: text_condition("image", "x"), "no field 'image' to look into"),
        (lambda: Facets(TABLE).facet("colour"), "no field 'colour' to group items by"),
    ],
)
def test_what_is_no_facet_is_said(asked, message):
    with pytest.raises(QueryError, match=message):
        asked()


@settings(max_examples=25)
@given(st.lists(items(), min_size=1, max_size=6), st.sampled_from(["creator", "decade", "century", "subjects"]))
def test_every_value_of_every_facet_leaves_the_rows_that_it_counts(works, name):
    table = to_table(works)
    facet = Facet.of(table, name)
    found = facet.counted(np.ones(len(works), bool), most=99)
    for value, count in [*found.values, *([(None, found.unstated)] if found.unstated else [])]:
        mask = facet.saying([value])
        assert mask.sum() == count
        if "\0" not in (value or ""):
            assert matching(table, facet_condition(name, [value])).tolist() == mask.tolist()


def test_the_benchmark_counts_what_is_there(tmp_path):
    figures = counted(Collection(*write(tmp_path, 600)))
    assert figures["chosen_nothing"]["left"] == 600
    assert figures["chosen_several"]["left"] < 600

"""Written provenance as museums write it: made-up owners, real punctuation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.ownership import OPEN, TAKEN, UNCERTAIN, Gap, Span, read_ownership, words_in

CHAIN = (
    "Anna Maler [1798-1872], Riga; Mr. J. T. Holm, St. Petersburg, by 1880 until 1901 [1]. (Galerie Nord, Berlin, "
    "by 1926); sold to Karl Weber [ca. 1880-1951], Zurich, May 3, 1927, lot 1650; by descent to his son, until at "
    "least 1936. Dr. R. Roe, New York, NY, 1952; gift to the Museum, 1960.\n\nNotes:\n[1]. Letter, 1899.\n\nTBF 1/3/14"
)


def test_a_chain_of_owners():
    read = read_ownership(CHAIN)
    assert [(one.first, one.last, one.directly, one.dealer) for one in read.owners] == [
        (None, None, False, False),
        (1880, 1901, True, False),
        (1926, None, False, True),
        (1927, None, True, False),
        (None, 1936, True, False),
        (1952, None, False, False),
        (1960, None, True, False),
    ]
    assert read.owners[1].text == "Mr. J. T. Holm, St. Petersburg, by 1880 until 1901 [1]"
    assert read.notes.startswith("Notes:")
    assert read.ends == 1960


def test_years_are_told_within_a_run_and_missing_between_runs():
    read = read_ownership(CHAIN)
    assert [(gap.after, gap.before) for gap in read.gaps()] == [(1901, 1926), (1936, 1952)]
    assert read.gaps()[1] == Gap(1936, 1952, read.owners[4].text, read.owners[5].text)
    assert Span(1960, OPEN, True) in read.spans()


def test_somebody_named_without_years_is_no_gap_and_no_date():
    spans = read_ownership("A, 1920; B; C, 1950.").spans()
    assert spans == [Span(1920, 1920, True), Span(1920, 1950, False), Span(1950, OPEN, True)]


def test_the_maker_had_it_first():
    read = read_ownership("Anna Maler [1798-1872], Riga. K. Weber, 1950.")
    assert [(g.after, g.before) for g in read.made(1840, "Maler, Anna").gaps()] == [(1840, 1950)]
    assert read.made(1840, "Unknown").gaps() == []
    assert read.made(None, "Maler").gaps() == []


def test_what_the_catalogue_says_of_the_acquisition():
    read = read_ownership("Karl Weber, Zurich, 1927").kept_since(1960)
    assert read.spans() == [Span(1927, 1927, True), Span(1927, 1960, True), Span(1960, OPEN, True)]
    assert read_ownership("").kept_since(1960).spans() == []


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1936-40", (1936, 1940)),
        ("from 1859 to 1870", (1859, 1870)),
        ("by January 1963 until December 17, 1970", (1963, 1970)),
        ("1916 until at least 1920", (1916, 1920)),
        ("until January 18, 1941", (None, 1941)),
        ("before 1970", (None, 1970)),
        ("1888?", (1888, None)),
        ("Acquired 8/29/1967", (1967, None)),
        ("1943 or 1944", (1943, 1944)),
        ("the 1950s", (1950, None)),
        ("[1798-1872]", (None, None)),
        ("(1798-1872)", (None, None)),
        ("(d. 1917)", (None, None)),
        ("(Lugt 1787)", (None, None)),
        ("Lugt Suppl. 1119b", (None, None)),
        ("no. 1394, lot 1650, p. 1700, $1250", (None, None)),
        ("1820 Broad Street, New York", (None, None)),
    ],
)
def test_years_of_one_link(text, years):
    [one] = read_ownership(f"Weber, {text}").owners
    assert (one.first, one.last) == years


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Mr. and Mrs. A. B. Roe, Jr., St. Ives", 1),
        ("Antique Co. Ltd., London; M. Roe", 2),
        ("Berkeley, CA. Mr. Roe", 2),
        ("Dr. Roe (born A. Huebley; d. Paris. 1900)", 1),
        ("A;; B", 2),
        ("", 0),
        ("...", 0),
        ("Bequest of A. Roe\nNOTES\n1. Found in a survey.", 1),
        ("A. Roe, 1950\n\nUnder review", 1),
    ],
)
def test_where_links_end(text, links):
    assert len(read_ownership(text).owners) == links


def test_words_are_quoted_where_they_stand():
    text = "Probably Count Brühl; an unknown dealer, 1936 or 1937?"
    assert [word for word, _ in words_in(text, UNCERTAIN)] == ["probably", "unknown", "?"]
    assert words_in("a likelyhood, seized-up", ("likely",)) == []
    [(word, quote)] = words_in("x" * 60 + " confiscated in 1938 " + "y" * 60, TAKEN)
    assert word == "confiscated"
    assert quote.startswith("…")
    assert "confiscated in 1938" in quote


@given(st.text(alphabet="AaBb 19203.;()[]\n-—,?", max_size=200))
def test_any_text_is_read(text):
    read = read_ownership(text).made(1800, text).kept_since(1900)
    for gap in read.gaps():
        assert gap.after < gap.before
    for span in read.spans():
        assert span.first <= span.last

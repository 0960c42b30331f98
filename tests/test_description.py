"""The nearest terms to an image, with figures worked out by hand."""

import numpy as np
import pytest

from latentarchive.description import (
    MOST_SUBJECTS,
    Description,
    TermScore,
    nearest_terms,
    own_subjects,
    read_vocabulary,
    standings,
)
from latentarchive.errors import QueryError

IMAGE = np.array([0.6, 0.8], np.float32)
TERMS = ["red", "blue", "both", "none"]
VECTORS = np.array([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], np.float32)
MEAN = np.array([0.5, 0.1], np.float32)


def test_scores_margins_and_lifts_by_hand():
    """Cosines .6, .8, 1, -.6; to the mean image .5, .1, .38, -.5."""
    assert nearest_terms(IMAGE, TERMS, VECTORS, MEAN, 9) == (
        TermScore(1, "both", 1.0, 0.2, 0.62),
        TermScore(2, "blue", 0.8, 0.2, 0.7),
        TermScore(3, "red", 0.6, 1.2, 0.1),
        TermScore(4, "none", -0.6, None, -0.1),
    )


def test_the_margin_of_the_last_one_shown_is_to_the_next():
    first = nearest_terms(IMAGE, TERMS, VECTORS, MEAN, 1)
    assert first == (TermScore(1, "both", 1.0, 0.2, 0.62),)
    assert nearest_terms(IMAGE, TERMS[:1], VECTORS[:1], MEAN, 3) == (TermScore(1, "red", 0.6, None, 0.1),)


def test_equal_terms_keep_the_order_of_the_vocabulary():
    terms = nearest_terms(IMAGE, ["a", "b", "c"], VECTORS[[0, 1, 0]], MEAN, 3)
    assert [(t.term, t.margin) for t in terms] == [("b", 0.2), ("a", 0.0), ("c", None)]


def test_what_the_catalogue_says_has_a_rank_among_the_terms():
    found = Description("s:1", "a", "some", 4, nearest_terms(IMAGE, TERMS, VECTORS, MEAN, 9))
    assert standings(found, ["Red", "both", "amphora", "both"]) == [("Red", 3), ("both", 1), ("amphora", None)]
    assert standings(found, []) == []


def test_a_vocabulary_is_read_line_by_line(tmp_path):
    path = tmp_path / "terms.txt"
    path.write_bytes("\ufeff# colours\nred\r\n\n  dark blue \nred\n\t# more\ngrün\n#red".encode())
    assert read_vocabulary(path) == ["red", "dark blue", "grün"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"cannot be read \(.*No such file.*\); give a UTF-8 text file with one term a line"),
        (b"caf\xe9", r"cannot be read \(.*invalid continuation byte|unexpected end of data"),
        (b"# nothing\n\n", "holds no term; write one a line"),
    ],
)
def test_a_vocabulary_that_cannot_be_used(tmp_path, content, said):
    path = tmp_path / "terms.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(QueryError, match=said) as caught:
        read_vocabulary(path)
    assert str(caught.value).startswith(f"vocabulary {path} ")


def test_own_subjects_are_the_most_frequent_first():
    assert own_subjects([["b", "a"], ["c", "a"], [], ["", "b"]]) == ["a", "b", "c"]
    many = own_subjects([[f"{n:04}" for n in range(MOST_SUBJECTS + 5)], ["zz"] * 2])
    assert len(many) == MOST_SUBJECTS
    assert many[:3] == ["zz", "0000", "0001"]

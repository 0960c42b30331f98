"""Measures of rankings against answers worked out by hand."""

import numpy as np
import pytest

from latentarchive.measures.ranking import (
    maximal_marginal_relevance,
    precision_at_k,
    recall_at_k,
    reciprocal_rank_fusion,
)


def test_precision_counts_unfilled_ranks():
    """3 of 4 relevant; none; 1 found of 4 asked for."""
    relevant = np.array([[True, True, False, True], [False] * 4, [True, False, False, False]])
    assert precision_at_k(relevant).tolist() == [0.75, 0, 0.25]


def test_recall_against_exact_search():
    """All; 2 of 3; none were returned; 1 of 2."""
    true = [np.array([0.9, 0.8, 0.7])] * 3 + [np.array([0.9, 0.8])]
    found = [np.array([0.9, 0.8, 0.7]), np.array([0.9, 0.7, 0.6]), np.array([]), np.array([0.8])]
    assert recall_at_k(found, true) == pytest.approx([1, 2 / 3, 0, 1 / 2])


def test_recall_takes_any_of_several_equal_rows():
    """Five copies of one image: whichever three of them a search returns, it missed nothing."""
    assert recall_at_k([np.array([1.0, 1.0, 1.0])], [np.array([1.0, 1.0, 1.0])]).tolist() == [1]


def test_fusion_by_hand():
    """7 is first and third, 8 second and first: 1/61 + 1/63 against 1/62 + 1/61; 9 is third in one: 1/63."""
    fused = reciprocal_rank_fusion([[7, 8, 9], [8, 5, 7]])
    assert fused == [
        (8, pytest.approx(1 / 62 + 1 / 61)),
        (7, pytest.approx(1 / 61 + 1 / 63)),
        (5, pytest.approx(1 / 62)),
        (9, pytest.approx(1 / 63)),
    ]


def test_fusion_of_one_ranking_keeps_it_and_ties_go_to_the_first():
    assert [row for row, _ in reciprocal_rank_fusion([[3, 1, 2], []])] == [3, 1, 2]
    assert [row for row, _ in reciprocal_rank_fusion([[3, 1], [2, 4]])] == [3, 2, 1, 4]
    assert reciprocal_rank_fusion([[], []]) == []


RELEVANCE = np.array([1.0, 0.9, 0.8, 0.2])
LIKENESS = np.array(
    [
        [1.0, 0.9, 0.1, 0.0],
        [0.9, 1.0, 0.2, 0.1],
        [0.1, 0.2, 1.0, 0.0],
        [0.0, 0.1, 0.0, 1.0],
    ]
)


@pytest.mark.parametrize(
    ("diversity", "order"),
    [
        (0, [0, 1, 2, 3]),
        # after 0: 1 is worth .45 - .45, 2 is .4 - .05, 3 is .1 - 0, so 2; then 1 is 0 and 3 is .1, so 3
        (0.5, [0, 2, 3, 1]),
        # after 0: .9*.9-.1*.9 = .72, .72-.01 = .71, .18; then 2 is .72-.02 = .70, 3 is .18-.01 = .17
        (0.1, [0, 1, 2, 3]),
        # after 0 only likeness counts: 3 is 0; then 2 is -.1 and 1 is -.9
        (1, [0, 3, 2, 1]),
    ],
)
def test_a_varied_choice_by_hand(diversity, order):
    for k in (1, 2, 3, 4, 9):
        assert maximal_marginal_relevance(RELEVANCE, LIKENESS.__getitem__, k, diversity=diversity) == order[:k]


def test_a_varied_choice_starts_with_the_most_relevant_wherever_it_stands():
    assert maximal_marginal_relevance(np.array([0.1, 0.5, 0.5]), np.eye(3).__getitem__, 2, diversity=0.3)[0] == 1
    assert maximal_marginal_relevance(np.array([]), np.empty((0, 0)).__getitem__, 3, diversity=0.5) == []
    assert maximal_marginal_relevance(RELEVANCE, LIKENESS.__getitem__, 0, diversity=0.5) == []

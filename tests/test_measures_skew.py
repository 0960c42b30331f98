"""Skew of rankings against answers worked out by hand, and identities."""

from math import log, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.measures.skew import first_counts, infeasible, ndkl, skew, top_count_p


def test_skew_by_hand():
    """As desired 0; 0.75 against 0.5 ln 1.5 = 0.405465 (nats, not bits); absent minus infinity."""
    assert skew([5, 5], [0.5, 0.5]).tolist() == [0, 0]
    assert skew([30, 10], [1, 1]) == pytest.approx([0.405465, log(0.5)], abs=1e-6)
    assert skew([4, 0], [0.5, 0.5]).tolist() == [log(2), -np.inf]
    assert skew([[1, 1], [1, 3]], [0.25, 0.75]).shape == (2, 2)
    for counts, desired in (([1, 1], [0, 1]), ([0, 0], [0.5, 0.5])):
        with pytest.raises(ValueError, match="must be above 0"):
            skew(counts, desired)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=6).filter(any), st.integers(0, 2**32 - 1))
def test_the_greatest_skew_is_never_below_nothing(counts, seed):
    """Both distributions add up to one, so that some group is at its share or above."""
    desired = np.random.default_rng(seed).dirichlet(np.ones(len(counts))) + 1e-6
    found = skew(counts, desired)
    assert found.max() >= -1e-9
    assert found.min() <= 1e-9
    assert skew(np.array(counts) * 7, desired) == pytest.approx(found)


def test_divergence_by_hand():
    """One group of G: ln G at every rank. 0, 1 against halves: ln 2 at rank 1, 0 at rank 2."""
    for n_groups in (2, 3, 8):
        assert ndkl([0] * 5, np.ones(n_groups)) == pytest.approx(log(n_groups))
    z = 1 + 1 / log2(3)
    assert ndkl([0, 1], [0.5, 0.5]) == pytest.approx(log(2) / z)
    assert ndkl([[0, 1], [1, 1]], [0.5, 0.5]) == pytest.approx([log(2) / z, log(2)])
    # 1 of 4 wanted: at rank 1 it is ln 4 if it stands there, ln 4/3 if not
    assert ndkl([0], [0.25, 0.75]) == pytest.approx(log(4))
    assert ndkl([1], [0.25, 0.75]) == pytest.approx(log(4 / 3))


def test_infeasible_by_hand():
    """Halves: at ranks 2 and 3 one of each is due, at 4 two. 0, 0, 0, 1 lacks a 1 at 2 and 3, and has 1 of 2 at 4."""
    assert infeasible([0, 1, 0, 1], [0.5, 0.5]) == (0, 0)
    assert infeasible([0, 0, 0, 1], [0.5, 0.5]) == (3, 3)
    # quarters: at rank 4 all four are due
    assert infeasible([0, 0, 0, 0], [0.25] * 4) == (3, 1)
    # 0.29 * 100 is 28.999999999999996 in float64: 29 are due all the same
    assert infeasible([1] * 72 + [0] * 28, [0.29, 0.71])[0] > infeasible([1] * 71 + [0] * 29, [0.29, 0.71])[0]


def test_exact_chances_by_hand():
    """2 of 4 are of a group: both in a list of 2 with chance 1 / 6, so 1 / 3 for both sides; one of each: 1."""
    assert top_count_p([2, 0], [2, 2]) == pytest.approx([1 / 3, 1 / 3])
    assert top_count_p([1, 1], [2, 2]).tolist() == [1, 1]
    assert top_count_p([[2, 0], [1, 1]], [2, 2]).shape == (2, 2)


def test_random_lists_are_not_found():
    """200 lists drawn at random: p at most 0.05 in no more than 17 of them."""
    random, groups = np.random.default_rng(0), np.repeat([0, 1, 2], [100, 300, 600])
    counts = np.array([np.bincount(random.permutation(groups)[:50], minlength=3) for _ in range(200)])
    assert (top_count_p(counts, [100, 300, 600])[:, 0] <= 0.05).sum() <= 17


def test_ties_at_the_last_rank():
    """Scores 3, 2, 2, 2, 1 and k = 2: one place for three of groups 0, 1, 1."""
    counted, least, most = first_counts([3, 2, 2, 2, 1], [0, 0, 1, 1, 2], 2, 3)
    assert (counted.tolist(), least.tolist(), most.tolist()) == ([2, 0, 0], [1, 0, 0], [2, 1, 0])
    for found in first_counts([3, 2, 1], [0, 1, 1], 2, 2):
        assert found.tolist() == [1, 1]
    for found in first_counts([1, 1, 1], [0, 1, 1], 3, 2):
        assert found.tolist() == [1, 2]

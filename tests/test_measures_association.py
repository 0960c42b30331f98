"""Association tests against answers worked out by hand, brute force and identities."""

import time
from itertools import combinations
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.measures.association import (
    association,
    effect_interval,
    effect_size,
    leanings,
    permutation,
    single_category,
)

AXES = np.eye(4)


def unit(*rows):
    rows = np.array(rows, float)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_effect_by_hand():
    """Leanings 1, 0 against 0, -1: means 0.5 and -0.5, sample spread of (1, 0, 0, -1) is sqrt(2 / 3)."""
    x, y = np.array([1.0, 0.0]), np.array([0.0, -1.0])
    assert effect_size(x, y) == pytest.approx(1 / sqrt(2 / 3))
    # With ddof = 0 it would be 1 / sqrt(1 / 2): the published tables are those of ddof = 1.
    assert effect_size(x, y) != pytest.approx(1 / sqrt(1 / 2))


def test_leanings_by_hand():
    """cos 45 degrees to one axis, 0 and 1 to the others."""
    targets, a, b = unit([1, 1, 0, 0], [0, 0, 1, 0]), AXES[:1], AXES[2:3]
    assert leanings(targets, a, b) == pytest.approx([1 / sqrt(2), -1])
    # two prompts: the mean of both; images, which have none, stand beside each of them
    assert leanings(np.stack([targets, AXES[2:]]), a, b) == pytest.approx([(1 / sqrt(2) - 1) / 2, -1 / 2])
    assert leanings(targets, np.stack([a, b]), np.stack([b, a])) == pytest.approx([0, 0])


def test_permutation_by_hand():
    """Of the 6 partitions of 3, 2 | 1, 0 only the observed one has a sum of 5 or more, and all have at most 5."""
    found = permutation(np.array([3.0, 2.0]), np.array([1.0, 0.0]))
    assert (found.p, found.either, found.exact, found.partitions) == (1 / 6, 1 / 3, True, 6)
    # Sums of two of 1, 1, 0, 0: 2, then four of 1, then 0: ties count.
    assert permutation(np.array([1.0, 0.0]), np.array([1.0, 0.0])).p == 5 / 6
    # Groups of other sizes: of 4 ways to choose one of 4, two are at least 2.
    assert permutation(np.array([2.0]), np.array([3.0, 1.0, 0.0])).p == 2 / 4


@given(st.integers(2, 5), st.integers(2, 5), st.integers(0, 2**32 - 1), st.booleans())
def test_counting_by_halves_is_counting_all(n, m, seed, ties):
    random = np.random.default_rng(seed)
    values = random.integers(0, 4, n + m) / 10 if ties else random.standard_normal(n + m)
    observed = values[:n].sum()
    sums = np.array([values[list(some)].sum() for some in combinations(range(n + m), n)])
    found = permutation(values[:n], values[n:])
    assert found.partitions == comb(n + m, n)
    assert found.p == pytest.approx((sums >= observed - 1e-9).mean())
    low = (sums <= observed + 1e-9).mean()
    assert found.either == pytest.approx(min(1, 2 * min(found.p, low)))


def test_draws_have_a_floor_and_agree_with_counting():
    """19 against 19 is drawn, 18 against 18 counted: 9,075,135,300 partitions."""
    random = np.random.default_rng(0)
    far = np.concatenate([random.normal(9, 1, 19), random.normal(0, 1, 19)])
    drawn = permutation(far[:19], far[19:], draws=1000)
    assert (drawn.p, drawn.exact, drawn.partitions) == (1 / 1000, False, 1000)
    began = time.perf_counter()
    exact = permutation(far[:18], far[19:37])
    assert time.perf_counter() - began < 5
    assert (exact.p, exact.partitions) == (1 / comb(36, 18), comb(36, 18))
    near = random.normal(0, 1, 38)
    assert permutation(near[:19], near[19:], draws=20_000).p == pytest.approx(
        permutation(near[:18], near[19:37]).p, abs=0.2
    )
    assert permutation(near[:19], near[19:]) == permutation(near[:19], near[19:])


SETS = st.integers(0, 2**32 - 1).map(
    lambda seed: [unit(*np.random.default_rng(seed + i).standard_normal((5, 6))) for i in range(4)]
)


@given(SETS)
def test_identities(sets):
    """Swapping X and Y, or A and B, turns the sign; X = Y gives 0; d has a bound; prompts said twice change nothing."""
    x, y, a, b = sets
    d = association(x, y, a, b).effect
    assert association(y, x, a, b).effect == pytest.approx(-d)
    assert association(x, y, b, a).effect == pytest.approx(-d)
    assert association(x, x, a, b).effect == pytest.approx(0, abs=1e-9)
    assert abs(d) <= 2 * sqrt(9 / 10) + 1e-9
    twice = association(*(np.stack([side, side]) for side in sets))
    assert twice.effect == pytest.approx(d)
    low, high = twice.left_out
    assert low <= high
    order = np.random.default_rng(1).permutation(5)
    assert association(x[order], y, a, b[order]).effect == pytest.approx(d)


def test_left_out_is_the_range_over_every_stimulus():
    x, y, a, b = (unit(*np.random.default_rng(i).standard_normal((3, 6))) for i in range(4))
    found = association(x, y, a, b)
    without = []
    for i in range(3):
        keep = [j for j in range(3) if j != i]
        without.append(effect_size(leanings(x[keep], a, b), leanings(y, a, b)))
        without.append(effect_size(leanings(x, a, b), leanings(y[keep], a, b)))
        without.append(effect_size(leanings(x, a[keep], b), leanings(y, a[keep], b)))
        without.append(effect_size(leanings(x, a, b[keep]), leanings(y, a, b[keep])))
    assert found.left_out == pytest.approx((float(min(without)), float(max(without))))


def test_what_cannot_be_tested_is_refused():
    x = unit(*np.random.default_rng(0).standard_normal((5, 6)))
    with pytest.raises(ValueError, match="must be equally many: got 5 and 4"):
        association(x, x[:4], x, x)
    with pytest.raises(ValueError, match="every side needs 2 stimuli or more, got 5, 5, 1, 5"):
        association(x, x, x[:1], x)
    with pytest.raises(ValueError, match="every side needs 2 attributes or more"):
        single_category(x, x[:1], x)


def test_one_category_by_hand():
    """A target at 1, 0 to A and 0, -1 to B: as the effect above; one that is equally near to all: 0."""
    a, b = np.array([[1.0, 0, 0], [0, 1, 0]]), np.array([[0, 0, 1.0], [-1, 0, 0]])
    effects, cosines = single_category(np.array([[1.0, 0, 0]]), a, b)
    assert cosines.tolist() == [[1, 0, 0, -1]]
    assert effects == pytest.approx([1 / sqrt(2 / 3)])
    assert single_category(unit([1, 1, 1]), np.eye(3)[:2], np.eye(3)[1:])[0] == pytest.approx([0], abs=1e-9)


def test_intervals_hold_the_effect_and_are_wider_for_fewer():
    random = np.random.default_rng(3)
    x, y = random.normal(0.5, 1, 400), random.normal(0, 1, 400)
    few, many = effect_interval(x[:20], y[:20]), effect_interval(x, y)
    assert many[0] < effect_size(x, y) < many[1]
    assert few[1] - few[0] > 3 * (many[1] - many[0])


def test_shuffled_truth_is_not_found():
    """200 shuffles of unequal leanings, 10 a side: p at most 0.05 no more often than a fair test may."""
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(1, 1, 10), random.exponential(1, 10)])
    found = 0
    for _ in range(200):
        dealt = random.permutation(values)
        found += permutation(dealt[:10], dealt[10:]).either <= 0.05
    assert found <= 17

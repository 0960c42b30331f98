"""Coverage of one set by another, fidelity of maps, intervals by drawing again: closed forms and references."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from latentarchive.measures.coverage import coverage, distances, expected_coverage
from latentarchive.measures.fidelity import fidelity
from latentarchive.measures.resampling import bootstrap_mean, half_samples, permuted


def measured(x, y, k):
    return coverage(distances(x, x), distances(x, y), distances(y, y), k)


@pytest.mark.parametrize(
    ("n", "m", "expected"),
    [
        (10000, 10000, 0.9687734351556639),
        (1000, 1000, 0.968984140038212),
        (1000, 32, 0.14611618064093002),
        (20, 20, 0.9798039798039798),
    ],
)
def test_expected_coverage(n, m, expected):
    """Closed form from exchangeability for Naeem et al. (2020), k = 5."""
    assert expected_coverage(n, m, 5) == pytest.approx(expected, abs=1e-12)


def test_both_nulls_are_what_one_distribution_gives():
    """Means over 200 seeded draws of 40 and 25 points, within four standard errors."""
    rng = np.random.default_rng(0)
    draws = [measured(rng.normal(size=(40, 3)), rng.normal(size=(25, 3)), 5) for _ in range(200)]
    for values, expected in (
        ([one.coverage for one in draws], expected_coverage(40, 25, 5)),
        ([one.density for one in draws], 1.0),
    ):
        assert abs(np.mean(values) - expected) < 4 * np.std(values) / np.sqrt(len(values))


def test_four_points_by_hand():
    """On a line, k = 1: works at 0, 1, 10, 12 have radii 1, 1, 2, 2; others at 0.5 and 5 reach 4.5 each."""
    x, y = np.array([[0.0], [1.0], [10.0], [12.0]]), np.array([[0.5], [5.0]])
    found = measured(x, y, 1)
    assert found.covered.tolist() == [True, True, False, False]
    assert found.within.tolist() == [True, True, False, False]
    assert found.balls.tolist() == [2, 0]
    assert (found.coverage, found.recall, found.precision, found.density) == (0.5, 0.5, 0.5, 1.0)
    assert found.remote.tolist() == [0.5, 0.5, 2.5, 3.5]


def test_equal_sets_and_their_duplicates():
    x = np.random.default_rng(1).normal(size=(30, 4))
    same = measured(x, x, 3)
    assert (same.coverage, same.precision, same.recall) == (1, 1, 1)
    twice = measured(x, np.concatenate([x, x]), 3)  # what covers a work may do so twice
    assert (twice.coverage, twice.precision) == (1, 1)
    away = measured(x, x + 100, 3)
    assert (away.coverage, away.density, away.precision, away.recall) == (0, 0, 0, 0)


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="k = 5 needs at least 6 of both sets, got 5 and 9"):
        measured(np.zeros((5, 2)), np.zeros((9, 2)), 5)


def blocks(space, view):
    likeness, nearness = (-distances(side, side) for side in (space, view))
    for start in range(0, len(space), 7):
        own = np.arange(start, min(start + 7, len(space)))
        yield likeness[own], nearness[own], own


@pytest.mark.parametrize("k", [1, 5, 12])
def test_fidelity_is_that_of_scikit_learn(k):
    rng = np.random.default_rng(2)
    space, view = rng.normal(size=(60, 10)), rng.normal(size=(60, 2))
    view[:, 0] += space[:, 0]
    found = fidelity(blocks(space, view), k)
    assert found.trustworthiness == pytest.approx(trustworthiness(space, view, n_neighbors=k), abs=1e-12)
    assert found.continuity == pytest.approx(trustworthiness(view, space, n_neighbors=k), abs=1e-12)
    assert (found.n, found.looked) == (60, 60)


def test_fidelity_of_the_space_itself_and_of_chance():
    rng = np.random.default_rng(3)
    flat = rng.normal(size=(50, 2))
    same = fidelity(blocks(flat, 3 * flat), 5)
    assert (same.kept, same.trustworthiness, same.continuity, same.error) == (1, 1, 1, 0)
    found = [fidelity(blocks(flat, rng.normal(size=(50, 2))), 5) for _ in range(60)]
    for values, expected in (
        ([one.kept for one in found], same.kept_by_chance),
        ([one.trustworthiness for one in found], same.by_chance),
        ([one.continuity for one in found], same.by_chance),
    ):
        assert abs(np.mean(values) - expected) < 4 * np.std(values) / np.sqrt(len(values))
    with pytest.raises(ValueError, match="k = 5 neighbours need at least 7 works on the map, got 6"):
        fidelity(blocks(flat[:6], flat[:6]), 5)


def test_intervals_cover_what_they_should():
    """Of 100 samples of 80 numbers, 95 % intervals of a mean hold the truth in about 95 %; so do half samples."""
    rng = np.random.default_rng(4)
    held = halved = 0
    for seed in range(100):
        values = rng.normal(size=80)
        low, high = bootstrap_mean(values, seed=seed)
        held += low <= 0 <= high
        low, high = half_samples(lambda some, v=values: float(v[some].mean()), 80, draws=100, seed=seed)
        halved += low <= 0 <= high
    assert 0.87 <= held / 100 <= 1
    assert 0.86 <= halved / 100 <= 1
    assert bootstrap_mean(np.ones(9)) == (1, 1)


def test_permutations_are_seeded_and_hold_every_item():
    orders = []
    permuted(lambda order: orders.append(order) or float(order[0]), 6, draws=5, seed=1)
    assert all(sorted(order.tolist()) == list(range(6)) for order in orders)
    assert permuted(lambda order: float(order[0]), 6, draws=5, seed=1).tolist() == [order[0] for order in orders]

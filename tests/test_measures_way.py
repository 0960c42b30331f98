"""Means on the sphere and even walks, by figures that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.measures.pacing import evenest, steps, unevenness
from latentarchive.measures.sphere import slerp, spherical_mean

X, Y, Z = np.eye(3)


def circle(*degrees):
    return np.array([[np.cos(np.radians(d)), np.sin(np.radians(d)), 0] for d in degrees])


def test_slerp_goes_along_the_circle_at_one_speed():
    for t in (0, 0.25, 1 / 3, 0.5, 1):
        assert slerp(X, Y, t) == pytest.approx(circle(90 * t)[0], abs=1e-12)
    almost = circle(0.001)[0]
    assert slerp(X, almost, 0.5) == pytest.approx(circle(0.0005)[0], abs=1e-12)
    assert np.linalg.norm(slerp(2 * X, 4 * Y, 0.5)) == pytest.approx(3)
    with pytest.raises(ValueError, match="opposite"):
        slerp(X, -X, 0.5)


def test_the_mean_of_two_is_slerp_and_of_three_is_between_them():
    both = np.stack([X, Y])
    for t in (0, 0.2, 0.5, 0.9, 1):
        assert spherical_mean(both, [1 - t, t]) == pytest.approx(slerp(X, Y, t), abs=1e-9)
    assert spherical_mean(np.eye(3), [1, 1, 1]) == pytest.approx(np.full(3, 3**-0.5))
    # Angles on one circle have their plain mean: (0 + 30 + 60) / 3, and (0 + 0 + 90) / 3.
    assert spherical_mean(circle(0, 30, 60), [1, 1, 1]) == pytest.approx(circle(30)[0], abs=1e-9)
    assert spherical_mean(circle(0, 90), [2, 1]) == pytest.approx(circle(30)[0], abs=1e-9)
    with pytest.raises(ValueError, match="cancel"):
        spherical_mean(np.stack([X, -X]), [1, 1])


@given(st.integers(0, 2**31), st.integers(2, 5))
def test_the_order_does_not_count_and_a_whole_weight_is_that_row(seed, n):
    random = np.random.default_rng(seed)
    rows = random.standard_normal((n, 6)) + 3 * X.repeat(2)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    w, order = random.random(n) + 0.01, random.permutation(n)
    assert spherical_mean(rows, w) == pytest.approx(spherical_mean(rows[order], w[order]), abs=1e-9)
    assert np.array_equal(spherical_mean(rows, np.eye(n)[1]), rows[1])


def test_steps_and_how_uneven_they_are():
    way = circle(0, 60, 120)
    assert steps(way) == pytest.approx([1, 1])  # the chord of 60 degrees
    assert unevenness(steps(way)) == pytest.approx(1)
    assert unevenness(np.array([0.0, 0.0, 3.0])) == pytest.approx(3)
    assert np.isnan(unevenness(np.zeros(3)))


def test_the_evenest_choice_is_found():
    way = circle(0, 1, 2, 3, 30, 60, 88, 90)
    assert evenest(way, 4, given=[0, 1, 2, 7]) == [0, 4, 5, 7]
    assert evenest(way, 2, given=[0, 7]) == [0, 7]


@given(st.integers(0, 2**31), st.integers(3, 6))
def test_a_choice_is_never_less_even_than_the_given_one(seed, count):
    random = np.random.default_rng(seed)
    rows = random.standard_normal((12, 4))
    given_ = np.linspace(0, 11, count).round().astype(int).tolist()
    chosen = evenest(rows, count, given=given_)
    assert chosen[0] == 0
    assert chosen[-1] == 11
    assert len(set(chosen)) == count
    assert unevenness(steps(rows[chosen])) <= unevenness(steps(rows[given_])) + 1e-12

"""Measures of transformation: analytic cases, published values, and how often they are wrong where nothing differs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from latentarchive.measures.copying import apart, as_near, authentic, relative_copy_score
from latentarchive.measures.discrepancy import (
    CMMD_SCALE,
    CMMD_SIGMA,
    cubic,
    discrepancy,
    gaussian,
    lengthened,
    median_width,
)
from latentarchive.measures.diversity import spread, vendi, vendi_of
from latentarchive.measures.permutation import parted
from latentarchive.measures.resemblance import jensen_shannon, middle_half, profiles
from latentarchive.measures.transformation import contraction, displacement, typicality


def unit(rng, *shape, towards=0.0):
    """Rows of unit length, drawn towards the first axis if wanted."""
    x = rng.normal(size=shape)
    x[..., 0] += towards
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def halves(n, m):
    return np.arange(n), np.arange(n, n + m)


# --- discrepancy ---------------------------------------------------------------------------------------


def by_hand(x, y, kernel):
    """The definition as it stands: three sums over pairs."""
    n, m = len(x), len(y)
    own = sum(kernel(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j) / (n * (n - 1))
    other = sum(kernel(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j) / (m * (m - 1))
    return own + other - 2 * sum(kernel(a, b) for a in x for b in y) / (n * m)


def test_kid_is_its_definition():
    """Binkowski et al. (2018): unbiased MMD^2 with (x.y / dim + 1)^3, at unequal sizes."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(7, 3)) + 1
    both = np.concatenate([x, y])
    found = discrepancy(cubic(both, both), *halves(5, 7))
    assert found == pytest.approx(by_hand(x, y, lambda a, b: (a @ b / 3 + 1) ** 3), abs=1e-12)


def test_the_cubic_kernel_of_lengthened_unit_rows_is_that_of_their_cosine():
    x = unit(np.random.default_rng(1), 6, 50)
    assert cubic(lengthened(x), lengthened(x)) == pytest.approx((x @ x.T + 1) ** 3, abs=1e-12)


def test_cmmd_is_ten_times_the_squared_difference_of_means():
    """With sigma 10 on unit vectors 1000 MMD^2 is 10 |difference of means|^2 to about 1 %; both unbiased here."""
    rng = np.random.default_rng(2)
    both = np.concatenate([unit(rng, 400, 32), unit(rng, 400, 32, towards=2)])
    kernel = gaussian(both, both, CMMD_SIGMA)
    straight = both @ both.T
    found, means = CMMD_SCALE * discrepancy(kernel, *halves(400, 400)), discrepancy(straight, *halves(400, 400))
    assert found == pytest.approx(10 * means, rel=0.02)


def test_only_the_median_width_sees_a_collapse_around_the_same_mean():
    """Generations of half the spread: sigma 10 hardly sees them, the median heuristic does."""
    rng = np.random.default_rng(3)
    centre = unit(rng, 64)
    x, y = centre + 0.1 * rng.normal(size=(60, 64)), centre + 0.05 * rng.normal(size=(60, 64))
    both = np.concatenate([x, y])
    both /= np.linalg.norm(both, axis=1, keepdims=True)
    wide = parted(lambda a, b: discrepancy(gaussian(both, both, CMMD_SIGMA), a, b), 60, 60, draws=1)
    kernel = gaussian(both, both, median_width(both))
    narrow = parted(lambda a, b: discrepancy(kernel, a, b), 60, 60, draws=199)
    assert narrow.p_greater == 1 / 200
    assert narrow.value > 20 * abs(wide.value)


def test_median_width_by_hand():
    assert median_width(np.array([[0.0], [3.0], [4.0]])) == 3
    assert median_width(np.ones((4, 2))) == 1


@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_discrepancy_has_no_sides(n, m, seed):
    both = unit(np.random.default_rng(seed), n + m, 4)
    kernel = cubic(both, both)
    first, second = halves(n, m)
    assert discrepancy(kernel, first, second) == pytest.approx(discrepancy(kernel, second, first), abs=1e-12)


# --- nulls ---------------------------------------------------------------------------------------------

SAMPLES, EACH = 200, 12


def false_alarms(called):
    """In how many of 200 fixed seeds two samples of one archive are called different."""
    return sum(called(seed) for seed in range(SAMPLES))


def two_samples(seed):
    """Two samples of one archive of clusters, as vectors of an encoder lie; and the dates of what each is like."""
    rng = np.random.default_rng(seed)
    centres = unit(np.random.default_rng(99), 8, 24)
    x = centres[rng.integers(0, 8, 2 * EACH)] + 0.15 * rng.normal(size=(2 * EACH, 24))
    return x / np.linalg.norm(x, axis=1, keepdims=True), rng


def measures_of(x, rng):
    cube, narrow, wide = (
        cubic(lengthened(x), lengthened(x)),
        gaussian(x, x, median_width(x)),
        gaussian(x, x, CMMD_SIGMA),
    )
    archive = unit(np.random.default_rng(98), 300, 24)
    kinds = np.random.default_rng(97).integers(0, 6, 300)
    near = np.argsort(-x @ archive.T, axis=1)[:, :10]
    shares = profiles([[str(kinds[i]) for i in row] for row in near], [str(i) for i in range(6)])
    mu = archive.mean(axis=0)
    return {
        "kid": lambda a, b: discrepancy(cube, a, b),
        "cmmd": lambda a, b: discrepancy(wide, a, b),
        "median": lambda a, b: discrepancy(narrow, a, b),
        "vendi": lambda a, b: vendi(x[b]) / vendi(x[a]),
        "spread": lambda a, b: spread(x[b]) / spread(x[a]),
        "typicality": lambda a, b: typicality(x[b], x[a]).mean(),
        "contraction": lambda a, b: contraction(x[b], x[a], mu),
        "drift": lambda a, b: jensen_shannon(shares[a].mean(axis=0), shares[b].mean(axis=0)),
    }


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("kid", "p_greater"),
        ("cmmd", "p_greater"),
        ("median", "p_greater"),
        ("vendi", "p_two_sided"),
        ("spread", "p_two_sided"),
        ("typicality", "p_two_sided"),
        ("contraction", "p_two_sided"),
        ("drift", "p_greater"),
    ],
)
def test_a_second_sample_of_the_archive_is_called_different_one_time_in_twenty(name, side):
    """At most 17 of 200: what a true level of 0.05 stays below with a chance of 0.98."""

    def called(seed):
        x, rng = two_samples(seed)
        found = parted(measures_of(x, rng)[name], EACH, EACH, draws=79, seed=seed)
        return getattr(found, side) <= 0.05

    assert false_alarms(called) <= 17


def test_permutation_by_enumeration():
    """Of 2 + 2 numbers one parting in three has sums that differ by 4: the p-value comes near 1/3 (and 2/3)."""
    numbers = np.array([3.0, 2.0, 1.0, 0.0])
    found = parted(lambda a, b: numbers[a].sum() - numbers[b].sum(), 2, 2, draws=5999, seed=1)
    assert (found.value, found.draws) == (4, 5999)
    assert found.p_greater == pytest.approx(1 / 6, abs=0.02)
    assert found.p_two_sided == pytest.approx(1 / 3, abs=0.04)
    assert found.null == pytest.approx(0, abs=0.1)
    assert (found.low, found.high) == (-4, 4)


def test_what_never_differs_is_never_called_different():
    same = parted(lambda a, b: 0.1 + 0.2, 5, 5, draws=19)
    assert (same.p_greater, same.p_two_sided) == (1, 1)


# --- diversity -----------------------------------------------------------------------------------------


def test_vendi_of_three_clusters():
    """Published example of the vendi_score README (MIT; 2.9999 there): exp(-|a - b|) on [0, 0, 10, 10, 20, 20]."""
    a = np.array([0, 0, 10, 10, 20, 20.0])
    assert vendi_of(np.exp(-np.abs(a[:, None] - a))) == pytest.approx(2.999999995878, abs=1e-9)


def test_vendi_of_a_kernel():
    """The same README: 2.1573."""
    kernel = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert vendi_of(kernel) == pytest.approx(2.157300483373, abs=1e-9)


def test_one_seed_again_and_again_is_worth_one_image():
    same = np.repeat(unit(np.random.default_rng(4), 1, 64), 16, axis=0)
    for q in (0.5, 1, 2, np.inf):
        assert vendi(same, q=q) == pytest.approx(1, abs=1e-9)
    assert spread(same) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("q", [0, 0.5, 1, 2, np.inf])
def test_things_at_right_angles_count_in_full_at_every_order(q):
    assert vendi(np.eye(7)[:5], q=q) == pytest.approx(5, abs=1e-9)


def test_orders_of_vendi_are_hill_numbers_of_the_spectrum():
    """Two of one kind, one of another: p = (2/3, 1/3); order 2 is 1 / (4/9 + 1/9) = 9/5, infinity 3/2, 0 two."""
    x = np.eye(3)[[0, 0, 1]]
    assert vendi(x, q=2) == pytest.approx(9 / 5)
    assert vendi(x, q=np.inf) == pytest.approx(3 / 2)
    assert vendi(x, q=0) == pytest.approx(2)
    with pytest.raises(ValueError, match="0 or more, got -1"):
        vendi(x, q=-1)


@given(st.integers(1, 20), st.integers(2, 30), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_vendi_lies_between_one_and_n_and_is_that_of_its_kernel(n, dim, seed):
    x = unit(np.random.default_rng(seed), n, dim)
    found = vendi(x)
    assert 1 - 1e-9 <= found <= min(n, dim) + 1e-9
    assert found == pytest.approx(vendi_of(x @ x.T), abs=1e-6)


def test_spread_is_one_minus_the_mean_cosine():
    x = np.array([[1.0, 0], [0, 1], [-1, 0]])
    assert spread(x) == pytest.approx(1 - (0 - 1 + 0) / 3)


# --- transformation ------------------------------------------------------------------------------------


def test_identity_moves_nothing():
    x = unit(np.random.default_rng(5), 9, 16)
    mu = x.mean(axis=0)
    assert displacement(x, x) == pytest.approx(np.zeros(9), abs=1e-12)
    assert contraction(x, x, mu) == pytest.approx(1)
    assert typicality(x, x).mean() == pytest.approx(0, abs=1e-12)


def test_a_generator_that_returns_the_centroid():
    x = unit(np.random.default_rng(6), 9, 16)
    mu = x.mean(axis=0)
    collapsed = np.repeat(mu[None], 4, axis=0)
    assert contraction(collapsed, x, mu) == pytest.approx(0, abs=1e-12)
    assert typicality(collapsed, x) == pytest.approx(np.ones(4))


def test_displacement_by_hand():
    q = np.array([1.0, 0])
    assert displacement(np.array([[1.0, 0], [0, 1], [-1, 0], [0.6, 0.8]]), q) == pytest.approx([0, 1, 2, 0.4])


def test_works_that_are_all_equal_have_no_centre_to_be_drawn_to():
    x = np.repeat(unit(np.random.default_rng(7), 1, 4), 5, axis=0)
    assert typicality(np.concatenate([x[:1], -x[:1]]), x).tolist() == [0, -np.inf]
    assert np.isnan(contraction(-x, x, x.mean(axis=0)))


# --- copying -------------------------------------------------------------------------------------------


def test_relative_copy_score_by_hand():
    """Nearest at 1, 49 others at 2: 1 / (0.5 * 99 / 50); a copy scores 0, one among equals 2."""
    d = np.array([[1.0, *[2.0] * 49], [0.0, *[2.0] * 49], [2.0] * 50, [0.0] * 50])
    found = relative_copy_score(d)
    assert found[:3] == pytest.approx([1 / 0.99, 0, 2])
    assert np.isnan(found[3])
    with pytest.raises(ValueError, match="needs the 50 nearest works, got 9"):
        relative_copy_score(np.ones((2, 9)))


def test_relative_copy_score_has_no_scale():
    d = np.sort(np.random.default_rng(8).random((5, 60)), axis=1)
    assert relative_copy_score(7 * d) == pytest.approx(relative_copy_score(d))


def test_as_near_by_hand():
    assert as_near([0, 1, 2.5, 9], [1, 2, 3, 4]) == pytest.approx([1 / 5, 2 / 5, 3 / 5, 1])


def test_as_near_is_even_for_what_is_drawn_like_the_background():
    rng = np.random.default_rng(9)
    shares = np.concatenate([as_near(rng.random(1), rng.random(19)) for _ in range(2000)])
    assert (shares <= 0.05).mean() == pytest.approx(0.05, abs=0.015)
    assert shares.mean() == pytest.approx((1 + 1 / 20) / 2, abs=0.02)


def test_authentic_by_hand():
    """Farther from its work than that is from its own nearest."""
    assert authentic([0.0, 0.4, 0.4], [0.3, 0.3, 0.5]).tolist() == [False, True, False]


def test_distances_of_cosines():
    assert apart([1, 0, -1, 1 + 1e-7]) == pytest.approx([0, np.sqrt(2), 2, 0])


def test_copies_are_near_and_noise_is_far():
    """On vectors: works themselves are as near as nothing of the archive, noise lies beyond its background."""
    rng = np.random.default_rng(10)
    centres = unit(rng, 20, 48)
    archive = unit_rows(np.repeat(centres, 20, axis=0) + 0.1 * rng.normal(size=(400, 48)))
    own = archive @ archive.T
    np.fill_diagonal(own, -1)
    background = apart(own.max(axis=1))
    for things, least, most in ((archive[:20], 0, 1 / 401 + 1e-9), (unit(rng, 20, 48), 0.999, 1)):
        near = -np.sort(-things @ archive.T, axis=1)
        shares = as_near(apart(near[:, 0]), background)
        assert least <= shares.min()
        assert shares.max() <= most
    assert relative_copy_score(apart(-np.sort(-archive[:5] @ archive.T, axis=1))).max() < 1e-6


def unit_rows(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


# --- drift ---------------------------------------------------------------------------------------------


def test_profiles_by_hand():
    found = profiles([["a", "b", "a", "a"], ["b"], []], ["a", "b"])
    assert found[:2].tolist() == [[0.75, 0.25], [0, 1]]
    assert np.isnan(found[2]).all()


def test_jensen_shannon_ends():
    p, q = np.array([1.0, 0, 0]), np.array([0, 0.5, 0.5])
    assert jensen_shannon(p, p) == 0
    assert jensen_shannon(p, q) == pytest.approx(1)


@given(st.lists(st.tuples(st.floats(0.01, 9), st.floats(0.01, 9)), min_size=1, max_size=9))
@settings(deadline=None)
def test_jensen_shannon_is_that_of_scipy(pairs):
    p, q = (np.array(side) for side in zip(*pairs, strict=True))
    with np.errstate(invalid="ignore"):
        distance = jensenshannon(p, q, base=2)  # nan where rounding takes the sum under its root below 0
    assert jensen_shannon(p, q) == pytest.approx(np.nan_to_num(distance) ** 2, abs=1e-9)


def test_the_middle_half_of_years():
    """A real work with a dated twin spans nothing more than its twin does: the ratio is 1."""
    years = [1880, 1890, 1900, 1910, 1920]
    assert middle_half(years) == 20
    assert middle_half(years) / middle_half(list(years)) == 1
    assert middle_half([1900]) == 0
    assert np.isnan(middle_half([]))

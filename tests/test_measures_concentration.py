"""Concentration and intervals against published figures, analytic answers and identities."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.measures.concentration import evenness, gini, hhi, hill, kinds_for, lorenz, robin_hood
from latentarchive.measures.intervals import Z95, around_mean, middle, wilson
from latentarchive.measures.quantiles import counted_quantile

COUNTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any)

# How often each of 500 pictures is among the 5 nearest (k-occurrence, cosine, self left out) of the others, on the
# vectors of Liang et al. (2022), Weixin-Liang/Modality-Gap, Figure_1_Modality_Gap/features_clip.npy, images:
# occurrences, and how many pictures have each.
HUBS = {
    0: 60,
    1: 64,
    2: 54,
    3: 45,
    4: 61,
    5: 48,
    6: 27,
    7: 29,
    8: 19,
    9: 15,
    10: 13,
    11: 15,
    12: 9,
    13: 12,
    14: 8,
    15: 4,
    16: 5,
    17: 2,
    18: 4,
    19: 1,
    20: 1,
    21: 1,
    23: 1,
    28: 1,
    29: 1,
}


def test_hubness_of_published_vectors_is_as_spread_as_measured():
    counts, kinds = list(HUBS), list(HUBS.values())
    assert sum(kinds) == 500
    assert sum(n * k for n, k in HUBS.items()) == 2500
    assert gini(counts, kinds) == pytest.approx(0.4817888, abs=1e-9)
    assert robin_hood(counts, kinds) == pytest.approx(0.3476, abs=1e-9)


@pytest.mark.parametrize("s", [1, 2, 7, 1000])
def test_equal_counts_are_even(s):
    counts = [3] * s
    assert [hill(counts, q) for q in (0, 0.5, 1, 2)] == pytest.approx([s] * 4)
    assert hhi(counts) == pytest.approx(1 / s)
    assert gini(counts) == pytest.approx(0)
    assert robin_hood(counts) == pytest.approx(0)
    assert evenness(counts) == pytest.approx(1)


@pytest.mark.parametrize("s", [2, 5, 100])
def test_one_has_everything(s):
    counts = [0] * (s - 1) + [9]
    assert gini(counts) == pytest.approx((s - 1) / s)
    assert robin_hood(counts) == pytest.approx((s - 1) / s)
    assert hhi(counts) == 1
    assert hill(counts, 0) == hill(counts, 1) == hill(counts, 2) == evenness(counts) == 1
    assert kinds_for(counts, 1.0) == 1


def test_worked_out_by_hand():
    """1, 2, 3, 4: entropy 1.2798542258, HHI 30/100, mean difference 1.25 over twice the mean 2.5."""
    counts = [4, 1, 3, 2]
    assert hill(counts, 1) == pytest.approx(math.exp(1.2798542258336676), rel=1e-12)
    assert hhi(counts) == pytest.approx(0.3)
    assert hill(counts, 2) == pytest.approx(1 / 0.3)
    assert gini(counts) == pytest.approx(0.25)
    assert robin_hood(counts) == pytest.approx(0.2)
    assert evenness(counts) == pytest.approx(1.2798542258336676 / math.log(4))
    assert lorenz(counts, 5).tolist() == [[0, 0], [0.25, 0.1], [0.5, 0.3], [0.75, 0.6], [1, 1]]
    assert [kinds_for(counts, share) for share in (0.4, 0.41, 0.7, 0.71, 1)] == [1, 2, 2, 3, 4]


@given(COUNTS)
def test_identities(counts):
    x = np.array(counts, float)
    assert hill(counts, 0) >= hill(counts, 1) - 1e-9 >= hill(counts, 2) - 2e-9
    assert hill(counts, 2) == pytest.approx(1 / hhi(counts))
    # Gini is half the mean absolute difference over the mean; Robin Hood, the curve's largest distance from even.
    assert gini(counts) == pytest.approx(np.abs(x[:, None] - x).mean() / (2 * x.mean()), abs=1e-9)
    curve = lorenz(counts, len(counts) + 1)
    assert robin_hood(counts) == pytest.approx((curve[:, 0] - curve[:, 1]).max(), abs=1e-9)
    assert robin_hood(counts) <= gini(counts) + 1e-9
    assert gini([7 * n for n in counts]) == pytest.approx(gini(counts))


@given(COUNTS)
def test_counts_may_be_given_with_how_many_kinds_have_them(counts):
    values, kinds = np.unique(counts, return_counts=True)
    for measure in (gini, hhi, robin_hood, evenness):
        assert measure(values, kinds) == pytest.approx(measure(counts), abs=1e-9)
    assert hill(values, 1, kinds) == pytest.approx(hill(counts, 1))
    assert kinds_for(values, 0.5, kinds) == kinds_for(counts, 0.5)
    assert np.allclose(lorenz(values, 21, kinds), lorenz(counts, 21))


@pytest.mark.parametrize("counts", [[], [0, 0], [1, -1], [1, float("nan")], [[1, 2]]])
def test_counts_that_are_none_are_refused(counts):
    for measure in (gini, hhi, robin_hood, evenness):
        with pytest.raises(ValueError, match="counts must be"):
            measure(counts)


def test_kinds_belong_to_counts():
    with pytest.raises(ValueError, match="kinds must say for each of 2 counts"):
        gini([1, 2], [1])


def test_wilson_gives_the_published_bounds_and_their_gap():
    """Birhane et al., Into the LAION's Den, arXiv 2311.03449: the 12 % is a gap between bounds, not of the shares."""
    first, second = wilson(9533, 3_200_000), wilson(44081, 12_800_000)
    assert first == pytest.approx((0.0029199437343089617, 0.0030393745676738), abs=1e-12)
    assert second == pytest.approx((0.0034118834809028593, 0.0034760708158961965), abs=1e-12)
    assert 100 * (second[0] - first[1]) / first[1] == pytest.approx(12.256104173239853, abs=1e-9)
    ratio = (44081 / 12_800_000) / (9533 / 3_200_000)
    assert 100 * (ratio - 1) == pytest.approx(15.601069967481385, abs=1e-9)


def test_wilson_at_the_ends():
    """0 of n gives z^2 / (n + z^2) at most."""
    z2 = 1.959963984540054**2
    assert wilson(0, 10) == pytest.approx((0, z2 / (10 + z2)))
    assert wilson(10, 10) == pytest.approx((10 / (10 + z2), 1))
    for hits, n in ((1, 0), (-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="hits must be"):
            wilson(hits, n)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.sampled_from([0.01, 0.25, 0.5, 0.9, 1.0]))
def test_counted_quantiles_are_numpys_inverted_distribution(values, at):
    kinds = np.unique(values, return_counts=True)
    pairs = list(zip(kinds[0].tolist(), kinds[1].tolist(), strict=True))
    assert counted_quantile(pairs, at) == np.quantile(values, at, method="inverted_cdf")


def test_no_values_have_no_quantile():
    with pytest.raises(ValueError, match="no values"):
        counted_quantile([(3, 0)], 0.5)


def test_intervals_of_draws_and_of_a_mean_by_hand():
    """Of 0 to 1000 the middle 95 % lie from 25 to 975; 1, 2, 3 have mean 2 and standard error 1 / sqrt(3)."""
    assert middle(range(1001)) == pytest.approx((25, 975))
    assert around_mean([1, 2, 3]) == pytest.approx((2 - Z95 / 3**0.5, 2 + Z95 / 3**0.5))

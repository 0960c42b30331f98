"""The shape of a space, mixing, segregation, probes, drift: published and analytic answers, what must not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentarchive.measures import geometry
from latentarchive.measures.compression import each, numbers_in_image
from latentarchive.measures.drift import distance_correlation, group_distances, slopes
from latentarchive.measures.matching import top_k
from latentarchive.measures.mixing import (
    assortativity,
    chance_of,
    effective_labels,
    mean_difference,
    mixing,
    shuffled_mixing,
)
from latentarchive.measures.probing import (
    explained,
    folds,
    linear_labels,
    linear_values,
    neighbours_elsewhere,
    reading,
    voted_labels,
)
from latentarchive.measures.segregation import segregation


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# The shape.


def test_gap_and_cone_of_five_hundred_photographs_and_captions(features):
    """Measured with numpy in float64 on the published vectors."""
    images, captions = features
    assert geometry.modality_gap(images, captions) == pytest.approx(0.8513518694360871, abs=1e-9)
    assert geometry.cloud([images]).mean_cosine == pytest.approx(0.5314830466685782, abs=1e-9)
    assert geometry.cloud([captions[:123], captions[123:]]).mean_cosine == pytest.approx(0.5151940990912933, abs=1e-9)


def test_participation_ratio_by_hand():
    """All on one line: 1. Alike in each of four: 4. Two and one: 9 / 5. Nothing varies: 0."""
    assert [geometry.participation_ratio(x) for x in ([3, 0], [2, 2, 2, 2], [2, 1], [0, 0])] == [1, 4, 1.8, 0]
    square = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    found = geometry.cloud([square])
    assert found.variances.tolist() == [0.5, 0.5]
    assert found.mean_cosine == pytest.approx(-1 / 3)
    with pytest.raises(ValueError, match="two rows or more"):
        geometry.cloud([square[:1]])


def test_outlier_factor_is_that_of_scikit_learn():
    from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

    rows = np.random.default_rng(0).normal(size=(80, 3)) * np.r_[np.ones(70), 4 * np.ones(10)][:, None]
    theirs = -LocalOutlierFactor(n_neighbors=6).fit(rows).negative_outlier_factor_
    distance, near = NearestNeighbors(n_neighbors=6).fit(rows).kneighbors()
    assert geometry.local_outlier_factor(near, distance) == pytest.approx(theirs, abs=1e-8)


# Mixing.

NEWMAN = [[0.258, 0.016, 0.035, 0.013], [0.012, 0.157, 0.058, 0.019], [0.013, 0.023, 0.306, 0.035],
          [0.005, 0.007, 0.024, 0.016]]  # fmt: skip
"""Phys. Rev. E 67, 026126 (2003), table I; as printed it sums to 0.997, published r = 0.621."""


def test_assortativity_of_the_published_matrix():
    assert assortativity(NEWMAN) == pytest.approx(0.6207855650511365, abs=1e-9)
    assert assortativity(NEWMAN) == pytest.approx(0.621, abs=5e-4)
    assert assortativity(np.array(NEWMAN) / np.sum(NEWMAN)) == pytest.approx(0.6229790501899505, abs=1e-9)


def test_assortativity_of_the_karate_club():
    """Mixing counts of networkx' karate club by club, every edge both ways: 0.717530864197531."""
    counts = np.array([[70, 11], [11, 64]])
    assert assortativity(counts / counts.sum()) == pytest.approx(0.717530864197531, abs=1e-9)
    ends = [(a, b) for a in (0, 1) for b in (0, 1) for _ in range(counts[a, b])]
    works = np.arange(2 * len(ends)).reshape(-1, 2)
    labels = np.array(ends).ravel()
    found = mixing(labels, works[:, 0], works[:, 1])
    assert found.assortativity == pytest.approx(0.717530864197531, abs=1e-9)
    assert (found.links, found.same) == (156, 134 / 156)


@pytest.mark.parametrize(("matrix", "said"), [([[1]], "one kind"), ([[0.5, 0], [0, 0.4]], "sum to 1"), ([1], "square")])
def test_matrices_that_say_nothing(matrix, said):
    with pytest.raises(ValueError, match=said):
        assortativity(matrix)


def planted(n=120, kinds=4, noise=0.7, seed=0):
    """Rows in clusters, and which is in which."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % kinds
    return unit(3 * np.eye(8)[labels] + noise * rng.normal(size=(n, 8))).astype(np.float32), labels


def test_shuffled_labels_mix_by_chance_and_planted_ones_do_not():
    rows, labels = planted()
    near = top_k(rows, rows, 5, apart=True)
    i, j = np.repeat(np.arange(len(rows)), 5), near.ravel()
    found = mixing(labels, i, j)
    same, r = shuffled_mixing(labels, i, j, 99, 0)
    assert found.assortativity > 0.9
    assert chance_of(found.assortativity, r) == 0.01
    assert same.mean() == pytest.approx(29 / 119, abs=0.01)  # another work of the same label, of all others
    assert abs(r.mean()) < 0.02


def test_at_most_seventeen_of_two_hundred_shuffled_truths_are_found():
    """At level 0.05 ten are expected; 17 is the 98.9 % quantile of the binomial."""
    rows, labels = planted(60)
    near = top_k(rows, rows, 5, apart=True)
    i, j = np.repeat(np.arange(len(rows)), 5), near.ravel()
    hits = 0
    for seed in range(200):
        dealt = np.random.default_rng((1, seed)).permutation(labels)
        _, null = shuffled_mixing(dealt, i, j, 39, seed)
        hits += chance_of(mixing(dealt, i, j).assortativity, null) <= 0.05
    assert hits <= 17


def test_effective_labels_by_hand():
    """Four alike, two and two, four different, one known, none known."""
    around = np.array([[1, 1, 1, 1], [0, 0, 3, 3], [0, 1, 2, 3], [-1, 2, -1, -1], [-1, -1, -1, -1], [0, 0, 0, 1]])
    simpson, shannon = effective_labels(around)
    assert simpson[:4].tolist() == pytest.approx([1, 2, 4, 1])
    assert shannon[:4].tolist() == pytest.approx([1, 2, 4, 1])
    assert np.isnan([simpson[4], shannon[4]]).all()
    assert (simpson[5], shannon[5]) == pytest.approx((1 / (9 / 16 + 1 / 16), 4 / 3**0.75))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 10**6))
def test_neighbourhoods_hold_as_many_kinds_in_blocks_and_under_any_names(n, k, seed):
    rng = np.random.default_rng(seed)
    around = rng.integers(-1, 4, (n, k))
    simpson, shannon = effective_labels(around)
    renamed = np.where(around >= 0, np.array([3, 0, 2, 1])[around], -1)
    assert effective_labels(renamed)[0] == pytest.approx(simpson, nan_ok=True)
    known = ~np.isnan(simpson)
    assert ((simpson[known] >= 1 - 1e-9) & (simpson[known] <= shannon[known] + 1e-9) & (shannon[known] <= k)).all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("latentarchive.measures.mixing.TOGETHER", 2 * k * k)
        assert effective_labels(around)[1] == pytest.approx(shannon, nan_ok=True)


def test_mean_difference_by_hand():
    """Of 1, 2, 4: 1, 3 and 2; of 5 and nothing: none."""
    rows = np.array([[4, 1, 2], [5, np.nan, np.nan], [7, 7, np.nan]])
    assert mean_difference(rows) == pytest.approx([2, np.nan, 0], nan_ok=True)


# Segregation.


def test_indices_of_two_mixed_units_by_hand():
    """30 and 10, 10 and 30: D = G = 1/2, exposure 1/4, H = (0.75 ln 1.5 + 0.25 ln 0.5) / ln 2."""
    found = segregation([[30, 10], [10, 30]])
    assert (found.dissimilarity, found.gini, found.exposure) == pytest.approx((0.5, 0.5, 0.25))
    divergence = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    assert (found.divergence, found.theil) == pytest.approx((divergence, divergence / np.log(2)))
    assert found.isolation.tolist() == pytest.approx([0.25, 0.25])


def test_indices_are_1_apart_and_0_where_all_are_mixed():
    apart = segregation([[5, 0, 0], [0, 9, 0], [0, 0, 2], [3, 0, 0]])
    assert (apart.theil, apart.dissimilarity, apart.exposure) == pytest.approx((1, 1, 1))
    assert apart.gini == pytest.approx(1)
    assert apart.isolation.tolist() == pytest.approx([1, 1, 1])
    mixed = segregation([[1, 2, 3], [2, 4, 6]])
    assert (mixed.theil, mixed.divergence, mixed.dissimilarity, mixed.gini, mixed.exposure) == pytest.approx([0] * 5)
    with pytest.raises(ValueError, match="two groups or more"):
        segregation([[3, 0], [2, 0]])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=6))
def test_indices_follow_their_definitions_and_size_does_not_matter(counts):
    x = np.array(counts, float)
    if np.count_nonzero(x.sum(axis=0)) < 2:
        return
    found = segregation(x)
    t, total = x.sum(axis=1), x.sum()
    whole = x.sum(axis=0) / total
    interaction = (whole * (1 - whole)).sum()
    keep = t > 0
    p = x[keep] / t[keep, None]
    pairs = np.abs(p[:, None, :] - p[None, :, :]).sum(axis=2) * np.outer(t[keep], t[keep])
    assert found.gini == pytest.approx(pairs.sum() / (2 * total**2 * interaction), abs=1e-9)
    again = segregation(np.concatenate([3 * x, np.zeros((1, 3))]))
    assert (again.theil, again.gini, again.dissimilarity) == pytest.approx(
        (found.theil, found.gini, found.dissimilarity)
    )
    assert all(-1e-9 <= value <= 1 + 1e-9 for value in (found.theil, found.gini, found.dissimilarity, found.exposure))


# Probes.


def test_folds_divide_no_group():
    groups = np.random.default_rng(0).integers(0, 20, 100)
    fold = folds(groups)
    assert all(len(np.unique(fold[groups == group])) == 1 for group in np.unique(groups))
    assert np.bincount(fold).min() >= 14
    with pytest.raises(ValueError, match="splits"):
        folds(np.zeros(10, np.int64))


def test_probes_read_what_is_there_and_nothing_else():
    rows, labels = planted()
    fold = folds(np.arange(len(rows)))
    near = neighbours_elsewhere(rows, fold, 12)
    dealt = np.random.default_rng(1).permutation(labels)
    for guess in (linear_labels(rows, labels, fold), voted_labels(near, labels, 5)):
        assert reading(labels, guess).low > 0.9
    for guess in (linear_labels(rows, dealt, fold), voted_labels(near, dealt, 5)):
        assert reading(dealt, guess).low < 0.25
    year = 1900 + 40 * rows[:, 0].astype(np.float64)
    assert explained(year, linear_values(rows, year, fold)) > 0.9
    assert explained(year, np.full(len(year), year.mean())) == 0
    # A label that all have, or all that are learned from: nothing to fail at.
    one = np.zeros(len(rows), np.int64)
    assert linear_labels(rows, one, fold).tolist() == one.tolist()


def test_at_most_seventeen_of_two_hundred_shuffled_fields_are_read():
    rows, labels = planted(60)
    fold = folds(np.arange(len(rows)))
    near = neighbours_elsewhere(rows, fold, 10)
    hits = 0
    for seed in range(200):
        dealt = np.random.default_rng((2, seed)).permutation(labels)
        hits += reading(dealt, voted_labels(near, dealt, 5)).low > 0.25
    assert hits <= 17


def test_a_rescaled_space_reads_the_same():
    rows, labels = planted(noise=2.0)
    fold = folds(np.arange(len(rows)))
    assert linear_labels(rows, labels, fold).tolist() == linear_labels(64 * rows, labels, fold).tolist()


def test_neighbours_are_the_nearest_of_other_parts():
    rows = planted(30)[0]
    fold = np.arange(30) % 3
    near = neighbours_elsewhere(rows, fold, 20)
    scores = np.where(fold[:, None] == fold[None, :], -np.inf, rows @ rows.T)
    assert near.tolist() == np.argsort(-scores, axis=1, kind="stable")[:, :20].tolist()
    with pytest.raises(ValueError, match="21 neighbours are asked for among 20"):
        neighbours_elsewhere(rows, fold, 21)


def test_rare_labels_are_not_outvoted_by_their_number():
    """Of three votes two have a label of eight works, one a label of two: 2/8 against 1/2. Unlabelled do not vote."""
    labels = np.array([0] * 8 + [1] * 2 + [-1] * 2)
    near = np.array([[0, 1, 8, 9], [10, 11, 0, 1], [10, 11, 10, 11]])
    assert voted_labels(near, labels, 3).tolist() == [1, 0, 0]


def test_readings_by_hand():
    """Recalls 3/4 and 1/2, precisions 3/4 and 1/2: balanced accuracy and macro-F1 5/8."""
    found = reading(np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 0]))
    assert (found.balanced, found.macro_f1, found.recalls.tolist()) == (0.625, 0.625, [0.75, 0.5])
    half = 1.959963984540054 * np.sqrt((4 / 6 * 2 / 6) / 4 + (0.5 * 0.5) / 2) / 2
    assert (found.low, found.high) == pytest.approx((0.625 - half, min(1, 0.625 + half)))


# Time.


def test_slopes_are_those_of_least_squares():
    from scipy.stats import linregress

    rng = np.random.default_rng(0)
    at = rng.uniform(17, 20, 400)
    values = np.column_stack([0.5 * at + rng.normal(size=400), rng.normal(size=400)])
    slope, error = slopes(values, at)
    theirs = [linregress(at, values[:, c]) for c in (0, 1)]
    assert slope == pytest.approx([one.slope for one in theirs])
    assert error == pytest.approx([one.stderr for one in theirs], rel=0.1)


def test_means_of_few_are_no_farther_apart_than_those_of_many():
    """Groups of 5, 10 and 200 of one distribution: 0 apart in the mean, where plain distances are not."""
    group = np.repeat([0, 1, 2], [5, 10, 200])
    drawn = np.array([group_distances(np.random.default_rng(seed).normal(size=(215, 6)), group) for seed in range(150)])
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0)) <= 4 * error).all()
    apart = group_distances(np.array([[0.0, 0], [0, 0], [3, 4], [3, 4]]), np.array([0, 0, 1, 1]))
    assert apart.tolist() == [[0, 25], [25, 0]]


def test_distances_that_follow_time():
    time = np.array([1800.0, 1810, 1830])
    assert distance_correlation(time, np.abs(time[:, None] - time)) == pytest.approx(1)
    assert distance_correlation(time, np.zeros((3, 3))) == 0


# Compression.


def test_published_numbers_of_compression():
    """Somaini, A Theory of Latent Spaces (2025): 24.9 million numbers in a 4K image; 6 GB for 5 billion images."""
    assert numbers_in_image(3840, 2160) == 24_883_200
    assert each(6e9, 5_000_000_000) == pytest.approx(1.2, abs=1e-12)
    with pytest.raises(ValueError, match="one work or more"):
        each(6e9, 0)

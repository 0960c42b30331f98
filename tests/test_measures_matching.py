"""Matching and hubness: against published fixtures, closed forms and answers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentarchive.measures.concentration import gini
from latentarchive.measures.hubness import expected, hubness, k_occurrence
from latentarchive.measures.intervals import wilson
from latentarchive.measures.matching import fit, match_ranks, recall_at, top_k


def recalls(queries, targets):
    before, ties = match_ranks(queries, targets, np.arange(len(queries)))
    return [recall_at(before, ties, k).mean() for k in (1, 5, 10)]


def test_recall_of_five_hundred_photographs_and_captions(features):
    """Measured with numpy in float64 on the published vectors; there are no ties among them."""
    images, captions = features
    assert recalls(images, captions) == pytest.approx([0.552, 0.808, 0.892], abs=1e-12)
    assert recalls(captions, images) == pytest.approx([0.506, 0.766, 0.862], abs=1e-12)


@pytest.mark.parametrize(
    ("k", "skew", "robin_hood", "gini_of", "never", "hub_share"),
    [
        (5, 1.4977915076596826, 0.3476, 0.4817888, 0.12, 0.4228),
        (10, 1.3380652003483082, 0.3206, 0.4450128, 0.05, 0.3558),
    ],
)
def test_hubs_among_photographs(features, k, skew, robin_hood, gini_of, never, hub_share):
    images, _ = features
    occurrence = k_occurrence(top_k(images, images, k, apart=True), len(images))
    found = hubness(occurrence)
    assert (found.skew, found.robin_hood) == pytest.approx((skew, robin_hood), abs=1e-9)
    assert (found.never, found.hub_share) == pytest.approx((never, hub_share), abs=1e-9)
    assert gini(occurrence) == pytest.approx(gini_of, abs=1e-9)


@pytest.mark.parametrize(
    ("direction", "k", "never", "skew"),
    [
        ("captions found", 1, 0.346, 3.7300942268495674),
        ("captions found", 10, 0.008, 1.6455286233868114),
        ("images found", 1, 0.368, 4.049475142904925),
        ("images found", 10, 0.02, 2.356378164917835),
    ],
)
def test_what_is_never_found_across_the_two(features, direction, k, never, skew):
    images, captions = features
    queries, targets = (images, captions) if direction == "captions found" else (captions, images)
    found = hubness(k_occurrence(top_k(queries, targets, k), len(targets)))
    assert (found.never, found.skew) == pytest.approx((never, skew), abs=1e-9)


def test_skew_of_five_points():
    """The example of scikit-hubness' tests (BSD-3): N = 4, 3, 3, 0, 0 and skew -0.2561204162859415."""
    distance = np.zeros((5, 5))
    distance[np.triu_indices(5, 1)] = [0.2, 0.1, 0.8, 0.4, 0.3, 0.5, 0.7, 1.0, 0.6, 0.9]
    distance += distance.T + np.diag([np.inf] * 5)
    lists = np.argsort(distance, axis=1, kind="stable")[:, :2]
    assert k_occurrence(lists, 5).tolist() == [4, 3, 3, 0, 0]
    assert hubness([4, 3, 3, 0, 0]).skew == pytest.approx(-0.2561204162859415, abs=1e-10)


def test_hubness_by_hand():
    """Mean 2: one of four holds 6 of 8 places, two hold none; 4 of 8 places too many."""
    found = hubness([6, 2, 0, 0])
    assert (found.never, found.hub_share, found.robin_hood) == (0.5, 0.75, 0.5)
    assert hubness([3, 3]).skew == 0
    with pytest.raises(ValueError, match="not all 0"):
        hubness([0, 0])


def test_hubness_of_random_lists_is_what_is_expected():
    """600 lists of 5 of 400, drawn 20 times: within four standard errors of the closed forms."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(20):
        lists = np.argsort(rng.random((600, 400)), axis=1)[:, :5]
        drawn.append(hubness(k_occurrence(lists, 400)))
    wanted = expected(400, 600, 5)
    for name in ("skew", "never", "hub_share", "robin_hood"):
        values = np.array([getattr(one, name) for one in drawn])
        error = values.std(ddof=1) / np.sqrt(len(values))
        # skew of a finite draw is lower than that of the law by some hundredths
        assert abs(values.mean() - getattr(wanted, name)) < 4 * error + 0.02 * (name == "skew"), name
    assert expected(10, 5, 10).never == 0


def test_ties_stand_in_random_order():
    """Target 0 twice: its query has it first with chance 1/2, in two always."""
    targets = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    before, ties = match_ranks(targets[[0, 2]], targets, np.array([0, 2]))
    assert (before.tolist(), ties.tolist()) == ([0, 0], [1, 0])
    assert recall_at(before, ties, 1).tolist() == [0.5, 1]
    assert recall_at(before, ties, 2).tolist() == [1, 1]
    assert top_k(targets, targets, 2).tolist() == [[0, 1], [0, 1], [2, 0]]
    assert top_k(targets, targets, 1, apart=True).tolist() == [[1], [0], [0]]


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 10**6))
def test_blocks_change_nothing(n, dim, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n, dim))
    scores = a @ b.T
    before, ties = match_ranks(a, b, np.arange(n))
    assert before.tolist() == [(scores[i] > scores[i, i] + 1e-9).sum() for i in range(n)]
    assert not ties.any() or dim == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("latentarchive.measures.matching.PRODUCTS", n * 3)
        again, _ = match_ranks(a, b, np.arange(n))
        assert again.tolist() == before.tolist()
        assert fit(a, b) == pytest.approx(_fit(scores))


def _fit(scores):
    own = np.diag(scores)
    rows = (own - scores.mean(axis=1)) / np.maximum(scores.std(axis=1), 1e-9)
    columns = (own - scores.mean(axis=0)) / np.maximum(scores.std(axis=0), 1e-9)
    return (rows + columns) / 2


def test_wilson_of_published_counts():
    """9,533 of 3.2 million: Birhane et al., Into the LAION's Den, arXiv 2311.03449; bounds recomputed."""
    assert wilson(9533, 3_200_000) == pytest.approx((0.0029199437343089617, 0.0030393745676738), abs=1e-12)

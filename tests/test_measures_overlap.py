"""Overlap of neighbour lists: published examples, answers by hand, identities, and chance by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentarchive.measures import overlap
from latentarchive.measures.matching import top_k
from latentarchive.measures.overlap import average_overlap, jaccard, mutual_knn, rbo, shared


def lists(*texts):
    return np.array([[ord(c) for c in text] for text in texts])


def random_lists(n, k, seed):
    rng = np.random.default_rng(seed)
    own = np.arange(n)[:, None]
    drawn = np.argsort(rng.random((n, n - 1)), axis=1)[:, :k]
    return drawn + (drawn >= own)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("abcdefg", "zcavwxy", 0.31224489795918364),
        ("abcde", "bacde", 0.8),
        ("abcde", "abced", 0.95),
        ("123", "132", 0.8333333333333334),
    ],
)
def test_average_overlap_of_published_lists(a, b, expected):
    """Examples of the package rbo (MIT), after Webber et al. (2010)."""
    assert average_overlap(shared(lists(a), lists(b)))[0] == pytest.approx(expected, abs=1e-12)


def test_shared_jaccard_and_rbo_by_hand():
    """abc and bxa share nothing, then b, then a and b: A = 0, 1/2, 2/3."""
    counts = shared(lists("abc"), lists("bxa"))
    assert counts.tolist() == [[0, 1, 2]]
    assert mutual_knn(counts)[0] == pytest.approx(2 / 3)
    assert jaccard(counts)[0] == pytest.approx(2 / 4)
    assert rbo(counts, 0.5)[0] == pytest.approx(2 / 3 * 0.125 + 0.5 * (0.5 * 0.5 + 0.25 * 2 / 3))


@given(st.integers(2, 12).flatmap(lambda k: st.tuples(st.permutations(range(k)), st.permutations(range(k)))))
def test_equal_lists_give_one_and_order_matters_to_ranks_alone(pair):
    a, b = (np.array([side]) for side in pair)
    for measure in (mutual_knn, jaccard, average_overlap, rbo):
        assert measure(shared(a, a))[0] == pytest.approx(1)
        assert measure(shared(a, b))[0] == pytest.approx(measure(shared(b, a))[0])
    assert mutual_knn(shared(a, b))[0] == 1  # the same set in another order
    assert average_overlap(shared(a, b))[0] == pytest.approx(1) if pair[0] == pair[1] else True


def test_chance_is_what_random_lists_give():
    """Of 60 items, lists of 10 drawn independently; within four standard errors over 2,400 pairs of lists."""
    n, k = 60, 10
    counts = np.concatenate([shared(random_lists(n, k, 2 * i), random_lists(n, k, 2 * i + 1)) for i in range(40)])
    for name in ("mutual_knn", "jaccard", "average_overlap", "rbo"):
        values = getattr(overlap, name)(counts)
        error = values.std() / np.sqrt(len(values))
        assert abs(values.mean() - getattr(overlap, f"chance_{name}")(n, k)) < 4 * error, name
    assert overlap.chance_mutual_knn(500, 10) == pytest.approx(0.02004, abs=1e-5)


def test_mutual_neighbours_of_photographs_and_captions(features):
    """Measured with numpy, float64, on vectors of Liang et al. (2022): .2494 at k = 10."""
    images, captions = features
    lists_of = [top_k(side, side, 10, apart=True) for side in (images, captions)]
    assert mutual_knn(shared(*lists_of)).mean() == pytest.approx(0.2494, abs=1e-7)


def test_what_is_no_table_of_lists_is_refused():
    with pytest.raises(ValueError, match=r"of one shape \(n, k\) are compared, got \(1, 3\) and \(1, 2\)"):
        shared(np.zeros((1, 3), int), np.zeros((1, 2), int))

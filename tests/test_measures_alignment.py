"""CKA, CKNNA, Procrustes, translation: golden values, closed forms, rotations, and permuted rows."""

import numpy as np
import pytest
from scipy.spatial import procrustes as scipy_procrustes
from scipy.stats import ortho_group

from latentarchive.measures.alignment import biased_cka, cka, cknna, hsic, procrustes, ridge, rotation
from latentarchive.measures.matching import top_k


def cloud(n, dim, seed):
    rows = np.random.default_rng(seed).normal(size=(n, dim))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_photographs_and_captions(features):
    """Measured with numpy, float64, on vectors of Liang et al. (2022); the 1e-6 of the denominator shows (.60459)."""
    images, captions = features
    assert biased_cka(images, captions) == pytest.approx(0.6361957991219458, abs=1e-9)
    assert cka(images, captions) == pytest.approx(0.6044651804687783, abs=1e-8)
    assert cknna(images, captions, 10) == pytest.approx(0.2586575389628786, abs=1e-8)


def test_unbiased_hsic_by_its_definition():
    """Song et al. (2012), equation 5, summed over index tuples: of i, j, q, r all different."""
    m = 5
    x, y = cloud(m, 3, 0), cloud(m, 2, 1)
    k, ell = x @ x.T, y @ y.T
    tuples = np.array(np.meshgrid(*[range(m)] * 4)).reshape(4, -1).T
    i, j, q, r = tuples[[len(set(t)) == 4 for t in tuples.tolist()]].T
    by_tuples = (k[i, j] * (ell[i, j] + ell[q, r] - 2 * ell[i, q])).mean()
    assert hsic(k, ell) == pytest.approx(by_tuples, abs=1e-12)
    assert cka(x, x) == pytest.approx(1, abs=1e-4)


def test_rotations_and_scales_change_nothing():
    x = cloud(200, 16, 2)
    y = 3 * x @ ortho_group.rvs(16, random_state=0)
    assert cka(x, y) == pytest.approx(1, abs=2e-4)  # all but the 1e-6
    assert cknna(x, y, 10) == pytest.approx(1, abs=2e-2)
    assert procrustes(x, y + 5) == pytest.approx(0, abs=1e-12)
    there = rotation(x[:100], y[:100])
    assert np.abs(there(x[100:]) - y[100:] / 3).max() < 1e-9
    assert (top_k(ridge(x[:100], y[:100])(x[100:]), y[100:] / 3, 1)[:, 0] == np.arange(100)).all()


def test_a_space_of_more_dimensions_is_reached_too():
    x = cloud(120, 8, 3)
    y = np.pad(x, ((0, 0), (0, 4))) @ ortho_group.rvs(12, random_state=1)
    assert procrustes(x, y) == pytest.approx(0, abs=1e-12)
    there = rotation(x[:60], y[:60])(x[60:])
    assert np.einsum("nd,nd->n", there, y[60:]).min() > 0.99


def test_spaces_that_know_nothing_of_each_other():
    """Unbiased CKA is 0 in the mean; the biased one is far above it; translation finds no more than chance."""
    pairs = [(cloud(60, 20, 2 * i), cloud(60, 20, 2 * i + 1)) for i in range(60)]
    values = np.array([cka(*pair) for pair in pairs])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))
    assert np.mean([biased_cka(*pair) for pair in pairs]) > 0.2
    x, y = cloud(1000, 20, 8), cloud(1000, 20, 9)
    hits = (top_k(rotation(x[:500], y[:500])(x[500:]), y[500:], 5) == np.arange(500)[:, None]).any(axis=1)
    assert hits.mean() < 0.04  # 0.01 by chance, four standard errors


def test_procrustes_is_that_of_scipy():
    x, y = cloud(50, 6, 4), cloud(50, 6, 5)
    assert procrustes(x, y) == pytest.approx(scipy_procrustes(x, y)[2], abs=1e-12)


def test_too_few_items_are_refused():
    with pytest.raises(ValueError, match="needs 4 items, got 3"):
        cka(cloud(3, 2, 0), cloud(3, 2, 1))
    with pytest.raises(ValueError, match="as many anchors as dimensions: 12, got 11"):
        rotation(cloud(11, 8, 0), cloud(11, 12, 1))
    with pytest.raises(ValueError, match="no shape to compare"):
        procrustes(np.ones((5, 2)), cloud(5, 2, 0))
    assert np.isnan(cknna(np.ones((4, 2)), np.zeros((4, 2)), 1))

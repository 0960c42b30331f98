"""Bands against the quantiles of all pairs, and hand-made cosines."""

import numpy as np
import pytest

from latentarchive.bands import QUANTILES, Band, Bands, calibrate, calibration_texts
from latentarchive.embeddings import Embeddings


def unit(n, dim=24, seed=0):
    rows = np.random.default_rng(seed).normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def stored(rows):
    return Embeddings([rows.astype(np.float16)], [np.ones(len(rows), np.float32)])


def test_thresholds_are_quantiles_of_all_pairs():
    rows, texts = unit(300), unit(50, seed=1)
    bands = calibrate(stored(rows), texts).kinds
    exact = stored(rows).take(range(300)).astype(np.float64)
    mixed = (texts[:, None] / (texts @ exact.T).std() + exact[None] / _off(exact @ exact.T).std()).reshape(-1, 24)
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    apart = np.tile(np.arange(300), 50)[:, None] != np.arange(300)
    oracles = {"image": _off(exact @ exact.T), "text": texts @ exact.T, "mixed": (mixed @ exact.T)[apart]}
    assert list(bands) == list(oracles)
    for kind, cosines in oracles.items():
        band = bands[kind]
        assert band.mean == pytest.approx(cosines.mean(), abs=0.01)
        assert band.spread == pytest.approx(cosines.std(), rel=0.02)
        for name, quantile in QUANTILES.items():
            assert getattr(band, name) == pytest.approx(np.quantile(cosines, quantile), abs=0.03), (kind, name)
        assert 190_000 < band.n_pairs <= 200_000


def _off(square):
    return square[~np.eye(len(square), dtype=bool)]


def test_an_image_is_never_paired_with_itself():
    """Two orthogonal images: every random pair has cosine 0, none 1."""
    band = calibrate(stored(np.eye(2, dtype=np.float32)), None).kinds["image"]
    assert (band.mean, band.close) == (0, 0)


def test_the_calibration_is_repeatable_and_follows_the_seed():
    embeddings, texts = stored(unit(300)), unit(9, seed=1)
    first = calibrate(embeddings, texts, pairs=5000).kinds
    assert calibrate(embeddings, texts, pairs=5000).kinds == first
    assert calibrate(embeddings, texts, pairs=5000, seed=1).kinds != first


@pytest.mark.parametrize("n", [1, 5])
def test_a_collection_of_one_image_or_of_copies(n):
    """Every pair has cosine 1 and there is no spread; weights and bands must still be numbers."""
    bands = calibrate(stored(np.tile(unit(1), (n, 1))), unit(3, seed=1), pairs=100)
    assert bands.kinds["image"].close == bands.kinds["image"].related == pytest.approx(1, abs=1e-6)
    assert bands.kinds["image"].spread == 1e-6
    assert all(np.isfinite(list(vars_of(band))).all() for band in bands.kinds.values())


def vars_of(band):
    return (band.mean, band.spread, band.close, band.similar, band.related)


def test_without_texts_only_images_are_calibrated():
    bands = calibrate(stored(unit(20)), None, pairs=100)
    assert list(bands.kinds) == ["image"]
    assert bands.name("text", 0.9) == ""
    assert bands.spread("text") == 1


@pytest.mark.parametrize(
    ("score", "name"),
    [(1, "close"), (0.5, "close"), (0.49, "similar"), (0.3, "similar"), (0.2, "related"), (0.19, "distant")],
)
def test_the_name_of_a_score(score, name):
    bands = Bands({"image": Band(mean=0, spread=0.1, close=0.5, similar=0.3, related=0.2, n_pairs=9)})
    assert bands.name("image", score) == name
    assert bands.spread("image") == 0.1


def test_calibration_texts_are_different_captions_or_general_ones():
    assert calibration_texts(["b", "a", "", "b"]) == ["a", "b"]
    many = [f"caption {n}" for n in range(999)]
    drawn = calibration_texts(many, n=20)
    assert len(set(drawn)) == 20
    assert set(drawn) <= set(many)
    assert calibration_texts(many[::-1], n=20) == drawn
    assert "a photograph" in calibration_texts(["", ""])

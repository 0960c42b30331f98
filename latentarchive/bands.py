"""What a cosine means in this archive: bands calibrated on random pairs, for each kind of query.

A cosine of 0.28 between a text and an image can be a close match, and 0.28 between two images nothing
at all; the scale differs from encoder to encoder and from kind to kind (the modality gap; Liang et al.,
NeurIPS 2022). So the cosines of pairs that were put together at random say where "near" begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.embeddings import Embeddings

QUANTILES = {"close": 0.999, "similar": 0.99, "related": 0.95}
"""Close: nearer than 999 of 1,000 random pairs; similar: than 99 of 100; related: than 19 of 20."""

DISTANT = "distant"
"""What is nearer than none of these."""

GENERAL_WORDS = (
    "a photograph", "a painting", "a drawing", "a person", "a group of people", "a portrait", "a child", "an animal",
    "a dog", "a bird", "a horse", "a fish", "a flower", "a tree", "fruit", "a vegetable", "a landscape", "mountains",
    "the sea", "a river", "a boat", "a ship", "a street", "a city", "a house", "a church", "a bridge", "a room",
    "furniture", "a vessel", "a book", "a letter", "a map", "a diagram", "a coin", "a textile", "a sculpture",
    "a machine", "a car", "a train", "a tool", "a weapon", "food", "clothing", "night", "snow", "fire", "sky",
)  # fmt: skip
"""Texts to calibrate with where a collection has no words of its own."""


@dataclass(frozen=True, slots=True)
class Band:
    """Random pairs of one kind: their mean and spread, and the cosines at which the bands begin."""

    mean: float
    spread: float
    close: float
    similar: float
    related: float
    n_pairs: int


class Bands:
    """The calibration of one archive, for the kinds of query ``image``, ``text`` and ``mixed``."""

    def __init__(self, kinds: Mapping[str, Band]) -> None:
        """Bands by kind of query."""
        self.kinds = dict(kinds)

    def name(self, kind: str, score: float) -> str:
        """close, similar, related or distant; "" for a kind that was not calibrated."""
        band = self.kinds.get(kind)
        if band is None:
            return ""
        return next((name for name in QUANTILES if score >= getattr(band, name)), DISTANT)

    def mean(self, kind: str) -> float:
        """Mean of the cosines of random pairs; 0 for a kind that was not calibrated."""
        return self.kinds[kind].mean if kind in self.kinds else 0.0

    def spread(self, kind: str) -> float:
        """Standard deviation of the cosines of random pairs; what one unit of weight is worth in that kind.

        1 for a kind that was not calibrated, which leaves weights as they are between terms of that kind.
        """
        return self.kinds[kind].spread if kind in self.kinds else 1.0


def calibrate(
    embeddings: Embeddings,
    texts: NDArray[np.float32] | None,
    *,
    pairs: int = 200_000,
    sample: int = 2_000,
    seed: int = 0,
) -> Bands:
    """Measure random pairs.

    Args:
        embeddings: The archive's rows.
        texts: float32 (t, dim) unit rows of texts that belong to the collection; None: no text queries.
        pairs: How many random pairs of each kind, at most.
        sample: How many rows of the archive they are drawn from, at most.
        seed: Of the draw.

    Returns:
        Bands for ``image``, and with `texts` also ``text`` and ``mixed`` (half a text, half an image, each
        divided by its kind's spread as a query's terms are).
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(embeddings), min(sample, len(embeddings)), replace=False))
    images = embeddings.take(rows)
    left, right = _different(rng, len(images), len(images), pairs)
    kinds = {"image": _band(_cosines(images, images, left, right))}
    if texts is not None and len(texts):
        words = rng.integers(len(texts), size=pairs)
        items = rng.integers(len(images), size=pairs)
        kinds["text"] = _band(_cosines(texts, images, words, items))
        mixed = texts[words[:sample]] / kinds["text"].spread + images[items[:sample]] / kinds["image"].spread
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        against = rng.integers(len(images), size=pairs)
        which = np.arange(pairs) % len(mixed)
        apart = items[which] != against if len(images) > 1 else np.ones(pairs, dtype=bool)
        kinds["mixed"] = _band(_cosines(mixed, images, which[apart], against[apart]))
    return Bands(kinds)


def calibration_texts(captions: Sequence[str], *, n: int = 256, seed: int = 0) -> list[str]:
    """Up to `n` different captions of the collection, drawn with the seed; `GENERAL_WORDS` if it has none."""
    different = sorted({caption for caption in captions if caption})
    if not different:
        return list(GENERAL_WORDS)
    rng = np.random.default_rng(seed)
    return [different[i] for i in sorted(rng.choice(len(different), min(n, len(different)), replace=False))]


def _band(cosines: NDArray[np.float64]) -> Band:
    thresholds = {name: round(float(np.quantile(cosines, q)), 6) for name, q in QUANTILES.items()}
    spread = max(float(cosines.std()), 1e-6)  # a collection of one image, or of copies, has no spread
    return Band(mean=round(float(cosines.mean()), 6), spread=round(spread, 6), n_pairs=len(cosines), **thresholds)


def _cosines(
    a: NDArray[np.float32], b: NDArray[np.float32], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    steps = range(0, len(left), 16_384)
    parts = [np.einsum("ij,ij->i", a[left[s : s + 16_384]], b[right[s : s + 16_384]]) for s in steps]
    return np.concatenate(parts).astype(np.float64)


def _different(rng: np.random.Generator, n: int, m: int, pairs: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Random pairs of different rows; a collection of one row can only be paired with itself."""
    left, right = rng.integers(n, size=pairs), rng.integers(m, size=pairs)
    apart = left != right
    return (left[apart], right[apart]) if apart.any() else (left, right)

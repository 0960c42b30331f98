"""How the catalogue's words change from what was retrieved to what generated images resemble.

Legend: a profile says how one image's nearest works share out over the values of a field; each adds up to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def profiles(values: Sequence[Sequence[str]], known: Sequence[str]) -> NDArray[np.float64]:
    """Profiles of images whose nearest works have these values.

    Args:
        values: Of each image: the values of its nearest works, one after the other.
        known: All values that there are, each once.

    Returns:
        shape (images, values): nan for an image whose nearest works have none.
    """
    place = {value: at for at, value in enumerate(known)}
    counts = np.zeros((len(values), len(known)))
    for row, one in enumerate(values):
        np.add.at(counts[row], [place[value] for value in one], 1.0)
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0)


def jensen_shannon(p: NDArray[np.floating], q: NDArray[np.floating]) -> float:
    """The Jensen-Shannon divergence of two distributions in bits: 0 for equal ones, 1 for those that share nothing.

    Lin (1991), with equal weights.
    """
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2
    return float(max(0.0, (_relative(p, middle) + _relative(q, middle)) / 2))


def middle_half(years: Sequence[float]) -> float:
    """The interquartile range of years, from 1: how many years the middle half of them spans; nan for none."""
    if not len(years):
        return float("nan")
    low, high = np.quantile(np.asarray(years, np.float64), [0.25, 0.75])
    return float(high - low)


def _relative(p: NDArray[np.floating], q: NDArray[np.floating]) -> float:
    there = p > 0
    return float((p[there] * np.log2(p[there] / q[there])).sum())

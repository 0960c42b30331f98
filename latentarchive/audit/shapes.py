"""Figures of the shape that two spaces share, each with an interval and with what chance gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Finding
from latentarchive.measures.alignment import procrustes
from latentarchive.measures.resampling import half_samples, permuted

DRAWS = 100
"""Half samples of an interval, and permutations of a null: a p-value is at least 1/101."""

HALF = f"delete-half jackknife, {DRAWS} draws"

SEPARATE = "Figures of two spaces hold for these works and this number of them: compare no others with them."


def shape(
    name: str,
    said: str,
    measure: Callable[[NDArray[np.floating], NDArray[np.floating]], float],
    sides: tuple[NDArray[np.float32], NDArray[np.float32]],
    what: str,
    seed: int,
) -> Finding:
    """A figure of two sides, told.

    Args:
        name: What it is called.
        said: What its ends mean.
        measure: From rows in the one space and the same works in the other; nan where it has no value.
        sides: Those rows.
        what: What they are, for the denominator.
        seed: Of half samples and permutations.
    """
    x, y = sides
    value = measure(x, y)
    if not np.isfinite(value):
        return Finding(sentence=f"Not asked: {name} has no value here: no work has a mutual neighbour.", outcome="skip")
    low, high = half_samples(lambda half: measure(x[half], y[half]), len(x), draws=DRAWS, seed=seed)
    low = max(low, 0.0) if measure is procrustes else low  # it is never below
    null = permuted(lambda order: measure(x, y[order]), len(x), draws=DRAWS, seed=seed)
    as_far = (null <= value if measure is procrustes else null >= value).sum()
    return Finding(
        sentence=f"{name} is {value:.3f} ({said}; 95 % interval {low:.3f} to {high:.3f}; {null.mean():.3f} where works "
        "are paired at random).",
        value=value,
        unit="",
        n=len(x),
        denominator=what,
        interval=(low, high),
        interval_by=HALF,
        null=float(null.mean()),
        null_by=f"works paired at random, {DRAWS} draws, from {null.min():.3f} to {null.max():.3f}; "
        f"p = {(1 + as_far) / (1 + len(null)):.3f}",
        notes=(SEPARATE,),
    )

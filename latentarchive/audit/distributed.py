"""Whether generated images are distributed as the works found are: coverage of neighbourhoods, and discrepancy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.contrasted import SELECTED, Floats, Measured, Sides, chance, told
from latentarchive.audit.finding import Finding, Table
from latentarchive.diffusion.contrast import Contrast
from latentarchive.measures.coverage import coverage, distances, expected_coverage
from latentarchive.measures.discrepancy import (
    CMMD_SCALE,
    CMMD_SIGMA,
    cubic,
    discrepancy,
    gaussian,
    lengthened,
    median_width,
)
from latentarchive.measures.permutation import Statistic, parted

FOUR = {
    "precision": "precision: images within the reach of a work",
    "recall": "recall: works within the reach of an image",
    "density": "density: works whose reach an image lies in, in units of k",
    "coverage": "coverage: works with an image within their reach",
}


def coverage_of(contrast: Contrast, found: Sequence[Sides], k: int) -> Finding:
    """How much of the works found the images cover: balls that reach to the k-th nearest of a work's own side."""
    measured = []
    for side in found:
        near = min(k, side.n - 1)
        one = parted(_balls(side, near, "coverage"), side.n, side.n)
        by = f"in the mean of equal distributions; 95 of 100 permutations give {one.low:.0%} to {one.high:.0%}"
        expected = expected_coverage(side.n, side.n, near)
        measured.append((side, Measured(value=one.value, null=expected, null_by=by, p=one.p_two_sided)))
    last = found[-1]
    four = {what: parted(_balls(last, near, name), last.n, last.n) for name, what in FOUR.items()}
    crowded = ("At 20 or fewer of a side these figures are near 1 whatever the images are.",) if last.n <= 20 else ()
    return told(
        contrast,
        measured,
        sentence=lambda one: (
            f"{one.value:.0%} of the works found have an image within the reach of their neighbours; "
            f"{one.null:.0%} would, if images and works were alike{one.tested}."
        ),
        quantity="The share of works with an image within the reach of their neighbours",
        unit="share",
        column="share covered",
        as_text="{:.0%}".format,
        null_column="share expected",
        denominator="works found",
        table=Table(
            columns=("figure", "value", "by chance from", "to"),
            rows=tuple((what, one.value, one.low, one.high) for what, one in four.items()),
        ),
        notes=(f"k = {near}; Naeem et al. (2020).", *crowded, SELECTED),
    )


def _balls(side: Sides, k: int, name: str) -> Statistic:
    apart = distances(side.vectors, side.vectors)

    def figure(works: NDArray[np.int64], images: NDArray[np.int64]) -> float:
        own, across, other = (apart[np.ix_(*pair)] for pair in ((works, works), (works, images), (images, images)))
        value: float = getattr(coverage(own, across, other, k), name)
        return value

    return figure


def discrepancy_of(contrast: Contrast, found: Sequence[Sides]) -> Finding:
    """Maximum mean discrepancy of images and works found, by three kernels; the first is judged by."""
    measured, rows = [], tuple[tuple[Any, ...], ...]()
    for side in found:
        x = side.vectors
        kernels = {
            "Gaussian, median width": (gaussian(x, x, median_width(x)), 1.0),
            "KID: cubic": (cubic(lengthened(x), lengthened(x)), 1.0),
            f"CMMD: Gaussian, width {CMMD_SIGMA:g}": (gaussian(x, x, CMMD_SIGMA), CMMD_SCALE),
        }
        tests = {name: parted(_kernel(kernel, scale), side.n, side.n) for name, (kernel, scale) in kernels.items()}
        first = next(iter(tests.values()))
        by = f"images and works mixed at random; 95 of 100 draws give {first.low:.3g} to {first.high:.3g}"
        measured.append((side, Measured(value=first.value, null=first.null, null_by=by, p=first.p_greater)))
        rows = tuple((name, one.value, one.low, one.high, one.p_greater) for name, one in tests.items())
    return told(
        contrast,
        measured,
        sentence=lambda one: (
            f"Images and works found are distributed differently in the archive’s space{one.tested}."
            if one.differs
            else f"Images and works found cannot be told apart as distributions (p {chance(one.p or 1)})."
        ),
        quantity="The discrepancy of images and works",
        unit="(MMD², Gaussian kernel of median width)",
        column="MMD²",
        as_text="{:.3f}".format,
        null_column="by chance",
        table=Table(columns=("kernel", "value", "by chance from", "to", "p"), rows=rows),
        notes=(
            "The kernel of median width is the one that is judged by: it sees spread and shape too. CMMD at width 10 "
            "sees hardly more than where the mean lies. KID is computed on unit vectors at length √dim.",
            SELECTED,
        ),
    )


def _kernel(kernel: Floats, scale: float) -> Statistic:
    return lambda works, images: scale * discrepancy(kernel, works, images)

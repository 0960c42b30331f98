"""Association tests: whether two sets of targets are unequally near to two sets of attributes.

WEAT (Caliskan, Bryson and Narayanan, Science 356: 183-186, 2017) over words, SEAT (May et al., NAACL 2019) over
sentences, iEAT (Steed and Caliskan, FAccT 2021) over images, and mixed in a space that has both, are one test.

Legend: n targets a side, m attributes, t prompts; X, Y (t, n, dim) targets, A, B (t, m, dim) attributes, unit rows. An
image has no prompts, so its side may be (m, dim). s is the leaning of a target: its mean cosine to A minus that to B.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.measures.intervals import middle

Floats = NDArray[np.float64]

EXACT = 36
"""Stimuli of both sides together up to which every partition is counted. Sums of either half of them are listed
(2**18 at most) and put together by size: C(36, 18) = 9,075,135,300 partitions take a fraction of a second."""

EQUAL = 1e-12
"""Sums nearer than this, as a share of all that is summed, are one: float64 adds in other orders to other last bits."""

LEAST = 2
"""Stimuli that a side must have."""


@dataclass(frozen=True, slots=True)
class Permutation:
    """How often a random partition of the stimuli gives as much as the observed one."""

    #: Share of partitions with at least the observed difference (ties count): the one-sided p of the papers.
    p: float
    #: Twice the smaller of both one-sided shares, at most 1.
    either: float
    #: Whether all partitions were counted; if not, `partitions` is the number of draws, the observed one among them,
    #: and no p can be smaller than 1 / `partitions`.
    exact: bool
    partitions: int


@dataclass(frozen=True, slots=True)
class Association:
    """What one association test found."""

    #: Effect size d, in standard deviations: above 0 where X leans to A more than Y does.
    effect: float
    test: Permutation
    #: Lowest and highest d with any one stimulus, target or attribute, left out.
    left_out: tuple[float, float]


def leanings(targets: NDArray[np.floating], a: NDArray[np.floating], b: NDArray[np.floating]) -> Floats:
    """s(w, A, B) of each target, in the mean over prompts: float64, shape (n,), from -2 to 2."""
    apart = np.asarray(a, np.float64).mean(axis=-2) - np.asarray(b, np.float64).mean(axis=-2)
    found = np.einsum("...nd,...d->...n", np.asarray(targets, np.float64), apart)
    return found.reshape(-1, found.shape[-1]).mean(axis=0)


def effect_size(x: Floats, y: Floats) -> Floats:
    """d: the difference of the means in *sample* standard deviations (ddof = 1) of all; 0 where nothing differs.

    Args:
        x: Leanings of X along the last axis; other axes are done side by side.
        y: Those of Y.

    Returns:
        Without the last axis. At most 2 sqrt((N - 1) / N) either way for N = 2n.
    """
    spread = np.concatenate([x, y], axis=-1).std(axis=-1, ddof=1)
    apart = x.mean(axis=-1) - y.mean(axis=-1)
    return np.asarray(np.divide(apart, spread, out=np.zeros_like(apart), where=spread > EQUAL))


def association(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    a: NDArray[np.floating],
    b: NDArray[np.floating],
    *,
    draws: int = 100_000,
    seed: int = 0,
) -> Association:
    """One association test, over several prompts together if there are several.

    Args:
        x: X, shape (t, n, dim) or (n, dim).
        y: Y, of as many stimuli as X.
        a: A, shape (t, m, dim) or (m, dim).
        b: B, of any number of stimuli.
        draws: See `permutation`.
        seed: Of the draws.

    Raises:
        ValueError: X and Y are not equally many, or a side has fewer than `LEAST`.
    """
    sizes = [side.shape[-2] for side in (x, y, a, b)]
    if sizes[0] != sizes[1]:
        message = (
            f"the test deals the targets anew between both sides, so these must be equally many: got {sizes[0]} "
            f"and {sizes[1]}"
        )
        raise ValueError(message)
    if min(sizes) < LEAST:
        message = f"every side needs {LEAST} stimuli or more, got {', '.join(map(str, sizes))}"
        raise ValueError(message)
    of_x, of_y = leanings(x, a, b), leanings(y, a, b)
    effect = float(effect_size(of_x, of_y))
    without = [float(effect_size(np.delete(of_x, i), of_y)) for i in range(sizes[0])]
    without += [float(effect_size(of_x, np.delete(of_y, i))) for i in range(sizes[1])]
    for i in range(sizes[2]):
        less = np.delete(a, i, axis=-2)
        without.append(float(effect_size(leanings(x, less, b), leanings(y, less, b))))
    for i in range(sizes[3]):
        less = np.delete(b, i, axis=-2)
        without.append(float(effect_size(leanings(x, a, less), leanings(y, a, less))))
    return Association(effect, permutation(of_x, of_y, draws=draws, seed=seed), (min(without), max(without)))


def single_category(
    targets: NDArray[np.floating], a: NDArray[np.floating], b: NDArray[np.floating]
) -> tuple[Floats, Floats]:
    """Which of two sets of attributes each target is nearer to: WEFAT, the single-category test.

    Caliskan et al. 2017: ``[mean cos(w, a) - mean cos(w, b)] / std of cos(w, x) over x in A and B``, ddof = 1.

    Args:
        targets: shape (t, n, dim) or (n, dim).
        a: A, shape (t, m, dim) or (m, dim).
        b: B, likewise.

    Returns:
        Effect sizes, shape (n,), and the cosines they come from, shape (n, attributes of A then of B), in the mean over
        prompts. `permutation` of a row's two halves is its test.

    Raises:
        ValueError: A side has fewer than `LEAST` attributes.
    """
    sizes = a.shape[-2], b.shape[-2]
    if min(sizes) < LEAST:
        message = f"every side needs {LEAST} attributes or more, got {sizes[0]} and {sizes[1]}"
        raise ValueError(message)
    both = np.concatenate([a, b], axis=-2).astype(np.float64)
    found = np.einsum("...nd,...md->...nm", np.asarray(targets, np.float64), both)
    cosines = found.reshape(-1, *found.shape[-2:]).mean(axis=0)
    return effect_size(cosines[:, : sizes[0]], cosines[:, sizes[0] :]), cosines


def permutation(x: Floats, y: Floats, *, draws: int = 100_000, seed: int = 0) -> Permutation:
    """The permutation test of a difference of means: of all ways to deal the values into groups of these sizes.

    The sum of all values does not change, so the sum of the first group says everything. Up to `EXACT` values all
    partitions are counted, else `draws` - 1 are drawn and the observed one is counted with them: p is never 0.

    Args:
        x: shape (n,).
        y: shape (m,), any number.
        draws: From 1.
        seed: Of the draws.
    """
    values = np.concatenate([x, y]).astype(np.float64)
    values -= values.mean()  # small numbers leave small rounding
    observed, equal = float(values[: len(x)].sum()), EQUAL * float(np.abs(values).sum())
    exact = len(values) <= EXACT
    if exact:
        above, below = _counted(values, len(x), observed, equal)
        partitions = math.comb(len(values), len(x))
    else:
        above, below = _drawn(values, len(x), observed, equal, draws - 1, seed)
        partitions = draws
    return Permutation(above / partitions, min(1.0, 2 * min(above, below) / partitions), exact, partitions)


def effect_interval(x: Floats, y: Floats, *, resamples: int = 2000, seed: int = 0) -> tuple[float, float]:
    """A 95 % interval of d by resampling the stimuli of each side (percentile bootstrap; Efron 1979).

    Args:
        x: Leanings of X, shape (n,).
        y: Those of Y, shape (m,).
        resamples: How many.
        seed: Of them.
    """
    random = np.random.default_rng(seed)
    effects = effect_size(
        x[random.integers(len(x), size=(resamples, len(x)))], y[random.integers(len(y), size=(resamples, len(y)))]
    )
    return middle(effects)


def _counted(values: Floats, size: int, observed: float, equal: float) -> tuple[int, int]:
    """How many subsets of a size have a sum of at least, and of at most, the observed one."""
    half = len(values) // 2
    (left, left_sizes), (right, right_sizes) = _subsets(values[:half]), _subsets(values[half:])
    above = below = 0
    for taken in range(max(0, size - (len(values) - half)), min(size, half) + 1):
        these, those = left[left_sizes == taken], np.sort(right[right_sizes == size - taken])
        above += len(these) * len(those) - int(np.searchsorted(those, observed - equal - these, "left").sum())
        below += int(np.searchsorted(those, observed + equal - these, "right").sum())
    return above, below


def _subsets(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The sum of every subset, and how many values are in it."""
    sums, sizes = np.zeros(1), np.zeros(1, np.int64)
    for value in values:
        sums, sizes = np.concatenate([sums, sums + value]), np.concatenate([sizes, sizes + 1])
    return sums, sizes


def _drawn(values: Floats, size: int, observed: float, equal: float, draws: int, seed: int) -> tuple[int, int]:
    """As `_counted`, of random subsets; the observed one is counted once more with them."""
    random = np.random.default_rng(seed)
    above = below = 1
    step = max(1, 2**21 // len(values))
    for start in range(0, draws, step):
        keys = random.random((min(step, draws - start), len(values)))
        sums = values[np.argpartition(keys, size - 1, axis=1)[:, :size]].sum(axis=1)
        above += int(np.count_nonzero(sums >= observed - equal))
        below += int(np.count_nonzero(sums <= observed + equal))
    return above, below

"""The search parameter of an approximate index: raised until recall is reached, for all rows and inside filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from latentarchive.index.scoring import SearchResult
from latentarchive.measures.ranking import recall_at_k

RECALL_TARGET = 0.95
"""Mean recall at 10 against exact search that the search parameter of an approximate index is raised to: so far that
the lower end of the 95 % interval of the mean reaches it, and queries that were not measured are likely to."""

QUERIES = 512
"""Rows that recall is measured on; they are left out of training, and out of their own results."""

SHARES = (0.5, 0.05, 0.005)
"""Shares of the rows that random filters keep, for each of which the parameter is raised anew: neighbours that pass
a filter lie farther away."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """The search parameter of an approximate index, and the recall that was measured with it."""

    #: ``nprobe`` or ``efSearch``; "" where the index has neither.
    parameter: str
    value: int
    #: Mean recall at 10 over `n` sampled rows of the archive against exact search, each without itself.
    recall_at_10: float
    n: int
    #: Its 95 % interval, by the normal approximation; None where there was nothing to measure.
    interval: tuple[float, float] | None = None
    #: By share of the rows that a filter keeps ("0.05"): the parameter inside the filter, and the recall there.
    filtered: Mapping[str, tuple[int, float]] = field(default_factory=dict)

    def at(self, share: float) -> int:
        """The parameter for a filter that keeps this share of the rows; between two that were measured, the larger."""
        if share >= 1:
            return self.value
        fits = [(float(kept), value) for kept, (value, _) in self.filtered.items() if float(kept) <= share]
        if fits:
            return max(fits)[1]
        return max([self.value, *(value for value, _ in self.filtered.values())])


FEW = 1_000
"""Rows below which a filter is scanned in any case."""

Search = Callable[[int, "NDArray[np.bool_] | None"], list[SearchResult]]
"""From a value of the parameter and the rows allowed to the nearest of each sampled row."""


def tune(
    parameter: str,
    most: int,
    sample: NDArray[np.int64],
    rows: int,
    *,
    exact: Search,
    approximate: Search,
    seed: int,
) -> Tuning:
    """Find the smallest parameter that reaches `RECALL_TARGET`, without a filter and inside random ones.

    Args:
        parameter: ``nprobe``, ``efSearch`` or "", and its largest value `most`.
        most: See `parameter`.
        sample: Row numbers of the queries.
        rows: How many rows there are.
        exact: The truth; its first argument means nothing.
        approximate: What the index finds.
        seed: Of the random filters.
    """
    if min(10, rows - 1) < 1:
        return Tuning("", 0, 1.0, 0)

    def recall(value: int, allowed: NDArray[np.bool_] | None, true: list[NDArray[np.float32]]) -> tuple[float, float]:
        """The mean, and half the width of its interval."""
        each = recall_at_k(_others(approximate(value, allowed), sample), true)
        return float(each.mean()), float(1.96 * each.std() / len(each) ** 0.5)

    def reaches(measured: tuple[float, float]) -> bool:
        return measured[0] - measured[1] >= RECALL_TARGET

    def smallest(start: int, allowed: NDArray[np.bool_] | None) -> tuple[int, tuple[float, float]]:
        true = _others(exact(0, allowed), sample)
        value = start
        while not reaches(found := recall(value, allowed, true)) and parameter and value < most:
            value = min(2 * value, most)
        below = value // 2 if value > start else start
        while reaches(found) and value - below > max(1, value // 16):  # the doubling may have gone too far
            middle = (below + value) // 2
            if reaches(at_middle := recall(middle, allowed, true)):
                value, found = middle, at_middle
            else:
                below = middle
        return value, found

    value, (reached, half) = smallest(1 if parameter == "nprobe" else 16, None)
    interval = (round(max(0.0, reached - half), 6), round(min(1.0, reached + half), 6))
    if not parameter:
        return Tuning("", 0, round(reached, 6), len(sample), interval)
    filtered: dict[str, tuple[int, float]] = {}
    inside = value
    for share in SHARES:
        allowed = np.random.default_rng((seed, round(1 / share))).random(rows) < share
        if np.count_nonzero(allowed) >= FEW:
            inside, (mean, _) = smallest(inside, allowed)
            filtered[str(share)] = (inside, round(mean, 6))
    return Tuning(parameter, value, round(reached, 6), len(sample), interval, filtered)


def _others(results: list[SearchResult], sample: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """Scores of the ten nearest rows to each but the query's own."""
    return [scores[rows != row][:10] for row, (rows, scores) in zip(sample, results, strict=True)]

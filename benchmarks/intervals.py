"""Shares and means with n and a 95% interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from latentarchive.measures.intervals import wilson

SEED, DRAWS = 0, 2000
"""Of the bootstrap."""


def share(hits: int, n: int) -> dict:
    """A share with its interval (Wilson, 1927)."""
    return {"share": round(hits / n, 4), "n": n, "interval": [round(end, 4) for end in wilson(hits, n)]}


def bootstrap(
    values: np.ndarray, of: Callable[[np.ndarray], float] = np.mean, groups: Sequence[str] | None = None
) -> list[float]:
    """Interval of a figure by drawing anew (Efron, 1979): single values, or whole groups of them.

    Args:
        values: Shape (n,).
        of: What is figured.
        groups: The group of each value, where values of a group are alike.
    """
    random, names = np.random.default_rng(SEED), np.array(groups if groups is not None else range(len(values)))
    members = [values[names == name] for name in dict.fromkeys(names.tolist())]
    draws = random.integers(len(members), size=(DRAWS, len(members)))
    figures = [of(np.concatenate([members[i] for i in draw])) for draw in draws]
    return [round(float(end), 4) for end in np.quantile(figures, (0.025, 0.975))]

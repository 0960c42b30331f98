"""Quantiles of values that are counted, not listed."""

from __future__ import annotations

from collections.abc import Iterable


def counted_quantile(pairs: Iterable[tuple[float, int]], at: float) -> float:
    """The least value that has this share of all at or below it: the inverse of the empirical distribution.

    Hyndman and Fan (1996), definition 1: of two values between which the share falls, the lower one; never a mean.

    Args:
        pairs: Values, and how many there are of each, from 0; in any order.
        at: In (0, 1].

    Raises:
        ValueError: There are none.
    """
    ordered = sorted((value, n) for value, n in pairs if n)
    wanted, seen = at * sum(n for _, n in ordered) * (1 - 1e-12), 0
    for value, n in ordered:
        seen += n
        if seen >= wanted:
            return value
    message = "there are no values"
    raise ValueError(message)

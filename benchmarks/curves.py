"""How a quantity grows with the rows: power laws through measured points, and what they say beyond the last of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST = 3
"""Points without which no law is fitted."""


@dataclass(frozen=True)
class Law:
    """value = factor * rows ** exponent."""

    factor: float
    exponent: float
    #: The exponent that n log n has over the same rows, fitted in the same way; it is a little above 1.
    n_log_n: float
    #: The largest measured value over the law's, or the law's over it: 1 where all points lie on the law.
    worst: float

    @property
    def within_n_log_n(self) -> bool:
        """Whether the quantity grows no faster than n log n."""
        return self.exponent <= self.n_log_n

    def at(self, rows: float) -> float:
        """The value at so many rows."""
        return self.factor * rows**self.exponent


def law(points: Sequence[tuple[float, float]]) -> Law | None:
    """The power law through points (rows, value), by least squares of their logarithms.

    None if there are fewer than `LEAST` points. Raises `ValueError` if rows or values are not positive.
    """
    if len(points) < LEAST:
        return None
    rows, values = np.array(points, np.float64).T
    if rows.min() <= 1 or values.min() <= 0:
        message = f"rows must be above 1 and values positive, got {list(points)}"
        raise ValueError(message)
    exponent, offset = np.polyfit(np.log(rows), np.log(values), 1)
    n_log_n, _ = np.polyfit(np.log(rows), np.log(rows * np.log(rows)), 1)
    off = np.log(values) - (exponent * np.log(rows) + offset)
    return Law(float(np.exp(offset)), float(exponent), float(n_log_n), float(np.exp(np.abs(off).max())))

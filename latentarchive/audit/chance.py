"""What is told of chance under a figure: from which p it counts as found, and how that is said."""

from __future__ import annotations

LEVEL = 0.05
"""The p at which something is called found, and the share of false discoveries borne where many are asked about."""


def p_value(p: float) -> str:
    """A p in words: two digits, however small."""
    return f"{p:.1e}" if p < 0.0001 else f"{p:.2g}"


def not_from_chance(low: float, chance: float) -> str:
    """What a sentence adds where the lower bound of a figure does not pass what chance would give; "" else."""
    return ": not to be told from chance" if low <= chance else ""

"""Figures as a page shows them: three digits that count, decimal units, and Markdown tables of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

UNKNOWN = "–"
"""What was not measured."""


def number(value: float | None) -> str:
    """Three digits that count, or all of a whole number below a million."""
    if value is None:
        return UNKNOWN
    if abs(value) >= 1e6:
        return _scaled(value / 1e6, 1000, ("million", "billion"))
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.1e}"


def size(count: float | None) -> str:
    """Bytes in the decimal unit that leaves from 1 to 999 of it."""
    return UNKNOWN if count is None else _scaled(count, 1000, ("bytes", "KB", "MB", "GB", "TB", "PB"))


def duration(seconds: float | None) -> str:
    """Seconds as milliseconds, seconds, minutes, hours or days."""
    if seconds is None:
        return UNKNOWN
    for unit, length, until in (("ms", 1e-3, 1), ("s", 1, 120), ("min", 60, 7200), ("h", 3600, 259_200)):
        if seconds < until:
            return f"{number(seconds / length)} {unit}"
    return f"{number(seconds / 86_400)} days"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the columns after the first are set to the right where the head ends in a colon."""
    rule = ["---:" if name.endswith(":") else "---" for name in head]
    lines = [[name.removesuffix(":") for name in head], rule, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _scaled(value: float, step: int, units: Sequence[str]) -> str:
    for unit in units[:-1]:
        if abs(value) < step:
            return f"{number(value)} {unit}"
        value /= step
    return f"{number(value)} {units[-1]}"

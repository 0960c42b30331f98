"""Numbers as people read them: shares in percent, thousands parted, no more digits than say something."""

from __future__ import annotations

import re
from typing import Any

from latentarchive.audit.finding import Finding

YEARS = re.compile(r"(year|decade|century)\b|\w+ (year|decade|century)$")
"""Names of columns whose numbers are points in time (1850, not 1,850): "year", "decade from", "first year"."""


def number(value: float) -> str:
    """A number: whole ones in full, others to four significant digits."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def percent(share: float) -> str:
    """A share from 0 to 1 in percent; one that is not nothing, or not all, never reads as if it were."""
    if 0 < share < 0.0001:
        return "less than 0.01 %"
    if 0.9999 < share < 1:
        return "more than 99.99 %"
    shown = f"{100 * share:.2f}".rstrip("0").rstrip(".") if share < 0.01 or share > 0.99 else f"{100 * share:.1f}"
    return f"{shown.removesuffix('.0')} %"


def quantity(value: float, unit: str) -> str:
    """A value with its unit."""
    if unit == "share":
        return percent(value)
    return f"{number(value)} {unit}".rstrip()


def cell(value: Any, column: str) -> str:
    """What stands in a column of a table; the column's name tells shares and years."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    name = column.lower()
    if name.startswith("share") and 0 <= value <= 1:
        return percent(value)
    if YEARS.match(name) and float(value).is_integer():
        return str(int(value))
    return number(value)


def measured(one: Finding) -> list[str]:
    """What a finding's value is, of how many, how sure, and beside what it stands; empty without a value."""
    if one.value is None:
        return [f"{one.n:,} {one.denominator}"] if one.n is not None and one.denominator else []
    said = [f"{quantity(one.value, one.unit)} of {one.n:,} {one.denominator}"]
    if one.unit != "share":
        said = [f"{quantity(one.value, one.unit)}, n = {one.n:,} {one.denominator}"]
    if one.interval is not None:
        low, high = one.interval
        begin = percent(low) if one.unit == "share" else number(low)
        said.append(f"95 % interval {begin} to {quantity(high, one.unit)} ({one.interval_by})")
    if one.null is not None:
        said.append(f"beside {quantity(one.null, one.unit)} ({one.null_by})")
    return said

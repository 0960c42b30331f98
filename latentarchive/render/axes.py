"""What drawings have in common: colours, sizes, round values along an axis, texts that fit."""

from __future__ import annotations

import math
import re
from html import escape
from typing import Any

from latentarchive.plaintext import plain

COLOURS = ("var(--first)", "var(--second)", "var(--third)", "var(--fourth)")

LINE, THIN = 18, 9
"""Heights in pixels: of a line of text, of a bar."""

LONGEST = 44
"""Characters of a name in a drawing, so that none is cut off 400 pixels wide; the whole name stands in the table."""


def ticks_over(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Three to six round values that span a range."""
    if high <= low:
        return [low]
    raw = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw)
    step = max(math.ceil(step), 1) if whole else step
    start = math.floor(low / step)
    return [round(k * step, 12) for k in range(start, math.ceil(high / step) + 1)]


def is_number(value: Any) -> bool:
    """Whether a cell can be drawn."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def short_name(name: str) -> str:
    """A name that fits: of an address both ends are kept, as its end tells it from its neighbours."""
    name = re.sub(r"^https?://(www\.)?", "", name)
    if len(name) <= LONGEST:
        return name
    if "/" in name and " " not in name:
        return f"{name[: LONGEST // 2]}…{name[1 - LONGEST // 2 :]}"
    return name[: LONGEST - 1].rstrip() + "…"


def escaped(text: str) -> str:
    """Text of anybody, made harmless for a drawing."""
    return escape(plain(text))

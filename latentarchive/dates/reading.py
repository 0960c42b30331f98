"""A grammar over the letters of a date's tokens: years, decades, centuries and days, and what joins them."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from latentarchive.dates.tokens import NotUnderstood, Token, tokens_of


@lru_cache(maxsize=1 << 16)
def parse_years(text: str) -> tuple[int | None, int | None]:
    """First and last year that a catalogue date can mean.

    * Years before the common era are negative, without a year zero: 500 BC is -500.
    * "circa" leaves the year as written: how wide it is meant differs from house to house, and the date as
      catalogued is kept beside the years.
    * "early", "mid" and "late" give the whole decade or century, halves and quarters their exact years. The
      19th century is 1801 to 1900; "1900s" may be a decade or a century and gives 1900 to 1999.
    * "before 1700" and "by 1700" end with 1700, "after 1700" begins with it; the other end is open.
    * Several dates ("1936, printed 1975") give the years from the first to the last; "cast later" leaves
      the end open.
    * "1905-07" gives 1905 to 1907, which covers July 1905 too; "1886-05" can only be May 1886.

    Languages: English, German, French, Dutch, Italian, Spanish.

    Args:
        text: The date as catalogued.

    Returns:
        ``(first, last)``, both included, first <= last. None is an open end; ``(None, None)`` is a date
        that is unknown, that is not understood to its last word, or that lies beyond next year.
    """
    try:
        return _read(tokens_of(text))
    except NotUnderstood:
        return None, None


_DAY = "[no](?:[-/|][no])?"
_DAYS = f"(?:{_DAY}M|M(?:{_DAY})?)"
_SPAN = re.compile(
    r"(?P<limit>[<>f]?)b?(?P<mark>[~p]*A?)(?:"
    r"(?P<century>(?:h[~p]*)?[on](?:(?:[-/|u]|(?<=o),)[~p]*(?:h[~p]*)?[on])*[~p]*c(?:,?h)?|c[on](?:[-/|][on])*)"
    rf"|(?P<day>{_DAYS}(?:[-/|]{_DAYS})?,?y(?P<tail>[-/]n(?![nomMcAB]))?|y,?{_DAYS}(?!,?y))"
    r"|(?P<short>y[-/]n(?![nomMcAB]))"
    r"|(?P<decade>h?[~p]*s(?:[-/|]S)?)"
    r"|(?P<year>[yn])"
    r")(?P<era>[AB]?)~*"
)

_SUPERFLUOUS = (r"[-/|,]*[+e]", r"(?<=p)[-|](?=p)", r"\|+(?=,)", r"(?<=,)[,|]+", r"^,+|,+$")
"""Tokens that are dropped: "or later" once it is noted, one of two joins, commas that join nothing."""


@dataclass
class _Span:
    """One date: its years, how it is bounded, and whether its era is stated."""

    start: int
    end: int
    era: str = ""
    limit: str = ""
    bare: bool = False  # one to three digits, which only their surroundings can make a year
    exact: bool = False  # a part of a century, which cannot be turned into the same part before Christ
    joined: str = ","  # what stands between the previous date and this one

    def turn_before_christ(self) -> None:
        if self.exact or self.era == "A":
            raise NotUnderstood
        self.start, self.end, self.era, self.bare = -self.end, -self.start, "B", False


def _read(tokens: list[Token]) -> tuple[int | None, int | None]:
    """The years of a whole date. Raises `NotUnderstood` if any token is left over."""
    letters = _letters(tokens)
    start_is_open, end_is_open, between = "e" in letters, "+" in letters, "b" in letters
    for superfluous in _SUPERFLUOUS:
        for found in reversed(list(re.finditer(superfluous, _letters(tokens)))):
            del tokens[found.start() : found.end()]
    spans = _spans(tokens)
    if not spans or (between and len(spans) < 2):
        raise NotUnderstood
    _settle_eras(spans)
    first, last = _cover(spans)
    return (None if start_is_open else first), (None if end_is_open else last)


def _letters(tokens: list[Token]) -> str:
    return "".join(letter for letter, _, _ in tokens)


def _spans(tokens: list[Token]) -> list[_Span]:
    letters = _letters(tokens)
    spans: list[_Span] = []
    position = 0
    while position < len(letters):
        run = letters[position:]
        joins = run[: len(run) - len(run.lstrip("-/|,u"))]
        join = joins.replace(",", "") or joins[:1]
        position += len(joins)
        found = _SPAN.match(letters, position)
        if not found or len(join) > 1 or (bool(join) != bool(spans) and join != "u"):
            raise NotUnderstood
        span = _span(found, tokens[position : found.end()])
        if join == "u" and not spans:
            span.limit = "<"  # "until 1900"
        span.joined = "-" if join == "u" else join
        spans.append(span)
        position = found.end()
    return spans


def _span(found: re.Match[str], tokens: list[Token]) -> _Span:
    era = found["era"] or ("A" if "A" in found["mark"] else "")
    if found["century"]:
        span = _century(found["century"], tokens, era)
    else:
        span = _years(found, [t for t in tokens if t[0] in "ysSno"])
        span.exact = "h" in found[0]
        if era == "B":
            span.turn_before_christ()
        span.bare = span.bare and not era and not ("~" in found["mark"] and span.start >= 100)
    span.era, span.limit = era, found["limit"]
    if span.start == 0 or (span.start > _next_year() and era != "B"):
        raise NotUnderstood
    return span


def _years(found: re.Match[str], numbers: list[Token]) -> _Span:
    """A day, a year, a shortened range or a decade, before its era is known."""
    if found["day"]:
        days = numbers[:-1] if found["tail"] else numbers
        if any(not 1 <= day <= 31 for letter, day, _ in days if letter in "no"):
            raise NotUnderstood
        numbers = [*(n for n in days if n[0] == "y"), numbers[-1]]
    letter, start, end = numbers[0]
    if found["short"] or found["tail"]:  # "1879-82", "winter 1879-80"
        _, tail, digits = numbers[1]
        width = 10**digits
        end = start - start % width + tail + (width if tail == 0 and digits == 2 else 0)
        if digits > 2 or end < start or end > _next_year():
            raise NotUnderstood
    elif found["decade"] and len(numbers) > 1:
        end = start - start % 100 + numbers[1][1] + 9
        if end <= start + 9:
            raise NotUnderstood
    return _Span(start, start if letter == "n" else end, bare=letter == "n" or (letter == "s" and start < 1000))


def _century(letters: str, tokens: list[Token], era: str) -> _Span:
    """One or several centuries or millennia, or halves and quarters of them."""
    size = next(width for letter, width, _ in tokens if letter == "c")
    sign = -1 if era == "B" else 1
    bounds: list[tuple[int, int]] = []
    part: tuple[int, int] | None = None
    for letter, number, parts in tokens:
        if letter == "h":
            part = (number, parts)
        if letter in "on":
            if number == 0:
                raise NotUnderstood
            start = size * (number - 1) + 1 if sign > 0 else -size * number
            bounds.append(_part(start, size, part))
            part = None
    if part:  # "19th century, second half"
        if len(bounds) > 1:
            raise NotUnderstood
        bounds = [_part(bounds[0][0], size, part)]
    if "-" in letters and bounds != sorted(bounds):
        raise NotUnderstood  # "5th–4th century" is probably before Christ, and does not say so
    return _Span(min(b[0] for b in bounds), max(b[1] for b in bounds), exact="h" in letters)


def _part(start: int, size: int, part: tuple[int, int] | None) -> tuple[int, int]:
    number, parts = part or (1, 1)
    return start + (number - 1) * size // parts, start + number * size // parts - 1


def _settle_eras(spans: list[_Span]) -> None:
    """Let "300–200 BC" speak for both its years; refuse what only their era would make years."""
    for left, right in reversed(list(pairwise(spans))):
        if right.joined == "-" and right.era == "B" and not left.era:
            left.turn_before_christ()
        elif right.joined == "-" and right.era == "A" and not left.era:
            left.era = "A"
    for left, right in pairwise(spans):
        if right.joined == "-" and left.era == "A" and not right.era:
            right.era = "A"  # "AD 50–100"
        if right.joined == "-" and min(left.start, right.start) >= 100:
            left.bare = right.bare = False  # "618–907"
    some_before = any(span.era == "B" for span in spans)
    if any((span.bare or some_before) and not span.era for span in spans):
        raise NotUnderstood


def _cover(spans: list[_Span]) -> tuple[int | None, int | None]:
    """The first and the last year of all dates together; None where one of them is open."""
    covered: list[tuple[int | None, int | None]] = []
    for i, span in enumerate(spans):
        ranged = i + 1 < len(spans) and spans[i + 1].joined == "-"
        open_end = span.limit == ">" or (span.limit == "f" and not ranged)
        start, end = (None if span.limit == "<" else span.start), (None if open_end else span.end)
        if covered and (span.joined == "-" or (span.limit == "<" and spans[i - 1].limit == ">")):
            before, after = covered[-1]  # a range, or "after 1945, before 1957"
            if (before is not None and span.end < before) or spans[i - 1].start > span.start:
                raise NotUnderstood
            open_range = span.joined == "-" and after is None
            covered[-1] = (before, None if open_range else end)
        else:
            covered.append((start, end))
    starts, ends = [c[0] for c in covered], [c[1] for c in covered]
    first = None if None in starts else min(s for s in starts if s is not None)
    last = None if None in ends else max(e for e in ends if e is not None)
    return first, last


def _next_year() -> int:
    """Next year: works dated with it are announced, works dated later are typing errors."""
    return datetime.datetime.now(tz=datetime.UTC).year + 1

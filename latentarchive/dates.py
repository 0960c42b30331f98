"""Catalogue dates as people write them, read as a first and a last year.

A date is cut into tokens of one letter each (``c. 1745–50`` becomes ``~y-n``); a regular expression over
those letters then finds years, decades, centuries and days, and what joins them makes one span. Every
character has to belong to a token that is understood: one strange word and the whole date is refused,
because half a date is a guess.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

LONGEST = 200
"""Characters beyond which a text is prose that mentions dates rather than a date."""


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
        return _read(_tokens(text))
    except _NotUnderstood:
        return None, None


class _NotUnderstood(Exception):
    """Some part of the text is not part of a date that this module knows."""


# --- words ---------------------------------------------------------------------------------------------
# Written without accents, as `_plain` leaves them.

_MONTHS = """jan january januar janvier januari gennaio enero janv gen feb february februar fevrier februari
    febbraio febrero fevr febr mar march marz mars maart marzo mrz mrt apr april avril aprile abril avr
    may mai mei maggio mayo mag jun june juni juin giugno junio giu jul july juli juillet luglio julio juil
    lug aug august aout augustus agosto sep sept september septembre settembre septiembre oct okt october
    oktober octobre ottobre octubre ott nov november novembre noviembre dec dez december dezember decembre
    dicembre diciembre dic spring summer autumn fall winter fruhling fruhjahr sommer herbst printemps ete
    automne hiver lente zomer herfst primavera estate autunno inverno verano otono invierno"""
_CIRCA = """circa approximately approx about around near um gegen etwa ungefahr vers environ env omstreeks
    omtrent ongeveer rond verso hacia cerca"""
_EARLY_MID_LATE = """early mid middle late end beginning anfang mitte ende fruhes mittleres spates debut
    milieu fin begin midden einde eind vroege inizio meta fine principios mediados finales fines"""
_MAKING = """dated date datiert datee gedateerd datato signed signiert inscribed made painted executed created
    drawn engraved etched woven built carved cast modeled modelled conceived constructed fabricated assembled
    fired minted struck photographed taken negative designed design manufactured produced printed reprinted
    print plate impression edition issued reissued published publication copyright copyrighted registered
    patented reworked retouched repainted revised altered gemalt entstanden gedruckt gegossen entworfen
    ausgefuhrt peint peinte imprime execute tirage geschilderd gedrukt dipinto undated"""
_HARMLESS = """the of on de du des del della le la les den der dem im das die van het il anno year years jahr
    jahre annee jaar ano probably possibly perhaps presumably likely apparently wohl wahrscheinlich vermutlich
    vielleicht probablement waarschijnlijk mogelijk probabilmente forse monday tuesday wednesday thursday
    friday saturday sunday"""
_ORDINALS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
    fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first"""
_RANKS = {
    1: "first 1st 1 erste ersten premiere premier 1ere 1er eerste prima primo primera primer",
    2: "second 2nd 2 zweite zweiten seconde deuxieme 2e tweede seconda secondo segunda segundo",
    3: "third 3rd 3 dritte dritten troisieme 3e derde terzo tercer",
    4: "fourth 4th 4 vierte vierten quatrieme 4e vierde quarto cuarto",
    -1: "last latter letzte letzten derniere dernier laatste ultimo ultima ultimo",
}
_PERIODS = """edo meiji taisho showa momoyama muromachi kamakura heian nara shang zhou qin han wei sui tang
    song liao jin yuan ming qing kangxi yongzheng qianlong jiaqing daoguang guangxu joseon goryeo silla
    safavid qajar mughal angkor"""

_END = r"(?![^\W_])"


def _words(words: str) -> str:
    return "(?:" + "|".join(sorted(words.split(), key=len, reverse=True)) + rf"){_END}\.?"


_ORDINAL_NUMBER = {word: i for i, word in enumerate(_ORDINALS.split(), start=1)}
_RANK_NUMBER = {word: rank for rank, words in _RANKS.items() for word in words.split()}
_NUMBERED = rf"(?:{'|'.join(sorted(_RANK_NUMBER, key=len, reverse=True))})"
_HALVES = "half|halfte|moitie|helft|meta|mitad"
_QUARTERS = "quarter|viertel|quart|kwart|quarto|cuarto"

# In this order: the first pattern that fits wins. Names that begin alike share the letter that follows.
_PATTERNS = {
    "skip": r"\s+|[\[\]<>\"“”„«»?]|\(\?\)",
    "ymd": r"[0-9]{4}(?P<ymd>[-/.:])[0-9]{1,2}(?P=ymd)[0-9]{1,2}"
    r"(?:[t ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
    r"(?:z|[+-][0-9]{2}:?[0-9]{2})?)?" + _END,
    "dmy": r"[0-9]{1,2}(?P<dmy>[-/.])\s?[0-9]{1,2}(?P=dmy)\s?[0-9]{4}" + _END,
    "my": r"[0-9]{1,2}[-/.][0-9]{4}" + _END,
    "ym": r"[0-9]{4}-(?:0[1-9]|1[0-2])(?![0-9-])" + _END,
    "blank": r"[0-9]{2}(?:--|xx|uu|\?\?)" + _END + r"|[0-9]{3}(?:-(?!\s*[0-9a-z~<>(\[])|[xu]" + _END + ")",
    "refused": r"[0-9]{3}\?",  # 190? is a decade to one cataloguer and the year 190 to another
    "s": r"(?:annees|anni|jaren|anos)\s+[0-9]{3}0" + _END + r"|[0-9]{2,3}0(?:['’]?s|-?er)" + _END,
    "S": r"['’]?[0-9]0['’]?s" + _END,
    "patent": r"(?:design )?patent (?:no\.? )?[0-9,]*[0-9]",
    "period": rf"(?:(?:early|mid|late|northern|southern|western|eastern|second)\s+)*"
    rf"(?:{'|'.join(_PERIODS.split())})\s+"
    r"(?:period|dynasty|era)" + _END + r"(?:\s*\([^()]*\)(?=\s*,\s*\S))?",  # a narrower date follows
    "h": rf"{_NUMBERED}\.?\s+(?:{_HALVES}|{_QUARTERS})" + _END,
    "o": rf"(?:{'|'.join(reversed(_ORDINAL_NUMBER))}|[0-9]{{1,2}}(?:st|nd|rd|th|ere|eme|er|de|ste|e|[°º]))" + _END,
    "y": r"[0-9]{4}" + _END + r"\.?",
    "n": r"[0-9]{1,3}" + _END + r"\.?",
    "B": r"(?:b\.? ?c\.?(?: ?e\.?)?|v(?:or)?\.? ?chr(?:istus)?|av\.? ?j\.?-?c|avant j\.?-?c|a\. ?c)" + _END + r"\.?",
    "A": r"(?:a\.? ?d|c\.?e|n(?:ach)?\.? ?chr(?:istus)?|apr?\.? ?j\.?-?c|apres j\.?-?c|d\. ?c)" + _END + r"\.?",
    "c": r"-?\s*(?:centur(?:y|ies)|cent|jahrhunderts?|jahrhunderte|jahrh|jhdts?|jhs?|siecles?|eeuwse?|eeuw|"
    r"secol[oi]|sec|siglos?)" + _END + r"\.?",
    "m": r"-?\s*(?:millennium|millennia|jahrtausends?|millenaire|millennio|milenio)" + _END,
    "none": r"(?:not dated|no date|n\. ?d|s\. ?d)" + _END + r"\.?",
    "<": r"(?:before|prior to|by|(?:not|no) (?:after|later than)|earlier than|pre|vor|avant|voor|"
    r"prima d(?:i|el)|antes del?|completed|finished)" + _END + "-?",
    ">": r"(?:after|since|(?:not|no) (?:before|earlier than)|later than|post|nach|apres|na|dopo il|dopo|"
    r"despues del?|begun|started)" + _END + "-?",
    "f": r"(?:from|ab|von|vanaf|dal|desde|a partir d[eu])" + _END,
    "b": r"(?:between|zwischen|entre|tussen|tra|fra)" + _END,
    "u": r"(?:until|till|through|thru|bis|jusqu'(?:a|en)|tot|fino al?|hasta)" + _END,
    "e": r"earlier" + _END,
    "+": r"(?:later|posthumous(?:ly)?|present|today|ongoing|heute|\.\.$)" + _END,
    "month": _words(_MONTHS),
    "p": _words(_EARLY_MID_LATE) + "-?",
    "~": r"(?:" + _words(_CIRCA) + r"|c(?:a|ir)?(?=[\W0-9]|$)\.?|[~≈])",
    "in": r"in(?=\s+\S)|\Aen" + _END + r"|[dl]['’]",
    "harmless": _words(_HARMLESS),
    "making": _words(_MAKING),
    "comma": r"[,;:()©]",
    "-": r"[-–]|(?:to|a|al)" + _END,
    "/": r"/",
    "|": r"&|(?:or|and|oder|und|ou|et|en|o|e|ed|y)" + _END,
    "roman": r"[ivx]+(?:eme|e|[°º])?" + _END,
}
_LETTER = {"patent": ",", "period": ",", "none": ",", "making": ",", "comma": ",", "month": "M"}
_SILENT = {"skip", "in", "harmless"}
_SCANNER = re.compile("|".join(f"(?P<g{i}>{p})" for i, p in enumerate(_PATTERNS.values())))
_KINDS = tuple(_PATTERNS)
_ROMAN = {"i": 1, "v": 5, "x": 10}

_Token = tuple[str, int, int]
"""A letter, and the two numbers it carries: a year and its last year, an ordinal, a part of how many."""


def _tokens(text: str) -> list[_Token]:
    """The text as tokens. Raises `_NotUnderstood` at the first character that belongs to none."""
    if len(text) > LONGEST:
        raise _NotUnderstood
    plain = _plain(text)
    tokens: list[_Token] = []
    position = 0
    while position < len(plain):
        found = _SCANNER.match(plain, position)
        if not found or not found.lastgroup or found.end() == position:
            raise _NotUnderstood
        kind = _KINDS[int(found.lastgroup[1:])]
        if kind == "~" and tokens and tokens[-1][0] == "o" and found[0].startswith("c"):
            kind = "c"  # "19th c."
        if kind not in _SILENT:
            tokens += _token(kind, found[0])
        position = found.end()
    return tokens


def _plain(text: str) -> str:
    """Lower case without accents; all dashes but the hyphen as en dashes, which never stand in ISO dates."""
    decomposed = unicodedata.normalize("NFD", text.strip().lower().replace("ᵉ", "e"))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.sub("[‒—―−]", "–", re.sub("[‐‑]", "-", bare))


def _token(kind: str, text: str) -> list[_Token]:
    numbers = [int(n) for n in re.findall("[0-9]+", text)]
    match kind:
        case "refused":
            raise _NotUnderstood
        case "ymd" | "dmy" | "my":
            year, *rest = numbers if kind == "ymd" else [numbers[-1], *numbers[:-1]]
            if not 1 <= min(rest[:2]) <= 12 or not 1 <= max(rest[:2]) <= 31 or (kind != "dmy" and rest[0] > 12):
                raise _NotUnderstood
            return [("y", year, year)]
        case "ym":
            year, month = numbers
            later = [("-", 0, 0), ("n", month, 2)] if month >= year % 100 else []
            return [("y", year, year), *later]
        case "blank":
            width = 10 if len(str(numbers[0])) == 3 else 100
            return [("s", numbers[0] * width, numbers[0] * width + width - 1)]
        case "s":
            width = 100 if numbers[0] % 100 == 0 else 10
            return [("s", numbers[0], numbers[0] + width - 1)]
        case "h":
            rank, part = re.split(r"\.?\s+", text)
            parts = 2 if re.fullmatch(_HALVES, part) else 4
            number = _RANK_NUMBER[rank] if _RANK_NUMBER[rank] > 0 else parts
            if number > parts:
                raise _NotUnderstood
            return [("h", number, parts)]
        case "o":
            number = numbers[0] if numbers else _ORDINAL_NUMBER[text]
            return [("o", number, 0)]
        case "roman":
            digits = [_ROMAN[c] for c in re.match("[ivx]+", text)[0]]  # type: ignore[index]
            signed = [-d if d < max(digits[i:]) else d for i, d in enumerate(digits)]
            return [("o", sum(signed), 0)]
        case "c" | "m":
            return [("c", 100 if kind == "c" else 1000, 0)]
        case "n":
            return [("n", numbers[0], len(text.rstrip(".")))]
        case "y" | "S":
            return [(kind, numbers[0], numbers[0])]
        case _:
            return [(_LETTER.get(kind, kind), 0, 0)]


# --- grammar over the letters --------------------------------------------------------------------------

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
            raise _NotUnderstood
        self.start, self.end, self.era, self.bare = -self.end, -self.start, "B", False


def _read(tokens: list[_Token]) -> tuple[int | None, int | None]:
    """The years of a whole date. Raises `_NotUnderstood` if any token is left over."""
    letters = _letters(tokens)
    start_is_open, end_is_open, between = "e" in letters, "+" in letters, "b" in letters
    for superfluous in _SUPERFLUOUS:
        for found in reversed(list(re.finditer(superfluous, _letters(tokens)))):
            del tokens[found.start() : found.end()]
    spans = _spans(tokens)
    if not spans or (between and len(spans) < 2):
        raise _NotUnderstood
    _settle_eras(spans)
    first, last = _cover(spans)
    return (None if start_is_open else first), (None if end_is_open else last)


def _letters(tokens: list[_Token]) -> str:
    return "".join(letter for letter, _, _ in tokens)


def _spans(tokens: list[_Token]) -> list[_Span]:
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
            raise _NotUnderstood
        span = _span(found, tokens[position : found.end()])
        if join == "u" and not spans:
            span.limit = "<"  # "until 1900"
        span.joined = "-" if join == "u" else join
        spans.append(span)
        position = found.end()
    return spans


def _span(found: re.Match[str], tokens: list[_Token]) -> _Span:
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
        raise _NotUnderstood
    return span


def _years(found: re.Match[str], numbers: list[_Token]) -> _Span:
    """A day, a year, a shortened range or a decade, before its era is known."""
    if found["day"]:
        days = numbers[:-1] if found["tail"] else numbers
        if any(not 1 <= day <= 31 for letter, day, _ in days if letter in "no"):
            raise _NotUnderstood
        numbers = [*(n for n in days if n[0] == "y"), numbers[-1]]
    letter, start, end = numbers[0]
    if found["short"] or found["tail"]:  # "1879-82", "winter 1879-80"
        _, tail, digits = numbers[1]
        width = 10**digits
        end = start - start % width + tail + (width if tail == 0 and digits == 2 else 0)
        if digits > 2 or end < start or end > _next_year():
            raise _NotUnderstood
    elif found["decade"] and len(numbers) > 1:
        end = start - start % 100 + numbers[1][1] + 9
        if end <= start + 9:
            raise _NotUnderstood
    return _Span(start, start if letter == "n" else end, bare=letter == "n" or (letter == "s" and start < 1000))


def _century(letters: str, tokens: list[_Token], era: str) -> _Span:
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
                raise _NotUnderstood
            start = size * (number - 1) + 1 if sign > 0 else -size * number
            bounds.append(_part(start, size, part))
            part = None
    if part:  # "19th century, second half"
        if len(bounds) > 1:
            raise _NotUnderstood
        bounds = [_part(bounds[0][0], size, part)]
    if "-" in letters and bounds != sorted(bounds):
        raise _NotUnderstood  # "5th–4th century" is probably before Christ, and does not say so
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
        raise _NotUnderstood


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
                raise _NotUnderstood
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

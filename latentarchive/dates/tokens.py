"""A written date as tokens of one letter each: ``c. 1745–50`` becomes ``~y-n``.

Every character has to belong to a token that is understood: one strange word and the whole date is refused,
because half a date is a guess.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Characters beyond which a text is prose that mentions dates rather than a date."""


class NotUnderstood(Exception):
    """Some part of the text is not part of a date that this package knows."""


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

Token = tuple[str, int, int]
"""A letter, and the two numbers it carries: a year and its last year, an ordinal, a part of how many."""


def tokens_of(text: str) -> list[Token]:
    """The text as tokens. Raises `NotUnderstood` at the first character that belongs to none."""
    if len(text) > LONGEST:
        raise NotUnderstood
    plain = _plain(text)
    tokens: list[Token] = []
    position = 0
    while position < len(plain):
        found = _SCANNER.match(plain, position)
        if not found or not found.lastgroup or found.end() == position:
            raise NotUnderstood
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


def _token(kind: str, text: str) -> list[Token]:
    numbers = [int(n) for n in re.findall("[0-9]+", text)]
    match kind:
        case "refused":
            raise NotUnderstood
        case "ymd" | "dmy" | "my":
            year, *rest = numbers if kind == "ymd" else [numbers[-1], *numbers[:-1]]
            if not 1 <= min(rest[:2]) <= 12 or not 1 <= max(rest[:2]) <= 31 or (kind != "dmy" and rest[0] > 12):
                raise NotUnderstood
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
                raise NotUnderstood
            return [("h", number, parts)]
        case "o":
            number = numbers[0] if numbers else _ORDINAL_NUMBER[text]
            return [("o", number, 0)]
        case "roman":
            digits = [_ROMAN[c] for c in re.match("[ivx]+", text)[0]]  # type: ignore[index]  # this kind of token begins so
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

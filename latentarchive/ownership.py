"""Written provenance, read as a chain of owners: an aid to reading, which quotes what it read and decides nothing.

The punctuation is that of American museums since N. H. Yeide, K. Akinsha, A. L. Walsh, "The AAM Guide to Provenance
Research" (2001): a semicolon stands where a work passed directly from one owner to the next, a full stop where it did
not or nobody knows; dealers stand in parentheses, years of life and numbers of notes in brackets. Texts that keep to
other rules are read all the same, and less of them is understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

UNCERTAIN = (
    "probably", "possibly", "presumably", "perhaps", "likely", "apparently", "maybe", "believed", "thought to",
    "said to", "reputedly", "reportedly", "unknown", "unidentified", "unnamed", "unclear", "not clear", "uncertain",
    "unconfirmed", "?",
)  # fmt: skip
"""Words of uncertainty, as found in the provenance texts of the Carnegie Museum of Art and in their like."""

TAKEN = (
    "confiscated", "seized", "looted", "forced sale", "expropriated", "nationalized", "nationalised", "spoliated",
    "plundered", "stolen", "restituted", "restitution", "collecting point", "einsatzstab", "jeu de paume",
)  # fmt: skip
"""Words that ask for a second reading. They may stand in the history of a work that was given back long ago."""

OPEN = 9999
"""Last year of a span that has not ended."""

_NOTES = re.compile(r"(?im)(?:^|(?<=[.\]\s]))(?:notes?|footnotes?|sources?)\s*(?::|$)")
_REMARK = re.compile(
    r"(?m)^\s*\(?(?:[A-Z]{2,4}\W+(?:\d|[A-Z][a-z]+ \d)|(?i:under review|re-check|verso\b)).*", re.DOTALL
)
_SHORT = frozenset(
    """mr mrs ms dr st jr sr co inc ltd prof no nos ca c vol messrs bros rev hon gen col capt esq p pp fig pl ed
    suppl dept est corp cie bt gal m mme mlle ph calif mass conn penn b d""".split()  # noqa: SIM905  # readable as a list
)
_YEAR = r"(?:1[0-9]|20)\d\d"
_NUMBERED = re.compile(rf"(?i)(?:\b(?:nos?|lots?|pp?|pages?|plates?|pl|vol|volume|inv|cat)\b\.?\s*|[#$£€]\s?){_YEAR}\b")
# Collectors' marks by their numbers in F. Lugt, "Les Marques de Collections" (1921, 1956); years of life
_MARK = re.compile(
    rf"(?i)\blu[gh]t\b[^\d;]{{0,20}}\d+\w?(?:\s+and\s+\d+\w?)?|\(\s*(?:[bd]\.\s*{_YEAR}|{_YEAR}\s*[-–]\s*{_YEAR})\s*\)"
)
_ADDRESS = re.compile(rf"\b{_YEAR}(?=\s+(?:[A-Z][a-z]+\s+)?(?:Street|St\b|Avenue|Ave\b|Road|Rd\b|Place|Boulevard))")
_RANGE = re.compile(
    rf"\b({_YEAR})s?\??\s*(?:[-–—]|to\b|until\b|through\b|till\b)\s*"
    rf"(?:at\s+least\s+|(?:about|ca?\.|circa|[A-Z][a-z]+)\s+|\d\d?,?\s+)*({_YEAR}|\d\d)(?!\d)"
)
# What may stand between "until" and its year; "gift to the Museum, 1960" is no end
_DAY = (
    r"(?:(?:at\s+least|about|approximately|ca?\.|circa|early|mid|late|some\s*time|some\s+time\s+before|before|in|the|or|"
    r"jan\w*\.?|feb\w*\.?|mar\w*\.?|apr\w*\.?|may|june?\.?|july?\.?|aug\w*\.?|sept?\w*\.?|oct\w*\.?|nov\w*\.?|dec\w*\.?|"
    r"\d{1,2}(?:st|nd|rd|th)?,?|\d{1,2}/(?:\d{1,2}/)?|,)\s*)*"
)
_LAST = re.compile(rf"(?i)\b(?:until|till|through|to|before)\s+{_DAY}({_YEAR})(?!\d)")
_BY = re.compile(rf"(?i)\bby\s+{_DAY}({_YEAR})(?!\d)")
_ANY = re.compile(rf"(?<![\d.])({_YEAR})(?![\d])")


@dataclass(frozen=True, slots=True)
class Owner:
    """One link of a chain, quoted."""

    #: As written, on one line.
    text: str
    #: First and last year that is told of it; None where none is.
    first: int | None
    last: int | None
    #: Whether it passed directly from the one before, as a semicolon says; False for the first link too.
    directly: bool
    #: Whether it stands in parentheses, as dealers and auctions do.
    dealer: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Years in which the text tells of an owner, both ends counted."""

    first: int
    last: int
    #: False: between two links with years stand others without, so somebody is named, and who had it when is not said.
    dated: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Years between two that are told: the last known before, the next known, and the links that say so."""

    after: int
    before: int
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """A provenance text and what was understood of it."""

    owners: tuple[Owner, ...]
    #: What follows the chain: notes, initials, remarks; "" if nothing does.
    notes: str
    #: Year from which the museum has the work, where the catalogue says so; None where it does not.
    kept: int | None = None

    def made(self, year: int | None, maker: str) -> Ownership:
        """The same; a maker who is named first, without a year, had the work from when it was made."""
        if year is None or not self.owners or self.owners[0].first is not None:
            return self
        names = {name for name in re.findall(r"[^\W\d_]{3,}", maker.lower()) if name != "unknown"}
        said = set(re.findall(r"[^\W\d_]{3,}", self.owners[0].text.lower()))
        first = self.owners[0]
        if not names & said or "sitter" in said or (first.last is not None and first.last < year):
            return self
        return replace(self, owners=(replace(first, first=year), *self.owners[1:]))

    def kept_since(self, year: int | None) -> Ownership:
        """The same, kept by the museum from this year on, as the catalogue has it; None changes nothing."""
        return replace(self, kept=year) if year is not None else self

    @property
    def ends(self) -> int | None:
        """Year in which the last link begins: of a museum's text, when the work came to the museum; None if untold."""
        return self.owners[-1].first if self.owners else None

    def spans(self) -> list[Span]:
        """The years that are told, in the order of the chain.

        Links that passed directly, one to the next, tell of all years between their first and their last. A last link
        with a first year and no last one has the work still.
        """
        return [span for _, span in self._spans()]

    def gaps(self) -> list[Gap]:
        """Years without an owner between the first and the last that are told; a full stop stands in each."""
        found: list[Gap] = []
        reached, left = 0, ""
        for number, span in sorted(self._spans(), key=lambda one: (one[1].first, one[1].last)):
            if left and span.first > reached + 1:
                found.append(Gap(reached, span.first, left, self.owners[number].text))
            if not left or span.last > reached:
                reached, left = span.last, self.owners[number].text
        return found

    def _spans(self) -> list[tuple[int, Span]]:
        """Spans, each with the number of the link at whose years it ends."""
        found: list[tuple[int, Span]] = []
        before: tuple[int, int] | None = None  # last dated link of this run, and its last year
        for number, owner in enumerate(self.owners):
            before = before if owner.directly else None
            if owner.first is None and owner.last is None:
                continue
            first = owner.last if owner.first is None else owner.first
            last = owner.first if owner.last is None else owner.last
            assert first is not None
            assert last is not None
            if before is not None and before[1] <= first:
                found.append((number, Span(before[1], first, dated=before[0] == number - 1)))
            if owner.last is None and number == len(self.owners) - 1 and self.kept is None:
                last = OPEN
            found.append((number, Span(first, last, dated=True)))
            before = (number, last)
        if self.kept is not None and self.owners:
            at = len(self.owners) - 1
            if before is not None and before[1] <= self.kept:  # the last that are named gave it to the museum
                found.append((at, Span(before[1], self.kept, dated=before[0] == at)))
            found.append((at, Span(self.kept, OPEN, dated=True)))
        return found


def read_ownership(text: str) -> Ownership:
    """Read a provenance text. Never raises; a text without a chain has one owner, or none if it is empty."""
    text = text.replace("\r\n", "\n").strip()
    end = min([m.start() for m in (_NOTES.search(text), _REMARK.search(text)) if m], default=len(text))
    chain, notes = text[:end].strip(), text[end:].strip()
    return Ownership(tuple(_owners(chain)), notes)


def words_in(text: str, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Which of these words stand in a text, each with some words around it, in their order in the text."""
    found = []
    flat = " ".join(text.split())
    for word in words:
        edge = r"\b" if word[0].isalnum() else ""
        for match in re.finditer(edge + re.escape(word) + (r"\b" if word[-1].isalnum() else ""), flat, re.IGNORECASE):
            quote = _around(flat, match.start(), match.end())
            found.append((match.start(), word, quote))
    return [(word, quote) for _, word, quote in sorted(found)]


def _around(text: str, start: int, end: int, more: int = 40) -> str:
    left, right = max(0, start - more), min(len(text), end + more)
    return ("…" if left else "") + text[left:right].strip() + ("…" if right < len(text) else "")


def _owners(chain: str) -> Iterator[Owner]:
    start, joined = 0, ""
    for end, mark in [*_ends(chain), (len(chain), "")]:
        text = " ".join(chain[start:end].split()).strip(" .")
        if text and re.search(r"\w", text):
            first, last = _years(text)
            yield Owner(text, first, last, joined == ";", text.startswith("("))
            joined = mark
        elif mark == ".":
            joined = mark  # "…; ." is a full stop
        start = end + 1


def _ends(chain: str) -> Iterator[tuple[int, str]]:
    """Where links end: semicolons and full stops outside all brackets; not the stops of abbreviations."""
    depth = 0
    for position, character in enumerate(chain):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif depth == 0 and character == ";":
            yield position, ";"
        elif depth == 0 and character == "." and re.match(r"\.\s+[\w(\"“\[]", chain[position : position + 4]):
            word = re.search(r"([^\W\d_]+)$", chain[:position])
            after = chain[position + 1 :].lstrip()[:1]
            # "CA" is California and "ca" circa
            short = word is not None and (len(word[1]) == 1 or (word[1].lower() in _SHORT and not word[1].isupper()))
            if not short and not after.islower():
                yield position, "."


def _years(text: str) -> tuple[int | None, int | None]:
    """First and last year of a link. Years of life and numbers in brackets are not among them."""
    told = re.sub(r"\[[^\]]*\]", " ", text)
    told = _ADDRESS.sub(" ", _NUMBERED.sub(" ", _MARK.sub(" ", told)))
    if span := _RANGE.search(told):
        first, end = int(span[1]), span[2]
        last = int(end) if len(end) == 4 else first // 100 * 100 + int(end)
        if first <= last:
            return first, last
    last_match, by = _LAST.search(told), _BY.search(told)
    last_year = int(last_match[1]) if last_match else None
    if last_match:
        told = told[: last_match.start()] + " " + told[last_match.end() :]
    if by:
        return int(by[1]), last_year if last_year is None or last_year >= int(by[1]) else None
    years = [int(one) for one in _ANY.findall(told)]
    if not years:
        return None, last_year
    first_year = min(years)
    if last_year is not None:
        return (first_year if first_year <= last_year else None), last_year
    return first_year, max(years) if max(years) > first_year else None

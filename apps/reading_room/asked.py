"""What a visitor asks, as the address says it: words, two trays, filters, order, page.

Reading never fails. What cannot be understood is left out and said, and files of this machine cannot be named: an
address comes from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import streamlit as st

from latentarchive.errors import ArchiveError
from latentarchive.faceting import Choice
from latentarchive.query import WAYS, Query, Region, Term
from latentarchive.reranking import Rerank, parse_rerank
from reading_room.language import say

LONGEST = 500
"""Characters of words that are asked; no encoder reads so many."""

MOST_TERMS = 12
"""Entries of both trays together."""

VARIED = 0.5
"""Strength of the switch for variety: relevance and difference weigh the same."""

KINDS = {"id": "item", "text": "text", "picture": "picture"}
"""What an entry of a tray begins with in the address, and the kind of term that it is."""

_FACET, _TEXT = "f.", "w."
_OWN = ("q", "like", "unlike", "by", "from", "to", "where", "varied", "rerank", "copies", "pg")
_NUMBER = r"\d{1,3}(?:\.\d{1,3})?"
_ENTRY = re.compile(
    rf"(?P<kind>id|text|picture):(?P<value>.+?)(?:#xywh=percent:(?P<region>{_NUMBER}(?:,{_NUMBER}){{3}}))?"
    rf"(?:@(?P<weight>\d{{1,4}}(?:\.\d{{1,4}})?))?",
    re.DOTALL,
)
_DIGEST = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question with all that stands around it."""

    words: str = ""
    #: Terms with weights above 0, and below; a picture has its digest for a value and no bytes.
    like: tuple[Term, ...] = ()
    unlike: tuple[Term, ...] = ()
    by: str = "both"
    choice: Choice = field(default_factory=Choice)
    #: Results that differ from each other, instead of the nearest alone.
    varied: bool = False
    #: Another order in the form of `reranking.parse_rerank`; "": none.
    rerank: str = ""
    #: Near-duplicates each by itself, instead of under the best of them.
    copies: bool = False
    page: int = 1

    @property
    def terms(self) -> tuple[Term, ...]:
        """The words first, then both trays."""
        words = (Term("text", self.words),) if self.words.strip() else ()
        return (*words, *self.like, *self.unlike)

    @property
    def asks(self) -> bool:
        """Whether there is anything to search for; else there is something to list at most."""
        return any(term.weight > 0 for term in self.terms)

    def query(self, k: int, terms: Sequence[Term], *, by: str = "") -> Query:
        """The question to an archive, for k results. Raises `QueryError`.

        Args:
            k: At most so many results.
            terms: `terms`, pictures with their bytes.
            by: In place of its own way.
        """
        order: Rerank | None = parse_rerank(self.rerank) if self.rerank else None
        return Query(
            terms=tuple(terms),
            by=by or self.by,
            where=self.choice.condition,
            k=k,
            diverse=VARIED if self.varied and order is None else 0.0,
            rerank=order,
        )

    def params(self) -> dict[str, list[str]]:
        """As it stands in the address; what is as by default does not."""
        first, last = self.choice.years
        said = {
            "q": self.words,
            "by": "" if self.by == "both" else self.by,
            "from": "" if first is None else str(first),
            "to": "" if last is None else str(last),
            "where": self.choice.where,
            "varied": "1" if self.varied else "",
            "rerank": self.rerank,
            "copies": "each" if self.copies else "",
            "pg": "" if self.page == 1 else str(self.page),
        }
        params = {name: [value] for name, value in said.items() if value}
        params |= {name: list(map(written, terms)) for name, terms in (("like", self.like), ("unlike", self.unlike))}
        params |= {_FACET + name: [value or "" for value in values] for name, values in self.choice.values.items()}
        params |= {_TEXT + name: [text] for name, text in self.choice.texts.items() if text}
        return {name: values for name, values in params.items() if values}


def written(term: Term) -> str:
    """A term as it stands in the address; its sign is that of the tray."""
    kind = next(name for name, kind in KINDS.items() if kind == term.kind)
    region = ""
    if term.region is not None:
        box = (term.region.x, term.region.y, term.region.width, term.region.height)
        region = "#xywh=percent:" + ",".join(f"{number:.7g}" for number in box)
    weight = abs(term.weight)
    plain = weight == 1 and "@" not in term.value
    return f"{kind}:{term.value}{region}" + ("" if plain else f"@{weight:g}")


def read(params: Mapping[str, Sequence[str]]) -> tuple[Asked, list[str]]:
    """What an address asks, and a sentence for whatever of it cannot be understood.

    Args:
        params: All values of each parameter; those of others are passed over.
    """
    complaints: list[str] = []
    one = {name: values[-1] for name, values in params.items() if values}
    words = one.get("q", "")
    if len(words) > LONGEST:
        complaints.append(say("Only the first {n} characters of the words are searched for.", n=LONGEST))
    like = _terms(params.get("like", ()), 1, complaints)
    unlike = _terms(params.get("unlike", ()), -1, complaints)
    if len(like) + len(unlike) > MOST_TERMS:
        complaints.append(say("Only the first {n} entries of the trays are searched for.", n=MOST_TERMS))
        like, unlike = like[:MOST_TERMS], unlike[: max(0, MOST_TERMS - len(like))]
    by = one.get("by", "both")
    if by not in WAYS:
        complaints.append(say("The address asks to search by something unknown; it is searched by both."))
        by = "both"
    rerank = one.get("rerank", "")
    if rerank:
        try:
            parse_rerank(rerank)
        except ArchiveError as error:
            complaints.append(str(error))
            rerank = ""
    choice = Choice(
        values={
            name.removeprefix(_FACET): tuple(value or None for value in dict.fromkeys(values))
            for name, values in params.items()
            if name.startswith(_FACET) and values
        },
        years=(_year(one.get("from", ""), complaints), _year(one.get("to", ""), complaints)),
        texts={name.removeprefix(_TEXT): text for name, text in one.items() if name.startswith(_TEXT) and text},
        where=one.get("where", "").strip(),
    )
    try:
        _ = choice.condition
    except ArchiveError as error:
        complaints.append(str(error))
        choice = Choice()
    asked = Asked(
        words=words[:LONGEST],
        like=like,
        unlike=unlike,
        by=by,
        choice=choice,
        varied=one.get("varied") == "1",
        rerank=rerank,
        copies=one.get("copies") == "each",
        page=_page(one.get("pg", "")),
    )
    return asked, complaints


def current() -> tuple[Asked, list[str]]:
    """What the address of this page asks; see `read`."""
    return read({name: st.query_params.get_all(name) for name in st.query_params})


def change(asked: Asked) -> None:
    """Put another question into the address, in one step: the way back leads to the one before it."""
    others = {name: st.query_params.get_all(name) for name in st.query_params if not _is_own(name)}
    st.query_params.from_dict(others | asked.params())


def changed(asked: Asked) -> Callable[[], None]:
    """A callback that asks another question, from its first page on."""
    return lambda: change(replace(asked, page=1))


def narrowed(choice: Choice, name: str, values: Sequence[str | None]) -> Choice:
    """A choice with other values of one facet; none: without it."""
    others = {key: value for key, value in choice.values.items() if key != name}
    return replace(choice, values=others | ({name: tuple(values)} if values else {}))


def _is_own(name: str) -> bool:
    return name in _OWN or name.startswith((_FACET, _TEXT))


def _terms(texts: Sequence[str], sign: int, complaints: list[str]) -> tuple[Term, ...]:
    terms = []
    for text in texts:
        try:
            terms.append(read_term(text, sign))
        except ArchiveError as error:
            complaints.append(say("An entry of a tray is left out: {why}", why=str(error)))
        except ValueError:
            complaints.append(say("An entry of a tray in the address cannot be read; it is left out."))
    return tuple(terms)


def read_term(text: str, sign: int) -> Term:
    """One entry of a tray, as `written` wrote it. Raises `ValueError`, of which `QueryError` is a kind."""
    found = _ENTRY.fullmatch(text)
    if not found or (found["kind"] == "picture" and not _DIGEST.fullmatch(found["value"])):
        message = "no entry of a tray"
        raise ValueError(message)
    region = None
    if found["region"] and found["kind"] != "text":
        region = read_region(found["region"])
    value = found["value"]
    if found["region"] and region is None:
        value += f"#xywh=percent:{found['region']}"
    kind = found["kind"]
    weight = float(found["weight"] or 1)
    return Term(
        "item" if kind == "id" else "text" if kind == "text" else "picture", value[:LONGEST], sign * weight, region
    )


def read_region(text: str) -> Region:
    """A part of a picture as left, top, width and height in percent. Raises `ValueError`."""
    left, top, width, height = map(float, text.split(","))
    if not all(0 <= number <= 100 for number in (left, top, width, height)):
        message = f"{text!r} is no part of a picture"
        raise ValueError(message)
    return Region(left, top, width, height, percent=True)


def _year(text: str, complaints: list[str]) -> int | None:
    if re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        return int(text)
    if text:
        complaints.append(say("A year in the address cannot be read; it is left out."))
    return None


def _page(text: str) -> int:
    return max(1, int(text)) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else 1

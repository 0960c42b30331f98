"""What is asked: weighted terms with a sign, how they become one vector, and what came back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from latentarchive.errors import QueryError
from latentarchive.items import Item
from latentarchive.reranking import Rerank, Reranked

Kind = Literal["text", "item", "file", "picture"]
WAYS = ("meaning", "words", "both")

WEIGHTS = (1e-3, 1e3)
"""The least and the greatest weight of a term, whatever its sign. What is a millionth of another term is lost in
the float16 of stored vectors, and far greater numbers overflow."""

_NUMBER = r"(\d+\.?\d*|\.\d+)"
_REGION = re.compile(rf"#xywh=(?:(pixel|percent):)?{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}$")
_WEIGHT = re.compile(rf"\s*[-+]?(?:{_NUMBER}(?:e[-+]?\d+)?|inf|infinity|nan)\s*", re.IGNORECASE)
_IMAGE_NAME = re.compile(r"\.(jpe?g|png|tiff?|webp|gif|bmp|heic|avif)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Region:
    """A crop in the form of W3C Media Fragments: ``#xywh=10,20,200,300`` or ``#xywh=percent:25,25,50,50``."""

    x: float
    y: float
    width: float
    height: float
    percent: bool = False

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels of an image of that size; `QueryError` if that holds no pixel."""
        sx, sy = (width / 100, height / 100) if self.percent else (1.0, 1.0)
        left, top = round(self.x * sx), round(self.y * sy)
        right, bottom = min(width, round((self.x + self.width) * sx)), min(height, round((self.y + self.height) * sy))
        if right <= left or bottom <= top:
            message = f"the region {self} holds no pixel of an image of {width} x {height}"
            raise QueryError(message)
        return left, top, right, bottom

    def __str__(self) -> str:
        numbers = ",".join(f"{v:g}" for v in (self.x, self.y, self.width, self.height))
        return f"xywh={'percent:' if self.percent else ''}{numbers}"


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query: words, an item or an image, with a weight (negative: unlike this)."""

    kind: Kind
    #: The words, the id of the item, the path of the file; of a picture that lies in no file, what it is called.
    value: str
    weight: float = 1.0
    region: Region | None = None
    #: The bytes of the image file of a picture.
    data: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        least, greatest = WEIGHTS
        if not least <= abs(self.weight) <= greatest:
            message = f"the weight of {self.value!r} must lie between {least:g} and {greatest:g}, got {self.weight:g}"
            raise QueryError(message)
        if not self.value.strip():
            message = "an empty term cannot be searched for"
            raise QueryError(message)

    def __str__(self) -> str:
        shown = {"text": f"“{self.value}”", "picture": self.value}.get(self.kind, f"{self.kind} {self.value}")
        if self.kind == "file":  # where it lies is nobody's business who reads the results
            shown = f"file {Path(self.value).name}"
        region = f" ({self.region})" if self.region else ""
        weight = "" if abs(self.weight) == 1 else f" × {abs(self.weight):g}"
        return shown + region + weight


def parse_term(text: str, *, unlike: bool = False, is_item: Callable[[str], bool], prefix: str = "") -> Term:
    """Read ``X`` or ``X@W``: an item id of the archive, else an existing image file, else words.

    Args:
        text: ``id:``, ``file:`` or ``text:`` in front forces one reading; ``#xywh=...`` after an id or a
            file chooses a region of it; ``@W`` at the end is the weight. An item whose id itself ends
            like a region or a weight is that item.
        unlike: The term is something the results should not be like.
        is_item: Whether the archive has an item of that id.
        prefix: What the archive's ids have before the colon; "": words may begin so.

    Raises:
        QueryError: A forced item or file does not exist; something with the name of an image file, or
            with the archive's prefix, is neither; or the weight is not one of `WEIGHTS`.
    """
    body, at, number = text.rpartition("@")
    weight = 1.0
    if at and _WEIGHT.fullmatch(number) and not is_item(text.removeprefix("id:")):
        text, weight = body, float(number)
        if weight <= 0:
            message = (
                f"the weight in {body + at + number!r} must be above 0; to search away from something use --unlike"
            )
            raise QueryError(message)
    weight = -weight if unlike else weight
    forced, colon, rest = text.partition(":")
    if not colon or forced not in ("id", "file", "text"):
        forced, rest = "", text
    if forced == "text":
        return Term("text", rest, weight)
    place, region = (rest, None) if forced != "file" and is_item(rest) else _split_region(rest)
    if forced == "id" or (not forced and is_item(place)):
        if not is_item(place):
            message = f"this archive has no item {place!r}"
            raise QueryError(message)
        return Term("item", place, weight, region)
    if forced == "file" or _is_file(place):
        if not _is_file(place):
            message = f"no file {place!r}"
            raise QueryError(message)
        return Term("file", place, weight, region)
    if region or (_IMAGE_NAME.search(place) and " " not in place) or _has_prefix(place, prefix):
        message = (
            f"{place!r} is neither an item of this archive nor a file; to search for these words write text:{place}"
        )
        raise QueryError(message)
    return Term("text", rest, weight)


def _has_prefix(place: str, prefix: str) -> bool:
    """Whether it is written like an id of the archive; "flags: red and white" is a sentence."""
    local = place.removeprefix(f"{prefix}:")
    return bool(prefix) and local != place and bool(local) and not local[0].isspace()


def _is_file(place: str) -> bool:
    """Whether it names a file that exists; a sentence can be too long to be any file's name."""
    try:
        return Path(place).is_file()
    except OSError:
        return False


def _split_region(text: str) -> tuple[str, Region | None]:
    found = _REGION.search(text)
    if not found and "#xywh=" in text:
        message = (
            f"the region in {text!r} cannot be read; write #xywh=X,Y,WIDTH,HEIGHT or #xywh=percent:X,Y,WIDTH,HEIGHT"
        )
        raise QueryError(message)
    if not found:
        return text, None
    x, y, w, h = (float(v) for v in found.groups()[1:])
    return text[: found.start()], Region(x, y, w, h, percent=found.group(1) == "percent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole question. Raises `QueryError` on construction if it cannot be answered by any archive."""

    terms: tuple[Term, ...]
    #: ``meaning`` (vectors), ``words`` (the catalogue's text) or ``both``, fused by rank.
    by: str = "both"
    #: DuckDB expression over the item columns; "" for no filter.
    where: str = ""
    #: At most this many hits.
    k: int = 10
    #: From 0 (by relevance alone) to 1 (by difference alone).
    diverse: float = 0.0
    #: Another order than that of relevance; None: `diverse` alone decides.
    rerank: Rerank | None = None

    def __post_init__(self) -> None:
        if self.by not in WAYS:
            message = f"by must be one of {', '.join(WAYS)}, got {self.by!r}"
            raise QueryError(message)
        k: object = self.k  # whatever the caller gave
        if not isinstance(k, Integral):
            message = f"k must be a whole number, got {k!r}"
            raise QueryError(message)
        if self.k < 1:
            message = f"k must be 1 or more, got {self.k}"
            raise QueryError(message)
        if not 0 <= self.diverse <= 1:
            message = f"diverse must lie between 0 and 1, got {self.diverse:g}"
            raise QueryError(message)
        if self.diverse and self.rerank:
            message = f"diverse is the re-ranking mmr@{self.diverse:g}: ask for that or for {self.rerank}, not for both"
            raise QueryError(message)
        if not any(term.weight > 0 for term in self.terms):
            message = (
                "nothing to search for: give words, an image or an item (to list items by a filter alone, use `items`)"
            )
            raise QueryError(message)

    @property
    def order(self) -> Rerank | None:
        """The order asked for in place of that of relevance; None for that of relevance."""
        return Rerank("mmr", strength=self.diverse) if self.diverse else self.rerank

    @property
    def words(self) -> str:
        """The words of all positive text terms."""
        return " ".join(t.value for t in self.terms if t.kind == "text" and t.weight > 0)

    @property
    def kind(self) -> str:
        """What the query's vector is like: ``text``, ``image`` or, from positive terms of both, ``mixed``."""
        kinds = {"text" if t.kind == "text" else "image" for t in self.terms if t.weight > 0}
        return kinds.pop() if len(kinds) == 1 else "mixed"

    def __str__(self) -> str:
        signed = [("+ " if t.weight > 0 else "− ") + str(t) for t in self.terms]
        filtered = f", where {self.where}" if self.where else ""
        return " ".join(signed).removeprefix("+ ") + filtered


def compose(vectors: NDArray[np.float32], weights: Sequence[float], spreads: Sequence[float]) -> NDArray[np.float32]:
    """One unit vector of several weighted ones.

    Each vector is divided by the spread of its kind's cosines on random pairs. Ranking by the cosine to
    the sum is then ranking by the weighted sum of *standardised* cosines, so that a text and an image of
    equal weight count equally, although cosines to images spread several times wider than cosines to texts.

    Args:
        vectors: float32 (t, dim), unit rows.
        weights: t weights, positive or negative.
        spreads: t standard deviations, above 0.

    Raises:
        QueryError: The terms cancel out.
    """
    scaled = np.asarray(weights, np.float64) / np.asarray(spreads, np.float64)
    combined = (scaled[:, None] * vectors.astype(np.float64)).sum(axis=0)
    length = float(np.linalg.norm(combined))
    if length < 1e-6 * float(np.abs(scaled).sum()):
        message = "the terms cancel each other out; change a weight"
        raise QueryError(message)
    return (combined / length).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. `score` is the cosine to the query, higher is better; None where the query has no vector."""

    rank: int
    item: Item
    score: float | None
    #: close, similar, related or distant; "" where there is no score.
    band: str
    #: What found it: ``meaning``, ``words`` or both.
    found: tuple[str, ...]
    #: Rank before re-ranking; equal to `rank` without it.
    plain_rank: int
    #: The image is byte for byte one of those in the query.
    copy: bool

    def record(self) -> dict[str, Any]:
        """Plain values: rank, id, score, band, found, plain_rank, copy, then the item's columns."""
        own = {"rank": self.rank, "id": self.item.id, "score": self.score, "band": self.band}
        own |= {"found": list(self.found), "plain_rank": self.plain_rank, "copy": self.copy}
        return own | {name: value for name, value in self.item.record().items() if name != "id"}


@dataclass(frozen=True, slots=True)
class Results:
    """The hits of one query, best first; fewer than k where there are no more."""

    query: str
    archive: str
    hits: tuple[Hit, ...]
    #: What the reader should know of how the answer was found.
    notes: tuple[str, ...] = field(default=())
    #: How the hits were put in another order than that of relevance and what it cost; None: they were not.
    reranked: Reranked | None = None
    #: Of each hit the place in the query of the term that it is nearest to; none unless several have weights above 0.
    nearest: tuple[int, ...] = field(default=())

    def record(self) -> dict[str, Any]:
        """Plain values for JSON: query, archive, hits, notes, reranked."""
        hits = [hit.record() for hit in self.hits]
        reranked = self.reranked.record() if self.reranked else None
        own = {"query": self.query, "archive": self.archive, "hits": hits, "notes": list(self.notes)}
        return own | {"reranked": reranked}

"""Other orders of results than that of relevance: how they are asked for, what they cost, and which there are.

All are reading aids that can be switched off. A list that was re-ranked says so, and says what it cost.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.errors import QueryError, nearest
from latentarchive.measures.fairness import adjusted_significance, det_const_sort, det_greedy, fa_ir, minimum_protected
from latentarchive.measures.ranking import maximal_marginal_relevance
from latentarchive.measures.reranking import calibrated, determinantal, facility_location

METHODS = {
    "mmr": "maximal marginal relevance: each next one unlike those before it",
    "dpp": "a determinantal point process: the choice that spans most",
    "facility": "facility location: one for every kind among the candidates",
    "calibrated": "calibration: shares near to those wanted",
    "det-greedy": "DetGreedy: shares kept at every rank",
    "det-const-sort": "DetConstSort: at least the shares wanted at every rank",
    "fa-ir": "FA*IR: at no rank fewer than a fair draw would have",
}
"""Every method and what it does, in words."""

BY_LIKENESS = ("mmr", "dpp", "facility")
STRONG = 0.5
"""Strength where none is given: relevance and the other aim weigh the same."""

SIGNIFICANCE = 0.1
"""Chance with which FA*IR finds fault with a fair list; Zehlike et al., CIKM 2017, use it throughout."""

MOST = {"dpp": 200, "facility": 200, "calibrated": 1000, "det-greedy": 1000, "det-const-sort": 1000, "fa-ir": 1000}
"""How many results can be put in order so: what looks at all pairs of candidates, or at all groups for every rank, is
for lists that somebody reads."""

_ASKED = re.compile(r"(?P<method>[^:@]+)(?::(?P<field>.+?))?(?:@(?P<strength>[-+]?(?:\d+\.?\d*|\.\d+|inf|nan)))?$")


@dataclass(frozen=True, slots=True)
class Rerank:
    """How results are to be put in another order. Raises `QueryError` if that cannot be."""

    method: str
    #: The facet whose values are balanced, and for FA*IR the value that must not fall short.
    field: str = ""
    value: str = ""
    #: Whether all values of the field are wanted equally often; else as among all items that the filter leaves.
    even: bool = False
    #: From 0, by relevance alone, to 1; for FA*IR the share of `value` that is wanted (None: its share among all items
    #: that the filter leaves). None: `STRONG`. DetGreedy and DetConstSort have none.
    strength: float | None = None

    def __post_init__(self) -> None:
        name = self.method
        if name not in METHODS:
            message = f"no way to re-rank called {name!r}; {nearest(name, METHODS)}"
            raise QueryError(message)
        if bool(self.field) == (name in BY_LIKENESS):
            message = (
                f"{name} looks at images and takes no field"
                if self.field
                else f"{name} needs a field: {name}:place{'=VALUE' * (name == 'fa-ir')}"
            )
            raise QueryError(message)
        if bool(self.value) != (name == "fa-ir"):
            message = (
                f"{name} looks at all values of {self.field}, and takes none of them"
                if self.value
                else f"fa-ir needs the value that must not fall short: fa-ir:{self.field}=VALUE"
            )
            raise QueryError(message)
        if self.even and name in (*BY_LIKENESS, "fa-ir"):
            message = f"{name} has no shares that could be even"
            raise QueryError(message)
        if self.strength is not None and (name.startswith("det-") or not 0 <= self.strength <= 1):
            message = (
                f"{name} keeps shares, more or less of which there is not: leave out @{self.strength:g}"
                if name.startswith("det-")
                else f"the strength of {name} must lie between 0 and 1, got {self.strength:g}"
            )
            raise QueryError(message)

    @property
    def weight(self) -> float:
        """The strength, or the one that is taken where none is given."""
        return STRONG if self.strength is None else self.strength

    def __str__(self) -> str:
        value = f"={self.value}" if self.value else ",even" * self.even
        return (
            self.method
            + f":{self.field}{value}" * bool(self.field)
            + ("" if self.strength is None else f"@{self.strength:g}")
        )


def parse_rerank(text: str) -> Rerank:
    """Read ``METHOD[:FIELD[,even]][@L]`` or ``fa-ir:FIELD=VALUE[@SHARE]``. Raises `QueryError`."""
    found = _ASKED.match(text.strip())
    if not found:
        message = f"{text!r} is no way to re-rank; write METHOD, METHOD:FIELD or METHOD@L, as in det-greedy:place"
        raise QueryError(message)
    strength = None if found["strength"] is None else float(found["strength"])
    asked, value = found["field"] or "", ""
    if found["method"] == "fa-ir":
        asked, _, value = asked.partition("=")
        return Rerank("fa-ir", asked, value, strength=strength)
    return Rerank(found["method"], asked.removesuffix(",even"), even=asked.endswith(",even"), strength=strength)


@dataclass(frozen=True, slots=True)
class Reranked:
    """That a list was re-ranked, how, and what it cost."""

    #: As `Rerank` is written, and in words.
    method: str
    said: str
    #: How many results stand among the first without it too, of how many.
    kept: int
    of: int
    #: Mean cosine to the query of the results, and of as many without it; None where the query has no vector.
    score: float | None
    plain_score: float | None
    #: Mean rank that the results have without it; (1 + of) / 2 if nothing had moved.
    mean_plain_rank: float

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        cost = f"mean plain rank {self.mean_plain_rank:.1f} instead of {(1 + self.of) / 2:.1f}"
        if self.score is not None and self.plain_score is not None:
            cost = f"mean cosine {self.score:+.3f} instead of {self.plain_score:+.3f}, {cost}"
        return f"re-ranked by {self.said}; what it costs: {cost}; {self.kept} of {self.of} would be here without it"


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What is put in another order: n candidates, best first."""

    #: From 1 for the best to 0 for the last, shape (n,).
    relevance: NDArray[np.float64]
    #: Unit rows, shape (n, dim), and the mean cosine of random pairs; None where the method does not ask for them.
    vectors: NDArray[np.float32] | None
    random: float
    #: What the field says of each ("" for nothing), and how many of all items say so, for every value that there is.
    values: Sequence[str]
    counts: dict[str, int]


def rearranged(asked: Rerank, found: Candidates, k: int) -> tuple[list[int], str]:
    """Positions of at most k candidates in the order asked for, and in words how they were chosen.

    Raises:
        QueryError: k is above what the method can do, or nothing that was searched has the value asked for.
    """
    if k > MOST.get(asked.method, k):
        message = f"{asked.method} puts at most {MOST[asked.method]:,} results in order, got k = {k:,}"
        raise QueryError(message)
    if found.vectors is not None:
        said = f"{METHODS[asked.method]} (strength {asked.weight:g})"
        return _by_likeness(asked, found.vectors, found, k), said
    if asked.method == "fa-ir":
        return _fa_ir(asked, found, k)
    values = sorted({value for value in found.values if value}, key=lambda value: (-found.counts[value], value))
    number = {value: i for i, value in enumerate(values)}
    groups = [number.get(value, -1) for value in found.values]
    sizes = np.ones(len(values)) if asked.even else np.array([found.counts[value] for value in values], np.float64)
    wanted = "all alike" if asked.even else "as among all items that were searched"
    several = f"the {len(values)} values" if len(values) != 1 else "the one value"
    many = f"{several} of {asked.field} among {len(groups)} candidates {wanted}"
    if not values:
        return list(range(min(k, len(groups)))), f"{METHODS[asked.method]}; no candidate states {asked.field}"
    desired = sizes / sizes.sum()
    if asked.method == "calibrated":
        chosen = calibrated(found.relevance, np.array(groups), desired, k, weight=asked.weight)
        return chosen, f"{METHODS[asked.method]}, {many} (strength {asked.weight:g})"
    function = det_greedy if asked.method == "det-greedy" else det_const_sort
    return function(found.relevance.tolist(), groups, desired.tolist(), k), f"{METHODS[asked.method]}, {many}"


def _by_likeness(asked: Rerank, vectors: NDArray[np.float32], found: Candidates, k: int) -> list[int]:
    if asked.method == "mmr":
        return maximal_marginal_relevance(
            found.relevance, lambda one: _alike(vectors @ vectors[one], found.random), k, diversity=asked.weight
        )
    cosines = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    if asked.method == "dpp":
        return determinantal(found.relevance, cosines, k, diversity=asked.weight)
    return facility_location(found.relevance, _alike(cosines, found.random), k, diversity=asked.weight)


def _alike(cosines: NDArray[np.floating], random: float) -> NDArray[np.floating]:
    """Cosines on the scale of relevance: 1 for equal images, 0 for a random pair of the archive."""
    return (cosines - random) / max(1 - random, 1e-6)


def _fa_ir(asked: Rerank, found: Candidates, k: int) -> tuple[list[int], str]:
    if asked.value not in found.counts:
        close = difflib.get_close_matches(asked.value, found.counts, n=1)
        common = sorted(found.counts, key=lambda value: (-found.counts[value], value))[:3]
        hint = f"; did you mean {close[0]!r}?" if close else f"; the most common: {', '.join(common)}" if common else ""
        message = f"nothing that was searched has {asked.field} = {asked.value!r}{hint}"
        raise QueryError(message)
    total = sum(found.counts.values())
    share = asked.strength if asked.strength is not None else found.counts[asked.value] / total
    protected = [value == asked.value for value in found.values]
    n = min(k, len(protected))
    minimum = minimum_protected(n, share, adjusted_significance(n, share, SIGNIFICANCE)) if n else []
    there = f"{sum(protected)} of {len(protected)} candidates"
    said = f"{METHODS['fa-ir']}, with {share:.1%} of {asked.field} = {asked.value} ({there})"
    return fa_ir(protected, minimum), said

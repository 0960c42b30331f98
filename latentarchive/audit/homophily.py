"""How often neighbours share a value of a field, measured over links against shuffles, and told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from latentarchive.audit.chance import LEVEL, p_value
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.labels import Labels, in_turn
from latentarchive.audit.neighbours import Neighbours
from latentarchive.measures.intervals import Z95
from latentarchive.measures.mixing import chance_of, mixing, shuffled_mixing

LISTED = 25
"""Values of a field that are listed, the most common."""

SURE = 20
"""Works of a value from which it is called the most isolated: of fewer, a pair that stand together would be."""

READ = (
    "A space in which like stands with like finds more of the same; that is what retrieval is for, and what keeps the "
    "works of others from being met. Which of the two it is here is for a reader to judge."
)


class Mixed:
    """Homophily of one field, with what shuffles give."""

    def __init__(self, graph: Neighbours, labels: Labels, shuffles: int, seed: int) -> None:
        i, j = graph.links
        both = (labels.of[i] >= 0) & (labels.of[j] >= 0)
        if not both.any():
            message = f"no two neighbours both state {labels.field}"
            raise Skip(message)
        # Shuffled among the works that state it: who states nothing is part of the collection, not of chance.
        known = labels.known
        place = np.cumsum(labels.of >= 0) - 1
        self.labels, self.i, self.j = labels, place[i[both]], place[j[both]]
        self.own = labels.of[known]
        found = mixing(self.own, self.i, self.j)
        self.links, self.same, self.value, expected = found.links, found.same, found.assortativity, found.expected
        self.null, self.null_of_r = shuffled_mixing(self.own, self.i, self.j, shuffles, seed)
        self.p = chance_of(found.assortativity, self.null_of_r)
        count = np.bincount(self.i, minlength=len(known))
        share = np.bincount(self.i, self.own[self.i] == self.own[self.j], minlength=len(known))
        asked = count > 0
        # The mean over links as one of works, each weighted by its links: the error of a ratio (Cochran 1977, 2.11).
        left = share[asked] - found.same * count[asked]
        half = Z95 * float(np.sqrt((left**2).sum())) / len(self.i)
        self.interval = max(0.0, found.same - half), min(1.0, found.same + half)
        low, high = ((end - expected) / (1 - expected) for end in self.interval)
        self.interval_of_r = low, high


def over_fields(graph: Neighbours, mixed: Sequence[Mixed], shuffles: int, left: Sequence[str]) -> Finding:
    """All fields side by side, the highest assortativity first; `left` says why others could not be asked."""
    first = mixed[0]
    apart = [one for one in mixed if one.p <= LEVEL]
    shares = f"{first.same:.1%} of their neighbours share it ({first.null.mean():.1%} by chance)"
    most = f"{first.labels.field}: {shares}, an assortativity of {first.value:.2f} (1 at most)"
    return Finding(
        sentence=f"Works stand most with their own by {most}; {len(apart)} of {len(mixed)} fields are told from chance."
        if apart
        else f"By none of {len(mixed)} fields do works stand with their own in a way told from chance; most by {most}.",
        value=first.value,
        unit="assortativity",
        n=first.links,
        denominator=f"links between neighbours that state {first.labels.field}",
        interval=first.interval_of_r,
        interval_by="from the shares of single works",
        null=float(first.null_of_r.mean()),
        null_by=f"mean of {shuffles} shuffles of the values",
        table=Table(
            columns=(
                "field", "share of neighbours with the same", "share by chance", "assortativity", "from", "to",
                "as high by chance (p)", "values", "works",
            ),
            rows=tuple(
                (
                    one.labels.field, one.same, float(one.null.mean()), one.value, *one.interval_of_r, one.p,
                    len(one.labels.names), len(one.labels.known),
                )
                for one in mixed
            ),
        ),
        picture=Picture(
            kind="bars", x=0, y=(1, 2), alt="Bars: share of neighbours with the same value of a field, beside chance."
        ),
        notes=(*left, graph.copies_note, *graph.notes, READ),
    )  # fmt: skip


def of_field(graph: Neighbours, one: Mixed, shuffles: int) -> Finding:
    """One field: by value, with works that stand among none of their own."""
    labels = one.labels
    kinds = len(labels.names)
    start, same = one.own[one.i], one.own[one.i] == one.own[one.j]
    links = np.bincount(start, minlength=kinds)
    share = np.bincount(start, same, minlength=kinds) / np.maximum(links, 1)
    expected = (labels.counts - 1) / max(1, len(labels.known) - 1)
    listed = [g for g in labels.listed(LISTED) if links[g]]
    ratio = {g: float(share[g] / expected[g]) for g in listed if expected[g] > 0}
    alone = np.flatnonzero(
        (np.bincount(one.i, minlength=len(one.own)) > 0) & (np.bincount(one.i, same, minlength=len(one.own)) == 0)
    )
    alone = alone[in_turn(one.own[alone])]
    sure = [g for g in ratio if labels.counts[g] >= SURE]
    # Of what chance leaves open, as assortativity counts it: times chance would name the rarest.
    most = max(sure, key=lambda g: (share[g] - expected[g]) / (1 - expected[g])) if sure else None
    strongest = (
        f" Of the {len(sure)} commonest values {labels.names[most]!r} keeps most to its own: {share[most]:.1%} instead "
        f"of {expected[most]:.1%}."
        if most is not None and one.p <= LEVEL
        else ""
    )
    verdict = "" if one.p <= LEVEL else ", which is not to be told from chance"
    return Finding(
        sentence=f"{one.same:.1%} of the neighbours of a work share its {labels.field}; shuffled, "
        f"{one.null.mean():.1%} do{verdict}.{strongest}",
        value=one.same,
        unit="share",
        n=one.links,
        denominator=f"links between neighbours that state {labels.field}",
        interval=one.interval,
        interval_by="from the shares of single works",
        null=float(one.null.mean()),
        null_by=f"mean of {shuffles} shuffles; p = {p_value(one.p)}, this one counted",
        examples=tuple(graph.ids[labels.known[place]] for place in alone[:MOST_EXAMPLES]),
        table=Table(
            columns=(labels.field, "share of neighbours with the same", "share by chance", "times chance", "works"),
            rows=tuple(
                (labels.names[g], float(share[g]), float(expected[g]), ratio.get(g), int(labels.counts[g]))
                for g in listed
            ),
        ),
        picture=Picture(
            kind="bars", x=0, y=(1, 2), alt=f"Bars: share of neighbours with the same {labels.field}, beside chance."
        ),
        notes=(
            labels.note,
            *(
                f"{len(alone):,} works stand among none of their own {labels.field}; some of each value are named, the "
                "commonest first."
                for _ in alone[:1]
            ),
        ),
    )

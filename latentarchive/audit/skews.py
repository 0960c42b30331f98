"""How far the first results of questions are from what an archive holds, told as findings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.chance import LEVEL, not_from_chance
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Table
from latentarchive.audit.groups import Groups
from latentarchive.audit.questions import BOOTSTRAP, RANDOM, mean_interval
from latentarchive.measures.skew import infeasible, ndkl, skew, top_count_p

LISTED = 200
"""Counts that a table lists, at most."""

EXPECTED = 3
"""Works of a group that chance would have had, from which its absence is told: with 3 it is absent in 1 case of 20."""

SHUFFLED = 200
"""Random orders whose divergence is told as chance."""


@dataclass(frozen=True, eq=False)
class Answers:
    """The first k works for each of q questions, and their groups."""

    groups: Groups
    asked: tuple[str, ...]
    #: Places among the works of `groups`, best first: (q, k).
    order: NDArray[np.int64]
    #: Works of each group among the first k: (q, G).
    counts: NDArray[np.int64]
    notes: tuple[str, ...]
    seed: int

    @property
    def k(self) -> int:
        """How many results are looked at."""
        return self.order.shape[1]


def skews(found: Answers) -> Iterator[Finding]:
    """The greatest skew of every question, each group under each question, and each group over all questions."""
    yield _overall(found)
    yield _by_question(found)
    if len(found.asked) > 1:
        yield _by_group(found)


def _overall(found: Answers) -> Finding:
    """How far the first results are from what the archive holds, question by question, against both distributions."""
    groups, asked, k, counts = found.groups, found.asked, found.k, found.counts
    lists, held, equal = groups.of[found.order], groups.shares, np.full(len(groups.names), 1 / len(groups.names))
    random = np.random.default_rng(found.seed)
    of_held, of_equal = skew(counts, held), skew(counts, equal)
    most = of_held.max(axis=1)
    low, high = mean_interval(most, random)
    drawn = random.multivariate_hypergeometric(groups.sizes, k, size=RANDOM)
    shuffled = np.array([random.permutation(groups.of)[:k] for _ in range(SHUFFLED)])
    chance, divergence = float(skew(drawn, held).max(axis=1).mean()), float(ndkl(shuffled, held).mean())
    rows: list[tuple[Any, ...]] = []
    for i, question in enumerate(asked):
        lacking = infeasible(lists[i], held)[0]
        rows.append((question, *_figures(of_held[i], lists[i], held), lacking, *_figures(of_equal[i], lists[i], equal)))
    worst = sorted(rows, key=lambda row: (-row[1], row[0]))
    top = int(np.argmax(most))
    group = groups.names[int(np.argmax(of_held[top]))]
    return Finding(
        sentence=f"By {groups.by}, the group that comes up most beyond its share among the first {k} does so "
        f"{math.exp(most.mean()):.2f} times as often as the archive holds it, in the mean over {len(asked)} questions "
        f"(MaxSkew@{k} {most.mean():.2f}; random lists {chance:.2f}){not_from_chance(low, chance)}; most of all "
        f"{group} for {asked[top]!r} (skew {most[top]:+.2f}).",
        value=float(most.mean()),
        unit="nats (MaxSkew)",
        n=len(asked),
        denominator=f"questions, the first {k} of {len(groups.of):,} works each",
        interval=(low, high),
        interval_by=BOOTSTRAP,
        null=chance,
        null_by=f"{RANDOM:,} random lists of {k}: short lists are never quite as the whole",
        table=Table(
            columns=(
                "question", "MaxSkew to what is held", "MinSkew", "NDKL", "infeasible index",
                "MaxSkew to equal shares", "MinSkew to equal shares", "NDKL to equal shares",
            ),
            rows=tuple(worst),
        ),
        notes=(
            f"Questions: {', '.join(map(repr, asked))}.",
            f"NDKL over the first {k} is {divergence:.3f} for random lists; the infeasible index counts ranks and "
            "groups at which a list has fewer than the whole number below the share that is held. No number as "
            "MinSkew: a group is not there at all.",
            *found.notes,
        ),
    )  # fmt: skip


def _figures(skews: NDArray[np.float64], ranked: NDArray[np.int64], wanted: NDArray[np.float64]) -> tuple[float, ...]:
    return float(skews.max()), float(skews.min()), float(ndkl(ranked, wanted))


def _by_question(found: Answers) -> Finding:
    """Each group under each question, tested."""
    groups, asked, k, counts = found.groups, found.asked, found.k, found.counts
    from scipy.stats import false_discovery_control

    p = top_count_p(counts, groups.sizes)
    adjusted = false_discovery_control(p.ravel()).reshape(p.shape)
    of_held, of_equal = skew(counts, groups.shares), skew(counts, np.ones(len(groups.names)))
    sure = adjusted <= LEVEL
    ranked = sorted(
        ((i, g) for i in range(len(asked)) for g in range(len(groups.names))),
        key=lambda pair: (adjusted[pair], -abs(of_held[pair]), pair),
    )
    rows = tuple(
        (
            asked[i], groups.names[g], int(counts[i, g]), float(counts[i, g] / k), float(groups.shares[g]),
            float(of_held[i, g]), float(of_equal[i, g]), float(adjusted[i, g]),
        )
        for i, g in ranked[:LISTED]
    )  # fmt: skip
    first, group = ranked[0]
    share = counts[first, group] / k
    more = "more" if share > groups.shares[group] else "fewer"
    telling = (
        f"; the surest: {asked[first]!r} shows {counts[first, group]} of {k} from {groups.names[group]}, {more} than "
        f"the {groups.shares[group]:.1%} that the archive holds"
        if sure.any()
        else ""
    )
    shown = [groups.ids[row] for row in found.order[first] if groups.of[row] == group] if sure.any() else []
    return Finding(
        sentence=f"{sure.sum():,} of {sure.size:,} counts of a group under a question are not what chance would draw "
        f"from the archive{telling}.",
        value=float(sure.mean()),
        unit="share",
        n=int(sure.size),
        denominator=f"counts: {len(asked)} questions by {len(groups.names)} groups of {groups.by}",
        null=0.0,
        null_by="random lists; of what is found 5 % may be false (Benjamini and Hochberg)",
        examples=tuple(shown[:MOST_EXAMPLES]),
        table=Table(
            columns=(
                "question", groups.by, f"among the first {k}", f"share of the first {k}", "share of the archive",
                "skew to what is held", "skew to equal shares", "p, adjusted",
            ),
            rows=rows,
        ),
        notes=(
            "p: hypergeometric, both sides. It takes works for independent of each other; copies and series are not. "
            "Questions and method: see the finding before.",
            *((f"The surest {LISTED} of {sure.size:,} are listed.",) if sure.size > LISTED else ()),
        ),
    )  # fmt: skip


def _by_group(found: Answers) -> Finding:
    """Each group over all questions, with its interval."""
    groups, counts, random = found.groups, found.counts, np.random.default_rng(found.seed)
    together = skew(counts.sum(axis=0), groups.shares)
    again = random.integers(len(counts), size=(RANDOM, len(counts)))
    bounds = np.quantile(skew(counts[again].sum(axis=1), groups.shares), [0.025, 0.975], axis=0, method="nearest")
    order = sorted(range(len(groups.names)), key=lambda g: (-abs(together[g]), g))
    total = counts.sum()
    sure = [g for g in order if np.isfinite(together[g]) and (bounds[0, g] > 0 or bounds[1, g] < 0)]
    absent = [g for g in order if not counts[:, g].any() and total * groups.shares[g] >= EXPECTED]
    rows = tuple(
        (
            groups.names[g], float(together[g]), float(bounds[0, g]), float(bounds[1, g]),
            float(counts[:, g].sum() / total), float(groups.shares[g]), int(groups.sizes[g]),
        )
        for g in order
    )  # fmt: skip
    said = ", ".join(f"{groups.names[g]} ({together[g]:+.2f})" for g in sure[:3])
    said = f": {said}" if said else ""
    if absent:
        said += "; in no list at all, where chance would have had " + ", ".join(
            f"{total * groups.shares[g]:.0f} of {groups.names[g]}" for g in absent[:3]
        )
    return Finding(
        sentence=f"Over {len(counts)} questions together, {len(sure)} of {len(order)} groups of {groups.by} "
        f"{'comes' if len(sure) == 1 else 'come'} up more or less often than the archive holds them, with "
        f"intervals without 0{said}.",
        value=len(sure),
        unit="groups",
        n=len(order),
        denominator=f"groups of {groups.by}, over {len(counts)} questions with {found.k} results each",
        table=Table(
            columns=(groups.by, "skew over all questions", "from", "to", "share of the results", "share of the archive",
                     "works"),
            rows=rows,
        ),
        picture=Picture(
            kind="intervals", x=0, y=(1, 2, 3), marks=((0.0, ""),),
            alt=f"Skew of each group of {groups.by} over all questions, with its interval; 0: as the archive holds it.",
        ),
        notes=(
            f"Intervals: {BOOTSTRAP}. A group that is in no list of some resample has no lower end: its line is an "
            "arrow. Questions and method: see the findings before.",
        ),
    )  # fmt: skip

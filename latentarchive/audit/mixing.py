"""Who stands beside whom: whether works of one maker, place or time keep to themselves in the space, or mix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.chance import LEVEL, p_value
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.homophily import SURE, Mixed, of_field, over_fields
from latentarchive.audit.labels import Labels, all_skipped, fields_of
from latentarchive.audit.neighbours import Neighbours, neighbours
from latentarchive.audit.quarters import five, quarters, segregation_of
from latentarchive.audit.registry import check
from latentarchive.audit.rows import SAMPLE, counted, drawn
from latentarchive.audit.subject import Subject
from latentarchive.measures.intervals import around_mean, middle
from latentarchive.measures.mixing import chance_of, effective_labels

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_VALUES = 200
"""Values of a field beyond which the rarer ones are left out of segregation: indices rise with groups of few."""


@check
def homophily(
    subject: Subject,
    *,
    fields: tuple[str, ...] = (),
    k: int = 10,
    shuffles: int = 199,
    sample: int = SAMPLE,
    seed: int = 0,
) -> Iterator[Finding]:
    """How often neighbours share a value of a field, against the same values dealt anew among the works.

    Homophily is the share of neighbours with the same value. It is high by itself where one value is common; so beside
    it stand what shuffled values give and Newman's assortativity, which is 0 by chance and 1 where works stand with
    their own only. Copies of a work are not counted among its neighbours.

    Options:
        fields: Columns of the items, ``extra.NAME`` for a further one, ``decade`` or ``century`` for its dates,
            ``subjects.2`` for the second of several values; none: creator, place, medium, subjects, decade and source,
            where they are stated.
        k: How many neighbours of each work are looked at.
        shuffles: How often the values are dealt anew.
        sample: How many works are looked at, at most.
        seed: Of the sample and the shuffles.
    """
    graph = neighbours(subject, k, sample, seed)
    found, reasons = fields_of(subject, graph.ids, fields)
    mixed, left = [], list(reasons)
    for one in found:
        try:
            mixed.append(Mixed(graph, one, shuffles, seed))
        except (Skip, ValueError) as skip:
            left.append(f"Not asked: {one.field}: {skip}.")
    if not mixed:
        raise all_skipped(left)
    mixed.sort(key=lambda one: -one.value)
    yield over_fields(graph, mixed, shuffles, left)
    for each in mixed:
        yield of_field(graph, each, shuffles)


@check
def neighbourhoods(
    subject: Subject,
    *,
    fields: tuple[str, ...] = (),
    k: int = 10,
    shuffles: int = 49,
    sample: int = SAMPLE,
    seed: int = 0,
) -> Iterator[Finding]:
    """How mixed neighbourhoods are: how many values of a field meet among the neighbours of a work.

    Counted as the number of values that would be as diverse if they were equally common among the k neighbours: the
    inverse of Simpson's index (LISI with equal weights, Korsunsky et al. 2019), and beside it the exponential of
    Shannon's entropy. Chance is the same with the values dealt anew.

    Options:
        fields: As in `mixing.homophily`.
        k: How many neighbours of each work are looked at.
        shuffles: How often the values are dealt anew.
        sample: How many works are looked at, at most.
        seed: Of the sample and the shuffles.
    """
    graph = neighbours(subject, k, sample, seed)
    found, reasons = fields_of(subject, graph.ids, fields)
    apart = graph.copies.group[graph.near] != graph.copies.group[:, None]
    told = False
    for one in found:
        around = np.where(apart, one.of[graph.near], -1)
        simpson, shannon = effective_labels(around)
        # Two neighbours or more: one alone is always of one kind.
        asked = np.flatnonzero(((around >= 0).sum(axis=1) > 1) & (one.of >= 0))
        if len(asked) < 2:
            reasons = (*reasons, f"Not asked: {one.field}: fewer than two works have two neighbours that state it.")
            continue
        rng = np.random.default_rng(seed)
        null = [float(_shuffled(one, graph, apart, rng)[asked].mean()) for _ in range(shuffles)]
        value = float(simpson[asked].mean())
        most = asked[np.lexsort((asked, -simpson[asked]))][:MOST_EXAMPLES]
        fewer = chance_of(-value, [-draw for draw in null])
        yield Finding(
            sentence=f"Among the {k} neighbours of a work meet as many values of {one.field} as if {value:.2f} were "
            f"equally common; by chance {np.mean(null):.2f} would"
            f"{'' if fewer <= LEVEL else ', and the two are not to be told apart'}.",
            value=value,
            unit=f"values of {one.field}",
            n=len(asked),
            denominator=f"{graph.what} that state it, as do two neighbours or more",
            interval=around_mean(simpson[asked]),
            interval_by="normal, over works",
            null=float(np.mean(null)),
            null_by=f"mean of {shuffles} shuffles; p = {p_value(fewer)}, this one counted",
            examples=tuple(graph.ids[i] for i in most),
            table=Table(
                columns=("share of the works, least mixed first", f"values of {one.field} around them"),
                rows=tuple((at / 10, float(np.quantile(simpson[asked], at / 10))) for at in range(11)),
            ),
            picture=Picture(
                kind="curve", x=0, y=(1,), alt=f"Curve: values of {one.field} around a work, the least mixed first."
            ),
            notes=(
                f"By Shannon's entropy {float(shannon[asked].mean()):.2f} instead. Named are the works in the most "
                "mixed neighbourhoods: places where the space puts together what the catalogue parts.",
                one.note,
                *(() if told else reasons),
            ),
        )
        told = True
    if not told:
        raise all_skipped(reasons)


def _shuffled(labels: Labels, graph: Neighbours, apart: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    dealt = labels.of.copy()
    dealt[labels.known] = rng.permutation(labels.of[labels.known])
    return effective_labels(np.where(apart, dealt[graph.near], -1))[0]


@check
def segregated(
    subject: Subject,
    *,
    fields: tuple[str, ...] = (),
    units: int = 0,
    shuffles: int = 49,
    sample: int = SAMPLE,
    seed: int = 0,
) -> Iterator[Finding]:
    """Indices of segregation, as sociology has them for cities: whether values of a field live in their own quarters.

    The quarters are clusters of the space (spherical k-means). All indices are 0 where every quarter is mixed as the
    whole is; with few works a quarter they are above 0 by chance alone, so shuffled values stand beside them. Theil's H
    is the first: the share of the whole's diversity that is lost inside quarters.

    Options:
        fields: As in `mixing.homophily`.
        units: How many quarters; 0: the square root of half the number of works.
        shuffles: How often the values are dealt anew.
        sample: How many works are looked at, at most.
        seed: Of the sample, the clusters and the shuffles.
    """
    archive = subject.with_vectors()
    rows, of = drawn(subject, sample, seed)
    n, ids = len(rows), archive.collection.take(rows, ["id"])["id"].to_pylist()
    number = units or max(2, round((n / 2) ** 0.5))
    if not 2 <= number <= n // 2:
        message = f"quarters must be from 2 to half as many as the works, {n // 2:,} of {n:,}: got {number:,}"
        raise Skip(message)
    unit = subject.kept(f"quarters {number} {sample} {seed}", lambda: quarters(archive, rows, number, seed))
    found, reasons = fields_of(subject, ids, fields, least=2, most=MOST_VALUES)
    told = [(one, *segregation_of(unit, one, number, shuffles, seed)) for one in found]
    told.sort(key=lambda one: -(one[1].theil - one[2][:, 0].mean()))
    for place, (one, index, null) in enumerate(told):
        figures: tuple[tuple[str, float, float, float, float], ...] = tuple(
            (name, value, float(null[:, c].mean()), *middle(null[:, c]))
            for c, (name, value) in enumerate(five(index).items())
        )
        p = chance_of(index.theil, null[:, 0])
        most = int(np.argmax(np.where(one.counts >= min(SURE, one.counts[0]), index.isolation, -1)))
        yield Finding(
            sentence=f"By {one.field}, quarters of the space are {index.theil:.1%} less diverse than the whole; with "
            f"the values shuffled {figures[0][2]:.1%}"
            + (f". {one.names[most]!r} is the most isolated." if p <= LEVEL else ", which is not to be told apart."),
            value=index.theil,
            unit="Theil's H",
            n=len(one.known),
            denominator=f"{counted(n, of)} that state {one.field}",
            null=figures[0][2],
            null_by=f"mean of {shuffles} shuffles; p = {p_value(p)}, this one counted",
            table=Table(columns=("index", "value", "by chance", "from", "to"), rows=figures),
            picture=Picture(kind="bars", x=0, y=(1, 2), alt="Bars: five indices of segregation, beside chance."),
            notes=(
                f"{number} quarters of {n:,} works, by spherical k-means (seed {seed}). The isolation of a value is "
                "how much more of its own its works have around them than the whole has, from 0 to 1: "
                f"{one.names[most]!r} has {index.isolation[most]:.2f}.",
                one.note,
                *(reasons if place == 0 else ()),
            ),
        )

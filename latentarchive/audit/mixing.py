"""Who stands beside whom: whether works of one maker, place or time keep to themselves in the space, or mix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.labels import Labels, all_skipped, fields_of, in_turn
from latentarchive.audit.neighbours import Neighbours, neighbours
from latentarchive.audit.registry import check
from latentarchive.audit.rows import SAMPLE, counted, drawn, vectors
from latentarchive.audit.subject import Subject
from latentarchive.measures.intervals import Z95
from latentarchive.measures.mixing import chance_of, effective_labels, mixing, shuffled_mixing
from latentarchive.measures.segregation import Segregation, segregation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LISTED = 25
"""Values of a field that are listed, the most common first."""

SURE = 20
"""Works of a value from which it is called the most isolated: of fewer, a pair that stand together would be."""

MOST_VALUES = 200
"""Values of a field beyond which the rarer ones are left out of segregation: indices rise with groups of few."""

READ = (
    "A space in which like stands with like finds more of the same; that is what retrieval is for, and what keeps the "
    "works of others from being met. Which of the two it is here is for a reader to judge."
)


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
        fields: Columns of the items, ``extra.NAME`` for a further one, ``decade`` for the catalogue's years,
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
            mixed.append(_Mixed(graph, one, shuffles, seed))
        except (Skip, ValueError) as skip:
            left.append(f"Not asked: {one.field}: {skip}.")
    if not mixed:
        raise all_skipped(left)
    mixed.sort(key=lambda one: -one.value)
    first = mixed[0]
    apart = [one for one in mixed if one.p <= 0.05]
    yield Finding(
        sentence=f"Works stand most with their own by {first.labels.field}: {first.same:.1%} of their neighbours share "
        f"it ({first.null.mean():.1%} by chance), an assortativity of {first.value:.2f} (1 at most); "
        f"{len(apart)} of {len(mixed)} fields are told from chance.",
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
    for each in mixed:
        yield _told(each, graph, shuffles)


class _Mixed:
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


def _told(one: _Mixed, graph: Neighbours, shuffles: int) -> Finding:
    """One field: by value, with works that stand among none of their own."""
    labels = one.labels
    kinds = len(labels.names)
    start, same = one.own[one.i], one.own[one.i] == one.own[one.j]
    links = np.bincount(start, minlength=kinds)
    share = np.bincount(start, same, minlength=kinds) / np.maximum(links, 1)
    expected = (labels.counts - 1) / max(1, len(labels.known) - 1)
    listed = [g for g in range(kinds) if links[g]][:LISTED]
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
        if most is not None and one.p <= 0.05
        else ""
    )
    verdict = "" if one.p <= 0.05 else ", which is not to be told from chance"
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
        null_by=f"mean of {shuffles} shuffles; as high in {one.p:.3g} of them, this one counted",
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
        half = Z95 * float(simpson[asked].std(ddof=1)) / len(asked) ** 0.5
        most = asked[np.lexsort((asked, -simpson[asked]))][:MOST_EXAMPLES]
        fewer = chance_of(-value, [-draw for draw in null])
        yield Finding(
            sentence=f"Among the {k} neighbours of a work meet as many values of {one.field} as if {value:.2f} were "
            f"equally common; by chance {np.mean(null):.2f} would"
            f"{'' if fewer <= 0.05 else ', and the two are not to be told apart'}.",
            value=value,
            unit=f"values of {one.field}",
            n=len(asked),
            denominator=f"{graph.what} that state it, as do two neighbours or more",
            interval=(value - half, value + half),
            interval_by="normal, over works",
            null=float(np.mean(null)),
            null_by=f"mean of {shuffles} shuffles; as few in {fewer:.3g} of them, this one counted",
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
        message = f"quarters are 2 or more with two works each in the mean: {number} of {n:,} works are not"
        raise Skip(message)
    unit = subject.kept(f"quarters {number} {sample} {seed}", lambda: _quarters(archive, rows, number, seed))
    found, reasons = fields_of(subject, ids, fields, least=2, most=MOST_VALUES)
    told = [(one, *_segregation(unit, one, number, shuffles, seed)) for one in found]
    told.sort(key=lambda one: -(one[1].theil - one[2][:, 0].mean()))
    names = ("Theil's H", "divergence", "dissimilarity", "Gini", "exposure")
    for place, (one, index, null) in enumerate(told):
        values = _five(index)
        figures: tuple[tuple[str, float, float, float, float], ...] = tuple(
            (name, value, float(null[:, c].mean()), *_middle(null[:, c]))
            for c, (name, value) in enumerate(zip(names, values, strict=True))
        )
        p = chance_of(index.theil, null[:, 0])
        most = int(np.argmax(np.where(one.counts >= min(SURE, one.counts[0]), index.isolation, -1)))
        yield Finding(
            sentence=f"By {one.field}, quarters of the space are {index.theil:.1%} less diverse than the whole; with "
            f"the values shuffled {figures[0][2]:.1%}"
            f"{'' if p <= 0.05 else ', which is not to be told apart'}. {one.names[most]!r} is the most isolated.",
            value=index.theil,
            unit="Theil's H",
            n=len(one.known),
            denominator=f"{counted(n, of)} that state {one.field}",
            null=figures[0][2],
            null_by=f"mean of {shuffles} shuffles; as high in {p:.3g} of them, this one counted",
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


def _segregation(unit: Ints, labels: Labels, number: int, shuffles: int, seed: int) -> tuple[Segregation, Floats]:
    """The indices, and those of shuffled values: float64 (shuffles, 5)."""
    here, own, kinds = unit[labels.known], labels.of[labels.known], len(labels.names)

    def table(values: Ints) -> NDArray[np.int64]:
        return np.bincount(here * kinds + values, minlength=number * kinds).reshape(number, kinds)

    rng = np.random.default_rng(seed)
    null = [_five(segregation(table(rng.permutation(own)))) for _ in range(shuffles)]
    return segregation(table(own)), np.array(null).reshape(shuffles, 5)


def _five(one: Segregation) -> tuple[float, float, float, float, float]:
    return one.theil, one.divergence, one.dissimilarity, one.gini, one.exposure


def _middle(null: Floats) -> tuple[float, float]:
    low, high = np.quantile(null, [0.025, 0.975])
    return float(low), float(high)


def _quarters(archive: Archive, rows: Ints, number: int, seed: int) -> Ints:
    """The cluster of each work: int64 (n,)."""
    import faiss

    some = np.random.default_rng(seed).permutation(len(rows))[: number * 256]
    means = faiss.Kmeans(archive.embeddings.dim, number, niter=20, spherical=True, seed=seed, min_points_per_centroid=1)
    means.train(archive.embeddings.take(np.sort(rows[some])))
    found = [means.index.search(block, 1)[1][:, 0] for block in vectors(archive, rows)]
    return np.concatenate(found).astype(np.int64)

"""Where works crowd and where they are alone, told from a graph of neighbours: hubs, works never met, remote works."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Table
from latentarchive.audit.neighbours import Neighbours
from latentarchive.measures.geometry import local_outlier_factor
from latentarchive.measures.hubness import expected, hubness, k_occurrence

APART = 1.5
"""Local outlier factor from which a work is said to lie apart; our convention. Breunig et al. (2000) set none."""

LISTED = 50
"""Works that a table of hubs, or of works never met, lists at most."""

AT_RANDOM = "each work has k others at random"


def met(graph: Neighbours) -> Finding:
    """The works that are among the neighbours of very many others."""
    n, k = len(graph.ids), graph.k
    occurrence = k_occurrence(graph.near, n)
    found, chance = hubness(occurrence), expected(n - 1, n - 1, k)
    most = np.argsort(-occurrence, kind="stable")[:LISTED]
    titles = graph.archive.collection.take(graph.rows[most], ["title"])["title"].to_pylist()
    return Finding(
        sentence=f"{np.count_nonzero(occurrence >= 2 * k):,} of {n:,} works are among the {k} nearest of at least "
        f"{2 * k} others, and hold {found.hub_share:.1%} of these places (by chance {chance.hub_share:.1%}); the one "
        f"that comes up most does so for {occurrence[most[0]]:,} works.",
        value=found.hub_share,
        unit="share",
        n=n * k,
        denominator=f"places among the {k} nearest of {graph.what}",
        null=chance.hub_share,
        null_by=AT_RANDOM,
        examples=tuple(graph.ids[i] for i in most[:MOST_EXAMPLES]),
        table=Table(
            columns=("work", "title", f"is among the {k} nearest of so many works"),
            rows=tuple((graph.ids[i], title, int(occurrence[i])) for i, title in zip(most, titles, strict=True)),
            ids=(0,),
        ),
        notes=(
            f"Skew of the occurrences {found.skew:.2f} (by chance {chance.skew:.2f}); places to be dealt anew for all "
            f"to be equal {found.robin_hood:.1%} ({chance.robin_hood:.1%}).",
            *graph.notes,
        ),
    )


def never_met(graph: Neighbours) -> Finding:
    """The works that are among the neighbours of none, those first whose own neighbours are farthest."""
    n, k = len(graph.ids), graph.k
    never = np.flatnonzero(k_occurrence(graph.near, n) == 0)
    never = never[np.argsort(graph.cosines[never].mean(axis=1), kind="stable")]
    chance = expected(n - 1, n - 1, k).never
    return Finding(
        sentence=f"{len(never):,} of {n:,} works ({len(never) / n:.1%}) are among the {k} nearest of no other "
        f"work (by chance {chance:.1%}): whoever goes from neighbour to neighbour never meets them."
        if len(never)
        else f"Each of {n:,} works is among the {k} nearest of another (by chance {chance:.1%} would be of none).",
        value=len(never) / n,
        unit="share",
        n=n,
        denominator=graph.what,
        null=chance,
        null_by=AT_RANDOM,
        examples=tuple(graph.ids[i] for i in never[:MOST_EXAMPLES]),
        table=_beside_nearest(graph, never[:LISTED]),
        notes=(f"The {LISTED} whose own neighbours are farthest are listed.",) if len(never) > LISTED else (),
    )


def remotest(graph: Neighbours, top: int) -> Finding:
    """The works whose neighbours are farthest, each beside its nearest."""
    n, k = len(graph.ids), graph.k
    mean = graph.cosines.mean(axis=1, dtype=np.float64)
    order = np.argsort(mean, kind="stable")[:top]
    bands = graph.archive.manifest.bands["image"]
    return Finding(
        sentence=f"Half of {n:,} works have their {k} nearest at a mean cosine of {np.median(mean):.3f} or more; the "
        f"most remote one, {graph.ids[order[0]]}, at {mean[order[0]]:.3f}. Two works drawn at random have "
        f"{bands['mean']:.3f}.",
        value=float(np.median(mean)),
        unit="cosine",
        n=n,
        denominator=graph.what,
        null=float(bands["mean"]),
        null_by=f"mean of {bands['n_pairs']:,} random pairs of the archive",
        examples=tuple(graph.ids[i] for i in order[:MOST_EXAMPLES]),
        table=_beside_nearest(graph, order, (f"mean cosine with the {k} nearest", mean)),
        picture=Picture(kind="pairs", x=0, y=(2,), alt="The most remote works, each beside its nearest."),
        notes=graph.notes,
    )


def apart(graph: Neighbours, top: int) -> Finding:
    """The works that lie outside of an area denser than their own surroundings."""
    n, k = len(graph.ids), graph.k
    distance = np.sqrt(np.clip(2 - 2 * graph.cosines.astype(np.float64), 0, None))
    factor = local_outlier_factor(graph.near, distance)
    outside = int(np.count_nonzero(factor >= APART))
    order = np.argsort(-factor, kind="stable")[:top]
    lie = "work lies" if outside == 1 else "works lie"
    return Finding(
        sentence=f"{outside:,} of {n:,} {lie} apart from a denser area: the space around is at least {APART} times as "
        "thin as around the neighbours."
        if outside
        else f"None of {n:,} works lies apart from a denser area: the space is nowhere {APART} times as thin as around "
        "the neighbours.",
        value=outside / n,
        unit="share",
        n=n,
        denominator=graph.what,
        examples=tuple(graph.ids[i] for i in order[:MOST_EXAMPLES]),
        table=_beside_nearest(graph, order, ("local outlier factor", factor)),
        notes=(
            f"Local outlier factor of Breunig et al. (2000) with {k} neighbours and the distance of unit vectors; 1 is "
            "as dense as the surroundings. Works with more than k copies count as infinitely dense.",
        ),
    )


def _beside_nearest(graph: Neighbours, places: NDArray[np.int64], *further: tuple[str, NDArray[np.floating]]) -> Table:
    """Works with their nearest, the cosine of both, and further figures of all works under their names."""
    return Table(
        columns=("work", "its nearest", "cosine", *(name for name, _ in further)),
        rows=tuple(
            (
                graph.ids[i],
                graph.ids[graph.near[i, 0]],
                round(float(graph.cosines[i, 0]), 4),
                *(round(float(figures[i]), 4) for _, figures in further),
            )
            for i in places
        ),
        ids=(0, 1),
    )

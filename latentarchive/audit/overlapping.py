"""The nearest works of the same works in two spaces: how many both have in common, and which works move most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import hypergeom

from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.shapes import SEPARATE
from latentarchive.audit.spaces import Ints, Spaces
from latentarchive.measures import overlap
from latentarchive.measures.intervals import WILSON, wilson
from latentarchive.measures.resampling import BOOTSTRAP, bootstrap_mean, permuted

DEPTHS = (1, 5, 10, 20, 50)
"""Lengths of lists of neighbours that are compared."""

SIDE_BY_SIDE, BESIDE = 12, 4
"""Works shown with their neighbours in both spaces, and how many neighbours of each."""

DEALT = 100
"""How often the lists of one space are dealt to other works."""


def in_common(two: Spaces, some: Ints, lists: tuple[Ints, Ints], k: int, seed: int) -> Iterator[Finding]:
    """What the lists have in common: mutual kNN with its curve, Jaccard, average and rank-biased overlap.

    Args:
        two: The spaces.
        some: Places of the works that were looked up.
        lists: Their nearest in either space, best first, shape (m, depth); depth from k.
        k: How many of them are compared.
        seed: Of the bootstrap and the permutations.
    """
    counts, n = overlap.shared(*lists), len(two.ids)
    depths = [d for d in sorted({*DEPTHS, k}) if d <= counts.shape[1]]
    rows = []
    for depth in depths:
        values = overlap.mutual_knn(counts[:, :depth])
        rows.append((depth, float(values.mean()), *bootstrap_mean(values, seed=seed), depth / (n - 1)))
    named = {row[0]: row for row in rows}[k]
    dealt = permuted(
        lambda order: float(overlap.mutual_knn(_at(lists, order, k)).mean()), len(some), draws=DEALT, seed=seed
    )
    a, b = two.names
    what = two.described(some)
    yield Finding(
        sentence=f"Of the {k} works nearest to a work in {a}, {named[1]:.1%} are among its {k} nearest in {b} too "
        f"(95 % interval {named[2]:.1%} to {named[3]:.1%}; by chance {named[4]:.2%}).",
        value=named[1],
        unit="share",
        n=len(some),
        denominator=what,
        interval=named[2:4],
        interval_by=BOOTSTRAP,
        null=named[4],
        null_by="k / (n - 1)",
        table=Table(columns=("length of the lists", "share in common", "share, from", "share, to", "share by chance"),
                    rows=tuple(rows)),
        picture=Picture(
            kind="curve", x=0, y=(1, 4), x_name="length of the lists of neighbours",
            alt="Curves: the share of neighbours in common, and by chance, over the length of the lists.",
        ),
        notes=(
            f"Where the lists of one space were dealt to other works {DEALT} times, works shared {dealt.mean():.2%} in "
            f"the mean and {dealt.max():.2%} at most: what works that stand beside everything (hubs) would give.",
            SEPARATE,
        ),
    )  # fmt: skip
    at_k = counts[:, :k]
    for name, measure, chance, said in (
        ("Jaccard overlap", overlap.jaccard, overlap.chance_jaccard(n, k), "what two lists share, of what either has"),
        (
            "average overlap",
            overlap.average_overlap,
            overlap.chance_average_overlap(n, k),
            "the first places count most",
        ),
        ("rank-biased overlap", overlap.rbo, overlap.chance_rbo(n, k), f"the first places count most, p = {overlap.P}"),
    ):
        values = measure(at_k)
        low, high = bootstrap_mean(values, seed=seed)
        yield Finding(
            sentence=f"The {name} of the lists of {k} is {values.mean():.3f} ({said}; 95 % interval {low:.3f} to "
            f"{high:.3f}; by chance {chance:.4f}).",
            value=float(values.mean()), unit="", n=len(some), denominator=what, interval=(low, high),
            interval_by=BOOTSTRAP, null=chance, null_by="lists drawn independently",
        )  # fmt: skip


def _at(lists: tuple[Ints, ...], order: Ints, k: int) -> Ints:
    return overlap.shared(lists[0][:, :k], lists[1][order, :k])


def most_moved(two: Spaces, some: Ints, lists: tuple[Ints, Ints], k: int) -> Finding:
    """The works that keep fewest of their k nearest, with their neighbours in both; arguments as in `in_common`."""
    counts, n = overlap.shared(*lists), len(two.ids)
    kept, far = counts[:, k - 1], overlap.rbo(counts)
    order = np.lexsort((some, np.round(far, 9), kept))[:SIDE_BY_SIDE]
    beside = min(BESIDE, k, counts.shape[1])
    none = int((kept == 0).sum())
    low, high = wilson(none, len(some))
    ids, (a, b) = two.ids, two.names
    columns = ("work", *(f"nearest in {name}, {at + 1}" for name in (a, b) for at in range(beside)))
    rows = tuple(
        (ids[some[i]], *(ids[j] for side in lists for j in side[i, :beside]), int(kept[i]), round(float(far[i]), 4))
        for i in order
    )
    return Finding(
        sentence=f"{none:,} of {len(some):,} works ({none / len(some):.1%}) have none of their {k} nearest in {a} "
        f"among their {k} nearest in {b}.",
        value=none / len(some),
        unit="share",
        n=len(some),
        denominator=two.described(some),
        interval=(low, high),
        interval_by=WILSON,
        null=float(hypergeom.pmf(0, n - 1, k, k)),
        null_by="lists drawn independently",
        examples=tuple(row[0] for row in rows),
        table=Table(columns=(*columns, "neighbours in common", "rank-biased overlap"), rows=rows,
                    ids=tuple(range(1 + 2 * beside))),
        picture=Picture(
            kind="neighbours", x=0, y=(1, 1 + beside), x_name=f"nearest in {a}", y_name=f"nearest in {b}",
            alt=f"The {len(rows)} works that move most, each with its {beside} nearest in {a} and in {b}",
        ),
        notes=(f"The {len(rows)} works that keep fewest are shown, those of the least rank-biased overlap first.",),
    )  # fmt: skip

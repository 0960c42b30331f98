"""How well each of two collections in one space covers the other, told as findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Skip, Table
from latentarchive.audit.spaces import Spaces
from latentarchive.measures.coverage import Coverage, coverage, distances, expected_coverage
from latentarchive.measures.intervals import WILSON, wilson
from latentarchive.measures.resampling import bootstrap_mean

DRAWS = 25
"""How often the works of both are mixed and dealt anew, for what theory does not give."""


def coverings(two: Spaces, k: int, sample: int, seed: int) -> Iterator[Finding]:
    """The first collection by the second, then the second by the first. Raises `Skip` where there are too few works.

    Args:
        two: Vectors of one encoder.
        k: Neighbours that decide what is near.
        sample: How many works of each are compared, at most.
        seed: Of the samples and of dealing anew.
    """
    rng = np.random.default_rng(seed)
    drawn = [np.sort(rng.permutation(archive.rows())[:sample]) for archive in (two.mine, two.theirs)]
    if min(map(len, drawn)) <= max(k, 1):
        message = f"{len(drawn[0])} and {len(drawn[1])} works: k = {k} needs at least {max(k, 1) + 1} of each"
        raise Skip(message)
    vectors = np.concatenate([a.embeddings.take(r) for a, r in zip((two.mine, two.theirs), drawn, strict=True)])
    apart, n = distances(vectors, vectors), len(drawn[0])
    everyone = np.arange(len(vectors))
    nulls = [_split(apart, order[:n], order[n:], k) for order in (rng.permutation(everyone) for _ in range(DRAWS))]
    shared = (f"{len(two.ids):,} works are in both; each of them covers itself.",) if two.ids else ()
    ids = [
        archive.collection.take(rows, ["id"])["id"].to_pylist()
        for archive, rows in zip((two.mine, two.theirs), drawn, strict=True)
    ]
    for at, (own, others) in enumerate(((everyone[:n], everyone[n:]), (everyone[n:], everyone[:n]))):
        found = _split(apart, own, others, k)
        yield _covered(found, two, at, ids[at], nulls if at == 0 else None, shared)


def _split(apart: NDArray[np.float64], own: NDArray[np.int64], others: NDArray[np.int64], k: int) -> Coverage:
    return coverage(apart[np.ix_(own, own)], apart[np.ix_(own, others)], apart[np.ix_(others, others)], k)


def _covered(
    found: Coverage, two: Spaces, at: int, ids: list[str], nulls: list[Coverage] | None, shared: tuple[str, ...]
) -> Finding:
    name, by = two.names[at], two.names[1 - at]
    n, m, k = len(found.covered), len(found.balls), found.k
    low, high = _of(found.covered)
    expected = expected_coverage(n, m, k)
    d_low, d_high = (end / k for end in bootstrap_mean(found.balls.astype(np.float64)))
    rows: list[tuple[Any, ...]] = [
        ("coverage", "share of works here with another one near", found.coverage, low, high, expected),
        ("density", "in how many balls one of the others lies, in k", found.density, d_low, d_high, 1.0),
        ("precision", "share of the others near to a work here", found.precision, *_of(found.balls > 0), None),
        ("recall", "share of works here near to one of the others", found.recall, *_of(found.within), None),
    ]
    columns = ["measure", "what it is", "value", "from", "to", "by chance"]
    if nulls is not None:
        columns.append("mixed")
        rows = [(*row, float(np.mean([getattr(null, row[0]) for null in nulls]))) for row in rows]
    remote = np.flatnonzero(~found.covered)
    remote = remote[np.lexsort((remote, -found.remote[remote]))]
    return Finding(
        sentence=f"{by} covers {found.coverage:.1%} of the works of {name} (95 % interval {low:.1%} to {high:.1%}); "
        f"had both been drawn from one, it would be {expected:.1%}.",
        value=found.coverage,
        unit="share",
        n=n,
        denominator=f"works of {name}, against {m:,} of {by}",
        interval=(low, high),
        interval_by=WILSON,
        null=expected,
        null_by=f"1 - prod (n - i) / (n + m - i), i = 1 to {k}, for n = {n:,} and m = {m:,}",
        examples=tuple(ids[i] for i in remote[:MOST_EXAMPLES]),
        table=Table(columns=tuple(columns), rows=tuple(rows)),
        notes=(f"The works to look at are those of {name} farthest from all of {by}.", *_dealt(nulls), *shared),
    )


def _of(hits: NDArray[np.bool_]) -> tuple[float, float]:
    return wilson(int(hits.sum()), len(hits))


def _dealt(nulls: list[Coverage] | None) -> tuple[str, ...]:
    """What the last column of the table is, where there is one."""
    return () if nulls is None else (f"Mixed: the mean of {len(nulls)} times that the works of both were dealt anew.",)

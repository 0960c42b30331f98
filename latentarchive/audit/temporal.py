"""Time in the space: whether vectors tell when a work was made, how works drift, whether neighbours are of one time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.chance import LEVEL, p_value
from latentarchive.audit.dated import FEWEST, dated_works, too_few
from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.labels import years
from latentarchive.audit.movement import movement
from latentarchive.audit.neighbours import neighbours
from latentarchive.audit.probes import SAMPLE, probed
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.facets import WIDEST
from latentarchive.measures.drift import distance_correlation, group_distances
from latentarchive.measures.intervals import around_mean, middle
from latentarchive.measures.mixing import chance_of, mean_difference
from latentarchive.measures.probing import explained, linear_values

Floats = NDArray[np.float64]

RESAMPLES, CONTROLS = 500, 3

DECADE = 10
"""Works of a decade without which its mean is not looked at."""


@check
def year(
    subject: Subject, *, group_by: tuple[str, ...] = ("source",), sample: int = SAMPLE, seed: int = 0
) -> Iterator[Finding]:
    """Whether the year of a work can be read from its vector: R squared of ridge regression, for works held out.

    1 is every year right, 0 no better than the mean year of all. Works whose date spans more than 20 years are left
    out; copies are in one part.

    Options:
        group_by: As in `kept.fields`.
        sample: How many works are probed, at most.
        seed: Of the sample and of what is dealt at random.
    """
    works = probed(subject, group_by=group_by, pca=32, sample=sample, seed=seed)
    when, dated = dated_works(subject, works)
    rows, fold = works.spaces[0].rows[dated], works.fold[dated]
    guess = linear_values(rows, when, fold)
    value = explained(when, guess)
    rng = np.random.default_rng(seed)
    drawn = [explained(when[some], guess[some]) for some in rng.integers(0, len(when), (RESAMPLES, len(when)))]
    low, high = middle(drawn)
    null = []
    for _ in range(CONTROLS):
        dealt = rng.permutation(when)
        null.append(explained(dealt, linear_values(rows, dealt, fold)))
    off = np.abs(guess - when)
    codes = [
        (space.name, explained(when, linear_values(space.rows[dated], when, fold)), space.size)
        for space in works.spaces[1:]
    ]
    decades = (when // 10 * 10).astype(np.int64)
    found = [(decade, decades == decade) for decade in np.unique(decades).tolist()]
    told = f"a vector tells {value:.1%} of the differences between years" if low > 0 else "a vector does not tell years"
    yield Finding(
        sentence=f"Of {len(when):,} dated works, {told} (R² {value:.3f}); half of the guesses are off by "
        f"{np.median(off):.0f} years or less, where the mean year of all would be by "
        f"{np.median(np.abs(when - when.mean())):.0f}.",
        value=value,
        unit="R²",
        n=len(when),
        denominator=f"{works.what}, dated within {WIDEST} years",
        interval=(low, high),
        interval_by=f"{RESAMPLES} resamples of the works",
        null=float(np.mean(null)),
        null_by=f"years dealt at random, mean of {CONTROLS}",
        table=Table(
            columns=("decade from", "years read too late, in the mean", "years off, in the median", "works"),
            rows=tuple(
                (decade, float((guess - when)[at].mean()), float(np.median(off[at])), int(at.sum()))
                for decade, at in found
            ),
        ),
        picture=Picture(
            kind="curve",
            x=0,
            y=(1, 2),
            alt="Curves over decades: how many years too late their works are read in the mean, and how far off.",
        ),
        notes=(
            "Guesses lean towards the mean: those of the oldest works are too late, of the youngest too early. "
            + " ".join(f"From {name} ({size:,} bytes) R² is {r2:.3f}." for name, r2, size in codes),
            *works.notes[:1],
        ),
    )
    order = np.argsort(-off, kind="stable")[:40]
    ids = [works.ids[i] for i in dated[order]]
    yield Finding(
        sentence=f"The work that looks most of another time is {ids[0]}: dated {when[order[0]]:.0f}, read as "
        f"{guess[order[0]]:.0f}.",
        value=float(np.quantile(off, 0.95)),
        unit="years off in one of 20",
        n=len(when),
        denominator=f"{works.what}, dated within {WIDEST} years",
        examples=tuple(ids[:MOST_EXAMPLES]),
        table=Table(
            columns=("work", "year as dated", "year as read"),
            rows=tuple(
                (one, float(when[i]), round(float(guess[i]), 1)) for one, i in zip(ids, order.tolist(), strict=True)
            ),
            ids=(0,),
        ),
        notes=("Copies of older works, revivals and wrong dates are found here, and works that the probe misreads.",),
    )


@check
def drift(subject: Subject, *, shuffles: int = 199, sample: int = SAMPLE, seed: int = 0) -> Iterator[Finding]:
    """Whether the works of decades move apart in the space, the farther the more years lie between them.

    The squared distances of the means of decades, less what comes of few works, against the years between them:
    Pearson's correlation over pairs of decades (Mantel 1967), and the same with the years dealt anew.

    Options:
        shuffles: How often the years are dealt anew.
        sample: How many works are looked at, at most.
        seed: Of the sample and the shuffles.
    """
    works = probed(subject, group_by=("source",), pca=32, sample=sample, seed=seed)
    when, dated = dated_works(subject, works)
    decade, counts = np.unique(when // 10 * 10, return_counts=True)
    enough = decade[counts >= DECADE]
    if len(enough) < 3:
        message = f"drift needs three decades with {DECADE} works each: there are {len(enough)}"
        raise Skip(message)
    keep = np.isin(when // 10 * 10, enough)
    group = np.searchsorted(enough, (when // 10 * 10)[keep])
    rows = works.spaces[0].rows[dated[keep]]
    apart = group_distances(rows, group)
    value = distance_correlation(enough, apart)
    rng = np.random.default_rng(seed)
    null, first = np.empty(shuffles), np.empty((shuffles, len(enough)))
    for draw in range(shuffles):
        dealt = group_distances(rows, rng.permutation(group))
        null[draw], first[draw] = distance_correlation(enough, dealt), dealt[0]
    p = chance_of(value, null)
    high = np.quantile(first, 0.975, axis=0)
    told = "move apart with time" if p <= LEVEL else "do not move apart with time in a way told from chance"
    yield Finding(
        sentence=f"The works of {len(enough)} decades {told}: the distance of their means follows the years between "
        f"them with a correlation of {value:.2f} (p = {p_value(p)}, of {shuffles} shuffles).",
        value=value,
        unit="correlation",
        n=len(group),
        denominator=f"{works.what}, of decades with {DECADE} or more",
        null=float(null.mean()),
        null_by=f"years dealt anew among the works, mean of {shuffles}",
        table=Table(
            columns=("decade from", "squared distance from the first decade", "by chance up to", "works"),
            rows=tuple(
                (int(at), float(apart[0, g]), float(high[g]) if g else 0.0, int((group == g).sum()))
                for g, at in enumerate(enough)
            ),
        ),
        picture=Picture(
            kind="curve",
            x=0,
            y=(1, 2),
            alt="Curve over decades: distance of their mean from that of the first decade, and what chance gives.",
        ),
        notes=("What chance gives up to: the 97.5 % quantile of shuffles. Distances may fall below 0 by chance.",),
    )


@check
def words(
    subject: Subject, *, vocabulary: str = "", top: int = 20, sample: int = SAMPLE, seed: int = 0
) -> Iterator[Finding]:
    """Towards which words the works move over the years, and away from which.

    For each term of a list the slope of its cosine with the works over their years: what becomes more of a subject, a
    colour, a technique as the encoder sees it, whether the catalogue says so or not.

    Options:
        vocabulary: Text file, one term a line; "": the archive's own subjects, or general words where it has none.
        top: How many terms are listed, those that move most first.
        sample: How many works are looked at, at most.
        seed: Of the sample.
    """
    works = probed(subject, group_by=("source",), pca=32, sample=sample, seed=seed)
    yield movement(subject, works, Path(vocabulary) if vocabulary else None, top)


@check
def neighbourhoods(
    subject: Subject, *, k: int = 10, shuffles: int = 99, sample: int = 100_000, seed: int = 0
) -> Iterator[Finding]:
    """Whether the space floats above time: the spread of the years of a work's neighbours, against chance.

    The floating ratio is the mean difference between the years of two neighbours of a work, over that of any two works:
    1 where neighbours are of all times, 0 where they are of one. In a space that floats, a search lays works of
    different times beside each other without a sign.

    Options:
        k: How many neighbours of each work are looked at.
        shuffles: How often the years are dealt anew.
        sample: How many works are looked at, at most.
        seed: Of the sample and the shuffles.
    """
    graph = neighbours(subject, k, sample, seed)
    when = years(subject, graph.ids)
    known = np.flatnonzero(~np.isnan(when))
    if len(known) < FEWEST:
        raise Skip(too_few(len(known)))
    apart = graph.copies.group[graph.near] != graph.copies.group[:, None]
    mean = float(mean_difference(when[known][None, :])[0])
    if mean == 0:
        message = f"all {len(known):,} dated works are of one year: nothing can differ"
        raise Skip(message)

    def ratios(years_of: Floats) -> Floats:
        return mean_difference(np.where(apart, years_of[graph.near], np.nan)) / mean

    found = ratios(when)
    asked = np.flatnonzero(~np.isnan(found))
    if len(asked) < 2:
        message = "fewer than two works have two dated neighbours"
        raise Skip(message)
    rng = np.random.default_rng(seed)
    null = np.empty(shuffles)
    for draw in range(shuffles):
        dealt = when.copy()
        dealt[known] = rng.permutation(when[known])
        null[draw] = np.nanmean(ratios(dealt))
    value = float(found[asked].mean())
    p = chance_of(-value, -null)
    most = asked[np.lexsort((asked, -found[asked]))][:MOST_EXAMPLES]
    told = "so neighbours are nearer in time than chance" if p <= LEVEL else "which is not to be told from chance"
    around = np.where(apart, when[graph.near], np.nan)
    yield Finding(
        sentence=f"The years of a work's neighbours differ by {value * mean:.0f} years in the mean, those of any two "
        f"works by {mean:.0f}: a floating ratio of {value:.2f} ({told}; 1 is above time, 0 bound to it).",
        value=value,
        unit="floating ratio",
        n=len(asked),
        denominator=f"{graph.what} with two dated neighbours or more",
        interval=around_mean(found[asked]),
        interval_by="normal, over works",
        null=float(null.mean()),
        null_by=f"mean of {shuffles} shuffles of the years; p = {p_value(p)}, this one counted",
        examples=tuple(graph.ids[i] for i in most),
        table=Table(
            columns=("work", "year as dated", "earliest year around it", "latest year around it", "floating ratio"),
            rows=tuple(
                (
                    graph.ids[i],
                    None if np.isnan(when[i]) else float(when[i]),
                    float(np.nanmin(around[i])),
                    float(np.nanmax(around[i])),
                    round(float(found[i]), 3),
                )
                for i in most
            ),
            ids=(0,),
        ),
        notes=("Named are the works whose neighbours are of the most different times.", *graph.notes),
    )

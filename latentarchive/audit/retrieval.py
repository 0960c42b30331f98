"""Does this space find this collection? Captions against images and back, what is never found, captions that misfit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Table
from latentarchive.audit.pairs import caption_pairs
from latentarchive.audit.recalls import of_the_whole, recalls, repeated
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.measures.hubness import Hubness, expected, hubness, k_occurrence
from latentarchive.measures.matching import fit, match_ranks, top_k

LOST = 0.35
"""Share of captions that fit no better than those of other works, above which their order means little."""


@check
def recall(subject: Subject, *, sample: int = 5000, seed: int = 0) -> Iterator[Finding]:
    """How often a caption finds its own image among all, and an image its own caption: recall at 1, 5 and 10.

    Each work is asked for with its own caption. Where several works share one caption, "its own image" is more than
    words can choose; so it is also told how often a caption finds any of its works. Chance is k of n. Of larger
    archives a sample is compared in both directions, and some captions are asked of the whole archive.

    Options:
        sample: How many works are compared, at most.
        seed: Of the sample.
    """
    pairs = caption_pairs(subject, sample, seed)
    yield from recalls(pairs)
    yield repeated(pairs)
    if len(pairs.ids) < pairs.of:
        yield of_the_whole(pairs, seed)


@check
def never_found(subject: Subject, *, k: int = 10, sample: int = 5000, seed: int = 0) -> Iterator[Finding]:
    """Works that no words find: no caption of the collection, their own included, has them among its first results.

    Every different caption is asked once. A caption that many works share can show only k of them.

    Options:
        k: How many results are looked at.
        sample: How many works are compared, at most.
        seed: Of the sample.
    """
    pairs = caption_pairs(subject, sample, seed)
    n, u = len(pairs.ids), len(pairs.captions)
    k = min(k, n)
    occurrence = k_occurrence(top_k(pairs.texts, pairs.images, k), n)
    lost = np.flatnonzero(occurrence == 0)
    before, _ = match_ranks(pairs.texts[pairs.own[lost]], pairs.images, lost)
    order = np.lexsort((lost, -before))
    worst = [(pairs.ids[lost[i]], pairs.captions[pairs.own[lost[i]]], int(before[i]) + 1) for i in order[:50]]
    null = expected(n, u, k).never
    yield Finding(
        sentence=f"{len(lost):,} of {n:,} works ({len(lost) / n:.1%}) are found by no words: none of the {u:,} "
        f"different captions, their own included, has them among its first {k} results (by chance {null:.1%}).",
        value=len(lost) / n,
        unit="share",
        n=n,
        denominator=pairs.what,
        null=null,
        null_by="each caption shows k works at random: (1 - k/n)^captions",
        examples=tuple(work for work, _, _ in worst[:MOST_EXAMPLES]),
        table=Table(columns=("work", "its caption", "its rank for that caption"), rows=tuple(worst), ids=(0,)),
        notes=(
            *pairs.notes,
            "Whoever searches by words alone will hardly meet these works: search by image and by the catalogue's "
            "words, or look whether their captions say what is to be seen.",
            *(f"The {len(worst)} that lie deepest are listed." for _ in worst[:1] if len(lost) > len(worst)),
        ),
    )


@check
def hubs(subject: Subject, *, k: int = 10, sample: int = 5000, seed: int = 0) -> Iterator[Finding]:
    """Works that turn up for whatever words, and captions for whatever image.

    In spaces of many dimensions a few vectors lie near to everything (hubs). What they show is a property of the
    space: look here before a work that always comes up is taken for a finding about the collection.

    Options:
        k: How many results are looked at.
        sample: How many works are compared, at most.
        seed: Of the sample.
    """
    pairs = caption_pairs(subject, sample, seed)
    n, u = len(pairs.ids), len(pairs.captions)
    works = np.arange(n)
    for asked, queries, targets, holder in (
        ("captions", pairs.texts, pairs.images, works),
        ("images", pairs.images, pairs.texts, pairs.holder),
    ):
        first = min(k, len(targets))
        occurrence = k_occurrence(top_k(queries, targets, first), len(targets))
        found, chance = hubness(occurrence), expected(len(targets), len(queries), first)
        most = np.argsort(-occurrence, kind="stable")[:20]
        what = "works" if asked == "captions" else "captions"
        yield Finding(
            sentence=f"When all {len(queries):,} {asked} are asked with, {_hubs(occurrence)} {what} come up at least "
            f"twice as often as the mean and hold {found.hub_share:.1%} of the first {first} places (by chance "
            f"{chance.hub_share:.1%}); the one that comes up most does so for {occurrence.max() / len(queries):.1%} "
            f"of the {asked}.",
            value=found.hub_share,
            unit="share",
            n=len(queries) * first,
            denominator=f"places among the first {first} of {len(queries):,} {asked}",
            null=chance.hub_share,
            null_by="each list holds k at random",
            examples=tuple(pairs.ids[holder[i]] for i in most) if asked == "captions" else (),
            table=Table(
                columns=("work", "its caption", f"in how many lists of {first}", "share of the lists"),
                rows=tuple(
                    (
                        pairs.ids[holder[i]],
                        pairs.captions[pairs.own[holder[i]]],
                        int(occurrence[i]),
                        float(occurrence[i] / len(queries)),
                    )
                    for i in most
                ),
                ids=(0,),
            ),
            notes=(_figures(found, chance), *pairs.notes),
        )
        if u < 2:
            return


def _hubs(occurrence: NDArray[np.int64]) -> str:
    return f"{np.count_nonzero(occurrence >= 2 * occurrence.mean()):,} of {len(occurrence):,}"


def _unknown(share: float) -> str:
    return (
        ". This space knows next to nothing of these captions, and the order below means little" if share > LOST else ""
    )


def _figures(found: Hubness, chance: Hubness) -> str:
    return (
        f"Skew of the occurrences {found.skew:.2f} (by chance {chance.skew:.2f}); never in a list {found.never:.1%} "
        f"({chance.never:.1%}); places to be dealt anew for all to be equal {found.robin_hood:.1%} "
        f"({chance.robin_hood:.1%}). Different captions are counted once; equal scores stand in row order."
    )


@check
def wrong_captions(subject: Subject, *, top: int = 100, sample: int = 5000, seed: int = 0) -> Iterator[Finding]:
    """Captions that fit their image least, for a person to look at: swapped records, captions of another work.

    Fit is how far the cosine of a caption and its image stands above those of the same image with the other captions
    and of the same caption with the other images, in standard deviations; had captions been dealt at random it would
    be about 0. A low fit is a question, not a fault: it may as well be a word or a kind of image that the encoder never
    learned.

    Options:
        top: How many works are listed, the least fitting first.
        sample: How many works are compared, at most; the others are not ranked.
        seed: Of the sample.
    """
    pairs = caption_pairs(subject, sample, seed)
    n = len(pairs.ids)
    fits = fit(pairs.texts[pairs.own], pairs.images)
    order = np.argsort(fits, kind="stable")
    worst = order[:top]
    better, _ = match_ranks(pairs.images[worst], pairs.texts, pairs.own[worst])
    rival = top_k(pairs.images[worst], pairs.texts, 1)[:, 0] if len(worst) else np.empty(0, np.int64)
    share = float((fits <= 0).mean())
    rows = tuple(
        (
            pairs.ids[i],
            pairs.captions[pairs.own[i]],
            round(float(fits[i]), 3),
            int(better[at]),
            pairs.ids[pairs.holder[rival[at]]],
            pairs.captions[rival[at]],
        )
        for at, i in enumerate(worst)
    )
    quantiles = np.quantile(fits, [0.01, 0.05, 0.5])
    yield Finding(
        sentence=f"{np.count_nonzero(fits <= 0):,} of {n:,} captions ({share:.1%}) fit their image no better than "
        f"captions of other works do; about half would, had captions been dealt at random{_unknown(share)}.",
        value=share,
        unit="share",
        n=n,
        denominator=pairs.what,
        null=0.5,
        null_by="captions dealt at random",
        examples=tuple(row[0] for row in rows[:MOST_EXAMPLES]),
        table=Table(
            columns=(
                "work", "its caption", "fit", f"captions that fit better, of {len(pairs.captions):,}",
                "work whose caption fits best", "that caption",
            ),
            rows=rows,
            ids=(0, 4),
        ),
        notes=(
            f"The least fitting {len(rows)} are listed, whether they are wrong or not. Fit of all: median "
            f"{quantiles[2]:.2f}, 5 % lie below {quantiles[1]:.2f}, 1 % below {quantiles[0]:.2f}.",
            "Captions in a language, or on a thing, that the encoder does not know fit badly without being wrong.",
            *pairs.notes,
        ),
    )  # fmt: skip

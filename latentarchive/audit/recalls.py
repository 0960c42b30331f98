"""How often captions find their images and images their captions, beside chance, and what no words can reach."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.pairs import Pairs
from latentarchive.measures.intervals import WILSON, wilson
from latentarchive.measures.matching import cosines, match_ranks, nearer, recall_at

KS = (1, 5, 10)
"""At how many results recall is told."""

WHOLE = 500
"""Captions that are asked of the whole archive where only a sample is compared in both directions."""


def recalls(pairs: Pairs) -> Iterator[Finding]:
    """Recall at 1, 5 and 10 in both directions; two findings."""
    n, u = len(pairs.ids), len(pairs.captions)
    asked = pairs.texts[pairs.own]
    there = match_ranks(asked, pairs.images, np.arange(n))
    back = match_ranks(pairs.images, pairs.texts, pairs.own)
    best = np.full(u, -np.inf)
    np.maximum.at(best, pairs.own, cosines(asked, pairs.images))
    anyone, _ = nearer(pairs.texts, pairs.images, best)
    sizes = np.bincount(pairs.own)
    rows = [_row("caption → its own image", k, recall_at(*there, k), k / n) for k in KS]
    rows += [
        _row("caption → any work that has it", k, recall_at(anyone, np.zeros(u), k), _chance_of_any(n, sizes, k))
        for k in KS
    ]
    rows += [_row("image → its own caption", k, recall_at(*back, k), k / u) for k in KS]
    table = Table(
        columns=("asked", "among the first", "found", "from", "to", "by chance", "questions"), rows=tuple(rows)
    )
    picture = Picture(
        kind="bars", x=0, y=(2, 5), alt="Bars: how often captions find images and images captions, beside chance."
    )
    for at, question, targets in (
        (2, "Asked for with its own caption, a work", f"{n:,} works"),
        (8, "Asked with the image of a work, its own caption", f"{u:,} different captions"),
    ):
        _, k, value, low, high, chance, _ = rows[at]
        yield Finding(
            sentence=f"{question} is among the first {k} of {targets} in {value:.1%} of cases "
            f"(95 % interval {low:.1%} to {high:.1%}; by chance {chance:.2%}){_no_better(low, chance)}.",
            value=value,
            unit="share",
            n=n,
            denominator=pairs.what,
            interval=(low, high),
            interval_by=WILSON,
            null=chance,
            null_by="k of n: any order",
            table=table if at == 2 else None,
            picture=picture if at == 2 else None,
            notes=(*pairs.notes, "Results that are exactly as near are taken in random order."),
        )


def _no_better(low: float, chance: float) -> str:
    return ": not to be told from chance" if low <= chance else ""


def _row(
    question: str, k: int, found: NDArray[np.float64], chance: float
) -> tuple[str, int, float, float, float, float, int]:
    low, high = wilson(float(found.sum()), len(found))
    return question, k, float(found.mean()), low, high, min(1.0, chance), len(found)


def _chance_of_any(n: int, sizes: NDArray[np.int64], k: int) -> float:
    """Chance that one of the works of a caption is among k of n in random order, in the mean over captions."""
    from scipy.stats import hypergeom

    return float(1 - hypergeom.pmf(0, n, sizes, min(k, n)).mean())


def repeated(pairs: Pairs) -> Finding:
    """How many works share their caption: what recall cannot reach."""
    n = len(pairs.ids)
    sizes = Counter(pairs.own.tolist())
    shared = sum(size for size in sizes.values() if size > 1)
    folded = Counter(_folded(pairs.captions[number]) for number in pairs.own.tolist())
    alike = sum(size for size in folded.values() if size > 1)
    most = [
        (pairs.ids[pairs.holder[number]], pairs.captions[number], size)
        for number, size in sizes.most_common(10)
        if size > 1
    ]
    return Finding(
        sentence=f"{shared:,} of {n:,} works share their caption with another ({alike:,} but for case, accents, "
        f"punctuation and the order of words): {len(pairs.captions):,} different captions for {n:,} works.",
        value=shared / n,
        unit="share",
        n=n,
        denominator=pairs.what,
        table=Table(columns=("first work", "caption", "works"), rows=tuple(most), ids=(0,)) if most else None,
        notes=("Words cannot tell such works apart, whatever the space.",),
    )


def _folded(caption: str) -> str:
    """A caption without case, accents, punctuation and order of words."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", caption.casefold()) if not unicodedata.combining(c))
    return " ".join(sorted("".join(c if c.isalnum() else " " for c in letters).split()))


def of_the_whole(pairs: Pairs, seed: int) -> Finding:
    """Recall at 10 of some captions among all images that are shown, exact and block by block."""
    archive = pairs.archive
    some = np.sort(np.random.default_rng(seed).choice(len(pairs.ids), min(WHOLE, len(pairs.ids)), replace=False))
    asked = pairs.texts[pairs.own[some]]
    mine = cosines(asked, pairs.images[some])
    before, ties = np.zeros(len(some), np.int64), np.zeros(len(some), np.int64) - 1  # the own one ties with itself
    visible = archive.visible
    for start, block in archive.embeddings.blocks():
        more, same = nearer(asked, block[visible[start : start + len(block)]], mine)
        before, ties = before + more, ties + same
    _, k, value, low, high, chance, _ = _row("", KS[-1], recall_at(before, ties, KS[-1]), KS[-1] / len(archive))
    return Finding(
        sentence=f"Among all {len(archive):,} works, {len(some)} captions have their own work among the first {k} in "
        f"{value:.1%} of cases (95 % interval {low:.1%} to {high:.1%}; by chance {chance:.3%})"
        f"{_no_better(low, chance)}.",
        value=value,
        unit="share",
        n=len(some),
        denominator=f"captions, a sample of {pairs.of:,}",
        interval=(low, high),
        interval_by=WILSON,
        null=chance,
        null_by="k of n: any order",
        notes=pairs.notes,
    )

"""The shape of the space: which works come up everywhere and which nowhere, how narrow it is, where it is empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from latentarchive.audit.crowding import apart, met, never_met, remotest
from latentarchive.audit.finding import Finding, Picture, Skip, Table
from latentarchive.audit.neighbours import neighbours
from latentarchive.audit.pairs import caption_pairs
from latentarchive.audit.registry import check
from latentarchive.audit.rows import SAMPLE, counted, drawn, vectors
from latentarchive.audit.subject import Subject
from latentarchive.audit.texts import text_vectors
from latentarchive.audit.vocabulary import knowledge, known, terms_of, unsure
from latentarchive.measures import geometry
from latentarchive.measures.matching import cosines

DRAWS = 200
"""Resamples that an interval comes from, and shuffles that a null comes from."""

ASKED = 2000
"""Works on which is measured whether the space knows a word."""

TYPICAL = 10
"""Works nearest to the mean direction that are shown, and as many farthest from it."""


@check
def hubs(subject: Subject, *, k: int = 10, sample: int = SAMPLE, seed: int = 0) -> Iterator[Finding]:
    """Works that are among the neighbours of very many others, and works that are among those of none.

    In spaces of many dimensions a few vectors lie near to everything (hubs), and many near to nothing (antihubs;
    Radovanović et al. 2010). Whoever walks from work to work will meet the ones again and again and never the others:
    a property of the space, before it is one of the collection. For words, see `retrieval.hubs`.

    Options:
        k: How many neighbours of each work are looked at.
        sample: How many works are looked at, at most.
        seed: Of the sample.
    """
    graph = neighbours(subject, k, sample, seed)
    yield met(graph)
    yield never_met(graph)


@check
def gap(subject: Subject, *, sample: int = 5000, seed: int = 0) -> Iterator[Finding]:
    """The modality gap: how far images as a whole lie from their captions as a whole.

    In CLIP both kinds keep to a cone of their own (Liang et al. 2022): so cosines of words with images are on another
    scale than those of images with images, and a text that is put in place of an image lies outside of all of them.

    Options:
        sample: How many works are looked at, at most.
        seed: Of the sample.
    """
    pairs = caption_pairs(subject, sample, seed)
    images, texts = pairs.images, pairs.texts[pairs.own]
    n = len(images)
    value = geometry.modality_gap(images, texts)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(n, np.full(n, 1 / n), DRAWS).astype(np.float32) / n
    low, high = np.quantile(np.linalg.norm(weights @ (images - texts), axis=1), [0.025, 0.975])
    signs = rng.choice(np.array([-1, 1], np.float32), (DRAWS, n)) / n
    null = float(np.mean(np.linalg.norm(signs @ (images - texts), axis=1)))
    matched = cosines(images, texts)
    image_mean, text_mean = images.mean(axis=0, dtype=np.float64), texts.mean(axis=0, dtype=np.float64)
    lengths = np.linalg.norm(image_mean), np.linalg.norm(text_mean)
    yield Finding(
        sentence=f"The mean of {n:,} images and that of their captions lie {value:.3f} apart; vectors have length 1. A "
        f"caption has a mean cosine of {matched.mean():.3f} with its own image and {image_mean @ text_mean:.3f} with "
        "any.",
        value=value,
        unit="length",
        n=n,
        denominator=pairs.what,
        interval=(float(2 * value - high), float(2 * value - low)),
        interval_by=f"basic bootstrap of {DRAWS} resamples of the works",
        null=null,
        null_by=f"image and caption swapped at random within works, mean of {DRAWS}",
        table=Table(
            columns=("what", "value"),
            rows=(
                ("gap: length of the difference of both means", value),
                ("length of the mean image", float(lengths[0])),
                ("length of the mean caption", float(lengths[1])),
                ("cosine of both means", float(image_mean @ text_mean / (lengths[0] * lengths[1]))),
                ("mean cosine of a caption with its own image", float(matched.mean())),
                ("mean cosine of a caption with any image", float(image_mean @ text_mean)),
            ),
        ),
        notes=pairs.notes,
    )


@check
def spread(subject: Subject, *, sample: int = SAMPLE, seed: int = 0) -> Iterator[Finding]:
    """How narrow the space is (mean cosine of two works), and how many of its dimensions the works fill.

    Vectors of a model crowd in a cone: even works that have nothing in common have a cosine far above 0, which is why
    a cosine says little by itself. The participation ratio is the number of dimensions that would be filled if the
    works spread evenly in so many and not at all in the others.

    Options:
        sample: How many works are looked at, at most.
        seed: Of the sample.
    """
    archive = subject.with_vectors()
    rows, of = drawn(subject, sample, seed)
    if len(rows) < 3:
        message = f"the spread of works needs 3 of them or more: there are {len(rows)}"
        raise Skip(message)
    what = counted(len(rows), of)
    found = geometry.cloud(vectors(archive, rows))
    variances = found.variances
    dim, total = len(variances), float(variances.sum())
    yield Finding(
        sentence=f"Two works have a cosine of {found.mean_cosine:.3f} in the mean; it would be 0 if they lay evenly in "
        "all directions.",
        value=found.mean_cosine,
        unit="cosine",
        n=len(rows),
        denominator=what,
        null=0.0,
        null_by="vectors spread evenly in all directions",
        notes=(f"All {len(rows) * (len(rows) - 1) // 2:,} pairs are in this mean.", _of(subject)),
    )
    filled = geometry.participation_ratio(variances)
    shares = np.minimum(np.cumsum(variances) / total, 1) if total else np.zeros(dim)
    steps = sorted({1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, dim} & set(range(1, dim + 1)))
    half = int(np.searchsorted(shares, 0.5)) + 1
    yield Finding(
        sentence=f"The works fill {filled:.1f} of {dim} dimensions; half of all that differs between them lies along "
        f"the first {half}." if total else "All works have one and the same vector.",
        value=filled,
        unit="dimensions",
        n=len(rows),
        denominator=what,
        table=Table(
            columns=("principal components", "share of the variance"),
            rows=tuple((step, float(shares[step - 1])) for step in steps),
        ),
        picture=Picture(
            kind="curve", x=0, y=(1,), alt="Curve: share of the variance that the first principal components hold."
        ),
        notes=("Participation ratio: (sum l)² / sum l² of the variances l along principal components.",),
    )  # fmt: skip


@check
def remote(subject: Subject, *, k: int = 10, top: int = 40, sample: int = SAMPLE, seed: int = 0) -> Iterator[Finding]:
    """Remote areas: the works whose nearest neighbours are far, and works that lie apart from a denser area.

    A remote work is unlike anything else here: something rare, something odd, or a fault (a blank page, a colour card,
    a scan upside down). It is a question to whoever knows the collection.

    Options:
        k: How many neighbours of each work are looked at.
        top: How many works are listed.
        sample: How many works are looked at, at most.
        seed: Of the sample.
    """
    graph = neighbours(subject, k, sample, seed)
    yield remotest(graph, top)
    yield apart(graph, top)


@check
def direction(
    subject: Subject, *, vocabulary: str = "", top: int = 20, sample: int = SAMPLE, seed: int = 0
) -> Iterator[Finding]:
    """Which way the space leans: the mean direction of all works, and the words and works nearest to it.

    What a search finds when nothing particular is asked for lies there: the default orientation of this archive. The
    words come from a list that is named; another list gives other words.

    Options:
        vocabulary: Text file, one term a line; "": the archive's own subjects, or general words where it has none.
        top: How many words are listed.
        sample: How many works are looked at, at most.
        seed: Of the sample.
    """
    archive = subject.with_vectors()
    terms, source = terms_of(subject, Path(vocabulary) if vocabulary else None)
    words = text_vectors(subject, terms)
    rows, of = drawn(subject, sample, seed)
    mean = sum(block.sum(axis=0, dtype=np.float64) for block in vectors(archive, rows)) / max(1, len(rows))
    length = float(np.linalg.norm(mean))
    if length < geometry.SMALLEST:
        message = "the works have no mean direction: they lie evenly on all sides"
        raise Skip(message)
    scores = words.astype(np.float64) @ (mean / length)
    some = rows[np.unique(np.linspace(0, len(rows) - 1, ASKED).astype(np.int64))]
    names = archive.collection.take(some, ["id"])["id"].to_pylist()
    areas = known(subject, names, terms, archive.embeddings.take(some) @ words.T)
    order = np.argsort(-scores, kind="stable")
    typical = np.concatenate([block @ (mean / length) for block in vectors(archive, rows)])
    ends = np.argsort(-typical, kind="stable")
    named = archive.collection.take(rows[np.concatenate([ends[:TYPICAL], ends[-TYPICAL:]])], ["id"])["id"].to_pylist()
    yield Finding(
        sentence=f"The mean direction of {len(rows):,} works is nearest to {_listed([terms[i] for i in order[:3]])}, "
        f"of {len(terms):,} terms of {source}; it has length {length:.3f}, where 1 is all works in one place"
        f"{unsure(areas)}.",
        value=length,
        unit="length",
        n=len(rows),
        denominator=counted(len(rows), of),
        table=Table(
            columns=("rank", "term", "cosine with the mean direction", "known (area under the curve)"),
            rows=tuple(
                (rank, terms[i], round(float(scores[i]), 4), float(areas[i]))
                for rank, i in enumerate(order[:top], start=1)
            ),
        ),
        picture=Picture(kind="bars", x=1, y=(2,), alt="Bars: the terms nearest to the mean direction of the works."),
        notes=(
            knowledge(areas),
            f"Terms of {source}; cosines lie from {scores.min():.3f} to {scores.max():.3f}. Taking the mean of all "
            "terms off each changes nothing in their order.",
            _of(subject),
        ),
    )
    shown = [*zip(named, np.concatenate([typical[ends[:TYPICAL]], typical[ends[-TYPICAL:]]]), strict=True)]
    yield Finding(
        sentence=f"The most typical work is {named[0]} (cosine {typical.max():.3f} with the mean direction), the least "
        f"typical {named[-1]} ({typical.min():.3f}).",
        value=float(np.median(typical)),
        unit="cosine in the median",
        n=len(rows),
        denominator=counted(len(rows), of),
        examples=tuple(dict.fromkeys(named)),
        table=Table(
            columns=("work", "cosine with the mean direction"),
            rows=tuple((one, round(float(score), 4)) for one, score in shown),
            ids=(0,),
        ),
        notes=(f"The {TYPICAL} most typical works stand first, then the {TYPICAL} least typical.",),
    )


def _listed(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


def _of(subject: Subject) -> str:
    return f"In the space of {subject.holding().manifest.encoder_name}; figures of other encoders cannot be compared."

"""Towards which words works move over the years: slopes of cosines, told as a finding."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from latentarchive.audit.chance import LEVEL
from latentarchive.audit.dated import dated_works
from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.audit.probes import Probed
from latentarchive.audit.subject import Subject
from latentarchive.audit.texts import text_vectors
from latentarchive.audit.vocabulary import KNOWN, knowledge, known, terms_of, unsure
from latentarchive.facets import WIDEST
from latentarchive.measures.drift import slopes
from latentarchive.measures.intervals import Z95


def movement(subject: Subject, works: Probed, vocabulary: Path | None, top: int) -> Finding:
    """The terms of a vocabulary with the slopes of their cosines, those that are surest to move first.

    Args:
        subject: What is audited.
        works: Some of its works; those that are dated count.
        vocabulary: As in `vocabulary.terms_of`.
        top: How many terms are listed.

    Raises:
        Skip: Too few works are dated, or the terms cannot be read or encoded.
    """
    from scipy.stats import false_discovery_control, norm

    when, dated = dated_works(subject, works)
    terms, source = terms_of(subject, vocabulary)
    vectors = text_vectors(subject, terms)
    cosines = works.spaces[0].rows[dated] @ vectors.T
    areas = known(subject, [works.ids[i] for i in dated], terms, cosines)
    slope, error = slopes(cosines, when / 100)
    p = 2 * norm.sf(np.abs(slope) / np.maximum(error, 1e-12))
    moved = false_discovery_control(p) <= LEVEL
    order = np.lexsort((np.arange(len(terms)), -np.abs(slope / np.maximum(error, 1e-12))))
    sure = (areas >= KNOWN) if (areas >= KNOWN).any() else np.ones(len(terms), bool)
    told = moved & sure
    towards = [terms[i] for i in order if told[i] and slope[i] > 0][:3]
    away = [terms[i] for i in order if told[i] and slope[i] < 0][:3]
    listed = order[sure[order]]
    said = "; ".join(
        f"{way} {', '.join(f'“{term}”' for term in some)}"
        for way, some in (("towards", towards), ("away from", away))
        if some
    )
    return Finding(
        sentence=f"Over the years the works move {said}: {int(told.sum())} of {len(terms):,} terms are known to this "
        f"space and told from chance{unsure(areas)}."
        if said
        else f"Towards none of {len(terms):,} terms that this space knows do the works move in a way told from chance.",
        value=float(told.mean()),
        unit="share",
        n=len(terms),
        denominator=f"terms of {source}",
        table=Table(
            columns=("term", "change of its cosine in 100 years", "from", "to", "p", "known (area under the curve)"),
            rows=tuple(
                (
                    terms[i],
                    float(slope[i]),
                    float(slope[i] - Z95 * error[i]),
                    float(slope[i] + Z95 * error[i]),
                    float(p[i]),
                    float(areas[i]),
                )
                for i in listed[:top]
            ),
        ),
        picture=Picture(
            kind="intervals",
            x=0,
            y=(1, 2, 3),
            alt="Terms with the change of the mean cosine in 100 years and its interval; right of the line they gain.",
            x_name="change of its cosine in 100 years",
            marks=((0.0, "no change"),),
        ),
        notes=(
            f"Slopes over {len(when):,} works dated within {WIDEST} years, from {when.min():.0f} to {when.max():.0f}, "
            "with White's errors; told from chance at a false discovery rate of 5 % (Benjamini and Hochberg 1995).",
            knowledge(areas) + (" Only those are listed." if not sure.all() else ""),
            "A catalogue's own subjects may change their meaning over time too; this is what the pictures do.",
        ),
    )

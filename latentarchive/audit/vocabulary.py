"""Words that the works are held against: the terms of a list that is named, and whether a space knows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Skip
from latentarchive.audit.subject import Subject
from latentarchive.bands import GENERAL_WORDS
from latentarchive.description import own_subjects, read_vocabulary
from latentarchive.errors import QueryError

FEWEST = 20
"""Works with a term, and works without, from which it is asked whether the space knows it."""

KNOWN = 0.7
"""Area under the curve from which a term is said to be known: 0.5 is a guess; our convention, after Hosmer and Lemeshow
(Applied Logistic Regression, 2000, section 5.2.4), who call it acceptable."""


def terms_of(subject: Subject, path: Path | None) -> tuple[list[str], str]:
    """The terms of a vocabulary, and what it is.

    Args:
        subject: What is audited.
        path: Text file, one term a line; None: the archive's own subjects, or general words where it has none.

    Raises:
        Skip: The file cannot be read or holds no term.
    """
    if path is not None:
        try:
            return read_vocabulary(path), str(path)
        except QueryError as error:
            raise Skip(str(error)) from error
    rows = subject.rows("SELECT subjects FROM items ORDER BY id")
    if terms := own_subjects(row[0] or () for row in rows):
        return terms, "the archive's own subjects"
    return list(GENERAL_WORDS), "a list of general words"


def known(
    subject: Subject, ids: Sequence[str], terms: Sequence[str], cosines: NDArray[np.floating]
) -> NDArray[np.float64]:
    """How well each term tells the works that the catalogue gives it from the others: the area under the ROC curve.

    An encoder that was trained on other pictures takes any word for something; what it says of these works then means
    nothing.

    Args:
        subject: What is audited.
        ids: Of some works.
        terms: t terms.
        cosines: shape (n, t), of these works with the terms.

    Returns:
        float64 (t,), from 0 to 1; NaN for terms that too few works have, or all.
    """
    from scipy.stats import rankdata

    stated = dict(subject.rows("SELECT id, subjects FROM items"))
    number = {term: place for place, term in enumerate(terms)}
    has = np.zeros(cosines.shape, bool)
    for row, one in enumerate(ids):
        has[row, [number[term] for term in stated.get(one) or () if term in number]] = True
    with_it, without = has.sum(axis=0), (~has).sum(axis=0)
    ranks = rankdata(cosines, axis=0)
    above = np.where(has, ranks, 0).sum(axis=0) - with_it * (with_it + 1) / 2
    enough = (with_it >= FEWEST) & (without >= FEWEST)
    return np.where(enough, above / np.maximum(with_it * without, 1), np.nan)


def knowledge(areas: NDArray[np.float64]) -> str:
    """In a sentence, what `known` found."""
    asked = areas[~np.isnan(areas)]
    if not len(asked):
        return "Whether this space knows these words cannot be told: too few works have them as subjects."
    good = int((asked >= KNOWN).sum())
    return (
        f"{good} of the {len(asked)} terms that can be asked are known to this space: their cosine tells the works "
        f"that have them as subjects from the others (area under the curve from {KNOWN}; {np.median(asked):.2f} in the "
        "median, 0.5 is a guess)."
    )


def unsure(areas: NDArray[np.float64]) -> str:
    """What a sentence adds where this space knows fewer than half of the words that can be asked; "" else."""
    asked = areas[~np.isnan(areas)]
    if not len(asked) or np.median(asked) >= KNOWN:
        return ""
    return ". But this space hardly knows these words, and their order says little"

"""What can be read from vectors: guesses for works that the reader never saw, and how good they are.

A probe is as simple as can be, so that what it reads stands in the vectors and not in the probe: least squares with a
ridge, and the vote of the nearest. Alain and Bengio (2016, arXiv 1610.01644); that what a probe learns by heart is
to be subtracted: Hewitt and Liang (EMNLP 2019), whose selectivity is the accuracy on the task less that on labels
dealt at random. Legend: n works; X (n, dim); labels from 0 to C - 1; fold (n,) the part in which each work is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.measures.intervals import Z95

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Rows = NDArray[np.float32]

FOLDS = 5
"""Parts: four fifths are learned from, one fifth is guessed, each in its turn."""

TOGETHER = 1024
"""Works whose neighbours are sought at a time."""


def folds(groups: Ints, parts: int = FOLDS) -> Ints:
    """Parts of about equal size in which no group is divided: the part of each work, int64 (n,).

    Raises:
        ValueError: There are fewer groups than parts.
    """
    from sklearn.model_selection import GroupKFold

    fold = np.empty(len(groups), np.int64)
    for part, (_, guessed) in enumerate(GroupKFold(parts).split(groups, groups=groups)):
        fold[guessed] = part
    return fold


def linear_labels(x: Rows, labels: Ints, fold: Ints) -> Ints:
    """Label of each work as a ridge classifier reads it, which learned from the other parts; int64 (n,).

    Labels weigh the same, however many works they have. The ridge is `dim` times the mean variance of a coordinate:
    as if half of what a label varies by stood in the vector.
    """
    from sklearn.linear_model import RidgeClassifier

    guess = np.zeros(len(labels), np.int64)
    for learn, asked in _parts(fold):
        known = labels[learn]
        if (known == known[0]).all():
            guess[asked] = known[0]
            continue
        probe = RidgeClassifier(alpha=x.shape[1], class_weight="balanced")
        scale = _scale(x[learn])
        guess[asked] = probe.fit(x[learn] * scale, known).predict(x[asked] * scale)
    return guess


def linear_values(x: Rows, values: Floats, fold: Ints) -> Floats:
    """A number of each work, for example its year, as ridge regression reads it; as `linear_labels`, float64 (n,)."""
    from sklearn.linear_model import Ridge

    guess = np.empty(len(values))
    for learn, asked in _parts(fold):
        scale = _scale(x[learn])
        probe = Ridge(alpha=x.shape[1]).fit(x[learn] * scale, values[learn])
        guess[asked] = probe.predict(x[asked] * scale)
    return guess


def neighbours_elsewhere(x: Rows, fold: Ints, k: int) -> Ints:
    """The k nearest works of other parts, best first: int64 (n, k). Of equal ones any; rows of unit length.

    Raises:
        ValueError: A part leaves fewer than k others.
    """
    found = np.empty((len(x), k), np.int64)
    for learn, asked in _parts(fold):
        if len(learn) < k:
            message = f"{k} neighbours are asked for among {len(learn)} works"
            raise ValueError(message)
        others = x[learn].T
        for start in range(0, len(asked), TOGETHER):
            some = asked[start : start + TOGETHER]
            scores = x[some] @ others
            best = np.argpartition(-scores, k - 1, axis=1)[:, :k] if k < len(learn) else np.argsort(-scores, axis=1)
            order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
            found[some] = learn[np.take_along_axis(best, order, axis=1)]
    return found


def voted_labels(near: Ints, labels: Ints, k: int) -> Ints:
    """Label of each work by the vote of its first k neighbours that have one, int64 (n,).

    A vote weighs the less, the more works have its label: otherwise common labels would win by their number. Works
    without such a neighbour get the most common label.

    Args:
        near: shape (n, more than k): neighbours, best first.
        labels: int64 (n,), -1 for works without.
        k: How many vote.
    """
    counts = np.bincount(labels[labels >= 0])
    votes = labels[near]
    votes = np.where((votes >= 0) & (np.cumsum(votes >= 0, axis=1) <= k), votes, -1)
    weight = np.zeros((len(near), len(counts)))
    for rank in range(votes.shape[1]):
        voter = np.flatnonzero(votes[:, rank] >= 0)
        # Nearer votes weigh a trace more: they decide where others tie.
        weight[voter, votes[voter, rank]] += (1 + 1e-6 / (rank + 1)) / counts[votes[voter, rank]]
    return np.where(weight.any(axis=1), weight.argmax(axis=1), int(counts.argmax()))


@dataclass(frozen=True, eq=False)
class Reading:
    """How good guesses of labels are."""

    #: Mean over the labels of the share of their works that were read right: 1 / C for any guess that knows nothing.
    balanced: float
    #: 95 % interval of it.
    low: float
    high: float
    #: Mean over the labels of F1.
    macro_f1: float
    #: Share read right of each label, float64 (C,).
    recalls: Floats


def reading(labels: Ints, guess: Ints) -> Reading:
    """Judge guesses of labels, each of which some work has.

    The interval is the normal one from the binomial variances of the recalls, each with a hit and a miss added
    (Agresti and Coull, 1998, in half), so that a label read right every time still counts as uncertain.
    """
    counts = np.bincount(labels)
    hits = np.bincount(labels[labels == guess], minlength=len(counts))
    recalls, smooth = hits / counts, (hits + 1) / (counts + 2)
    half = Z95 * float(np.sqrt((smooth * (1 - smooth) / counts).sum())) / len(counts)
    balanced = float(recalls.mean())
    guessed = np.bincount(guess, minlength=len(counts))[: len(counts)]
    f1 = 2 * hits / (counts + guessed)
    return Reading(balanced, max(0.0, balanced - half), min(1.0, balanced + half), float(f1.mean()), recalls)


def explained(values: Floats, guess: Floats) -> float:
    """R squared: the share of the squared differences from the mean that guesses explain; below 0 if they add some."""
    return 1 - float(((values - guess) ** 2).sum() / ((values - values.mean()) ** 2).sum())


def _parts(fold: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Works to learn from and works to guess, part by part."""
    for part in np.unique(fold):
        yield np.flatnonzero(fold != part), np.flatnonzero(fold == part)


def _scale(x: Rows) -> np.float32:
    """What makes the mean variance of a coordinate 1, so that one ridge suits any encoder."""
    spread = float(x.var(axis=0).mean())
    return np.float32(1 / np.sqrt(spread)) if spread > 0 else np.float32(1)

"""Describing an image with an explicit vocabulary: which of these words are nearest, and by how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive.errors import QueryError

MOST_SUBJECTS = 500
"""How many of an archive's own subjects serve as its vocabulary, the most frequent first."""


@dataclass(frozen=True, slots=True)
class TermScore:
    """One word for the image. Higher is nearer in all three figures."""

    rank: int
    term: str
    #: Cosine between the term and the image.
    score: float
    #: `score` minus that of the next term; None for the last of the vocabulary.
    margin: float | None
    #: `score` minus the term's mean cosine to the archive's images: what this image adds over any other.
    lift: float


@dataclass(frozen=True, slots=True)
class Description:
    """The nearest terms of a vocabulary to one image, best first."""

    image: str
    archive: str
    #: Where the words come from: a file, or the archive's own subjects.
    vocabulary: str
    n_terms: int
    terms: tuple[TermScore, ...]

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"terms": [asdict(term) for term in self.terms]}


def read_vocabulary(path: Path) -> list[str]:
    """Terms of a text file, one a line; empty lines and lines that begin with # are passed over.

    Raises:
        QueryError: The file is missing, not UTF-8 text, or holds no term.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        message = f"vocabulary {path} cannot be read ({why}); give a UTF-8 text file with one term a line"
        raise QueryError(message) from error
    terms = list(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")))
    if not terms:
        message = f"vocabulary {path} holds no term; write one a line"
        raise QueryError(message)
    return terms


def own_subjects(subjects: Iterable[Sequence[str]]) -> list[str]:
    """The archive's own subjects, most frequent first, `MOST_SUBJECTS` at most; equal counts in alphabetical order."""
    counts = Counter(term for row in subjects for term in row if term)
    return [term for term, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_SUBJECTS]]


def standings(found: Description, stated: Iterable[str]) -> list[tuple[str, int | None]]:
    """Where terms that the catalogue states of an image stand among those of a vocabulary.

    Args:
        found: A description by the whole vocabulary, the nearest first.
        stated: What the catalogue says, in its order.

    Returns:
        Each of them with its rank, whatever its case; None where the vocabulary has not got it.
    """
    ranks = {term.term.casefold(): term.rank for term in reversed(found.terms)}
    return [(term, ranks.get(term.casefold())) for term in dict.fromkeys(stated)]


def nearest_terms(
    image: NDArray[np.float32],
    terms: Sequence[str],
    vectors: NDArray[np.float32],
    mean_image: NDArray[np.float32],
    k: int,
) -> tuple[TermScore, ...]:
    """The k nearest terms.

    Args:
        image: float32 (dim,), unit.
        terms: t terms.
        vectors: float32 (t, dim), unit rows of the terms.
        mean_image: float32 (dim,), mean of the archive's unit rows, not normalised: its product with a
            term is the term's mean cosine.
        k: At most this many.
    """
    scores = vectors.astype(np.float64) @ image.astype(np.float64)
    lifts = scores - vectors.astype(np.float64) @ mean_image.astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    margins = [*(scores[order[:-1]] - scores[order[1:]]).tolist(), None]
    return tuple(
        TermScore(
            rank,
            terms[i],
            round(float(scores[i]), 6),
            None if margin is None else round(margin, 6),
            round(float(lifts[i]), 6),
        )
        for rank, (i, margin) in enumerate(zip(order[:k], margins, strict=False), start=1)
    )

"""Words that the works are held against: from a list that is named, encoded by the archive's own encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Skip
from latentarchive.audit.subject import Subject
from latentarchive.bands import GENERAL_WORDS
from latentarchive.description import own_subjects, read_vocabulary
from latentarchive.errors import EncoderError, MissingExtra, QueryError

TOGETHER = 256
"""Terms encoded at a time."""


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


def encoded(subject: Subject, terms: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of terms: float32 (t, dim). Raises `Skip` where the archive's encoder is not at hand."""
    try:
        encoder = subject.with_vectors().encoder
        parts = [encoder.encode_texts(terms[at : at + TOGETHER]).unit for at in range(0, len(terms), TOGETHER)]
    except (EncoderError, MissingExtra) as error:
        message = f"words cannot be encoded: {error}"
        raise Skip(message) from error
    return np.concatenate(parts)

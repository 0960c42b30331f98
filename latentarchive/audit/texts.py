"""Texts as vectors, encoded by the archive's own encoder and kept for all checks that ask with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from latentarchive.audit.finding import Skip
from latentarchive.audit.subject import Subject
from latentarchive.errors import EncoderError, MissingExtra

TOGETHER = 256
"""Texts encoded at a time."""


def text_vectors(subject: Subject, texts: Sequence[str], *, what: str = "words") -> NDArray[np.float32]:
    """Unit rows of texts in the archive's space, made once: float32 (t, dim).

    Args:
        subject: An archive with vectors.
        texts: t of them, from 1.
        what: What they are called where they cannot be encoded.

    Raises:
        Skip: There are no vectors, or the encoder is not at hand.
    """
    archive = subject.with_vectors()

    def made() -> NDArray[np.float32]:
        try:
            encoder = archive.encoder
            parts = [encoder.encode_texts(texts[at : at + TOGETHER]).unit for at in range(0, len(texts), TOGETHER)]
        except (EncoderError, MissingExtra) as error:
            message = f"{what} cannot be encoded: {error}"
            raise Skip(message) from error
        return np.concatenate(parts)

    return subject.kept("\n".join(("texts", *texts)), made)

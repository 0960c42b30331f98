"""Captions and images of one collection as vectors side by side, for checks that compare them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.finding import Skip
from latentarchive.audit.subject import Subject
from latentarchive.audit.texts import text_vectors


@dataclass(frozen=True, eq=False)
class Pairs:
    """Works that are shown and have a caption, all or a seeded sample, with the vectors of both sides; n works."""

    archive: Archive
    #: How many works have a caption, drawn or not.
    of: int
    rows: NDArray[np.int64]
    ids: tuple[str, ...]
    #: float32 (n, dim).
    images: NDArray[np.float32]
    #: u different captions, their vectors (u, dim), and the number of that of each work, (n,).
    captions: tuple[str, ...]
    texts: NDArray[np.float32]
    own: NDArray[np.int64]

    @property
    def holder(self) -> NDArray[np.int64]:
        """The first work with each caption: (u,)."""
        return np.unique(self.own, return_index=True)[1]

    @property
    def what(self) -> str:
        """What n counts."""
        drawn = "" if len(self.ids) == self.of else f", a sample of {self.of:,}"
        return f"works that are shown and have a caption{drawn}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any figure needs."""
        shown = len(self.archive)
        left = f"; {shown - self.of:,} of {shown:,} works have none and were left out" if shown > self.of else ""
        return (
            "The caption of a work is its text, else its title" + left + ".",
            f"Measured in the space of {self.archive.manifest.encoder_name}; figures of other encoders, or of another "
            "number of works, cannot be compared with these.",
        )


def caption_pairs(subject: Subject, sample: int, seed: int) -> Pairs:
    """The pairs of a subject, made once. Raises `Skip` where there are none."""
    return subject.kept(f"pairs {sample} {seed}", lambda: _drawn(subject, sample, seed))


def _drawn(subject: Subject, sample: int, seed: int) -> Pairs:
    archive = subject.with_vectors()
    rows = archive.rows("text <> '' OR title <> ''")
    if sample < 2 or len(rows) < 2:
        message = f"captions are compared with each other: {min(sample, len(rows))} of them is too few"
        raise Skip(message)
    of = len(rows)
    if of > sample:
        rows = np.sort(np.random.default_rng(seed).choice(rows, sample, replace=False))
    columns = archive.collection.take(rows, ["id", "title", "text"]).to_pydict()
    said = [text or title for text, title in zip(columns["text"], columns["title"], strict=True)]
    number: dict[str, int] = {}
    own = np.array([number.setdefault(caption, len(number)) for caption in said], np.int64)
    captions = tuple(number)
    texts = text_vectors(subject, captions, what="captions")
    images = archive.embeddings.take(rows)
    return Pairs(archive, of, rows, tuple(columns["id"]), images, captions, texts, own)

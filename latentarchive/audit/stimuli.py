"""What a test is made with: words as vectors, prompt by prompt, and the images of works, equally many a side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.finding import Skip
from latentarchive.audit.lists import SIDES, Instrument, Side
from latentarchive.audit.subject import Subject
from latentarchive.audit.texts import text_vectors
from latentarchive.measures.association import LEAST

SAME = 1e-5
"""Distance from the mean below which vectors of different words are one: their encoder cannot tell them apart."""


@dataclass(frozen=True, eq=False)
class Stimuli:
    """One side of a test: n words or n images."""

    name: str
    #: The words, or the ids of the works.
    labels: tuple[str, ...]
    #: float32 (prompts, n, dim) of words, (n, dim) of images.
    vectors: NDArray[np.float32]
    #: How many works the filter leaves; None for words.
    of: int | None

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the works; none for words."""
        return self.labels if self.of is not None else ()

    @property
    def said(self) -> str:
        """How many of what."""
        if self.of is None:
            return f"{self.name}: {', '.join(self.labels)}"
        drawn = f", drawn from {self.of:,}" if self.of > len(self.labels) else ""
        return f"{self.name}: {len(self.labels):,} images{drawn}"


def sides(subject: Subject, instrument: Instrument, language: str, most: int, seed: int) -> Mapping[str, Stimuli]:
    """The four sides of a test in one language.

    Of images, both targets get equally many, at most so many, drawn with the seed; works in both are left out of both.

    Raises:
        Skip: There are no vectors, too few works, or words that this encoder cannot tell apart.
        QueryError: A filter of the list cannot be read.
    """
    archive = subject.with_vectors()
    if most < LEAST:
        message = f"each side needs {LEAST} images or more, and at most {most} are asked for"
        raise Skip(message)
    given = dict(zip(SIDES, (instrument.x, instrument.y, instrument.a, instrument.b), strict=True))
    rows = {key: _rows(archive, side) for key, side in given.items() if not side.words}
    for one, other in (("x", "y"), ("a", "b")):
        if one in rows and other in rows:
            both = np.intersect1d(rows[one], rows[other])
            rows[one], rows[other] = np.setdiff1d(rows[one], both), np.setdiff1d(rows[other], both)
    for key in rows:
        if (n := len(rows[key])) < LEAST:
            side, works = given[key], "work is" if n == 1 else "works are"
            asked = f"for which {side.where}" if side.where else "with the ids of the list"
            message = f"{side.name}: {n:,} {works} shown {asked}, and each side needs {LEAST} or more"
            raise Skip(message)
    # Words and images can be the two targets of one test: then there are as many images as words.
    targets = [len(rows[key]) if key in rows else len(given[key].words[language]) for key in ("x", "y")]
    panel = instrument.panel(language)
    found = {}
    for key, side in given.items():
        if key in rows:
            size = min(*targets, most) if key in ("x", "y") else min(len(rows[key]), most)
            found[key] = _images(archive, side, rows[key], size, seed)
        else:
            found[key] = _words(subject, side.name, side.words[language], panel)
    if len(found["x"].labels) != len(found["y"].labels):
        counts = ", ".join(f"{found[key].name} {len(found[key].labels)}" for key in ("x", "y"))
        message = f"the targets must be equally many, since the test deals them anew between both sides: {counts}"
        raise Skip(message)
    return found


def _rows(archive: Archive, side: Side) -> NDArray[np.int64]:
    if side.where:
        return archive.rows(side.where)
    known = [row for row in archive.collection.rows(list(side.ids)) if row is not None and archive.visible[row]]
    return np.array(sorted(known), np.int64)


def _images(archive: Archive, side: Side, rows: NDArray[np.int64], size: int, seed: int) -> Stimuli:
    drawn = np.sort(np.random.default_rng(seed).choice(rows, size, replace=False))
    ids = archive.collection.take(drawn, ["id"])["id"].to_pylist()
    return Stimuli(side.name, tuple(ids), archive.embeddings.take(drawn), len(rows))


def _words(subject: Subject, name: str, words: Sequence[str], panel: Sequence[str]) -> Stimuli:
    if len(words) < LEAST:
        message = f"{name}: {len(words)} word is given, and each side needs {LEAST} or more"
        raise Skip(message)
    texts = [template.format(word) for template in panel for word in words]
    vectors = text_vectors(subject, texts).reshape(len(panel), len(words), -1)
    if float(np.linalg.norm(vectors - vectors.mean(axis=1, keepdims=True), axis=2).max()) < SAME:
        message = f"{name}: this encoder gives all of these words one and the same vector ({', '.join(words)})"
        raise Skip(message)
    return Stimuli(name, tuple(words), vectors, None)

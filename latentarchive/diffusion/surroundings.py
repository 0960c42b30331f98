"""The works around images, as an archive's encoder sees them; and how alike they are pixel by pixel."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentarchive.diffusion.contrast import Seen
from latentarchive.measures import likeness
from latentarchive.measures.copying import AROUND
from latentarchive.measures.hashing import WHOLE
from latentarchive.progress import Progress, silent

if TYPE_CHECKING:
    from latentarchive.archive import Archive

Ints = NDArray[np.int64]

NEAR = 10
"""Works around an image that are named, whose catalogue counts, and whose pixels are compared."""

COPY = 0.97
"""Likeness from which two pictures are copies, as in the checks `duplicates`; docs/design.md says how it was chosen."""

SAME = 1 - 1e-6
"""Cosine from which two vectors are one, up to the rounding of stored ones."""

EQUAL = 1e-6
"""Scores nearer than this are one: copies of a work do not stand before it."""

PAIRS = 256
"""Pairs of pictures that are laid over each other at a time."""


Pixels = NDArray[np.uint8]
"""A picture small enough to be compared, shape (64, 64, 3)."""


def pixels_of(image: Image.Image) -> Pixels:
    """An image of any size, squeezed into a square."""
    side = likeness.SIDE
    return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS))


class Surroundings:
    """The works of an archive that may be shown now, to be looked at from anywhere in its space."""

    def __init__(self, archive: Archive, progress: Progress = silent) -> None:
        """Of an archive with vectors; its withheld works are not there.

        Args:
            archive: Whose works.
            progress: Told "looking", the pictures that were looked at, and all of them once they are expected.
        """
        self.archive, self.visible = archive, archive.visible
        self._progress, self._done, self._total = progress, 0, 0
        self._pixels: dict[int, Pixels | None] = {}

    def expect(self, count: int) -> None:
        """So many more pictures will be looked at."""
        self._total += count
        self._progress("looking", self._done, self._total)

    def of_works(self, rows: Sequence[int]) -> list[Seen]:
        """Works among the others: without themselves and their copies."""
        vectors = self.archive.embeddings.take(list(rows))
        ids = [item.id for item in self.archive.collection.items(list(rows))]
        return self._seen(ids, vectors, [self.pixels(row) for row in rows], list(rows), [()] * len(ids))

    def of_images(
        self, ids: Sequence[str], images: Sequence[Image.Image], vectors: NDArray[np.float32], also: Sequence[Ints]
    ) -> list[Seen]:
        """Images that are no works of the archive.

        Args:
            ids: What to call them.
            images: They themselves.
            vectors: float32 (n, dim), unit rows of the archive's encoder.
            also: Of each: rows of works that its pixels are compared with although they may not be near.
        """
        return self._seen(ids, vectors, [pixels_of(image) for image in images], None, also)

    def places(self, vectors: NDArray[np.float32], than: NDArray[np.float64]) -> Ints:
        """How many works have a higher score with each vector than `than`, both (n,): from 0; read block by block."""
        nearer = np.zeros(len(vectors), np.int64)
        for start, block in self.archive.embeddings.blocks():
            scores = block[self.visible[start : start + len(block)]].astype(np.float64) @ vectors.T.astype(np.float64)
            nearer += (scores > than + EQUAL).sum(axis=0)
        return nearer

    def pixels(self, row: int) -> Pixels | None:
        """The thumbnail of a work, None if there is none."""
        if row not in self._pixels:
            data = self.archive.holdings.thumbnail(row) if self.archive.manifest.counts["images"] else b""
            self._pixels[row] = pixels_of(Image.open(io.BytesIO(data))) if data else None
        return self._pixels[row]

    def _seen(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        pictures: Sequence[Pixels | None],
        selves: Sequence[int] | None,
        also: Sequence[Ints | tuple[()]],
    ) -> list[Seen]:
        around = self._around(vectors, selves, AROUND + NEAR)
        looked = [
            list(dict.fromkeys([*rows[:NEAR].tolist(), *map(int, extra)]))
            for (rows, _), extra in zip(around, also, strict=True)
        ]
        alike = self._alike(pictures, looked)
        kept = []
        for number, (rows, scores) in enumerate(around):
            if selves is not None:  # its copies say nothing about what is near to an original
                copies = {row for row, value in alike[number].items() if value >= COPY}
                keep = np.array([s < SAME and row not in copies for row, s in zip(rows, scores, strict=True)], bool)
                rows, scores = rows[keep], scores[keep]
                alike[number] = {row: value for row, value in alike[number].items() if row in set(rows.tolist())}
            kept.append((rows[:AROUND], scores[:AROUND]))
        first = [int(rows[0]) if len(rows) else None for rows, _ in kept]
        owns = self._owns(
            list(zip(first, selves if selves is not None else itertools.repeat(None, len(first)), strict=True))
        )
        found = []
        for name, vector, (rows, scores), own, like in zip(ids, vectors, kept, owns, alike, strict=True):
            best = max(like, key=lambda row: like[row], default=None)
            found.append(
                Seen(
                    id=name,
                    vector=vector,
                    near=tuple(item.id for item in self.archive.collection.items(rows[:NEAR].tolist())),
                    scores=tuple(round(float(score), 6) for score in scores),
                    own=own,
                    alike=None if best is None else round(like[best], 4),
                    alike_to="" if best is None else self.archive.collection.items([best])[0].id,
                )
            )
        return found

    def _around(
        self, vectors: NDArray[np.float32], selves: Sequence[int] | None, k: int
    ) -> list[tuple[Ints, NDArray[np.float32]]]:
        index = self.archive.holdings.index
        assert index is not None
        found = index.search(vectors, k + 1, encoder=index.encoder, allowed=self.visible)
        if selves is None:
            return [(rows[:k], scores[:k]) for rows, scores in found]
        return [(rows[rows != own], scores[rows != own]) for own, (rows, scores) in zip(selves, found, strict=True)]

    def _owns(self, asked: Sequence[tuple[int | None, int | None]]) -> list[float | None]:
        """The score of each first work with the nearest one that is neither the second, nor the same to the encoder.

        For a work the second is it itself, which was not there when the first was found nearest to it.
        """
        rows = sorted({row for row, _ in asked if row is not None})
        near = self._around(self.archive.embeddings.take(rows), rows, NEAR) if rows else []
        others = dict(zip(rows, near, strict=True))
        best: list[float | None] = []
        for row, own in asked:
            found = zip(*others[row], strict=True) if row is not None else ()
            left = (round(float(score), 6) for other, score in found if other != own and score < SAME)
            best.append(next(left, None))
        return best

    def _alike(self, pictures: Sequence[Pixels | None], looked: Sequence[Sequence[int]]) -> list[dict[int, float]]:
        """How alike each picture is to each of the works that were looked at; nothing where there are no pixels."""
        found: list[dict[int, float]] = []
        for image, rows in zip(pictures, looked, strict=True):
            works = {row: work for row in rows if image is not None and (work := self.pixels(row)) is not None}
            values = alike(list(works.values()), [image] * len(works)) if image is not None else ()
            found.append({row: float(value) for row, value in zip(works, values, strict=True)})
            self._done += 1
            self._progress("looking", self._done, max(self._total, self._done))
        return found


def alike(works: Sequence[Pixels], images: Sequence[Pixels]) -> NDArray[np.float32]:
    """How much of each image's detail the work beside it explains, laid over it as it fits: shape (n,), at most 1."""
    values = [np.empty(0, np.float32)]
    for start in range(0, len(works), PAIRS):
        left, right = (np.stack(side[start : start + PAIRS]).astype(np.float32) for side in (works, images))
        whole = np.tile(np.asarray(WHOLE, np.float32), (len(left), 1))
        placed = likeness.fitted(likeness.grey(left), likeness.grey(right), whole)
        values.append(np.minimum(likeness.likeness(left, right, placed), 1))
    return np.concatenate(values)

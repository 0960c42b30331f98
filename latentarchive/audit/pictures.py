"""The pictures of an archive for checks that look at them: its thumbnails, or the originals where they are at hand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit.finding import Skip
from latentarchive.audit.subject import Subject
from latentarchive.errors import ArchiveError, ImageError
from latentarchive.images import decode

KINDS = ("thumbnails", "originals")


@dataclass(frozen=True)
class Chosen:
    """Rows that are looked at."""

    archive: Archive
    #: In order.
    rows: NDArray[np.int64]
    kind: str

    def pictures(self) -> Iterator[tuple[str, NDArray[np.uint8]]]:
        """Id and RGB, shape (height, width, 3), in row order; originals that are not at hand are left out."""
        read = (
            _thumbnails(self.archive, self.rows) if self.kind == "thumbnails" else _originals(self.archive, self.rows)
        )
        for row, image in read:
            yield self.archive.collection[row].id, np.asarray(image.convert("RGB"))


def chosen(subject: Subject, *, of: str, most: int) -> Chosen:
    """The items of a subject that are looked at: all that are shown, or `most` of them by a fixed draw.

    Args:
        subject: What is audited.
        of: ``thumbnails`` (at most 256 pixels a side) or ``originals``.
        most: How many at most.

    Raises:
        Skip: There are no images, or `of` is neither.
    """
    archive = subject.holding()
    if of not in KINDS:
        message = f"of must be {' or '.join(KINDS)}, got {of!r}"
        raise Skip(message)
    if not archive.manifest.counts["images"]:
        message = "this archive holds no images"
        raise Skip(message)
    ids = [item for (item,) in subject.rows("SELECT id FROM items")]
    rows = np.array(sorted(row for row in archive.collection.rows(ids) if row is not None), dtype=np.int64)
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
    return Chosen(archive, rows, of)


def _thumbnails(archive: Archive, rows: NDArray[np.int64]) -> Iterator[tuple[int, Image.Image]]:
    wanted = set(rows.tolist())
    for start, block in archive.holdings.thumbnails():
        for row, webp in enumerate(block, start):
            if webp and row in wanted:
                yield row, Image.open(io.BytesIO(webp), formats=["WEBP"])


def _originals(archive: Archive, rows: NDArray[np.int64]) -> Iterator[tuple[int, Image.Image]]:
    for row in rows.tolist():
        try:
            yield row, decode(archive.original(archive.collection[row].id)).image
        except (ArchiveError, ImageError):
            continue

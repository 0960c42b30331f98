"""`make_plate`: a neighbourhood of an archive, to be printed: a query or a work and the works nearest to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.errors import EncoderError, QueryError
from latentarchive.maps.linear import principal
from latentarchive.query import Hit

LEAST, MOST = 2, 60
"""Works on a plate: fewer make no neighbourhood, more no legible page."""


@dataclass(frozen=True, eq=False)
class Plate:
    """Works near to each other, with places to hang them by."""

    #: What was asked, in words.
    query: str
    archive: str
    title: str
    encoder: str
    #: The works, the nearest first; the one that was asked with, if one was, stands before all others at rank 0.
    hits: tuple[Hit, ...]
    #: float64 (n, 2): places by the two principal components of their vectors, x to the right, y upwards.
    xy: NDArray[np.float64]
    #: float32 (n, dim): their vectors.
    vectors: NDArray[np.float32]
    #: Share of their variance that the two components have.
    share: float
    #: Notes of the search.
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.hits)


def make_plate(archive: Archive, what: str, *, n: int = 24, where: str = "") -> Plate:
    """A work, or words, and the works nearest to it.

    Args:
        archive: With vectors; what is withheld is not on the plate.
        what: An item id of the archive (``id:`` forces one), an image file, or words.
        n: How many nearest works, at most.
        where: Only works for which this is true; see `Archive.search`.

    Raises:
        QueryError: n is out of range, or too few works are there.
        EncoderError, MissingExtra: The archive has no vectors; words or a file need its encoder.
    """
    if not LEAST - 1 <= n <= MOST:
        message = f"a plate shows {LEAST - 1} to {MOST} nearest works, got {n}"
        raise QueryError(message)
    if not archive.has_vectors:
        message = f"archive {archive.name} holds only metadata: without vectors there are no neighbours to show"
        raise EncoderError(message)
    found = archive.search(like=[what], by="meaning", where=where, k=n)
    hits = list(found.hits)
    item_id = what.removeprefix("id:")
    row = archive.collection.row(item_id)
    if row is not None and not what.startswith(("text:", "file:")):
        hits.insert(0, Hit(0, archive.item(item_id), None, "", (), 0, copy=False))
    if len(hits) < LEAST:
        message = f"archive {archive.name}: {len(hits)} work is there to show, at least {LEAST} would do"
        raise QueryError(message)
    rows = [archive.row(hit.item.id) for hit in hits]
    vectors = archive.embeddings.take(rows)
    plane = principal([vectors], 2)
    return Plate(
        query=found.query,
        archive=archive.name,
        title=archive.manifest.title,
        encoder=archive.manifest.encoder,
        hits=tuple(hits),
        xy=plane.place(vectors),
        vectors=vectors,
        share=plane.share,
        notes=found.notes,
    )

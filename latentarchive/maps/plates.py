"""Plates: works of an archive printed together, a neighbourhood (`make_plate`) or a choice (`chosen_plate`)."""

from __future__ import annotations

from collections.abc import Sequence
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

    #: What was asked, in words; of a choice what it is called.
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
    #: Whether somebody chose the works, in this order, and no search did.
    chosen: bool = False

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
    return _plate(archive, found.query, hits, notes=found.notes)


def chosen_plate(archive: Archive, item_ids: Sequence[str], name: str) -> Plate:
    """Works that somebody chose, in their order.

    Args:
        archive: With vectors: they say where on the plate a work hangs.
        item_ids: Works that are shown.
        name: What the choice is called.

    Raises:
        QueryError: There are too few works or too many for one plate, or one is unknown or withheld.
        EncoderError: The archive has no vectors.
    """
    if not LEAST <= len(item_ids) <= MOST:
        message = f"a plate shows {LEAST} to {MOST} works, got {len(item_ids)}"
        raise QueryError(message)
    hits = [Hit(n, archive.item(i), None, "", (), n, copy=False) for n, i in enumerate(item_ids, 1)]
    return _plate(archive, name, hits, chosen=True)


def _plate(
    archive: Archive, query: str, hits: Sequence[Hit], *, notes: tuple[str, ...] = (), chosen: bool = False
) -> Plate:
    vectors = archive.embeddings.take([archive.row(hit.item.id) for hit in hits])
    plane = principal([vectors], 2)
    return Plate(
        query=query,
        archive=archive.name,
        title=archive.manifest.title,
        encoder=archive.manifest.encoder_name,
        hits=tuple(hits),
        xy=plane.place(vectors),
        vectors=vectors,
        share=plane.share,
        notes=notes,
        chosen=chosen,
    )

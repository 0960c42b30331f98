"""Conditions from an archive: without withheld works, and without those that reserve data mining unless allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from latentarchive.diffusion.conditions import Condition, FromImage, FromNoise, Point, Told, Words, Works
from latentarchive.errors import ArchiveError, GeneratorError, QueryError
from latentarchive.images import decode
from latentarchive.rights import reserves_mining

if TYPE_CHECKING:
    from collections.abc import Sequence

    from latentarchive.archive import Archive


def retrieved(archive: Archive, ids: Sequence[str], *, allow_reserved: bool = False) -> Works:
    """Works of an archive as a condition.

    Args:
        archive: Where the vectors come from.
        ids: Which works; one that is named twice counts once. The shipped generator was trained on up to four.
        allow_reserved: Take also works whose rights reserve data mining, which are otherwise left out.

    Raises:
        QueryError: No such item in the archive, or it is withheld: withheld works condition nothing.
        GeneratorError: No work is given, or all of them reserve data mining.
    """
    if isinstance(ids, str):
        message = f"ids of works must be a list, got the text {ids!r}; put it in brackets"
        raise GeneratorError(message)
    ids = list(dict.fromkeys(ids))
    rows = [archive.row(item_id) for item_id in ids]
    reserved = [reserves_mining(item.mining) and not allow_reserved for item in archive.collection.items(rows)]
    taken = [i for i, left_out in enumerate(reserved) if not left_out]
    if ids and not taken:
        message = f"all {len(ids)} works reserve data mining, and so condition no image unless that is allowed by name"
        raise GeneratorError(message)
    rows = [rows[i] for i in taken]
    return Works(
        ids=tuple(ids[i] for i in taken),
        vectors=archive.embeddings.take(rows),
        encoder=archive.manifest.fingerprint,
        left_out=sum(reserved),
        reserved=tuple(item.id for item in archive.collection.items(rows) if reserves_mining(item.mining)),
        archive=archive,
        norms=archive.embeddings.norms[rows],
    )


def centroid(works: Works, *, weights: Sequence[float] | None = None, words: Words | None = None) -> Point:
    """The mean direction of works, at their mean length.

    A mean of unit vectors is shorter than they are; generators have not seen shorter ones, so that it is given the
    (weighted) mean of the lengths that the works' raw vectors had.

    Args:
        works: One or more.
        weights: Of each, not negative; None: all alike.
        words: What is said beside it.

    Raises:
        GeneratorError: Weights that are none, or works that lie opposite each other, so that they have no mean.
    """
    share = np.ones(len(works.ids)) if weights is None else np.asarray(weights, np.float64)
    if share.shape != (len(works.ids),) or not (np.isfinite(share) & (share >= 0)).all() or not share.sum() > 0:
        message = f"weights of {len(works.ids)} works must be as many numbers from 0 on, one above 0; got {weights}"
        raise GeneratorError(message)
    share = share / share.sum()
    mean = share @ works.vectors.astype(np.float64)
    length = float(np.linalg.norm(mean))
    if length < 1e-6:
        message = f"{len(works.ids)} works lie opposite each other, and have no mean direction"
        raise GeneratorError(message)
    return Point(
        vector=(mean / length).astype(np.float32),
        norm=None if works.norms is None else float(share @ works.norms),
        encoder=works.encoder,
        made="centroid" if len(works.ids) > 1 else "a work",
        ids=works.ids,
        weights=tuple(share.tolist()),
        left_out=works.left_out,
        reserved=works.reserved,
        archive=works.archive,
        words=words,
    )


def from_work(
    archive: Archive, item_id: str, *, strength: float, told: Told | None = None, allow_reserved: bool = False
) -> FromImage:
    """A work of an archive to begin from: its image file, or its thumbnail where the file is not at hand.

    Args:
        archive: Where it comes from.
        item_id: Which.
        strength: As in `FromImage`.
        told: What the generator is told beside it; None: nothing.
        allow_reserved: Take it also if its rights reserve data mining.

    Raises:
        QueryError: No such item, or it is withheld.
        GeneratorError: It reserves data mining, or the archive has no image of it.
        ImageError: Its file cannot be decoded.
    """
    reserved = reserves_mining(archive.item(item_id).mining)
    if reserved and not allow_reserved:
        message = f"{item_id} reserves data mining, and so no image begins from it unless that is allowed by name"
        raise GeneratorError(message)
    try:
        data = archive.original(item_id)
    except QueryError:
        raise
    except ArchiveError:
        data = archive.thumbnail(item_id)
    if not data:
        message = f"archive {archive.name} has no image of {item_id} to begin from"
        raise GeneratorError(message)
    return FromImage(
        image=decode(data).image.convert("RGB"),
        strength=strength,
        told=Words("") if told is None else told,
        item=item_id,
        reserved=reserved,
        archive=archive,
    )


def check_shown(told: Condition) -> None:
    """Raise `QueryError` if a work that conditions an image was withheld since it was retrieved."""
    if isinstance(told, FromImage | FromNoise):
        check_shown(told.told)
    if isinstance(told, FromNoise) or told.archive is None:
        return
    ids = told.ids if isinstance(told, Works | Point) else told.described if isinstance(told, Words) else (told.item,)
    for item_id in filter(None, ids):
        told.archive.row(item_id)

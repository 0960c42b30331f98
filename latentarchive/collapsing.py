"""Hits that show the same picture, told under the best of them: one place in the results, and nothing hidden.

Copies are evidence, of how a collection grew and of what a model saw more than once. So they are listed, each with
its own rank, and what is one picture is decided as in an audit: hashes propose, pixels decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latentarchive.measures import hashing, likeness
from latentarchive.miniature import Miniature, miniature
from latentarchive.query import Hit
from latentarchive.shown import ShownItems

RADIUS = 12
"""In how many of 64 bits the hashes of pictures may differ that are looked at, as in the suite of duplicates."""

KEPT = 2048
"""Miniatures that are kept in memory: 27 MB."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A hit that shows the picture of a better one."""

    hit: Hit
    #: ``file``: byte for byte the same; ``picture``: recompressed, resized, relit, or a little cut.
    same: Literal["file", "picture"]
    #: How much of the details the one explains of the other, from `likeness.SAME` to 1; 1 for a file.
    likeness: float


@dataclass(frozen=True, slots=True)
class Group:
    """The best-ranked hit of one picture, and the others in the order of their ranks."""

    best: Hit
    copies: tuple[Copy, ...] = ()


class Miniatures:
    """The miniatures of an archive's works, read as they are asked for."""

    def __init__(self, archive: ShownItems) -> None:
        """Those of this archive."""
        self._archive = archive
        self._kept = lru_cache(KEPT)(self._read)

    def __call__(self, item_id: str) -> Miniature | None:
        """The miniature of a work, None if the archive holds no images. Raises `QueryError` if it is not shown."""
        self._archive.row(item_id)  # what is kept of works that were withheld since is shown to nobody
        return self._kept(item_id)

    def _read(self, item_id: str) -> Miniature | None:
        data = self._archive.thumbnail(item_id)
        return miniature(data) if data else None


def collapsed(hits: Sequence[Hit], small: Callable[[str], Miniature | None]) -> tuple[Group, ...]:
    """Group the hits of one result.

    A hit joins the best-ranked one whose picture it shows. A generated image and a work never stand for each other.

    Args:
        hits: Best first; they keep their ranks.
        small: The miniature of an item by its id, as `Miniatures` gives it.

    Returns:
        Groups in the order of their best hits. Every hit is in one of them.
    """
    groups: list[tuple[int, list[Copy]]] = []
    alike = _alike(hits, small)
    for at, hit in enumerate(hits):
        for best, members in groups:
            first = hits[best]
            if first.item.generated != hit.item.generated:
                continue
            if hit.item.sha256 and hit.item.sha256 == first.item.sha256:
                members.append(Copy(hit, "file", 1.0))
                break
            if (best, at) in alike:
                members.append(Copy(hit, "picture", alike[best, at]))
                break
        else:
            groups.append((at, []))
    return tuple(Group(hits[best], tuple(members)) for best, members in groups)


def _alike(hits: Sequence[Hit], small: Callable[[str], Miniature | None]) -> dict[tuple[int, int], float]:
    """Pairs of hits, the better one first, that show the same picture, with their likeness."""
    found = [(at, tiny) for at, hit in enumerate(hits) if (tiny := small(hit.item.id)) is not None]
    if len(found) < 2:
        return {}
    places = [at for at, _ in found]
    colours = np.stack([tiny.colour for _, tiny in found])
    hashes = hashing.phash(np.stack([tiny.grey for _, tiny in found]))
    i, j = np.nonzero(np.triu(hashing.hamming(hashes, hashes) <= RADIUS, 1))
    kept = _first_look(colours, i, j) > likeness.FIRST_LOOK
    i, j = i[kept], j[kept]
    windows = np.tile(np.array(hashing.WHOLE, np.float32), (len(i), 1))
    scores = likeness.compared(colours[i], colours[j], windows)
    pairs = zip(i.tolist(), j.tolist(), scores.tolist(), strict=True)
    return {(places[a], places[b]): score for a, b, score in pairs if score >= likeness.SAME}


def _first_look(colours: NDArray[np.uint8], i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float32]:
    """How much of the contrast of pictures i the pictures j explain at 16 pixels a side, shape of i."""
    greys = likeness.grey(colours)
    seen, bearings = likeness.coarse(greys, hashing.WHOLE), likeness.bearings(greys)
    explained = np.matmul(bearings[j], seen[i][:, :, None])[:, :, 0]
    return np.asarray((explained**2).sum(axis=1), np.float32)

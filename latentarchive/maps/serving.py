"""`ShownMap`: what may be shown of a kept map now, as the bytes that a browser is sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.errors import QueryError
from latentarchive.items import Item
from latentarchive.maps.groups import MOST, OTHER, Groups, group
from latentarchive.maps.selecting import inside, parse_polygon
from latentarchive.maps.stored import TILES, StoredMap
from latentarchive.maps.tiles import ACROSS, cleared

REGION = "region"
"""What a map is coloured by where no field is named: the clusters of the vectors."""

GROUPINGS = 4
"""Groupings that are kept in memory: each has a text for every work."""


@dataclass(frozen=True, eq=False)
class ShownMap:
    """A kept map without the works that were withheld when this was made.

    Works have places from 0 to n - 1 here, in row order; after a work was withheld or restored another `ShownMap`, of
    another `version`, takes the place of this one.
    """

    archive: Archive
    stored: StoredMap
    #: Changes with the map, the archive and its log of withheld works.
    version: str
    #: int64 (n,): the places in the stored map that are shown.
    kept: NDArray[np.int64]
    _codes: dict[str, Groups] = field(default_factory=dict)

    @classmethod
    def now(cls, stored: StoredMap, archive: Archive) -> ShownMap:
        """What may be shown at this moment. Raises `ArchiveDamaged` if the archive was built anew meanwhile."""
        visible = archive.visible[stored.rows]
        digest = hashlib.sha256(stored.fingerprint.encode() + np.packbits(visible).tobytes())
        return cls(archive, stored, digest.hexdigest()[:16], np.flatnonzero(visible))

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def has_pictures(self) -> bool:
        """Whether there are tiles: not where the archive holds no images."""
        return (self.stored.folder / TILES).is_dir()

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """int64 (n,): row numbers in the archive, ascending."""
        return self.stored.rows[self.kept]

    @cached_property
    def xy(self) -> NDArray[np.float32]:
        """float32 (n, 2): from 0 to 1, y upwards."""
        return self.stored.xy[self.kept]

    def item(self, place: int) -> Item:
        """The work at a place. Raises `QueryError` if there is none."""
        if not 0 <= place < len(self):
            message = f"the map has no place {place}: it shows {len(self):,} works"
            raise QueryError(message)
        return self.archive.collection.items([int(self.rows[place])])[0]

    def place(self, item_id: str) -> int | None:
        """The place of a work; None if it is not on the map."""
        row = self.archive.collection.row(item_id)
        at = int(np.searchsorted(self.rows, -1 if row is None else row))
        return at if at < len(self) and self.rows[at] == row else None

    def selected(self, line: str) -> NDArray[np.int64]:
        """Places within a line as `selecting.polygon_text` writes it; "": none. Raises `QueryError`."""
        return np.flatnonzero(inside(parse_polygon(line), self.xy)) if line else np.empty(0, np.int64)

    def groups(self, by: str) -> Groups:
        """The works by `REGION` or by a field of the catalogue; see `maps.groups.group`. Raises `QueryError`."""
        found = self._codes.get(by)
        if found is None:
            found = self._regions() if by == REGION else group(self.archive, self.rows, by)
            for oldest in list(self._codes)[: 1 - GROUPINGS]:
                self._codes.pop(oldest, None)
            self._codes[by] = found
        return found

    def _regions(self) -> Groups:
        """Regions as groups: the largest have their own, numbered as in the map's record."""
        numbers = self.stored.regions[self.kept].astype(np.int64)
        most = int(self.stored.regions.max(initial=0))
        names = [f"{REGION} {number}" for number in range(1, min(most, MOST) + 1)]
        names += [OTHER] if most > MOST else []
        values = tuple(f"{REGION} {number}" for number in numbers.tolist())
        return Groups(REGION, tuple(names), np.minimum(numbers - 1, MOST), ordered=False, values=values)

    # What is sent, little-endian.

    def points(self) -> bytes:
        """All x, then all y, as float32: 8 bytes a work."""
        return np.ascontiguousarray(self.xy.T, "<f4").tobytes()

    def codes(self, by: str) -> bytes:
        """The group of each work as uint8; see `groups`."""
        return self.groups(by).of.astype(np.uint8).tobytes()

    def mask(self, chosen: NDArray[np.int64]) -> bytes:
        """Works as bits, the first in the lowest bit of the first byte: an eighth of a byte a work."""
        bits = np.zeros(len(self), bool)
        bits[chosen] = True
        return np.packbits(bits, bitorder="little").tobytes()

    def cells(self, level: int) -> bytes:
        """The cells of a level that show a work, as int32 triples: column, row from the top, place."""
        cells = self.stored.cells[self.stored.cells[:, 0] == level, 1:]
        places = np.searchsorted(self.kept, cells[:, 2])
        shown = self.kept[np.minimum(places, len(self) - 1)] == cells[:, 2] if len(self) else np.zeros(len(cells), bool)
        return np.column_stack([cells[shown, :2], places[shown]]).astype("<i4").tobytes()

    def tile(self, level: int, column: int, row: int) -> bytes:
        """A tile as WebP, without the pictures of works that are withheld; empty if there is none."""
        try:
            webp = self.stored.tile(level, column, row).read_bytes()
        except OSError:
            return b""
        cells = self.stored.cells
        held = cells[(cells[:, :3] // [1, ACROSS, ACROSS] == [level, column, row]).all(axis=1)]
        gone = held[~np.isin(held[:, 3], self.kept)]
        return cleared(webp, gone[:, 1:3].tolist()) if len(gone) else webp

    def thumbnail(self, place: int) -> bytes:
        """WebP of the work at a place, at most 256 px a side; empty if there is none. Raises `QueryError`."""
        return self.archive.thumbnail(self.item(place).id)

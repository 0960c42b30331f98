"""`ShownItems`: the items of an archive without those that are withheld."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from latentarchive import manifest as layout
from latentarchive.collection import Collection
from latentarchive.errors import ArchiveDamaged, QueryError
from latentarchive.filters import matching
from latentarchive.holdings import Holdings
from latentarchive.items import Item
from latentarchive.withheld import WithheldLog


class ShownItems:
    """What may be shown of an archive, as its log of withheld items says at the moment."""

    def __init__(self, holdings: Holdings) -> None:
        """What may be shown of these holdings."""
        self.holdings = holdings
        self.path = path = holdings.path
        self.manifest = holdings.manifest
        self._built = _stamp(path)
        self.log = WithheldLog(path / layout.WITHHELD)
        self._visible: tuple[object, NDArray[np.bool_]] | None = None
        self._where, self._ids = "", frozenset[str]()

    @property
    def name(self) -> str:
        """Name of the recipe it was built from."""
        return self.manifest.name

    @property
    def collection(self) -> Collection:
        """All rows, withheld ones too; what is shown goes through `item`, `search` or `shown`."""
        return self.holdings.collection

    def __len__(self) -> int:
        """How many items are shown: withheld ones are not counted."""
        return int(self.visible.sum())

    def only(self, where: str = "", ids: Sequence[str] = ()) -> Self:
        """The same archive with some of its items alone: the others are not in it, whoever asks and however.

        Args:
            where: A filter; "": all items that are shown.
            ids: Those of them that are left, as far as the archive has them; none: all.

        Raises:
            QueryError: The filter cannot be read, now or when an item is withheld or restored.
        """
        fewer = type(self)(self.holdings)
        fewer._built, fewer._where, fewer._ids = self._built, where, frozenset(ids)
        _ = fewer.visible
        return fewer

    # Looking at items.

    @property
    def visible(self) -> NDArray[np.bool_]:
        """Shape (n,), False for the rows that are withheld now, and for those that `only` left out.

        It follows the log while the archive is open.

        Raises:
            ArchiveDamaged: The archive was replaced by another build since it was opened: its rows are others.
        """
        if _stamp(self.path) != self._built:
            message = f"{self.path} was built anew since it was opened; open it again"
            raise ArchiveDamaged(message)
        stamp = self.log.stamp
        held = self._visible
        if held is None or held[0] != stamp:
            mask = np.ones(len(self.collection), dtype=bool)
            mask[[row for row in self.collection.rows(list(self.log.current())) if row is not None]] = False
            if self._where:  # the filter never meets a withheld row either
                mask[mask] = matching(self.collection.where(mask), self._where)
            if self._ids:
                rows = [row for row in self.collection.rows(sorted(self._ids)) if row is not None]
                left = np.zeros(len(mask), dtype=bool)
                left[rows] = mask[rows]
                mask = left
            mask.setflags(write=False)
            self._visible = held = (stamp, mask)
        return held[1]

    def row(self, item_id: str) -> int:
        """Row number of an item that is shown. Raises `QueryError` if it is unknown or withheld."""
        row = self.collection.row(item_id)
        if row is None or not (self.visible[row] or item_id in self.log.current()):
            message = f"archive {self.name} has no item {item_id!r}"
            raise QueryError(message)
        if not self.visible[row]:
            message = f"item {item_id!r} is withheld; `restore` it to use it"
            raise QueryError(message)
        return row

    def item(self, item_id: str) -> Item:
        """One item. Raises `QueryError` if it is unknown or withheld."""
        return self.collection.items([self.row(item_id)])[0]

    def allowed(self, where: str = "") -> NDArray[np.bool_]:
        """Shape (n,), True for the rows that are shown and satisfy a filter ("": all). Raises `QueryError`.

        The filter never meets a withheld row: its errors quote values.
        """
        if not where:
            return self.visible
        allowed = self.visible.copy()
        allowed[allowed] = matching(self.collection.where(allowed), where)
        return allowed

    def worded(self, words: str, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The rows of which a search of the catalogue's words alone would list all; see `words.Words.search`.

        Args:
            words: As they are asked; none: no row.
            among: shape (n,), the rows that may be found.

        Returns:
            Shape (n,), False where `among` is.
        """
        mask = np.zeros(len(among), dtype=bool)
        mask[self.holdings.words.search(words, len(among), allowed=among).rows] = True
        return mask

    def rows(self, where: str = "") -> NDArray[np.int64]:
        """Row numbers of the items that are shown and satisfy a filter ("": all), in order. Raises `QueryError`."""
        return np.flatnonzero(self.allowed(where)).astype(np.int64)

    def shown(self, where: str = "", *, block: int = 4096) -> Iterator[Item]:
        """The items that are shown and satisfy a filter, in row order, read block by block. Raises `QueryError`."""
        rows = self.rows(where)
        for start in range(0, len(rows), block):
            yield from self.collection.items(rows[start : start + block])

    def thumbnail(self, item_id: str) -> bytes:
        """WebP of an item, at most 256 px a side; empty if the archive holds no images. `QueryError` as `item`."""
        return self.holdings.thumbnail(self.row(item_id))

    def original(self, item_id: str) -> bytes:
        """The bytes of an item's image file, read from the collection itself.

        Raises:
            QueryError: The item is unknown or withheld.
            ArchiveError: The collection is not where it was, or is not known (published copies).
        """
        return self.holdings.original(self.item(item_id).image)

    # Looking after it.

    def withhold(self, item_ids: Sequence[str], *, reason: str, who: str = "") -> list[str]:
        """Withhold items from everything the program shows.

        Args:
            item_ids: Items of this archive; those already withheld are passed over.
            reason: Kept in the log; not empty.
            who: Kept in the log; "": the name of the user's account.

        Returns:
            Ids of items that are still shown although their image has the same bytes as one withheld now.

        Raises:
            QueryError: An id is unknown (then nothing is withheld), or there is no reason.
            WriteRefused: The log cannot be written.
        """
        shas = {item.sha256 for item in self._change("withhold", item_ids, reason, who)} - {""}
        same = pc.is_in(self.collection.table["sha256"], value_set=pa.array(sorted(shas), pa.string()))
        rows = np.flatnonzero(np.asarray(same.combine_chunks(), dtype=bool) & self.visible)
        return [item.id for item in self.collection.items(rows)]

    def restore(self, item_ids: Sequence[str], *, reason: str, who: str = "") -> None:
        """Undo `withhold`; the log keeps both. Raises as `withhold` does."""
        self._change("restore", item_ids, reason, who)

    def _change(self, action: str, item_ids: Sequence[str], reason: str, who: str) -> list[Item]:
        unique = list(dict.fromkeys(item_ids))
        rows = []
        for item_id, row in zip(unique, self.collection.rows(unique), strict=True):
            if row is None:
                message = f"archive {self.name} has no item {item_id!r}; nothing was changed"
                raise QueryError(message)
            rows.append(row)
        items = self.collection.items(rows)
        self.log.change(action, [item.id for item in items], reason=reason, who=who)
        return items


def _stamp(path: Path) -> tuple[int, int]:
    """Tells one ``archive.json`` from the next that is put in its place."""
    try:
        stat = (path / layout.MANIFEST).stat()
    except FileNotFoundError:
        return (0, 0)
    return (stat.st_ino, stat.st_mtime_ns)

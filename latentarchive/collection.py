"""`Collection`: the items of an archive, by row number, by id, or column by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from latentarchive.arrays import integers, strings
from latentarchive.catalogue import SCHEMA, from_table
from latentarchive.columnar import open_columns
from latentarchive.errors import ArchiveDamaged
from latentarchive.items import Item, digest
from latentarchive.lookup import FirstRows
from latentarchive.packed import PackedRows

FEW = 8
"""So many ids are looked for one by one, as a command asks for them; then their hashes are put in order."""


class Collection(Sequence[Item]):
    """The items of an archive in row order, memory-mapped: opening reads no rows.

    A sequence of `Item`; `table` gives the same rows as Arrow columns for filters and tables.
    """

    def __init__(self, columns: Path, packed: Path) -> None:
        """Open an archive's ``items.arrow`` and ``items.packed``, which hold the same rows.

        Raises:
            ArchiveDamaged: One of them is missing, torn, of other columns, or not as long as the other.
        """
        self.path = columns
        self.table: pa.Table = open_columns(columns)
        self._packed = PackedRows(packed)
        if len(self._packed) != len(self.table):
            message = (
                f"{packed} holds {len(self._packed)} rows, {columns} {len(self.table)}; "
                "delete both and they are rebuilt"
            )
            raise ArchiveDamaged(message)
        self._asked = 0
        self._ids: FirstRows | None = None

    def __len__(self) -> int:
        return len(self._packed)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return self.items(range(*row.indices(len(self))))
        if not -len(self) <= row < len(self):
            message = f"row {row} of a collection of {len(self)} items"
            raise IndexError(message)
        return self.items([row % len(self)])[0]

    def items(self, rows: Iterable[int]) -> list[Item]:
        """The items at these row numbers, in the order given."""
        return from_table(self.take(rows))

    def take(self, rows: Iterable[int], columns: Sequence[str] | None = None) -> pa.Table:
        """The rows with these numbers as an Arrow table, in the order given; all columns unless some are named.

        Raises:
            IndexError: There is no such row.
        """
        wanted = np.fromiter(rows, np.int64)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < len(self):
            message = f"rows {wanted.min()} to {wanted.max()} of a collection of {len(self)} items"
            raise IndexError(message)
        return self._packed.take(wanted) if columns is None else self._columns(wanted, list(columns))

    def where(self, mask: NDArray[np.bool_]) -> pa.Table:
        """The rows where a mask of shape (n,) is True, in order, as an Arrow table that shares their memory."""
        edges = np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
        runs = [self.table.slice(start, stop - start) for start, stop in edges.tolist()]
        return pa.concat_tables(runs) if runs else self.table.slice(0, 0)

    def row(self, item_id: str) -> int | None:
        """The row number of an item, None if there is no such item."""
        return self.rows([item_id])[0]

    def rows(self, item_ids: Sequence[str]) -> list[int | None]:
        """The row number of each of these items, None for those that are not here."""
        self._asked += len(item_ids)
        if self._asked <= FEW:
            return [self._sought(item_id) for item_id in item_ids]
        if self._ids is None:
            self._ids = FirstRows(self.table["id"])
        return [self._ids.get(item_id) for item_id in item_ids]

    def __iter__(self) -> Iterator[Item]:
        for batch in self.table.to_batches():
            yield from from_table(batch)

    def digest(self) -> str:
        """SHA-256 over the canonical JSON of every row in order: equal collections have equal digests."""
        return digest(self)

    def _sought(self, item_id: str) -> int | None:
        found = pc.index(self.table["id"], strings([item_id])[0]).as_py() if _is_unicode(item_id) else -1
        return None if found < 0 else found

    def _columns(self, rows: NDArray[np.int64], names: list[str]) -> pa.Table:
        # Batch by batch: `take` of a table of many batches looks through all of them for every column.
        batches = self.table.select(names).to_batches()
        starts = np.cumsum([0, *(batch.num_rows for batch in batches)])
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        edges = np.searchsorted(ascending, starts).tolist()
        pieces = [
            batch.take(integers(ascending[first:last] - start))
            for batch, start, (first, last) in zip(batches, starts, pairwise(edges), strict=False)
            if first < last
        ]
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        schema = pa.schema([SCHEMA.field(name) for name in names])
        return pa.Table.from_batches(pieces, schema).combine_chunks().take(integers(back))


def _is_unicode(text: str) -> bool:
    """False for text with lone surrogates, as command lines that are not UTF-8 give it; no item has such an id."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

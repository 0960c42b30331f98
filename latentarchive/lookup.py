"""The row of a text in a column, without looking through the column each time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


class FirstRows:
    """The first row that has a text in a column: 16 bytes a row in memory, the texts stay where they are."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column
        hashes = np.fromiter((hash(v) for chunk in column.chunks for v in chunk.to_pylist()), np.int64, len(column))
        self._order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]

    def get(self, text: str) -> int | None:
        """The number of the row, None if there is none."""
        wanted = hash(text)
        for place in range(int(np.searchsorted(self._hashes, wanted)), len(self._hashes)):
            if self._hashes[place] != wanted:
                break
            row = int(self._order[place])
            if self._column[row].as_py() == text:
                return row
        return None

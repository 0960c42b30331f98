"""``items.packed``: all items, each in one piece, mapped into memory, for whatever wants rows by their numbers.

In columns a row lies in some fifty places of the file, here in one. The rows come one after the other, then n + 1
little-endian int64: where each row begins, and at last where the rows end, which is where this table begins.

A row is its values in the order of `SCHEMA` as UTF-8, each ended by the byte FF; the members of a list, and in turn
the keys and values of a mapping, are ended by FE. Neither byte is ever part of UTF-8. Years and sizes are decimal;
nothing stands for null.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.arrays import integers, null_if_empty, texts
from latentarchive.catalogue import SCHEMA, read_part
from latentarchive.errors import ArchiveDamaged
from latentarchive.mapping import expect, expect_scattered, map_file

VALUE, MEMBER = b"\xff", b"\xfe"
"""End a value, and a member of one that is a list."""

BLOCK = 8_192
"""Rows unpacked at a time: their texts stay far below the 2 GiB that one array of them can hold."""


class PackedRows:
    """The rows of an ``items.packed``: opening reads none of them."""

    def __init__(self, path: Path) -> None:
        """Open a file. Raises `ArchiveDamaged` if it is missing or torn."""
        self.path = path
        try:
            self._bytes = map_file(path)
            expect_scattered(self._bytes)
            end = int.from_bytes(self._bytes[-8:], "little")
            self._starts = np.frombuffer(self._bytes, "<i8", offset=end)
            if self._starts[0] != 0:
                message = "its rows do not begin where it says"
                raise ValueError(message)
        except (OSError, ValueError, OverflowError) as error:
            raise self._damaged(error) from error

    def __len__(self) -> int:
        return len(self._starts) - 1

    def take(self, rows: NDArray[np.int64]) -> pa.Table:
        """The rows with these numbers, shape (m,), each from 0 to n - 1, as an Arrow table in the order given.

        Raises:
            ArchiveDamaged: What lies there is not a row.
        """
        blocks = [self._block(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK)]
        return pa.concat_tables(blocks) if blocks else SCHEMA.empty_table()

    def _block(self, rows: NDArray[np.int64]) -> pa.Table:
        places = len(self._bytes) - self._starts.nbytes + 8 * rows
        try:
            expect(self._bytes, places, places + 16)
            begin, end = self._starts[rows], self._starts[rows + 1]
            expect(self._bytes, begin, end)
            pieces = [self._bytes[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
            return _unpacked(b"".join(pieces), len(rows))
        except (OSError, ValueError, OverflowError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> ArchiveDamaged:
        return ArchiveDamaged(f"{self.path} cannot be read ({error}); delete it and it is rebuilt from items/")


def write_packed(parts: Iterable[Path], path: Path) -> None:
    """Pack the rows of Parquet parts, whole or not at all.

    Raises:
        WriteRefused: The disk is full, or we may not write there.
        ArchiveDamaged: A part is missing or cannot be read.
    """

    def fill(handle: IO[bytes]) -> None:
        starts, end = [np.zeros(1, "<i8")], 0
        for part in parts:
            for batch in read_part(part).to_batches():
                rows = _packed(batch)
                starts.append(end + np.cumsum(pc.binary_length(rows).to_numpy(zero_copy_only=False), dtype="<i8"))
                end = int(starts[-1][-1])
                handle.write(b"".join(rows.to_pylist()))
        handle.write(np.concatenate(starts).tobytes())

    storage.write_stream(path, fill)


def _packed(batch: pa.RecordBatch) -> pa.BinaryArray:
    """Each row of a batch with the columns of `SCHEMA`, as the bytes that are written of it."""
    return _ended(VALUE, *map(_value, batch.columns))


def _value(column: pa.Array) -> pa.Array:
    if pa.types.is_map(column.type):
        members = pc.binary_join_element_wise(_ended(MEMBER, column.keys), _ended(MEMBER, column.items), b"")
    elif pa.types.is_list(column.type):
        members = _ended(MEMBER, column.values)
    else:
        return column.cast(pa.string())
    return pc.binary_join(pa.ListArray.from_arrays(column.offsets, members), b"")


def _ended(by: bytes, *columns: pa.Array) -> pa.Array:
    """Columns side by side, with an ending after each; null is like an empty text."""
    values = [column.cast(pa.binary()) for column in columns]
    nothing, ending = pa.scalar(b"", pa.binary()), pa.scalar(by, pa.binary())
    return pc.binary_join_element_wise(*values, nothing, ending, null_handling="replace", null_replacement="")


def _unpacked(data: bytes, n: int) -> pa.Table:
    """The table of so many packed rows. Raises `ValueError` if they are not so many."""
    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw >= MEMBER[0])
    found = texts(raw[raw < MEMBER[0]], np.r_[0, ends - np.arange(len(ends))])
    # The number, among all texts, of the last of each value: (n, columns); and how many members come before it.
    last = np.flatnonzero(raw[ends] == VALUE[0]).reshape(n, len(SCHEMA))
    members = np.diff(last.ravel(), prepend=-1).reshape(last.shape) - 1
    columns = [_column(kind.type, found, last[:, c], members[:, c]) for c, kind in enumerate(SCHEMA)]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _column(kind: pa.DataType, found: pa.Array, last: NDArray[np.int64], members: NDArray[np.int64]) -> pa.Array:
    if not pa.types.is_nested(kind):
        column = found.take(integers(last))
        return column if pa.types.is_string(kind) else null_if_empty(column).cast(kind)
    offsets = np.cumsum(np.r_[0, members])
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], members)
    inner = np.repeat(last - members, members) + within
    if pa.types.is_map(kind):
        ends = integers(offsets // 2).cast(pa.int32())
        return pa.MapArray.from_arrays(ends, found.take(integers(inner[::2])), found.take(integers(inner[1::2])))
    return pa.ListArray.from_arrays(integers(offsets).cast(pa.int32()), found.take(integers(inner)))

"""Items as CSV, JSON Lines and Parquet, written block by block."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.catalogue import SCHEMA
from latentarchive.items import Item

BLOCK = 4096
"""Items read at a time."""


def write_csv(archive: Archive, rows: NDArray[np.int64], out: Path) -> None:
    """UTF-8 CSV with a byte-order mark, so that spreadsheets read accents; see `flat` for the columns."""
    storage.write_stream(out, lambda handle: _fill_csv(_items(archive, rows), handle))


def write_jsonl(archive: Archive, rows: NDArray[np.int64], out: Path) -> None:
    """One JSON object an item and line, with every column of an item."""
    storage.write_stream(out, lambda handle: handle.writelines(map(_line, _items(archive, rows))))


def write_parquet(archive: Archive, rows: NDArray[np.int64], out: Path) -> None:
    """Parquet with the archive's own item columns."""

    def fill(handle: IO[bytes]) -> None:
        with pq.ParquetWriter(handle, SCHEMA, compression="zstd") as writer:
            for start in range(0, len(rows), BLOCK):
                writer.write_table(archive.collection.take(rows[start : start + BLOCK]))

    storage.write_stream(out, fill)


def to_csv(items: Iterable[Item]) -> bytes:
    """What `write_csv` writes, of a list of items in their order."""
    buffer = io.BytesIO()
    _fill_csv(items, buffer)
    return buffer.getvalue()


def to_jsonl(items: Iterable[Item]) -> bytes:
    """What `write_jsonl` writes, of a list of items in their order."""
    return b"".join(map(_line, items))


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record for a table of plain cells: lists joined with "; ", mappings as JSON, None as an empty cell."""
    return {name: _cell(value) for name, value in record.items()}


def _fill_csv(items: Iterable[Item], handle: IO[bytes]) -> None:
    text = io.TextIOWrapper(handle, encoding="utf-8-sig", newline="")
    writer = csv.DictWriter(text, SCHEMA.names)
    writer.writeheader()
    writer.writerows(flat(item.record()) for item in items)
    text.flush()
    text.detach()  # the file is closed by who opened it


def _line(item: Item) -> bytes:
    return json.dumps(item.record(), ensure_ascii=False).encode() + b"\n"


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(str(v) for v in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return "" if value is None else value


def _items(archive: Archive, rows: NDArray[np.int64]) -> Iterator[Item]:
    for start in range(0, len(rows), BLOCK):
        yield from archive.collection.items(rows[start : start + BLOCK])

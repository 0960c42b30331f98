"""`Item`: one work as catalogued; `Record` and `Rejected`: what a source yields; `Collection`: all rows."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.errors import ArchiveDamaged, CollectionError

ROWS_TOGETHER = 65_536
"""Rows in a batch of ``items.arrow``: some 30 MB."""

GENERATED = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
"""Digital source types of the IPTC for what a trained model made, wholly or in part."""

RIGHTS_CLASSES = ("open", "restricted", "unknown")

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("image", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("creator", pa.string()),
        ("date", pa.string()),
        ("year", pa.int32()),
        ("year_end", pa.int32()),
        ("medium", pa.string()),
        ("place", pa.string()),
        ("subjects", pa.list_(pa.string())),
        ("rights", pa.string()),
        ("rights_class", pa.string()),
        ("mining", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
        ("sha256", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("extra", pa.map_(pa.string(), pa.string())),
    ]
)
"""The columns of an item on disk, and the names that a filter may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One work as its catalogue describes it. Text is NFC; an empty string means "not stated".

    Raises `CollectionError` if the id is empty, holds white space or lacks the ``source:`` prefix, if
    ``year_end`` comes before ``year``, or if ``rights_class`` is not one of open, restricted, unknown.
    """

    #: ``source:local``, without white space, the same in every rebuild.
    id: str
    #: Path of the image relative to the collection's root (``shard.tar/member`` inside a tar), or its URL.
    image: str = ""
    title: str = ""
    #: Caption or description in running words.
    text: str = ""
    creator: str = ""
    #: The date as the catalogue writes it.
    date: str = ""
    #: First and last year that `date` can mean (negative before the common era); None where it does not say.
    year: int | None = None
    year_end: int | None = None
    medium: str = ""
    place: str = ""
    subjects: tuple[str, ...] = ()
    #: Canonical URI where the statement is a known one, otherwise the statement as written, or ``"unknown"``.
    rights: str = "unknown"
    rights_class: str = "unknown"
    #: PLUS Data Mining code found in the file or the table, for example ``DMI-PROHIBITED``; "" if none.
    mining: str = ""
    #: Page of the work, or the only address known of it.
    url: str = ""
    #: Who holds or published the work.
    source: str = ""
    #: Digest of the image file's bytes, and its size in pixels as shown (after orientation); set when built.
    sha256: str = ""
    width: int | None = None
    height: int | None = None
    #: Everything else that was catalogued, as text.
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in TEXT_FIELDS:
            object.__setattr__(self, name, unicodedata.normalize("NFC", getattr(self, name)))
        object.__setattr__(self, "subjects", tuple(unicodedata.normalize("NFC", s) for s in self.subjects))
        extra = {unicodedata.normalize("NFC", k): unicodedata.normalize("NFC", v) for k, v in self.extra.items()}
        object.__setattr__(self, "extra", MappingProxyType(dict(sorted(extra.items()))))
        if any(c.isspace() for c in self.id) or not all(self.id.partition(":")):
            message = f"item id must be 'source:local' without white space, got {self.id!r}"
            raise CollectionError(message)
        if self.rights_class not in RIGHTS_CLASSES:
            message = (
                f"item {self.id}: rights_class must be one of {', '.join(RIGHTS_CLASSES)}, got {self.rights_class!r}"
            )
            raise CollectionError(message)
        if self.year is not None and self.year_end is not None and self.year_end < self.year:
            message = f"item {self.id}: year_end {self.year_end} comes before year {self.year}"
            raise CollectionError(message)
        for name in ("year", "year_end", "width", "height"):
            if not -(2**31) <= (getattr(self, name) or 0) < 2**31:
                message = f"item {self.id}: {name} {getattr(self, name)} does not fit in 32 bits"
                raise CollectionError(message)

    @property
    def generated(self) -> bool:
        """Whether its file or its catalogue says that a trained model made it, in the IPTC's words."""
        return self.extra.get("digital_source_type", "").rpartition("/")[2] in GENERATED

    def record(self) -> dict[str, Any]:
        """Plain values by column name, in the order of `SCHEMA`; subjects as a list, extra as a dict."""
        row = {f.name: getattr(self, f.name) for f in fields(self)}
        return row | {"subjects": list(self.subjects), "extra": dict(self.extra)}

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the plain values: a read-only mapping cannot be pickled itself."""
        return _item, (self.record(),)


TEXT_FIELDS = tuple(f.name for f in fields(Item) if f.type == "str")


@dataclass(frozen=True, slots=True)
class Record:
    """One input of a collection: its catalogue entry, and how to get its image.

    `read` returns the bytes of the image file and can be pickled (so that it can run in another
    process); it is None for an input without an image. `vector` is the row of the item in published
    embeddings, None elsewhere.
    """

    item: Item
    read: Callable[[], bytes] | None = None
    vector: int | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """One input that is not in the archive, and why: the stage is source, read, decode or encode."""

    path: str
    stage: str
    reason: str


REJECTED_SCHEMA = pa.schema([("path", pa.string()), ("stage", pa.string()), ("reason", pa.string())])


def local_id(text: str) -> str:
    """A source's own name for an item, fit for the part of an id after the colon.

    White space and the percent sign become percent escapes of their UTF-8 bytes; all else stays as it
    is, so that an accession number or path remains readable and the original can be recovered.
    """
    parts: list[str] = []
    for c in unicodedata.normalize("NFC", text):
        accent = unicodedata.combining(c) and parts and parts[-1][0] == "%"  # NFC would join it to the escape
        parts.append("".join(f"%{b:02X}" for b in c.encode()) if c.isspace() or c == "%" or accent else c)
    return "".join(parts)


def to_table(items: Iterable[Item]) -> pa.Table:
    """Items as an Arrow table with the columns of `SCHEMA`."""
    rows = [item.record() for item in items]
    columns = {name: [row[name] for row in rows] for name in SCHEMA.names}
    columns["extra"] = [list(extra.items()) for extra in columns["extra"]]
    return pa.table(columns, schema=SCHEMA)


def from_table(table: pa.Table) -> list[Item]:
    """The items of a stored Arrow table or record batch with the columns of `SCHEMA`."""
    return [_stored(row) for row in table.to_pylist()]


def _is_unicode(text: str) -> bool:
    """False for text with lone surrogates, as command lines that are not UTF-8 give it; no item has such an id."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _item(row: dict[str, Any]) -> Item:
    return Item(**row | {"subjects": tuple(row["subjects"]), "extra": dict(row["extra"])})


def _stored(row: dict[str, Any]) -> Item:
    """An item as it was stored: what it holds was checked and normalised then."""
    item = object.__new__(Item)
    for name, value in row.items():
        object.__setattr__(item, name, value)
    object.__setattr__(item, "subjects", tuple(row["subjects"]))
    object.__setattr__(item, "extra", MappingProxyType(dict(row["extra"])))
    return item


class Collection(Sequence[Item]):
    """The items of an archive in row order, memory-mapped: opening reads no rows.

    A sequence of `Item`; `table` gives the same rows as Arrow columns for filters and tables.
    """

    def __init__(self, path: Path) -> None:
        """Open ``items.arrow``. Raises `ArchiveDamaged` if it is missing, torn or has other columns."""
        self.path = path
        try:
            self.table: pa.Table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        except (OSError, pa.ArrowInvalid) as error:
            message = f"{path} cannot be read ({error}); delete it and it is rebuilt from items/"
            raise ArchiveDamaged(message) from error
        if not self.table.schema.equals(SCHEMA):
            message = f"{path} has other columns than an archive of this version; delete it and it is rebuilt"
            raise ArchiveDamaged(message)
        self._batches = self.table.to_batches()
        self._starts = [0]
        for batch in self._batches:
            self._starts.append(self._starts[-1] + batch.num_rows)

    def __len__(self) -> int:
        return self._starts[-1]

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
        # Batch by batch: `take` of a table of many batches looks through all of them for every column.
        order = np.argsort(wanted, kind="stable")
        ascending = wanted[order]
        edges = np.searchsorted(ascending, self._starts).tolist()
        pieces = []
        for batch, start, (first, last) in zip(self._batches, self._starts, pairwise(edges), strict=False):
            if first < last:
                here = batch if columns is None else batch.select(list(columns))
                pieces.append(here.take(_integers(ascending[first:last] - start)))
        schema = SCHEMA if columns is None else pa.schema([SCHEMA.field(name) for name in columns])
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return pa.Table.from_batches(pieces, schema).combine_chunks().take(_integers(back))

    def where(self, mask: NDArray[np.bool_]) -> pa.Table:
        """The rows where a mask of shape (n,) is True, in order, as an Arrow table that shares their memory."""
        edges = np.flatnonzero(np.diff(mask, prepend=False, append=False)).reshape(-1, 2)
        runs = [self.table.slice(start, stop - start) for start, stop in edges.tolist()]
        return pa.concat_tables(runs) if runs else self.table.slice(0, 0)

    def row(self, item_id: str) -> int | None:
        """The row number of an item, None if there is no such item."""
        return self.rows([item_id])[0]

    def rows(self, item_ids: Sequence[str]) -> list[int | None]:
        """The row number of each of these items, None for those that are not here; the ids are read once."""
        wanted = [item_id if _is_unicode(item_id) else "" for item_id in item_ids]
        if len(wanted) == 1:
            found = pc.index(self.table["id"], _strings(wanted)[0]).as_py()
            return [None if found < 0 else found]
        return pc.index_in(_strings(wanted), value_set=self.table["id"]).to_pylist()

    def __iter__(self) -> Iterator[Item]:
        for batch in self._batches:
            yield from from_table(batch)

    def digest(self) -> str:
        """SHA-256 over the canonical JSON of every row in order: equal collections have equal digests."""
        return digest(self)


# Arrays from buffers: `pa.array` imports pandas where that is installed, a third of a second at the first query.


def _integers(values: NDArray[np.int64]) -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _strings(values: Sequence[str]) -> pa.Array:
    data = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, data)]).astype(np.int32)
    return pa.Array.from_buffers(pa.string(), len(data), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(data))])


def write_arrow(parts: Sequence[Path], path: Path) -> None:
    """Join Parquet parts to one ``items.arrow`` that can be memory-mapped, whole or not at all.

    In batches of `ROWS_TOGETHER`: fewer, larger ones are quicker to take rows from.

    Raises:
        WriteRefused: The disk is full, or we may not write there.
        ArchiveDamaged: A part is missing or cannot be read.
    """

    def fill(handle: IO[bytes]) -> None:
        with pa.ipc.new_file(handle, SCHEMA) as writer:
            waiting: list[pa.Table] = []
            for part in parts:
                waiting.append(read_part(part))
                if sum(map(len, waiting)) >= ROWS_TOGETHER:
                    writer.write_table(pa.concat_tables(waiting).combine_chunks())
                    waiting = []
            if waiting:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())

    storage.write_stream(path, fill)


def part_items(parts: Iterable[Path]) -> Iterator[Item]:
    """The items of Parquet parts in row order, one part in memory at a time. Raises `ArchiveDamaged`."""
    for part in parts:
        yield from from_table(read_part(part))


def read_part(path: Path) -> pa.Table:
    """The rows of one Parquet part. Raises `ArchiveDamaged` if it is missing, torn or has other columns."""
    try:
        table = pq.read_table(path, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        message = f"{path} cannot be read ({error}); restore it from a copy, or build the archive again"
        raise ArchiveDamaged(message) from error
    if table.schema.names != SCHEMA.names:
        message = f"{path} has columns {table.schema.names}, expected {SCHEMA.names}"
        raise ArchiveDamaged(message)
    return table.cast(SCHEMA).combine_chunks()


def digest(items: Iterable[Item]) -> str:
    """SHA-256, in hexadecimal, over one line of canonical JSON for each item."""
    sha = hashlib.sha256()
    for item in items:
        sha.update(json.dumps(item.record(), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())
        sha.update(b"\n")
    return sha.hexdigest()

"""One input to what is stored of it, and a part's worth of those to files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from latentarchive import images, storage
from latentarchive.build.plan import Part
from latentarchive.build.stock import Stock
from latentarchive.catalogue import to_table
from latentarchive.dates import parse_years
from latentarchive.embedded import Embedded, read_embedded
from latentarchive.embeddings import UNIT_TOLERANCE, Stacked
from latentarchive.encoders import Encoder
from latentarchive.errors import ArchiveError, ImageError
from latentarchive.items import Item, Record, Rejected
from latentarchive.manifest import part_files
from latentarchive.rights import classify, mining_code, reserves_mining

BATCH = 64
"""Images encoded at once; batches never cross a part, so that a resumed build meets the same ones."""

SIDE = 768
"""Pixels that both sides of a JPEG keep where it is decoded at a fraction of its size: twice what the largest usual
encoders and three times what thumbnails take. `benchmarks.agreement` shows what that does to the vectors."""

THUMB_SCHEMA = pa.schema([("row", pa.int64()), ("webp", pa.binary())])

THUMB_GROUP = 64
"""Thumbnails in a Parquet row group: one group, about 0.5 MB, is read to show one of them."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An input on its way into the archive; without an image, `array` is None and `thumb` empty."""

    item: Item
    thumb: bytes = b""
    array: NDArray[np.generic] | None = None
    #: Its row in published vectors, or in the archive that grows.
    vector: int | None = None


def prepare(record: Record | Rejected, encoder: Encoder | None, earlier: Stock | None = None) -> Prepared | Rejected:
    """Read and decode the image of an input; safe in threads.

    Args:
        record: The input.
        encoder: None: take the catalogue entry alone.
        earlier: An image that this archive has is read, but neither decoded nor prepared for the encoder.
    """
    if isinstance(record, Rejected):
        return record
    if encoder is None:
        return Prepared(record.item, vector=record.vector)
    item = record.item
    where = item.image or item.id
    if record.read is None:
        return Rejected(
            where, "read", "a remote address: images are not fetched" if "://" in item.image else "no image"
        )
    try:
        data = record.read()
    except (OSError, ArchiveError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Rejected(where, "read", reason)
    sha256 = hashlib.sha256(data).hexdigest()
    if earlier is not None and (taken := earlier.taken(item.id, sha256)) is not None:
        item = with_embedded(item, read_embedded(data))
        item = replace(item, sha256=sha256, width=taken.width, height=taken.height)
        return Prepared(item, taken.thumb, vector=taken.row)
    try:
        decoded = images.decode(data, at_least=SIDE)
    except ImageError as error:
        return Rejected(where, "decode", str(error))
    item = with_embedded(item, read_embedded(data))
    item = replace(item, sha256=sha256, width=decoded.width, height=decoded.height)
    try:
        return Prepared(item, images.thumbnail(decoded.image), encoder.prepare(decoded.image))
    except (ValueError, OSError, MemoryError) as error:
        return Rejected(where, "encode", f"{type(error).__name__}: {error}")


def with_embedded(item: Item, found: Embedded) -> Item:
    """The item with what its file says of itself: empty fields are filled, what is catalogued is never replaced.

    A reservation of data mining counts wherever it stands, in the file or in the catalogue; every
    embedded field is kept in `extra` under ``embedded.``.
    """
    changes: dict[str, object] = {}
    for name in ("title", "creator", "date"):
        if not getattr(item, name) and (value := getattr(found, name)):
            changes[name] = value
    if "date" in changes and item.year is None and item.year_end is None:
        changes["year"], changes["year_end"] = parse_years(found.date)
    if not item.text and found.description:
        changes["text"] = found.description
    if not item.subjects and found.keywords:
        changes["subjects"] = found.keywords
    if item.rights == "unknown":
        # An address may be a licence or just the owner's web page; then the words say what it says.
        known = [rights for s in (found.rights_uri, found.rights) if s and (rights := classify(s)).uri]
        rights = known[0] if known else classify(found.rights or found.rights_uri)
        changes |= {"rights": rights.canonical, "rights_class": rights.rights_class}
    mining = mining_code(found.mining)
    if mining and (not item.mining or reserves_mining(mining) > reserves_mining(item.mining)):
        changes["mining"] = mining  # a reservation stands, wherever it is stated
    extra = {f"embedded.{key}": value for key, value in found.fields.items()}
    if found.digital_source_type and "digital_source_type" not in item.extra:
        extra["digital_source_type"] = found.digital_source_type
    if found.problem:
        extra["embedded.problem"] = found.problem
    if extra:
        changes["extra"] = dict(item.extra) | extra
    return replace(item, **changes) if changes else item  # type: ignore[arg-type]  # values by field name


Vectors = Callable[[Sequence[Prepared]], tuple[NDArray[np.generic], NDArray[np.float32]]]
"""From a batch of inputs: what is stored for each (its unit row, or its row in published vectors), and raw norms."""


def encoded_by(encoder: Encoder, earlier: Stock | None) -> Vectors:
    """Encode of each batch what `earlier` does not have; float16 unit rows are stored."""

    def vectors(batch: Sequence[Prepared]) -> tuple[NDArray[np.generic], NDArray[np.float32]]:
        encoded = encoder.encode_prepared([p.array for p in batch if p.array is not None])
        unit, norms = encoded.unit.astype(np.float16), encoded.norms
        rows = [p.vector for p in batch if p.vector is not None]
        if earlier is None or not rows:
            return unit, norms
        known = np.array([p.vector is not None for p in batch])
        all_unit, all_norms = np.empty((len(batch), unit.shape[1]), np.float16), np.empty(len(batch), np.float32)
        all_unit[~known], all_norms[~known] = unit, norms
        all_unit[known], all_norms[known] = earlier.vectors(rows)
        return all_unit, all_norms

    return vectors


def lying_in(published: Stacked) -> Vectors:
    """Point at rows of published vectors; their row numbers are stored."""

    def vectors(batch: Sequence[Prepared]) -> tuple[NDArray[np.generic], NDArray[np.float32]]:
        rows = np.array([p.vector for p in batch], dtype=np.int64)
        with np.errstate(over="ignore"):  # a length that is no number is told of where the inputs are judged
            return rows, np.linalg.norm(published.take(rows).astype(np.float32), axis=1)

    return vectors


def write_part(
    folder: Path,
    number: int,
    inputs: Iterable[Prepared | Rejected],
    *,
    is_new: Callable[[str], bool],
    vectors: Vectors | None,
) -> Part:
    """Encode the inputs of one part and write its files, each whole or not at all.

    Args:
        folder: The archive.
        number: Of the part, from 0.
        inputs: The part's inputs, in order.
        is_new: Told each id; False if an earlier input has it.
        vectors: How the inputs get their vectors; None for metadata only.

    Raises:
        WriteRefused: The disk is full, or we may not write there.
    """
    kept: list[Prepared] = []
    rejected: list[Rejected] = []
    spent: list[str] = []
    stored: list[NDArray[np.generic]] = []
    norms: list[NDArray[np.float32]] = []
    counted = _Counted(inputs)
    fresh = _accepted(counted, rejected, is_new)
    while batch := list(islice(fresh, BATCH)):
        usable = np.ones(len(batch), dtype=bool)
        if vectors is not None:
            here, norm = vectors(batch)
            usable = np.isfinite(norm) & (norm > 0) & np.isfinite(here).reshape(len(batch), -1).all(axis=1)
            stored.append(here[usable])
            norms.append(norm[usable])
        for prepared, ok in zip(batch, usable, strict=True):
            if ok:
                kept.append(replace(prepared, array=None))  # the pixels are not needed any more
            else:
                spent.append(prepared.item.id)
                rejected.append(
                    Rejected(prepared.item.image or prepared.item.id, "encode", "its vector is zero or not finite")
                )
    if vectors is not None and not stored:  # every input was rejected: the part has its files all the same
        here, norm = vectors([])
        stored.append(here)
        norms.append(norm)
    arrays = (np.concatenate(stored), np.concatenate(norms)) if stored else None
    files = _write(folder, number, kept, arrays)
    off = int((np.abs(arrays[1] - 1) > UNIT_TOLERANCE).sum()) if arrays and arrays[0].dtype == np.int64 else 0
    reasons = tuple((r.path, r.stage, r.reason) for r in rejected)
    images_read = sum(bool(p.thumb) for p in kept)
    part = Part(
        inputs=counted.n,
        rows=len(kept),
        images=images_read,
        renormalized=off,
        taken=sum(bool(p.thumb) and p.vector is not None for p in kept),
        spent=tuple(spent),
        rejected=reasons,
        files=files,
    )
    part.save(folder, number)
    return part


class _Counted:
    """An iterator that knows how many it gave."""

    def __init__(self, inputs: Iterable[Prepared | Rejected]) -> None:
        self.n = 0
        self._inputs = inputs

    def __iter__(self) -> Iterator[Prepared | Rejected]:
        for value in self._inputs:
            self.n += 1
            yield value


def _accepted(
    inputs: Iterable[Prepared | Rejected], rejected: list[Rejected], is_new: Callable[[str], bool]
) -> Iterator[Prepared]:
    for value in inputs:
        if isinstance(value, Rejected):
            rejected.append(value)
        elif not is_new(value.item.id):
            path = value.item.image or value.item.id
            rejected.append(Rejected(path, "source", "its id is taken by an earlier input"))
        else:
            yield value


def _write(
    folder: Path,
    number: int,
    kept: Sequence[Prepared],
    arrays: tuple[NDArray[np.generic], NDArray[np.float32]] | None,
) -> dict[str, str]:
    thumbs = bool(kept) and bool(kept[0].thumb)
    published = arrays is not None and arrays[0].dtype == np.int64
    names = list(part_files(number, encoded=arrays is not None, published=published, thumbs=thumbs))
    for name in names:
        path = folder / name
        if name.startswith("embeddings/") and arrays is not None:
            storage.write_array(path, arrays[1] if "norms-" in name else arrays[0])
        elif name.startswith("thumbs/"):
            rows = list(range(len(kept)))  # of this part: how many the earlier ones have is not known everywhere
            write_thumbs(path, pa.table([rows, [p.thumb for p in kept]], schema=THUMB_SCHEMA))
        else:
            storage.write_parquet(path, to_table(p.item for p in kept))
    return {name: storage.file_sha256(folder / name) for name in names}


def write_thumbs(path: Path, table: pa.Table) -> None:
    """Write thumbnails so that one can be read without the others; WebP does not compress further."""
    storage.write_parquet(path, table, group=THUMB_GROUP, compression="none")

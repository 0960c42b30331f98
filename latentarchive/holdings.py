"""The files of one archive, each opened at its first use; derived files are made again where they are missing.

Threads may share one: each file is opened by one of them, the others wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from uuid import uuid4
from weakref import finalize

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from latentarchive import manifest as layout
from latentarchive import recipes, storage
from latentarchive.bands import Band, Bands
from latentarchive.catalogue import part_items
from latentarchive.collection import Collection
from latentarchive.columnar import write_columns
from latentarchive.embeddings import Embeddings
from latentarchive.encoders import Encoder, load_encoder
from latentarchive.errors import ArchiveDamaged, ArchiveError, EncoderError, EncoderMismatch, WriteRefused
from latentarchive.index import Index, Tuning, build_index
from latentarchive.lazily import once
from latentarchive.manifest import Manifest
from latentarchive.packed import write_packed
from latentarchive.words import Words, build_words


class Holdings:
    """What an archive holds, withheld items included: whoever shows something asks `Archive`."""

    def __init__(self, path: Path, manifest: Manifest, *, encoder: str | None = None, mend: bool = True) -> None:
        """The holdings of the archive in a directory; nothing is opened yet.

        Args:
            path: The archive.
            manifest: Its ``archive.json``.
            encoder: Where the encoder's weights are, in place of what the manifest says; they must be the same.
            mend: Write derived files that are missing into the archive; else, and where that is refused,
                they are made in a temporary folder.
        """
        self.path = path
        self.manifest = manifest
        self._encoder = encoder
        self._mend = mend
        self._temporary: Path | None = None
        self._opening = threading.RLock()

    @property
    def has_vectors(self) -> bool:
        """False for an archive of metadata only."""
        return self.manifest.encoder != "none"

    @property
    def unverified(self) -> bool:
        """Whether the vectors were published and their encoder was not at hand when they were opened."""
        return self.manifest.fingerprint.startswith(layout.UNVERIFIED)

    @property
    def root(self) -> Path:
        """Folder of the originals; it may be gone, the archive browses without it."""
        return (self.path / self.manifest.root).resolve()

    @property
    def item_parts(self) -> list[Path]:
        """The Parquet files of the items, in row order."""
        return [self.path / f"items/part-{part:05d}.parquet" for part in range(len(self.manifest.parts))]

    @once
    def collection(self) -> Collection:
        """All rows. Raises `ArchiveDamaged`."""
        return Collection(
            self._derived(layout.ITEMS, lambda path: write_columns(self.item_parts, path)),
            self._derived(layout.PACKED, lambda path: write_packed(self.item_parts, path)),
        )

    @once
    def words(self) -> Words:
        """The full-text index. Raises `ArchiveDamaged`."""
        return Words(self._derived(layout.WORDS, lambda path: build_words(part_items(self.item_parts), path)))

    @once
    def embeddings(self) -> Embeddings:
        """The vectors. Raises `EncoderError` for an archive of metadata only, `ArchiveDamaged`."""
        if not self.has_vectors:
            message = f"archive {self.manifest.name} holds only metadata and has no vectors; search it with --by words"
            raise EncoderError(message)
        published = [self.root / file for file in self.manifest.published] or None
        folder, parts = self.path / "embeddings", len(self.manifest.parts)
        return Embeddings.open(folder, parts, published=published, marks=self.manifest.marks)

    @once
    def index(self) -> Index | None:
        """The index over the vectors; None for an archive of metadata only. Raises `ArchiveDamaged`."""
        if not self.has_vectors:
            return None
        choice = self.manifest.index
        if not choice["file"]:
            return Index(self.embeddings, encoder=self.manifest.fingerprint)
        path = self._derived(layout.INDEX, lambda path: build_index(self.embeddings, choice["factory"], path))
        return Index.open(path, self.embeddings, encoder=self.manifest.fingerprint, tuning=Tuning(**choice["tuning"]))

    @once
    def bands(self) -> Bands | None:
        """What a cosine means here; None for an archive of metadata only."""
        kinds = {kind: Band(**values) for kind, values in self.manifest.bands.items()}
        return Bands(kinds) if self.has_vectors else None

    @once
    def encoder(self) -> Encoder:
        """The archive's own encoder.

        Raises:
            EncoderMismatch: The weights under that id are not those the archive was built with.
            EncoderError, MissingExtra: It cannot be loaded.
        """
        manifest = self.manifest
        beside = self.path / manifest.encoder_folder
        wanted = f"local:{beside.resolve()}" if manifest.encoder_folder and beside.is_dir() else manifest.encoder
        try:
            encoder = load_encoder(self._encoder or wanted)
        except EncoderError as error:
            message = (
                f"the encoder of archive {manifest.name} cannot be loaded: {error} "
                "(if its weights lie elsewhere, name them with --encoder; --by words needs none)"
            )
            raise EncoderError(message) from error
        if self.unverified:
            if encoder.dim != manifest.dim:
                message = (
                    f"encoder {encoder.id} makes vectors of {encoder.dim} dimensions, archive {manifest.name} "
                    f"holds {manifest.dim}: it was made by another"
                )
                raise EncoderMismatch(message)
        elif encoder.fingerprint != manifest.fingerprint:
            message = (
                f"archive {manifest.name} was built with {manifest.encoder} of fingerprint "
                f"{manifest.fingerprint[:12]}, what lies there now has {encoder.fingerprint[:12]}; "
                "put the old weights back or build the archive again"
            )
            raise EncoderMismatch(message)
        return encoder

    def thumbnail(self, row: int) -> bytes:
        """WebP of a row; empty if the archive holds no images. Raises `ArchiveDamaged`."""
        starts = np.cumsum([0, *self.manifest.parts])
        part = int(np.searchsorted(starts, row, side="right")) - 1
        path = self.path / f"thumbs/part-{part:05d}.parquet"
        if not self.manifest.counts["images"]:
            return b""
        left = row - int(starts[part])
        try:
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    rows = file.metadata.row_group(group).num_rows
                    if left < rows:
                        return bytes(file.read_row_group(group, columns=["webp"])["webp"][left].as_py())
                    left -= rows
        except (OSError, pa.ArrowException) as error:
            message = f"{path} cannot be read ({error}); restore it from a copy, or build the archive again"
            raise ArchiveDamaged(message) from error
        message = f"{path} holds fewer thumbnails than the archive has items; see `latentarchive verify`"
        raise ArchiveDamaged(message)

    def thumbnails(self, block: int = 256) -> Iterator[tuple[int, list[bytes]]]:
        """All thumbnails in row order, some at a time, as (first row, WebP of each); nothing if there are no images.

        Raises:
            ArchiveDamaged: A file of them is missing or torn.
        """
        row = 0
        for part in range(len(self.manifest.parts) if self.manifest.counts["images"] else 0):
            path = self.path / f"thumbs/part-{part:05d}.parquet"
            try:
                with pq.ParquetFile(path) as file:
                    for batch in file.iter_batches(block, columns=["webp"]):
                        yield row, batch["webp"].to_pylist()
                        row += batch.num_rows
            except (OSError, pa.ArrowException) as error:
                message = f"{path} cannot be read ({error}); restore it from a copy, or build the archive again"
                raise ArchiveDamaged(message) from error

    def original(self, image: str) -> bytes:
        """The bytes of the file that an `Item.image` names, read from the collection itself.

        Raises:
            ArchiveError: The collection is not where it was, or is not known (published copies).
        """
        name = self.manifest.name
        if not self.manifest.root:
            message = f"archive {name} is a published copy and does not know where its originals lie"
            raise ArchiveError(message)
        recipe = recipes.parse_text(self.manifest.recipe, name=name, where=str(self.path), root=self.root)
        return recipe.collection.locate(image)

    def _derived(self, name: str, make: Callable[[Path], object]) -> Path:
        """The path of a derived file, made now if it is missing; two programs may do so at the same time."""
        path = self.path / name
        if path.is_file():
            return path
        if self._mend:
            own = path.with_name(f"{name}.{uuid4().hex}{storage.PARTIAL}")
            try:
                make(own)
                storage.move(own, path)
            except WriteRefused:  # an archive on read-only media is used as it is
                with suppress(OSError):
                    own.unlink()
            else:
                return path
        if self._temporary is None:
            self._temporary = Path(mkdtemp(prefix="latentarchive-"))
            finalize(self, rmtree, self._temporary, ignore_errors=True)
        elsewhere = self._temporary / name
        make(elsewhere)
        return elsewhere

"""Datasets in the formats of the Hugging Face `datasets` library."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from latentarchive.errors import CollectionError, SourceError, nearest, require
from latentarchive.items import Record, Rejected
from latentarchive.sources.columns import Catalogued, Columns
from latentarchive.sources.files import FileBytes, find, found_in, shown
from latentarchive.sources.values import collapsed, leaves

BATCH = 64
"""Rows in memory at once: each may hold the bytes of a master file."""


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes that came with their row, returned when called; can be pickled."""

    data: bytes

    def __call__(self) -> bytes:
        """The bytes."""
        return self.data


@dataclass(frozen=True, slots=True)
class Remote:
    """Reads a file of a streamed dataset when called, through the hub's own client; can be pickled.

    Raises `SourceError` if it cannot be had.
    """

    path: str

    def __call__(self) -> bytes:
        """The bytes of the file."""
        try:
            with require("fsspec", extra="interop").open(self.path, "rb") as handle:
                return bytes(handle.read())
        except (OSError, ValueError) as error:
            message = f"{self.path} cannot be read: {collapsed(str(error))[:300]}"
            raise SourceError(message) from error


@dataclass(frozen=True, kw_only=True)
class HuggingFace(Catalogued):
    """A split of a dataset: a folder saved by ``save_to_disk``, a folder of data files, or a hub name.

    A folder below the root is used if there is one. Only a name of the form ``org/name`` that is no
    folder goes to the hub, streamed; ``HF_HUB_OFFLINE=1`` is respected. (Streaming from the hub has
    never been tried where this was written, which has no network.) A dataset's own code is never run.

    Images are never decoded here: `Record.read` returns the bytes as stored. `Item.image` is
    ``split/row``, with the row counted from 0, which also names items without an id column. A dataset
    without an image column gives items without images. Labels that are numbers become their names.
    """

    #: Folder relative to the root, or ``org/name``.
    dataset: str
    split: str = "train"
    #: The dataset's configuration, where it has several.
    config: str = ""
    #: Commit, tag or branch on the hub.
    revision: str = ""
    #: The column of images; "": the only one whose type is image.
    image_column: str = ""

    def records(self, start: int = 0) -> Iterator[Record | Rejected]:
        """The rows of the split in their order; see `Source.records`."""
        catalogue = self.catalogue
        catalogue.require([self._names], where=self._place)
        column, labels = self._column, self._labels
        number = start
        for number, row in enumerate(self._rows(start), start + 1):
            yield self._record(catalogue, row, number - 1, column, labels)
        if not number:
            message = f"{self._place} has no rows in split {self.split!r}"
            raise SourceError(message)

    def count(self) -> int | None:
        """The number of rows if the dataset states it, else None."""
        if hasattr(self._loaded, "__len__"):
            return len(self._loaded)
        splits = self._loaded.info.splits or {}
        return splits[self.split].num_examples if self.split in splits else None

    def locate(self, image: str) -> bytes:
        """The bytes of the image ``split/row``; see `Source.locate`."""
        split, _, row = image.rpartition("/")
        if split != self.split or not row.isdigit():
            message = f"{image!r} does not name a row of {self._place} ({self.split}/0, {self.split}/1, ...)"
            raise SourceError(message)
        found = next(self._rows(int(row)), None)
        read = self._read(found.get(self._column)) if found else None
        if read is None:
            message = f"{self._place} has no image in row {row} of split {self.split!r} any more"
            raise SourceError(message)
        return read()

    @property
    def _place(self) -> str:
        return shown(str(self._folder or self.dataset))

    @cached_property
    def _folder(self) -> Path | None:
        """The local folder, None if the dataset is on the hub. Raises `SourceError` if it can be neither."""
        folder = find(self.root, self.dataset)
        if folder.is_dir():
            return folder
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", self.dataset):
            message = f"no folder {shown(str(folder))}; is the root right (--root)? (a name on the hub is org/name)"
            raise SourceError(message)
        return None

    @cached_property
    def _loaded(self) -> Any:
        """The split, opened; images not decoded."""
        datasets = require("datasets", extra="interop")
        folder = self._folder
        saved = folder is not None and any((folder / n).is_file() for n in ("state.json", "dataset_dict.json"))
        try:
            if saved:
                data = datasets.load_from_disk(str(folder))
            else:
                data = datasets.load_dataset(
                    str(folder or self.dataset),
                    self.config or None,
                    split=self.split,
                    revision=self.revision or None,
                    streaming=True,
                )
        except Exception as error:  # errors of every library below come out of the loaders
            hint = f"; {found_in(folder)}" if folder else ""
            message = f"{self._place} cannot be read as a dataset: {collapsed(str(error))[:300]}{hint}"
            raise SourceError(message) from error
        if isinstance(data, Mapping):
            if self.split not in data:
                message = f"{self._place} has no split {self.split!r}; {nearest(self.split, data)}"
                raise SourceError(message)
            data = data[self.split]
        elif saved and data.split is not None and str(data.split) != self.split:
            message = f"{self._place} holds split {str(data.split)!r}; set split to it, not to {self.split!r}"
            raise SourceError(message)
        for name in self._images(data.features):
            data = data.cast_column(name, datasets.Image(decode=False))
        return data

    @staticmethod
    def _images(features: Mapping[str, Any] | None) -> list[str]:
        datasets = require("datasets", extra="interop")
        return [name for name, kind in (features or {}).items() if isinstance(kind, datasets.Image)]

    @cached_property
    def _names(self) -> list[str]:
        """The names of the columns, nested ones dotted."""
        if self._loaded.features is not None:
            return list(leaves(self._loaded.features.arrow_schema))
        return list(next(self._rows(0), {}))

    @cached_property
    def _column(self) -> str:
        """The column of images, "" if there is none. Raises `SourceError` if there are several to choose from."""
        names = list(self._loaded.features or self._names)
        if self.image_column and self.image_column not in names:
            message = f"{self._place} has no column {self.image_column!r}; {nearest(self.image_column, names)}"
            raise SourceError(message)
        images = [self.image_column] if self.image_column else self._images(self._loaded.features)
        if len(images) > 1:
            message = (
                f"{self._place} has {len(images)} columns of images ({', '.join(images)}); set image_column to one"
            )
            raise SourceError(message)
        return images[0] if images else ""

    @cached_property
    def _labels(self) -> dict[str, list[str]]:
        """The names behind the numbers of each column of labels."""
        datasets = require("datasets", extra="interop")
        features = self._loaded.features or {}
        return {name: kind.names for name, kind in features.items() if isinstance(kind, datasets.ClassLabel)}

    def _rows(self, start: int) -> Iterator[dict[str, Any]]:
        """The rows as Arrow stores them, so that no column of any type is decoded."""
        data = self._loaded
        if hasattr(data, "__len__"):
            data = data.with_format("arrow")
            for first in range(start, len(data), BATCH):
                yield from data[first : first + BATCH].to_pylist()
        else:
            for batch in data.skip(start).with_format("arrow").iter(BATCH):
                yield from batch.to_pylist()

    def _record(
        self, catalogue: Columns, row: dict[str, Any], number: int, column: str, labels: Mapping[str, list[str]]
    ) -> Record | Rejected:
        place = f"{self.split}/{number}"
        stored = row.pop(column, None) if column else None
        if isinstance(stored, Mapping) and stored.get("path"):
            row.setdefault(f"{column}.path", Path(stored["path"]).name)
        for name, names in labels.items():
            value = row[name]
            row[name] = names[value] if value is not None and 0 <= value < len(names) else None
        try:
            read = self._read(stored)
            item = catalogue.item(row, fallback=place, image=place if read else "")
        except SourceError as error:
            return Rejected(place, "read", str(error))
        except CollectionError as error:
            return Rejected(place, "source", str(error))
        if column and read is None:
            return Rejected(place, "read", f"column {column!r} is empty in this row")
        return Record(item, read)

    def _read(self, stored: Any) -> Held | FileBytes | Remote | None:
        """How to get the bytes of a stored image; None if there are none. Raises `SourceError` for a path elsewhere."""
        stored = {"bytes": stored} if isinstance(stored, bytes) else stored
        if not isinstance(stored, Mapping):
            return None
        if stored.get("bytes"):
            return Held(stored["bytes"])
        path = stored.get("path")
        if not path:
            return None
        if self._folder is None:
            return Remote(path)
        try:
            relative = Path(path).relative_to(self._folder.resolve()) if Path(path).is_absolute() else Path(path)
        except ValueError as error:
            message = f"the dataset only has the path {path}, outside {self._place}; save it again with its images"
            raise SourceError(message) from error
        return FileBytes(str(find(self._folder, relative.as_posix())))

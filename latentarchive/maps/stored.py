"""Maps that are kept: a folder of plain arrays and tiles, checked when it is opened and refused where it is stale.

map.json        how it was made, what it keeps, of which archive, SHA-256 of the arrays; written last
rows.npy        int64 (n,): row numbers in the archive
xy.npy          float32 (n, 2): from 0 to 1, x to the right, y upwards
regions.npy     uint16 (n,): the region of each work, from 1
cells.npy       int32 (cells, 4): see `latentarchive.maps.tiles`
tiles/LEVEL/COLUMN-ROW.webp
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.errors import ArchiveDamaged, ArchiveError, WriteRefused
from latentarchive.manifest import Manifest, beside
from latentarchive.maps.making import Map
from latentarchive.maps.tiles import Cells, levels_for, representatives, small, tiles
from latentarchive.measures.fidelity import Fidelity
from latentarchive.progress import Progress, silent

FORMAT_VERSION = 1
"""Version of the layout; a reader refuses what it does not know."""

RECORD, TILES = "map.json", "tiles"

ARRAYS = {"rows": np.int64, "xy": np.float32, "regions": np.uint16, "cells": np.int32}
"""The arrays of a kept map, with their types."""

OWN = {RECORD, TILES, *(f"{name}.npy" for name in ARRAYS)}
"""What lies in the folder of a map, and is replaced with it."""

ENDING = ".maps"
"""Ending of the folder beside an archive that holds its maps."""

CACHE = "LATENTARCHIVE_CACHE"
"""Environment variable: the folder for what is kept of archives that may not be written beside."""


@dataclass(frozen=True, eq=False)
class StoredMap:
    """A kept map of an archive, withheld works included: what may be shown of it says `ShownMap`."""

    folder: Path
    #: The content of ``map.json``.
    record: Mapping[str, Any]
    rows: NDArray[np.int64]
    xy: NDArray[np.float32]
    regions: NDArray[np.uint16]
    cells: Cells

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def method(self) -> str:
        """By which of `METHODS` it was made."""
        return str(self.record["method"])

    @property
    def fingerprint(self) -> str:
        """Tells it from any other map: a digest of its arrays and of the archive that it is of."""
        return str(self.record["fingerprint"])

    @cached_property
    def fidelity(self) -> Fidelity:
        """What it keeps of the space."""
        return Fidelity(**self.record["fidelity"])

    def tile(self, level: int, column: int, row: int) -> Path:
        """Where a tile lies, if there is one."""
        return self.folder / TILES / str(level) / f"{column}-{row}.webp"


def keep_map(view: Map, archive: Archive, folder: Path | None = None, *, progress: Progress = silent) -> Path:
    """Keep a map with its tiles, for the app to show; one of the same method that was kept there is replaced.

    Args:
        view: What to keep; works that were withheld since it was made are left out.
        archive: Of which it is.
        folder: Where; None: beside the archive (``NAME.maps/METHOD``), and in the user's cache where nothing may be
            written there. The archive itself is never written to.
        progress: Told how many pictures were read.

    Returns:
        The folder.

    Raises:
        ArchiveError: The folder holds something else.
        WriteRefused: The disk is full, or we may not write there.
    """
    if folder is not None:
        return _keep(view, archive, folder, progress)
    first, second = (place / view.method for place in places(archive))
    try:
        return _keep(view, archive, first, progress)
    except WriteRefused:
        return _keep(view, archive, second, progress)


def places(archive: Archive) -> tuple[Path, Path]:
    """The folders that maps of an archive are kept in: beside it, and in the user's cache."""
    cache = Path(os.environ.get(CACHE) or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"))
    manifest = archive.manifest
    own = hashlib.sha256(_of(manifest).encode()).hexdigest()[:16]
    return beside(archive.path, ENDING), cache / "latentarchive" / "maps" / f"{manifest.name}-{own}"


def kept_maps(archive: Archive) -> tuple[list[StoredMap], list[str]]:
    """The maps of an archive that are kept, by method, and what is wrong with those that cannot be shown."""
    found: dict[str, StoredMap] = {}
    wrong = []
    for place in places(archive):
        for path in sorted(place.glob(f"*/{RECORD}")):
            try:
                opened = open_map(path.parent, archive)
            except ArchiveError as error:
                wrong.append(str(error))
            else:
                found.setdefault(opened.method, opened)
    return [found[method] for method in sorted(found)], wrong


def open_map(folder: Path, archive: Archive) -> StoredMap:
    """Open a kept map. Reads its arrays, no tiles.

    Raises:
        ArchiveDamaged: It is of another archive, or of this one before it was built anew; its files are not those that
            were written; it is of another format version.
    """
    path = folder / RECORD
    again = f"make it again: latentarchive map {archive.path} --keep"
    try:
        record = json.loads(path.read_bytes())
        version = record["format_version"]
        if version != FORMAT_VERSION:
            message = f"{path} has format version {version!r}, this latentarchive reads {FORMAT_VERSION}; {again}"
            raise ArchiveDamaged(message)
        if record["of"] != _of(archive.manifest):
            message = f"the map in {folder} is of another archive, or of {archive.name} as it was before; {again}"
            raise ArchiveDamaged(message)
        arrays = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in ARRAYS}
        if record["fingerprint"] != _fingerprint(arrays, record["of"]):
            message = f"the files of the map in {folder} are not those that were written; {again}"
            raise ArchiveDamaged(message)
        return StoredMap(folder, record, **arrays)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ArchiveDamaged):
            raise
        message = f"the map in {folder} cannot be read ({error}); {again}"
        raise ArchiveDamaged(message) from error


def _keep(view: Map, archive: Archive, folder: Path, progress: Progress) -> Path:
    with storage.refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
        strange = sorted({path.name for path in folder.iterdir() if path.suffix != storage.PARTIAL} - OWN)
    if strange:
        message = f"{folder} holds {strange[0]!r} and is not the folder of a map; choose another place"
        raise ArchiveError(message)
    view = view.without(set(archive.log.current()))
    cells = representatives(view.xy, levels_for(len(view)))
    given: dict[str, NDArray[Any]] = {"rows": view.rows, "xy": view.xy, "regions": view.regions.of, "cells": cells}
    arrays = {name: given[name].astype(kind) for name, kind in ARRAYS.items()}
    storage.clear(folder, last=RECORD)
    for name, array in arrays.items():
        storage.write_array(folder / f"{name}.npy", array)
    pictures = _pictures(view, archive, cells, progress)
    for (level, column, row), webp in tiles(cells, pictures):
        storage.write_bytes(folder / TILES / str(level) / f"{column}-{row}.webp", webp)
    of = _of(archive.manifest)
    own = {"format_version": FORMAT_VERSION, "of": of, "fingerprint": _fingerprint(arrays, of)}
    storage.write_json(folder / RECORD, own | view.record())
    return folder


def _pictures(view: Map, archive: Archive, cells: Cells, progress: Progress) -> dict[int, bytes]:
    """Small pictures of the works that stand for cells, by place; thumbnails are read once, in row order."""
    wanted = {int(view.rows[place]): place for place in np.unique(cells[:, 3]).tolist()}
    found: dict[int, bytes] = {}
    for start, some in archive.holdings.thumbnails():
        for row, webp in enumerate(some, start):
            if row in wanted and (picture := small(webp)):
                found[wanted[row]] = picture
        progress("drawing tiles", len(found), len(wanted))
    return found


def _of(manifest: Manifest) -> str:
    """Of which works and vectors a map is."""
    return f"{manifest.digest} {manifest.fingerprint}"


def _fingerprint(arrays: Mapping[str, NDArray[Any]], of: str) -> str:
    digest = hashlib.sha256(of.encode())
    for name in ARRAYS:
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()

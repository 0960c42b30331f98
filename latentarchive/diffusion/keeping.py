"""Generated images kept as they are made, so that what was done before an interruption is not lost."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from latentarchive import storage
from latentarchive.diffusion.generated import Generated, record_of
from latentarchive.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable

IMAGES = "images"

_ASKED = "asked.json"


class Kept:
    """The folder ``images`` of a contrast: a PNG and its record for each image, of one plan at a time."""

    def __init__(self, folder: Path | None, asked: Mapping[str, Any]) -> None:
        """Take up a folder; images of another plan are removed from it.

        Args:
            folder: Of the contrast; made if it is not there. None: nothing is kept.
            asked: All that decides the images, as JSON can hold it.

        Raises:
            ArchiveError: There is something that nothing here wrote.
            WriteRefused: The disk is full, or we may not write there.
        """
        self._folder = folder
        if folder is None:
            return
        images = folder / IMAGES
        if folder.exists() and any(folder.iterdir()) and not (images / _ASKED).is_file():
            message = f"{folder} is not empty and holds no contrast; choose another folder with --out"
            raise ArchiveError(message)
        with storage.refusals(folder):
            images.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
        if self._digest() != digest:
            self._clear(images.glob("*.png"))
            storage.write_json(images / _ASKED, {"digest": digest, **asked})

    def earlier(self, name: str, seed: int) -> Generated | None:
        """An image that an earlier run of this plan made, None if there is none whose record can be read."""
        path = self.path(name)
        if path is None or not path.is_file():
            return None
        try:
            record = record_of(path)
            with Image.open(path) as opened:
                image = opened.convert("RGB")
        except (ArchiveError, OSError):
            return None
        return Generated(image, record) if record.seed == seed else None

    def keep(self, name: str, made: Generated) -> Generated:
        """Write an image with its record, and hand it on. Raises `WriteRefused`."""
        if (path := self.path(name)) is not None:
            made.save(path)
        return made

    def path(self, name: str) -> Path | None:
        """Where an image lies; None if nothing is kept."""
        return None if self._folder is None else self._folder / IMAGES / f"{name}.png"

    def place_of(self, archive: Path) -> str:
        """Where an archive lies, seen from the folder; "" if nothing is kept."""
        return "" if self._folder is None else os.path.relpath(archive.resolve(), self._folder.resolve())

    def _digest(self) -> str:
        assert self._folder is not None
        try:
            return str(json.loads((self._folder / IMAGES / _ASKED).read_bytes())["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _clear(self, paths: Iterable[Path]) -> None:
        """Remove generated images, and nothing that does not say it is one."""
        for path in paths:
            try:
                record_of(path)
            except ArchiveError:
                continue
            with storage.refusals(path):
                path.unlink()
                path.with_suffix(".json").unlink(missing_ok=True)

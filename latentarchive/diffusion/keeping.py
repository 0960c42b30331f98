"""Generated images kept as they are made, so that what was done before an interruption is not lost."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from latentarchive import storage
from latentarchive.diffusion.generated import Generated, discard, record_of
from latentarchive.errors import ArchiveError

IMAGES = "images"

_ASKED = "asked.json"


def image_path(folder: Path, name: str) -> Path:
    """Where an image of the contrast in a folder lies."""
    return folder / IMAGES / f"{name}.png"


def kept_image(folder: Path, name: str) -> Generated | None:
    """An image of the contrast in a folder; None if it is gone. Raises `ArchiveError` if it has no record."""
    path = image_path(folder, name)
    if not path.is_file():
        return None
    record = record_of(path)
    with Image.open(path) as opened:
        return Generated(opened.convert("RGB"), record)


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
            for earlier in images.glob("*.png"):
                discard(earlier)
            storage.write_json(images / _ASKED, {"digest": digest})

    def earlier(self, name: str, seed: int) -> Generated | None:
        """An image that an earlier run of this plan made, None if there is none whose record can be read."""
        try:
            made = None if self._folder is None else kept_image(self._folder, name)
        except (ArchiveError, OSError):
            return None
        return made if made is not None and made.record.seed == seed else None

    def keep(self, name: str, made: Generated) -> Generated:
        """Write an image with its record, and hand it on. Raises `WriteRefused`."""
        if self._folder is not None:
            made.save(image_path(self._folder, name))
        return made

    def place_of(self, archive: Path) -> str:
        """Where an archive lies, seen from the folder; "" if nothing is kept."""
        return "" if self._folder is None else os.path.relpath(archive.resolve(), self._folder.resolve())

    def _digest(self) -> str:
        assert self._folder is not None
        try:
            return str(json.loads((self._folder / IMAGES / _ASKED).read_bytes())["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

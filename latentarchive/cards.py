"""The card of a model's folder: what it was made from, and the digests of its files.

A folder whose files are not those of its card is refused: a changed weight gives other pictures, or other
neighbours, without a sign.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from latentarchive import storage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "card.json"

UNFINISHED = "unfinished"
"""Folder inside a model's folder for what only its training needs: pixels and checkpoints."""


def write(folder: Path, card: Mapping[str, Any]) -> None:
    """Write the card of a model whose files are all in place, with their digests. Raises `WriteRefused`."""
    paths = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    files = [path for path in paths if path.parts[0] != UNFINISHED]
    digests = {path.as_posix(): storage.file_sha256(folder / path) for path in files}
    storage.write_json(folder / NAME, {**card, "files": digests})


def read(folder: Path) -> dict[str, Any] | None:
    """The card of a folder, None where there is none that can be read."""
    try:
        card = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return None
    return card if isinstance(card, dict) else None


def problem(folder: Path) -> str:
    """What is wrong with the files of a folder that has a card, "" if they are as it says (or it has none)."""
    card = read(folder)
    files = None if card is None else card.get("files", {})
    if not isinstance(files, dict):
        return f"{folder / NAME} cannot be read" if (folder / NAME).exists() else ""
    for name, digest in files.items():
        path = folder / name
        if not path.is_file():
            return f"{path} is missing"
        if storage.file_sha256(path) != digest:
            return f"{path} is not the file that its card.json describes"
    return ""

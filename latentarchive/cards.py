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


def told(folder: Path, *keys: str) -> Any:
    """What the card of a folder says under these keys, one below the other; None where it does not."""
    value: Any = read(folder)
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def problem(folder: Path, *, needed: bool = False) -> str:
    """What is wrong with the files of a folder that has a card, "" if they are as it says (or it has none).

    Args:
        folder: Of a model.
        needed: Whether a card must be there that vouches for files, as of every model that ships.
    """
    if needed and not folder.is_dir():
        return f"{folder} is missing"
    card = read(folder)
    if card is None and needed and not (folder / NAME).exists():
        return f"{folder / NAME} is missing"
    files = {} if card is None else card.get("files", {})
    if (card is None and (folder / NAME).exists()) or not isinstance(files, dict):
        return f"{folder / NAME} cannot be read"
    if needed and not files:
        return f"{folder / NAME} does not say which files belong to the model"
    for name, digest in files.items():
        path = folder / name
        if not path.is_file():
            return f"{path} is missing"
        if storage.file_sha256(path) != digest:
            return f"{path} is not the file that its card.json describes"
    return ""

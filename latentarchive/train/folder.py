"""The folder of a model: whose training it holds, and whether that is finished.

``card.json`` is written last: without it the folder is an unfinished training, which the same call takes
up where it stopped. What only the training needs lies in a folder inside it, and goes when it ends.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentarchive import cards, storage
from latentarchive.errors import RecipeError

if TYPE_CHECKING:
    from latentarchive.recipes import Recipe
    from latentarchive.trainings import Selection


def key_of(recipe: Recipe, table: Selection) -> str:
    """Digest that a training is recognised by: `digest_of`, and where the collection lies."""
    return hashlib.sha256(f"{digest_of(recipe, table)} {recipe.collection.root.resolve()}".encode()).hexdigest()


def digest_of(recipe: Recipe, table: Selection) -> str:
    """Digest of what decides the outcome, the same on every machine: the collection's table and the training's.

    Options at their defaults do not count, so that a new one does not change the digest of an old recipe.
    """
    collection = replace(recipe.collection, root=Path())
    parts = [type(collection).__name__, _chosen(collection), _chosen(table)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _chosen(table: Any) -> dict[str, Any]:
    """The fields of a table that differ from their defaults."""
    values = {f.name: getattr(table, f.name) for f in fields(table) if getattr(table, f.name) != f.default}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items() if value != {}}


def claim(out: Path, key: str) -> Path:
    """Mark the folder as this training's; returns the folder inside it for what only the training needs.

    Raises:
        RecipeError: Another recipe began a training there, or the folder holds other things.
        WriteRefused: The disk is full, or we may not write there.
    """
    work = out / cards.UNFINISHED
    marker = work / "key.json"
    if marker.exists():
        if json.loads(marker.read_bytes()) != key:
            message = f"{out} holds an unfinished training by another recipe or collection; delete it or name another"
            raise RecipeError(message)
        return work
    if out.is_dir() and any(path.name != cards.UNFINISHED for path in out.iterdir()):
        message = f"{out} is not empty and holds no training of latentarchive; name another folder"
        raise RecipeError(message)
    storage.write_json(marker, key)
    return work


def finish(out: Path, card: dict[str, Any]) -> None:
    """Write the card, and let go of what only the training needed."""
    cards.write(out, card)
    shutil.rmtree(out / cards.UNFINISHED, ignore_errors=True)


def finished(out: Path, key: str) -> dict[str, Any] | None:
    """The card of a finished training by this key, None where there is none yet.

    Raises:
        RecipeError: The folder holds a model trained by another recipe or on another collection.
    """
    card = cards.read(out)
    if card is None:
        return None
    made = card.get("recipe")
    if not isinstance(made, dict) or made.get("key") != key:
        message = f"{out} holds a model trained by another recipe or on another collection; name another folder"
        raise RecipeError(message)
    return card

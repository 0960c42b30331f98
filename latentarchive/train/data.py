"""What a model is trained on: works with captions, held out by group, decoded once to a cache of pixels."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from latentarchive import items, storage
from latentarchive.embedded import read_embedded
from latentarchive.errors import ImageError, SourceError
from latentarchive.images import decode
from latentarchive.rights import mining_code, reserves_mining
from latentarchive.train.captions import captions_of, values
from latentarchive.trainings import ITEM_FIELDS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from latentarchive.items import Item, Record
    from latentarchive.progress import Progress
    from latentarchive.recipes import Recipe
    from latentarchive.trainings import Selection

MINIMUM = 32
"""Fewest works to train on: with fewer, the batches of contrastive learning hold no contrast."""

_PIXELS, _WORKS = "pixels.u8", "works.json"


@dataclass(frozen=True)
class Works:
    """Usable works in the order of the collection; row i is the same work everywhere."""

    #: Item ids.
    ids: list[str]
    #: Captions of each work, see `captions_of`.
    captions: list[list[str]]
    #: Subjects of each work.
    subjects: list[list[str]]
    #: bool, shape (n,): whether training never sees the work.
    held: NDArray[np.bool_]
    #: uint8, shape (n, h, w, 3), memory-mapped: each image whole, squeezed into the cache's format.
    pixels: NDArray[np.uint8]
    #: How many inputs were used, and how many were not and why.
    counts: dict[str, int]
    #: Up to 20 rejected inputs with their reasons.
    rejected: list[str]
    #: SHA-256 over the catalogue entries that the captions come from, in order, and their images.
    digest: str


def held_out(item: Item, training: Selection) -> bool:
    """Whether a work's group is held out: decided by a hash of the seed and the group."""
    key = f"{training.seed}\x1f{group_of(item, training)}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) < training.holdout * 2**64


def group_of(item: Item, training: Selection) -> str:
    """The group of a work: the values of the fields `Selection.group_by`, or its id where all of them are empty."""
    fields = [str(getattr(item, name)) if name in ITEM_FIELDS else values(item, name)[0] for name in training.group_by]
    return "\x1f".join(fields if any(fields) else [item.id])


def gather(recipe: Recipe, training: Selection, size: tuple[int, int], folder: Path, progress: Progress) -> Works:
    """Read, judge and decode every input of a collection, or take up what an earlier run left in the folder.

    Args:
        recipe: Whose collection.
        training: Its table of this training.
        size: Height and width of the cached images in pixels.
        folder: Where the cache of pixels goes.
        progress: Told how many inputs are done.

    Raises:
        SourceError: The collection cannot be read; no work has a field that makes a caption; fewer than
            `MINIMUM` works are left to train on.
    """
    height, width = size
    if not (folder / _WORKS).exists():
        folder.mkdir(parents=True, exist_ok=True)
        storage.write_json(folder / _WORKS, _decode_all(recipe, training, folder, size, progress))
    table = json.loads((folder / _WORKS).read_bytes())
    held = np.array(table.pop("held"), bool)
    if not table["ids"]:
        pixels = np.empty((0, height, width, 3), np.uint8)
    else:
        pixels = np.memmap(folder / _PIXELS, np.uint8, "r", shape=(len(held), height, width, 3))
    works = Works(held=held, pixels=pixels, **table)
    _check(works, recipe.name)
    return works


def _decode_all(
    recipe: Recipe, training: Selection, folder: Path, size: tuple[int, int], progress: Progress
) -> dict[str, Any]:
    counts = Counter(used=0, held_out=0, reserved=0, uncaptioned=0, rejected=0, reserved_let_in=0)
    rows: list[tuple[Item, tuple[str, ...], bool]] = []
    rejected: list[str] = []
    sha = hashlib.sha256()
    total = recipe.collection.count()
    with storage.refusals(folder / _PIXELS), (folder / _PIXELS).open("wb") as cache:
        for done, entry in enumerate(recipe.collection.records(), 1):
            progress("decoding", done, total)
            if isinstance(entry, items.Rejected):
                counts["rejected"] += 1
                rejected.append(f"{entry.path}: {entry.reason}")
                continue
            try:
                texts, data = captions_of(entry.item, training.captions), _read(entry)
                reserved = _reserved(entry.item, data)
                if reserved and not training.allow_reserved:
                    counts["reserved"] += 1
                    continue
                if not texts:
                    counts["uncaptioned"] += 1
                    continue
                cache.write(_pixels(data, size))
            except ImageError as error:
                counts["rejected"] += 1
                rejected.append(f"{entry.item.id}: {error}")
                continue
            held = held_out(entry.item, training)
            counts["held_out" if held else "used"] += 1
            counts["reserved_let_in"] += reserved
            rows.append((entry.item, texts, held))
            sha.update(json.dumps([entry.item.id, texts, hashlib.sha256(data).hexdigest()]).encode())
    return {
        "ids": [item.id for item, *_ in rows],
        "captions": [texts for _, texts, _ in rows],
        "subjects": [item.subjects for item, *_ in rows],
        "held": [held for *_, held in rows],
        "counts": dict(counts),
        "rejected": rejected[:20],
        "digest": sha.hexdigest(),
    }


def _read(record: Record) -> bytes:
    if record.read is None:
        message = "has no image"
        raise ImageError(message)
    try:
        return record.read()
    except (OSError, SourceError) as error:
        raise ImageError(str(error)) from error


def _reserved(item: Item, data: bytes) -> bool:
    """Whether the catalogue or the file itself reserves data mining."""
    return reserves_mining(item.mining) or reserves_mining(mining_code(read_embedded(data).mining))


def _pixels(data: bytes, size: tuple[int, int]) -> bytes:
    height, width = size
    image = decode(data).image.convert("RGB")
    return image.resize((width, height), Image.Resampling.BICUBIC).tobytes()


def _check(works: Works, name: str) -> None:
    counts = works.counts
    if not works.ids and counts["uncaptioned"]:
        message = f"{name}: no work has a title, subjects, text, medium, creator, place or date to learn from"
        message = f"{message} ({counts['uncaptioned']} images); name such columns in [collection]"
        raise SourceError(message)
    if counts["used"] < MINIMUM:
        left = ", ".join(f"{count} {why.replace('_', ' ')}" for why, count in counts.items() if count)
        first = f"; first: {works.rejected[0]}" if works.rejected else ""
        message = f"{name}: at least {MINIMUM} works are needed to train on; found {left or 'none'}{first}"
        raise SourceError(message)

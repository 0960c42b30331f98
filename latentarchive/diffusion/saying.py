"""What a record says: of the generator, of what it was asked for, and of what it made."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.diffusion.asking import Asked, fitted
from latentarchive.diffusion.conditions import FromImage, FromNoise, Point, Told, Words, Works
from latentarchive.diffusion.record import Record
from latentarchive.errors import require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from latentarchive.diffusion.families import Family


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a generator is, for the record."""

    #: What `load_generator` was asked for, and the digest of all files.
    id: str
    fingerprint: str
    #: Fingerprint of the encoder whose vectors it was trained with, as its card names it; "": it does not.
    encoder: str
    adapter: str = ""
    image_adapter: str = ""
    prior: str = ""
    lineage: Mapping[str, Any]
    inventory: Mapping[str, Any]


def recorded(family: Family, who: Identity, asked: Asked, said: dict[str, Any]) -> Record:
    """The record of one image.

    Args:
        family: Its pipeline.
        who: The generator.
        asked: What it was asked for.
        said: What `said_of` gives, and fields of this one image.
    """
    torch, pipeline = require("torch", extra="diffusion"), family.pipeline
    names = ("diffusers", "torch", "transformers")
    return Record(
        **said,
        generator=Path(who.id).name,
        pipeline=type(pipeline).__name__,
        adapter=Path(who.adapter).name,
        image_adapter=Path(who.image_adapter).name,
        prior=Path(who.prior).name,
        fingerprint=who.fingerprint,
        encoder=who.encoder,
        steps=asked.steps,
        guidance=asked.guidance,
        scheduler=type(pipeline.scheduler).__name__,
        size=asked.size,
        threads=torch.get_num_threads(),
        device=pipeline.device.type,
        precision=str(pipeline.dtype).removeprefix("torch."),
        versions={name: require(name, extra="diffusion").__version__ for name in names},
        lineage=who.lineage,
        inventory=who.inventory,
    )


def said_of(family: Family, asked: Asked) -> dict[str, Any]:
    """Fields of the record that follow from the condition alone; the same for every seed.

    Raises:
        GeneratorError: The generator takes raw vectors, and the lengths of these are not known.
    """
    told = asked.told
    words = told if isinstance(told, Words) else told.words if isinstance(told, Point) else None
    said = {} if words is None else _words(family, words)
    if not isinstance(told, Words):
        said |= _vectors(told, raw=isinstance(told, Point) and bool(family.capabilities.vector))
    return said | _start(asked, told)


def _words(family: Family, told: Words) -> dict[str, Any]:
    read = {name: _read(reader, most, told.told) for name, (reader, most) in family.readers().items()}
    # What the encoder with the most room read.
    longest = max(family.readers().items(), key=lambda one: one[1][1], default=("", (None, 0)))[0]
    effective = read[longest][0] if longest else told.told
    negative = _read(*family.readers()[longest], told.negative)[0] if longest else told.negative
    return {
        "asked": told.prompt,
        "described": told.described,
        "hidden": told.hidden,
        "effective": effective,
        "negative": told.negative,
        "effective_negative": negative,
        "cut": {name: rest for name, (_, rest) in read.items() if rest},
    }


def _read(tokenizer: Any, most: int, text: str) -> tuple[str, str]:
    """What a text encoder reads of a text: all of it, or as many tokens as it has room for; and what it does not."""
    ids = tokenizer(text, verbose=False).input_ids
    if len(ids) <= most:
        return text, ""
    kept = tokenizer(text, truncation=True, max_length=most, verbose=False).input_ids
    # Cutting keeps the special tokens at the end, so that what is left begins earlier by their number.
    special = set(tokenizer.all_special_ids)
    end = next((i for i, one in enumerate(reversed(kept)) if one not in special), 0)
    parts = (kept, ids[len(kept) - end :])
    read, rest = (str(tokenizer.decode(part, skip_special_tokens=True)).strip("\ufffd").strip() for part in parts)
    return read, rest


def _vectors(told: Works | Point, *, raw: bool) -> dict[str, Any]:
    if isinstance(told, Point):
        vectors = told.raw[None] if raw else told.vector[None]
        said: dict[str, Any] = {"point": told.made, "weights": told.weights}
    else:
        vectors, said = told.vectors, {}
    said |= {"items": told.ids, "left_out": told.left_out, "reserved": told.reserved}
    said["vectors"] = _digest(vectors)
    said["archive"] = told.archive.name if told.archive is not None else ""
    return said


def _start(asked: Asked, told: Told) -> dict[str, Any]:
    start = asked.start
    if isinstance(start, FromNoise):
        return {"noise": start.made or "given", "noise_values": _digest(start.noise)}
    if not isinstance(start, FromImage):
        return {}
    said: dict[str, Any] = {"start": start.item, "strength": float(start.strength)}
    said["start_pixels"] = hashlib.sha256(np.asarray(fitted(start.image, asked.size)).tobytes()).hexdigest()
    reserved = getattr(told, "reserved", ())
    said["reserved"] = (*reserved, start.item) if start.reserved and start.item not in reserved else reserved
    if start.archive is not None:
        said["archive"] = start.archive.name
    return said


def _digest(values: NDArray[np.float32]) -> str:
    return hashlib.sha256(values.astype(np.float32).tobytes()).hexdigest()

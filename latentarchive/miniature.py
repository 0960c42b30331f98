"""A thumbnail made small twice over: grey for its perceptual hash, in colour for a look at its pixels."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentarchive.measures import hashing, likeness


class Miniature(NamedTuple):
    """One picture, small."""

    #: uint8 (32, 32): for the hash, as ImageHash makes it.
    grey: NDArray[np.uint8]
    #: uint8 (64, 64, 3): for `measures.likeness`.
    colour: NDArray[np.uint8]


def miniature(data: bytes) -> Miniature:
    """The miniature of a thumbnail of an archive, from its WebP."""
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    grey = image.convert("L").resize((hashing.SIDE, hashing.SIDE), Image.Resampling.LANCZOS)
    colour = image.resize((likeness.SIDE, likeness.SIDE), Image.Resampling.LANCZOS)
    return Miniature(np.asarray(grey), np.asarray(colour))

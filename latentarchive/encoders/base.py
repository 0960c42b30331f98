"""What every encoder promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image


class Encoded(NamedTuple):
    """Vectors as an encoder gives them: directions of unit length, and the lengths they had."""

    #: float32, shape (n, dim), rows of unit length.
    unit: NDArray[np.float32]
    #: float32, shape (n,), length of each raw vector; unCLIP-style generators need it.
    norms: NDArray[np.float32]


class Encoder(Protocol):
    """Images and texts to unit rows of one shared space.

    Row i does not depend on its neighbours in the batch (to 1e-4 in float32).
    """

    #: The id that `load_encoder` takes.
    id: str
    #: Number of dimensions.
    dim: int
    #: How many numbers it learned; 0 for one without weights.
    weights: int
    #: SHA-256 over weights, preprocessing and library major versions: equal fingerprints mean vectors that can be
    #: compared. They are equal but for the rounding of the machine.
    fingerprint: str

    def prepare(self, image: Image.Image) -> NDArray[np.generic]:
        """Resize, crop and normalise one RGB image to the array that the model takes; safe in threads."""

    def encode_prepared(self, batch: Sequence[NDArray[np.generic]]) -> Encoded:
        """Encode arrays that `prepare` made. An empty batch gives shape (0, dim)."""

    def encode_images(self, images: Sequence[Image.Image]) -> Encoded:
        """Encode RGB images. An empty batch gives shape (0, dim)."""

    def encode_texts(self, texts: Sequence[str]) -> Encoded:
        """Encode texts. An empty batch gives shape (0, dim)."""


def normalized(raw: NDArray[np.float32]) -> Encoded:
    """Raw vectors, shape (n, dim), as directions and lengths. A zero row stays zero with norm 0."""
    norms = np.linalg.norm(raw, axis=1).astype(np.float32)
    unit = raw / np.where(norms > 0, norms, 1)[:, None]
    return Encoded(unit.astype(np.float32), norms)

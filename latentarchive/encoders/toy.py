"""`ToyEncoder`: eleven colour names as a space whose vectors can be computed by hand. A toy, for tests.

It sees no shapes and knows no words but the names of colours. It needs no weights and no torch.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from latentarchive.encoders.base import Encoded, normalized
from latentarchive.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (255, 0, 0),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "purple": (128, 0, 128),
    "pink": (255, 192, 203),
    "brown": (139, 69, 19),
}
"""The eleven basic colour terms of English (Berlin and Kay, 1969), with the RGB values that CSS gives
these names; brown is CSS saddlebrown, because CSS brown is a red. One dimension each, in this order."""

SIDE = 16
"""Images are reduced to SIDE x SIDE pixels, each copied from the original, so that no colour is mixed."""


class ToyEncoder:
    """Counts colours: in images the pixels nearest to each, in texts the words that name one.

    Images and texts that hold the same colours in the same shares lie in the same direction. A text
    without any colour word is equally near to every colour.

    >>> from PIL import Image
    >>> toy = ToyEncoder()
    >>> picture = Image.new("RGB", (32, 32), "red")
    >>> picture.paste("blue", (16, 0, 32, 32))
    >>> images, texts = toy.encode_images([picture]), toy.encode_texts(["red", "Blue reds", "GRAY", "boats"])
    >>> images.norms.round(1).tolist()  # 128 red pixels, 128 blue ones: √(128² + 128²)
    [181.0]
    >>> [f"{cosine:.3f}" for cosine in texts.unit @ images.unit[0]]  # 1/√2, 1, 0, 2/(√11 √2)
    ['0.707', '1.000', '0.000', '0.426']
    """

    id: str = "toy"
    dim: int = len(COLOURS)
    weights: int = 0

    def __init__(self) -> None:
        table = json.dumps({"toy": 1, "side": SIDE, "colours": COLOURS}, sort_keys=True)
        self.fingerprint: str = hashlib.sha256(table.encode()).hexdigest()
        self._values = np.array(list(COLOURS.values()), np.int32)
        self._columns = {name: column for column, name in enumerate(COLOURS)}
        self._columns["gray"] = self._columns["grey"]

    def prepare(self, image: Image.Image) -> NDArray[np.generic]:
        """The image as uint8, shape (16, 16, 3)."""
        return np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.NEAREST))

    def encode_prepared(self, batch: Sequence[NDArray[np.generic]]) -> Encoded:
        """Encode arrays that `prepare` made. Raises `EncoderError` on any other shape."""
        raw = np.zeros((len(batch), self.dim), np.float32)
        for row, array in enumerate(batch):
            if array.shape != (SIDE, SIDE, 3):
                shapes = f"({SIDE}, {SIDE}, 3), got {array.shape} at {row}"
                message = f"encoder 'toy' takes arrays of shape {shapes}"
                raise EncoderError(message)
            offsets = array.reshape(-1, 1, 3).astype(np.int32) - self._values
            nearest = (offsets**2).sum(axis=2).argmin(axis=1)
            raw[row] = np.bincount(nearest, minlength=self.dim)
        return normalized(raw)

    def encode_images(self, images: Sequence[Image.Image]) -> Encoded:
        """Encode RGB images."""
        return self.encode_prepared([self.prepare(image) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Encoded:
        """Encode texts: case, "gray" for "grey" and a plural s make no difference."""
        raw = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"[a-z]+", text.casefold()):
                column = self._columns.get(word, self._columns.get(word.removesuffix("s")))
                if column is not None:
                    raw[row, column] += 1
            if not raw[row].any():
                raw[row] = 1
        return normalized(raw)

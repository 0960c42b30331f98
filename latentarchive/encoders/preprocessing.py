"""open_clip's preprocessing in two halves: pixels, image by image in threads; numbers, batch by batch beside the model.

Both together do what its transform does. An image waits as bytes rather than as floats, at a quarter of the memory,
and a batch is scaled in one pass where torch would make three of every image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.errors import EncoderError, require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL import Image

GEOMETRY = ("Resize", "ResizeKeepRatio", "CenterCrop", "CenterCropOrPad", "MaybeConvertMode")
"""Steps of open_clip 3 that make an image of an image."""


class Preprocessing:
    """The two halves of one transform."""

    def __init__(self, transform: Any) -> None:
        """Take a transform of open_clip apart. Raises `EncoderError` if it has steps that are not known here."""
        steps = {type(step).__name__: step for step in transform.transforms}
        self._geometry = [step for name, step in steps.items() if name in GEOMETRY]
        self._normalise = steps.get("Normalize")
        left = [name for name in steps if name not in (*GEOMETRY, "MaybeToTensor", "ToTensor", "Normalize")]
        if left or self._normalise is None:
            message = f"the preprocessing of this model has steps that are not known: {', '.join(left) or transform}"
            raise EncoderError(message)

    def pixels(self, image: Image.Image) -> NDArray[np.uint8]:
        """An RGB image resized and cropped: uint8, shape (h, w, 3)."""
        for step in self._geometry:
            image = step(image)
        return np.asarray(image)

    def numbers(self, batch: Sequence[NDArray[np.generic]], device: Any, dtype: Any) -> Any:
        """What the model takes of a batch of `pixels`: tensor of that dtype, shape (n, 3, h, w)."""
        torch = require("torch", extra="clip")
        mean, std = (torch.tensor(getattr(self._normalise, name), device=device) for name in ("mean", "std"))
        pixels = torch.from_numpy(np.stack(batch)).to(device).permute(0, 3, 1, 2)
        scale, offset = 1 / (255 * std), -mean / std
        return torch.addcmul(offset[:, None, None], pixels.float(), scale[:, None, None]).to(dtype)

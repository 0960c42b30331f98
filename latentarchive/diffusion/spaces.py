"""Whether a pipeline's own image encoder is the one that made an archive's vectors.

Weights come under many names, so both are shown the same pictures: equal encoders give equal vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from latentarchive.diffusion.conditions import Point, Told, Works
from latentarchive.diffusion.record import UNVERIFIED
from latentarchive.errors import ArchiveError, require

if TYPE_CHECKING:
    from latentarchive.diffusion.families import Family
    from latentarchive.encoders import Encoder

LEAST = 0.98
"""Least cosine of two vectors of one picture for their encoders to be the same: they differ by rounding, and where
the two resize differently. Vectors of different encoders of one width are about orthogonal."""

PICTURES = 4


class Spaces:
    """Which vectors condition a generator: those of the encoder that it was trained with."""

    def __init__(self, family: Family, encoder: str) -> None:
        """Of a pipeline.

        Args:
            family: It.
            encoder: Fingerprint of its encoder, as its card names it; "": it has no card.
        """
        self._family, self._encoder = family, encoder
        self._compared: dict[str, bool] = {}

    def of(self, told: Told) -> tuple[str, str]:
        """Whether what is told are vectors of its space: for the record, and why they are refused ("": they are not).

        A card names the encoder, and another is refused. The makers of other pipelines name theirs in words at most;
        where the pipeline brings it along and the archive's can be loaded, both are shown the same pictures.
        """
        if not isinstance(told, Works | Point):
            return "", ""
        if self._encoder:
            same, how = told.encoder == self._encoder, f"of encoder {self._encoder[:12]}"
        else:
            found = self._compare(told)
            if found is None:
                return UNVERIFIED, ""
            same, how = found, "of its own image encoder"
        if same:
            return "same", ""
        return "", (
            f"is conditioned by the vectors {how}, these works have those of {told.encoder[:12] or 'an unknown one'}; "
            "build an archive with the encoder that it was trained with"
        )

    def _compare(self, told: Works | Point) -> bool | None:
        """Whether the archive's encoder is the pipeline's own; None where one of them is not at hand."""
        own = self._family.image_encoder()
        if own is None or told.archive is None:
            return None
        if told.encoder not in self._compared:
            try:
                encoder = told.archive.encoder
            except ArchiveError:  # its weights are not on this machine
                return None
            self._compared[told.encoder] = same_encoder(*own, encoder)
        return self._compared[told.encoder]


def same_encoder(model: Any, processor: Any, encoder: Encoder) -> bool:
    """Whether two encoders give each of some pictures the same vector.

    Args:
        model: `transformers.CLIPVisionModelWithProjection` of a pipeline.
        processor: Its `CLIPImageProcessor`.
        encoder: Of an archive.
    """
    torch = require("torch", extra="diffusion")
    pictures = _pictures(int(model.config.image_size))
    ours = encoder.encode_images(pictures)
    pixels = processor(images=pictures, return_tensors="pt").pixel_values
    with torch.inference_mode():
        theirs = model(pixels.to(model.device, model.dtype)).image_embeds.float().cpu().numpy()
    if theirs.shape != ours.unit.shape:
        return False
    cosine = (ours.unit * theirs).sum(axis=1) / np.linalg.norm(theirs, axis=1).clip(min=1e-9)
    return bool(cosine.min() >= LEAST)


def _pictures(side: int) -> list[Image.Image]:
    """Coloured clouds, of the size that the encoder takes, so that nothing is resized."""
    random = np.random.default_rng(2022)
    small = random.integers(0, 256, (PICTURES, 5, 5, 3), np.uint8)
    return [Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC) for one in small]

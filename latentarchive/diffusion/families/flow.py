"""Stable Diffusion 3 and Flux: transformers that were trained to follow a flow from noise to image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from latentarchive.diffusion.capabilities import Capabilities
from latentarchive.diffusion.families.base import Arguments, Family

if TYPE_CHECKING:
    from collections.abc import Mapping

    from latentarchive.diffusion.conditions import Words

T5 = {"StableDiffusion3Pipeline": 256, "FluxPipeline": 512}
"""Tokens that T5 is given, unless the call says otherwise; defaults of the pipelines."""


class StableDiffusion3(Family):
    """Stable Diffusion 3: two CLIP text encoders, and T5 where it was kept."""

    pipeline_class, image_class = "StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline"
    denoiser, half = "transformer", "bfloat16"
    steps, guidance = 28, 7.0

    @property
    def multiple(self) -> int:
        """A patch of latents is one token."""
        return math.lcm(8, self.scale * int(self.pipeline.transformer.config.patch_size))

    def image_arguments(self, size: tuple[int, int], guidance: float) -> Arguments:
        """The size must be told again."""
        return self.arguments(size, guidance)

    def readers(self) -> Mapping[str, tuple[Any, int]]:
        """Every encoder that is there."""
        found = {}
        for number, name in enumerate(("tokenizer", "tokenizer_2", "tokenizer_3")):
            if (tokenizer := getattr(self.pipeline, name, None)) is not None:
                most = T5[self.pipeline_class] if number == self._t5 else int(tokenizer.model_max_length)
                found[name] = (tokenizer, most)
        return found

    _t5 = 2


class Flux(StableDiffusion3):
    """Flux: CLIP and T5; guidance is a number that the model is told, and no second pass without the words."""

    pipeline_class, image_class = "FluxPipeline", "FluxImg2ImgPipeline"
    guidance = 3.5
    _t5 = 1

    def __init__(self, pipeline: Any, *, sequence: int = 0) -> None:
        """Take over a pipeline; one without guidance was distilled to few steps."""
        super().__init__(pipeline, sequence=sequence)
        if not pipeline.transformer.config.guidance_embeds:
            self.steps, self.guidance = 4, 1.0

    def _capabilities(self) -> Capabilities:
        return Capabilities(words=True, image=True)

    @property
    def multiple(self) -> int:
        """Latents are packed two by two."""
        return math.lcm(8, self.scale * 2)

    @property
    def size(self) -> tuple[int, int]:
        """Nothing in the weights states it; that of the pipeline."""
        side = int(self.pipeline.default_sample_size) * self.scale
        return side, side

    def latent_shape(self, size: tuple[int, int]) -> tuple[int, int, int]:
        """Before packing."""
        _, height, width = super().latent_shape(size)
        return int(self.pipeline.transformer.config.in_channels) // 4, height, width

    def words(self, told: Words, seed: int, guidance: float) -> Arguments:
        """Words; what to keep away from is not told."""
        del seed, guidance
        return {"prompt": told.told}

    def begun(self, latents: Any, size: tuple[int, int]) -> Arguments:
        """Noise, packed."""
        channels, height, width = self.latent_shape(size)
        return {"latents": self.pipeline._pack_latents(latents, 1, channels, height, width)}

    def unpacked(self, latents: Any, size: tuple[int, int]) -> Any:
        """The inverse of packing."""
        return self.pipeline._unpack_latents(latents, size[1], size[0], self.pipeline.vae_scale_factor)

"""Stable unCLIP and Kandinsky 2.2: decoders of CLIP image vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.diffusion.capabilities import Capabilities
from latentarchive.diffusion.conditions import Words
from latentarchive.diffusion.families.base import Arguments, Family

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from PIL import Image

PRIOR_STEPS = 25
"""Steps of the model that makes an image vector of words; the pipeline's own number."""


class StableUnCLIP(Family):
    """Stable unCLIP: told one raw vector, and words beside it.

    It has no counterpart that begins from an image. Its pipeline draws noise for the vector before that of the image;
    here the image's noise is that of the seed all the same.
    """

    pipeline_class = "StableUnCLIPImg2ImgPipeline"
    guidance = 10.0

    def _capabilities(self) -> Capabilities:
        # The vector is told beside an embedding of the noise that was added to it, of the same width.
        return Capabilities(
            negative=True, vector=int(self.pipeline.unet.config.projection_class_embeddings_input_dim) // 2, beside=True
        )

    def vector(self, raw: NDArray[np.float32], beside: Words, guidance: float) -> Arguments:
        """One raw vector, with as little noise as it takes."""
        del guidance
        embeds = self.torch.from_numpy(raw[None]).to(self.pipeline.device, self.pipeline.unet.dtype)
        said = {"prompt": beside.told, "negative_prompt": beside.negative}
        return said | {"image_embeds": embeds, "noise_level": 0}


class Kandinsky(Family):
    """The decoder of Kandinsky 2.2: told one raw vector, or with its prior words, of which that makes a vector."""

    pipeline_class, image_class = "KandinskyV22Pipeline", "KandinskyV22Img2ImgPipeline"
    guidance = 4.0

    def __init__(self, pipeline: Any, *, sequence: int = 0, prior: Any = None) -> None:
        """Take over a decoder, and the prior that belongs to it (`diffusers.KandinskyV22PriorPipeline`)."""
        self.prior = prior
        super().__init__(pipeline, sequence=sequence)

    def _capabilities(self) -> Capabilities:
        width = int(self.pipeline.unet.config.encoder_hid_dim)
        told = self.prior is not None
        return Capabilities(words=told, negative=told, image=True, vector=width)

    @property
    def scale(self) -> int:
        """Of its autoencoder, which is called movq."""
        return int(2 ** (len(self.pipeline.movq.config.block_out_channels) - 1))

    @property
    def multiple(self) -> int:
        """Its pipeline rounds to squares of the scale."""
        return self.scale**2

    def image_arguments(self, size: tuple[int, int], guidance: float) -> Arguments:
        """Width and height are exchanged inside the pipeline (diffusers 0.42), so they are given exchanged."""
        return {"guidance_scale": guidance, "width": size[1], "height": size[0]}

    def words(self, told: Words, seed: int, guidance: float) -> Arguments:
        """Words through the prior, which draws its own noise from the same seed."""
        del guidance
        made = self.prior(
            told.told,
            negative_prompt=told.negative or None,
            num_inference_steps=PRIOR_STEPS,
            generator=self.torch.Generator().manual_seed(seed),
        )
        return {"image_embeds": made.image_embeds, "negative_image_embeds": made.negative_image_embeds}

    def vector(self, raw: NDArray[np.float32], beside: Words, guidance: float) -> Arguments:
        """One raw vector; nothing is the vector of a black image with the prior, which has the encoder, else zeros."""
        del beside, guidance
        embeds = self.torch.from_numpy(raw[None]).to(self.pipeline.device, self.pipeline.unet.dtype)
        nothing = self.torch.zeros_like(embeds) if self.prior is None else self.prior.get_zero_embed()
        return {"image_embeds": embeds, "negative_image_embeds": nothing.to(embeds)}

    def begun_from(self, image: Image.Image, strength: float) -> Arguments:
        """The pipeline encodes it itself, and leaves nothing to chance."""
        return {"image": image, "strength": strength}

    def begun(self, latents: Any, size: tuple[int, int]) -> Arguments:
        """Noise."""
        del size
        return {"latents": latents}

    def encode(self, image: Image.Image) -> Any:
        """Latents before they are quantised; they are not scaled, for neither does the pipeline before decoding."""
        movq = self.pipeline.movq
        return movq.encode(self.pixels(image).to(self.pipeline.device, movq.dtype)).latents.contiguous()

    def decode(self, latents: Any) -> NDArray[np.float32]:
        """The image of latents that are not quantised."""
        movq = self.pipeline.movq
        return self.shown(movq.decode(latents.to(self.pipeline.device, movq.dtype), force_not_quantize=True).sample)

    def readers(self) -> Mapping[str, tuple[Any, int]]:
        """That of the prior."""
        tokenizer = getattr(self.prior, "tokenizer", None)
        return {} if tokenizer is None else {"tokenizer": (tokenizer, int(tokenizer.model_max_length))}

    def image_encoder(self) -> tuple[Any, Any] | None:
        """That of the prior."""
        return None if self.prior is None else (self.prior.image_encoder, self.prior.image_processor)

    def modules(self) -> list[str]:
        """The prior logs too."""
        return super().modules() + ([] if self.prior is None else [type(self.prior).__module__])

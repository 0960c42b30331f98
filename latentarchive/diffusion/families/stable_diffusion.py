"""Stable Diffusion 1.x and 2.x, and XL; with an IP-Adapter also told image vectors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.diffusion.capabilities import Capabilities
from latentarchive.diffusion.families.base import Arguments, Family

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from PIL import Image

    from latentarchive.diffusion.conditions import Words


class StableDiffusion(Family):
    """Stable Diffusion 1.x and 2.x, and the project's own generators, which are also told sequences of vectors."""

    pipeline_class, image_class = "StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline"

    def _capabilities(self) -> Capabilities:
        width = self.sequence_width
        return Capabilities(
            words=True,
            negative=True,
            image=True,
            vector=self._adapter_width(),
            beside=bool(self._adapter_width()),
            sequence=width,
            at_most=int(self.pipeline.tokenizer.model_max_length) if width else 0,
        )

    def _adapter_width(self) -> int:
        """Width of the vectors that the IP-Adapter takes, 0 if there is none that takes one vector an image."""
        layers = getattr(self.pipeline.unet.encoder_hid_proj, "image_projection_layers", None)
        embeds = getattr(layers[0], "image_embeds", None) if layers else None
        return int(embeds.in_features) if embeds is not None else 0

    def words(self, told: Words, seed: int, guidance: float) -> Arguments:
        """Words; an IP-Adapter is given nothing, at strength 0: without an image it would fail."""
        said = super().words(told, seed, guidance)
        if self.capabilities.vector:
            self.pipeline.set_ip_adapter_scale(0.0)
            said["ip_adapter_image_embeds"] = [self._pair(np.zeros(self.capabilities.vector, np.float32), guidance)]
        return said

    def vector(self, raw: NDArray[np.float32], beside: Words, guidance: float) -> Arguments:
        """One raw vector through the IP-Adapter."""
        self.pipeline.set_ip_adapter_scale(1.0)
        said = {"prompt": beside.told, "negative_prompt": beside.negative}
        return said | {"ip_adapter_image_embeds": [self._pair(raw, guidance)]}

    def _pair(self, raw: NDArray[np.float32], guidance: float) -> Any:
        """The vector, with guidance behind the zeros that stand for none: tensor of shape (1 or 2, 1, dim)."""
        guided = guidance > 1 and self.pipeline.unet.config.time_cond_proj_dim is None
        rows = np.stack([np.zeros_like(raw), raw] if guided else [raw])[:, None]
        return self.torch.from_numpy(rows).to(self.pipeline.device, self.pipeline.unet.dtype)

    def sequence(self, vectors: NDArray[np.float32], guidance: float) -> Arguments:
        """Unit vectors in place of text tokens, at their length, as training gave them (`train.conditions.as_tokens`).

        What stands for nothing is the first tokens of the empty text, also as in training. Left to itself, diffusers
        makes two tokens of it where there is one work.
        """
        del guidance
        count, width = vectors.shape
        tokens = self.torch.from_numpy(vectors * np.float32(width**0.5))[None]
        nothing = self._nothing()[:, :count]
        return {"prompt_embeds": tokens.to(nothing.device, nothing.dtype), "negative_prompt_embeds": nothing}

    def _nothing(self) -> Any:
        """Tokens of the empty text: tensor of shape (1, context, width)."""
        tokenizer, most = self.readers()["tokenizer"]
        ids = tokenizer([""], padding="max_length", max_length=most, truncation=True, return_tensors="pt").input_ids
        return self.pipeline.text_encoder(ids.to(self.pipeline.device))[0]


class StableDiffusionXL(StableDiffusion):
    """Stable Diffusion XL: two text encoders, and an autoencoder that overflows in half precision."""

    pipeline_class, image_class = "StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline"
    guidance = 5.0

    def readers(self) -> Mapping[str, tuple[Any, int]]:
        """One of them may be missing."""
        names = [name for name in ("tokenizer", "tokenizer_2") if self.part(name) is not None]
        return {name: (self.part(name), int(self.part(name).model_max_length)) for name in names}

    def encode(self, image: Image.Image) -> Any:
        """As every family, but precisely."""
        with self._precise():
            return super().encode(image).to(self.pipeline.unet.dtype)

    def decode(self, latents: Any) -> NDArray[np.float32]:
        """As every family, but precisely."""
        with self._precise():
            return super().decode(latents)

    def normalised(self, latents: Any) -> Any:
        """Some autoencoders of this family state mean and spread by channel."""
        mean, spread = self._statistics(latents)
        return (latents - mean) / spread

    def original(self, latents: Any) -> Any:
        """The inverse of `normalised`."""
        mean, spread = self._statistics(latents)
        return latents * spread + mean

    def _statistics(self, like: Any) -> tuple[Any, Any]:
        config = self.pipeline.vae.config
        mean, spread = config.get("latents_mean"), config.get("latents_std")
        if mean is None or spread is None:
            return 0.0, 1 / config.scaling_factor
        column = [self.torch.tensor(values).view(1, -1, 1, 1).to(like) for values in (mean, spread)]
        return column[0], column[1] / config.scaling_factor

    @contextmanager
    def _precise(self) -> Iterator[None]:
        """Have the autoencoder compute in float32 where its makers say that it must."""
        vae = self.pipeline.vae
        if before := vae.dtype if vae.config.force_upcast and vae.dtype == self.torch.float16 else None:
            vae.to(dtype=self.torch.float32)
        try:
            yield
        finally:
            if before:
                vae.to(dtype=before)

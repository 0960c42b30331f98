"""What the families of pipelines have in common: how their sizes, latents and texts are found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PIL import Image

from latentarchive.diffusion.capabilities import Capabilities
from latentarchive.diffusion.conditions import Words
from latentarchive.diffusion.quiet import quiet
from latentarchive.errors import require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Arguments = dict[str, Any]
"""Of a call of a pipeline."""


class Family:
    """A loaded pipeline and what is particular about it. Used by one thread at a time; see `Generator.held`."""

    #: Names of the pipelines' classes in diffusers: of the one that begins from noise, and of the one that begins from
    #: an image ("": there is none).
    pipeline_class: ClassVar[str]
    image_class: ClassVar[str] = ""
    #: Name of the part that denoises.
    denoiser: ClassVar[str] = "unet"
    #: What its makers take: denoising steps and guidance.
    steps: int = 20
    guidance: float = 7.5
    #: Number format on a graphics processor.
    half: ClassVar[str] = "float16"

    def __init__(self, pipeline: Any, *, sequence: int = 0) -> None:
        """Take over a loaded pipeline.

        Args:
            pipeline: Of `pipeline_class`.
            sequence: Width of the vectors of works that its denoiser was trained to take in place of words; 0: none.
        """
        self.pipeline, self.sequence_width = pipeline, sequence
        self.torch = require("torch", extra="diffusion")
        self._from_image: Any = None
        self.settle()

    def settle(self) -> None:
        """Find anew what the pipeline can be told; after an adapter was put into it."""
        self.capabilities = self._capabilities()

    def _capabilities(self) -> Capabilities:
        return Capabilities(words=True, negative=True, image=bool(self.image_class))

    # Sizes.

    @property
    def scale(self) -> int:
        """Pixels along one side of a latent."""
        return int(self.pipeline.vae_scale_factor)

    @property
    def multiple(self) -> int:
        """Width and height in pixels are multiples of this; diffusers wants 8 whatever the autoencoder."""
        return math.lcm(8, self.scale)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels that it was trained for."""
        side = self.part(self.denoiser).config.sample_size
        height, width = (side, side) if isinstance(side, int) else side
        return int(width) * self.scale, int(height) * self.scale

    def latent_shape(self, size: tuple[int, int]) -> tuple[int, int, int]:
        """Channels, height and width of the latents of an image of a size in pixels."""
        channels = int(self.part(self.denoiser).config.in_channels)
        return channels, size[1] // self.scale, size[0] // self.scale

    def part(self, name: str) -> Any:
        """A component of the pipeline."""
        return getattr(self.pipeline, name)

    # Pipelines.

    @property
    def from_image(self) -> Any:
        """The pipeline that begins from an image, of the same weights."""
        if self._from_image is None:
            kind = getattr(require("diffusers", extra="diffusion"), self.image_class)
            with quiet():
                self._from_image = kind.from_pipe(self.pipeline, dtype=self.pipeline.dtype)
            self._from_image.set_progress_bar_config(disable=True)
        return self._from_image

    def arguments(self, size: tuple[int, int], guidance: float) -> Arguments:
        """What every call from noise is given beside its condition."""
        return {"guidance_scale": guidance, "width": size[0], "height": size[1]}

    def image_arguments(self, size: tuple[int, int], guidance: float) -> Arguments:
        """What every call from an image is given beside its condition and its beginning."""
        del size  # that of the image
        return {"guidance_scale": guidance}

    # Conditions, as arguments of a call.

    def words(self, told: Words, seed: int, guidance: float) -> Arguments:
        """Words."""
        del seed, guidance
        return {"prompt": told.told, "negative_prompt": told.negative}

    def vector(self, raw: NDArray[np.float32], beside: Words, guidance: float) -> Arguments:
        """One raw vector, shape (dim,), with words beside it; called where `Capabilities.vector` is not 0."""
        raise NotImplementedError

    def sequence(self, vectors: NDArray[np.float32], guidance: float) -> Arguments:
        """Unit vectors, shape (k, dim); called where `Capabilities.sequence` is not 0."""
        raise NotImplementedError

    # Beginnings, as arguments of a call.

    def begun(self, latents: Any, size: tuple[int, int]) -> Arguments:
        """Noise: a tensor of shape (1, *latent_shape)."""
        del size
        return {"latents": latents}

    def begun_from(self, image: Image.Image, strength: float) -> Arguments:
        """An image of the size that is to be made. Its latents are the mode of what the encoder gives: no chance."""
        return {"image": self.encode(image), "strength": strength}

    def unpacked(self, latents: Any, size: tuple[int, int]) -> Any:
        """Latents inside the pipeline, as a tensor of shape (1, *latent_shape)."""
        del size
        return latents

    # The autoencoder.

    def encode(self, image: Image.Image) -> Any:
        """The latents of an image, as the denoiser takes them: a tensor of shape (1, *latent_shape)."""
        vae = self.pipeline.vae
        pixels = self.pixels(image).to(self.pipeline.device, vae.dtype)
        return self.normalised(vae.encode(pixels).latent_dist.mode()).contiguous()

    def decode(self, latents: Any) -> NDArray[np.float32]:
        """The image of latents of shape (1, *latent_shape): float32, shape (height, width, 3), from 0 to 1."""
        vae = self.pipeline.vae
        latents = self.original(latents.to(self.pipeline.device, vae.dtype))
        return self.shown(vae.decode(latents, return_dict=False)[0])

    def normalised(self, latents: Any) -> Any:
        """Latents of the autoencoder at the spread that the denoiser takes."""
        config = self.pipeline.vae.config
        return (latents - (config.get("shift_factor") or 0)) * config.scaling_factor

    def original(self, latents: Any) -> Any:
        """The inverse of `normalised`."""
        config = self.pipeline.vae.config
        return latents / config.scaling_factor + (config.get("shift_factor") or 0)

    def pixels(self, image: Image.Image) -> Any:
        """Tensor of shape (1, 3, height, width), from -1 to 1."""
        values = np.ascontiguousarray(np.asarray(image, np.float32).transpose(2, 0, 1)[None]) / 255
        return self.torch.from_numpy(2 * values - 1)

    def shown(self, pixels: Any) -> NDArray[np.float32]:
        """Pixels of a tensor from -1 to 1: float32, shape (height, width, 3), from 0 to 1."""
        clear = (pixels * 0.5 + 0.5).clamp(0, 1)
        values: NDArray[np.float32] = clear[0].permute(1, 2, 0).float().cpu().numpy()
        return values

    # Texts, and spaces.

    def readers(self) -> Mapping[str, tuple[Any, int]]:
        """The tokenizers that read a prompt, by name, each with the most tokens that its encoder takes."""
        return {"tokenizer": (self.pipeline.tokenizer, int(self.pipeline.tokenizer.model_max_length))}

    def image_encoder(self) -> tuple[Any, Any] | None:
        """The encoder whose vectors it was trained with, and its processor; None: they are not at hand."""
        parts = (getattr(self.pipeline, "image_encoder", None), getattr(self.pipeline, "feature_extractor", None))
        return parts if all(parts) else None

    def modules(self) -> list[str]:
        """Python modules of the pipelines, by which they log."""
        diffusers = require("diffusers", extra="diffusion")
        return [getattr(diffusers, name).__module__ for name in (self.pipeline_class, self.image_class) if name]

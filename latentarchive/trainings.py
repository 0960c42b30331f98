"""The tables of a recipe that describe a training: what it sees, what it makes, how long it learns."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latentarchive.errors import nearest
from latentarchive.items import Item

LEAST_VOCABULARY = 260
"""The 256 bytes, padding, start and end, and one pair."""

OPTIMIZERS = ("adamw", "muon")

ITEM_FIELDS = tuple(f.name for f in dataclasses.fields(Item))


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Keys that every table of a training has: what it sees, what its captions are, what is held out."""

    #: Fields of an item, or columns that only its `extra` has (``extra.series``), whose texts are the captions, as
    #: they stand; one that is named twice is drawn twice as often. Empty: the grammar of `train.captions`.
    captions: tuple[str, ...] = ()
    #: Fields whose values keep works together when some are held out.
    group_by: tuple[str, ...] = ("title", "creator", "date")
    #: Share of the groups that training never sees, chosen by a hash of their fields.
    holdout: float = 0.2
    seed: int = 0
    #: Train also on works whose rights reserve data mining; how many is written in the model's card.
    allow_reserved: bool = False

    def __post_init__(self) -> None:
        """Raise `ValueError` for a value that makes no sense."""
        if not 0 <= self.holdout < 1:
            message = f"holdout must be a share of at least 0 and less than 1, got {self.holdout}"
            raise ValueError(message)
        if self.seed < 0:
            message = f"seed must not be negative, got {self.seed}"
            raise ValueError(message)
        for key in ("group_by", "captions"):
            for name in getattr(self, key):
                if name not in ITEM_FIELDS and not name.startswith("extra."):
                    message = f"{key} {name!r} is no field of an item; {nearest(name, ITEM_FIELDS)}"
                    raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class Training(Selection):
    """Table ``[train]``: a small CLIP of one's own on this collection; see `latentarchive.train`."""

    #: ``model_cfg`` of open_clip: embed_dim, vision_cfg, text_cfg; its vocabulary is set by the training.
    model: Mapping[str, Any]
    #: How many images training looks at in all, repetitions counted.
    samples: int = 200_000
    batch_size: int = 256
    #: Highest learning rate: reached after a short rise, from which it falls to zero along a cosine.
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    #: Least share of an image's area that training's random crops keep.
    crop: float = 0.5
    #: How rare subjects are drawn: 0 as often as they occur, 1 as often as common ones.
    balance: float = 0.5
    #: ``adamw``, or ``muon``: that for the matrices inside transformer blocks, which then learn in fewer steps.
    optimizer: str = "adamw"
    #: Most tokens of the byte-pair vocabulary that is learned from the captions.
    vocabulary: int = 1024

    def __post_init__(self) -> None:
        """Raise `ValueError` for a value that makes no sense."""
        super().__post_init__()
        _positive(self, "samples", "batch_size", "learning_rate")
        if self.optimizer not in OPTIMIZERS:
            message = f"no optimizer {self.optimizer!r}; {nearest(self.optimizer, OPTIMIZERS)}"
            raise ValueError(message)
        if not 0 < self.crop <= 1:
            message = f"crop must be a share of more than 0 and at most 1, got {self.crop}"
            raise ValueError(message)
        if self.vocabulary < LEAST_VOCABULARY:
            message = f"vocabulary must be at least {LEAST_VOCABULARY}, got {self.vocabulary}"
            raise ValueError(message)
        for name in ("embed_dim", "vision_cfg", "text_cfg"):
            if name not in self.model:
                message = f"model needs {name!r}: it is an open_clip model_cfg (embed_dim, vision_cfg, text_cfg)"
                raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class GeneratorTraining(Selection):
    """Table ``[generator]``: a small latent diffusion model on this collection; see `latentarchive.train`."""

    #: Encoder id of the CLIP whose text tokens and image vectors condition the generator: one of `train`.
    encoder: str
    #: Arguments of `diffusers.AutoencoderKL` and of `diffusers.UNet2DConditionModel`.
    autoencoder: Mapping[str, Any]
    denoiser: Mapping[str, Any]
    #: Side of the generated images in pixels.
    side: int = 64
    #: How many images each half looks at in all, repetitions counted; works in a batch; highest learning rate.
    autoencoder_samples: int = 150_000
    autoencoder_batch: int = 16
    autoencoder_rate: float = 1e-3
    samples: int = 300_000
    batch_size: int = 64
    learning_rate: float = 1e-3
    #: Most retrieved works that condition one image together.
    neighbours: int = 4
    #: Share of the samples that are conditioned by retrieved works, and by nothing; the rest by words.
    retrieved: float = 0.35
    unconditioned: float = 0.1

    def __post_init__(self) -> None:
        """Raise `ValueError` for a value that makes no sense."""
        super().__post_init__()
        _positive(self, "autoencoder_samples", "autoencoder_batch", "autoencoder_rate")
        _positive(self, "side", "samples", "batch_size", "learning_rate", "neighbours")
        if min(self.retrieved, self.unconditioned) < 0 or self.retrieved + self.unconditioned > 1:
            message = (
                f"retrieved and unconditioned are shares of all samples, got {self.retrieved} and {self.unconditioned}"
            )
            raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class LoraTraining(Selection):
    """Table ``[lora]``: a small addition to a generator, trained on this collection; see `latentarchive.train`."""

    #: Generator id, as `latentarchive.diffusion.load_generator` takes it.
    generator: str
    #: Ends of the names of the denoiser's layers that are added to, and the rank of what is added.
    layers: tuple[str, ...]
    rank: int = 8
    samples: int = 20_000
    batch_size: int = 32
    learning_rate: float = 1e-3
    #: Share of the samples that are told nothing.
    unconditioned: float = 0.1

    def __post_init__(self) -> None:
        """Raise `ValueError` for a value that makes no sense."""
        super().__post_init__()
        _positive(self, "rank", "samples", "batch_size", "learning_rate")
        if not 0 <= self.unconditioned <= 1:
            message = f"unconditioned must be a share from 0 to 1, got {self.unconditioned}"
            raise ValueError(message)


def _positive(table: object, *names: str) -> None:
    for name in names:
        if getattr(table, name) <= 0:
            message = f"{name} must be more than 0, got {getattr(table, name)}"
            raise ValueError(message)

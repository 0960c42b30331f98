"""The generator's first half: an autoencoder that makes pictures small, so that a denoiser can learn on 2 cores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.errors import require
from latentarchive.train import steps
from latentarchive.train.optimizer import Optimizer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from latentarchive.progress import Progress
    from latentarchive.train.data import Works
    from latentarchive.trainings import GeneratorTraining

KL_WEIGHT = 1e-3
"""Weight of the Kullback-Leibler divergence (mean over the latents) beside the error of the pixels."""

COARSE = (2, 4, 8)
"""The error is also taken on averages over squares of so many pixels: large surfaces come out even."""

SHIFT = 3
"""Most pixels by which a picture is moved each way; what enters at the edge repeats it."""


@dataclass(frozen=True)
class Autoencoder:
    """A trained autoencoder and how it was had."""

    #: `diffusers.AutoencoderKL` in eval mode, its scaling factor set.
    model: Any
    steps: int
    seconds: float
    #: Mean absolute error over held-out works after encoding and decoding, of pixels from 0 to 1.
    error: float


def fit_autoencoder(works: Works, training: GeneratorTraining, folder: Path, progress: Progress) -> Autoencoder:
    """Train the autoencoder of a recipe, from its first step or from the checkpoint that the folder holds."""
    torch, diffusers = require("torch", extra="clip"), require("diffusers", extra="diffusion")
    total = max(1, training.autoencoder_samples // training.autoencoder_batch)
    rows = np.flatnonzero(~works.held)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        model = diffusers.AutoencoderKL(**training.autoencoder)
        optimizer = Optimizer(model, weight_decay=0.0)

        def step(number: int) -> None:
            random = np.random.default_rng((training.seed, number))
            images = moved(works.pixels[random.choice(rows, training.autoencoder_batch)])
            model.train()
            with steps.mixed():
                latents = model.encode(images).latent_dist
                decoded = model.decode(latents.sample()).sample
            loss = _error(decoded.float(), images) + KL_WEIGHT * latents.kl().mean() / latents.mean[0].numel()
            rate = steps.rate(number, total) * training.autoencoder_rate
            optimizer.descend(loss, learning_rate=rate)

        seconds = steps.repeat(
            step,
            total,
            seed=training.seed,
            state={"model": model, "optimizer": optimizer},
            path=folder / "autoencoder.pt",
            stage="autoencoder",
            progress=progress,
            remark=lambda: f"held-out error {_held_out_error(model, works):.4f}",
        )
        model.eval()
        latents = encoded(model, works.pixels[rows[:512]])
        # Latents of about unit spread, as schedulers expect them (Rombach et al., 2022, appendix G).
        model.register_to_config(scaling_factor=float(1 / latents.std()))
    return Autoencoder(model, total, seconds, _held_out_error(model, works))


def encoded(model: Any, pixels: NDArray[np.uint8]) -> Any:
    """The most likely latents of pictures, not scaled: float32 tensor, shape (n, channels, h, w)."""
    torch = require("torch", extra="clip")
    with torch.inference_mode():
        blocks = [model.encode(as_input(pixels[i : i + 64])).latent_dist.mode() for i in range(0, len(pixels), 64)]
    return torch.cat(blocks)


def as_input(pixels: NDArray[np.uint8]) -> Any:
    """Pictures of shape (n, h, w, 3) as a float32 tensor of shape (n, 3, h, w), from -1 to 1."""
    torch = require("torch", extra="clip")
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1


def moved(pixels: NDArray[np.uint8]) -> Any:
    """Pictures as input, each moved a little and half of them mirrored; draws from torch's global random state."""
    torch = require("torch", extra="clip")
    images = as_input(pixels)
    height, width = images.shape[2:]
    padded = torch.nn.functional.pad(images, [SHIFT] * 4, mode="replicate")
    places = torch.randint(0, 2 * SHIFT + 1, (len(images), 2)).tolist()
    cut = torch.stack([padded[i, :, y : y + height, x : x + width] for i, (y, x) in enumerate(places)])
    mirror = torch.rand(len(images)) < 0.5
    cut[mirror] = cut[mirror].flip(-1)
    return cut


def _error(decoded: Any, images: Any) -> Any:
    functional = require("torch", extra="clip").nn.functional
    error = functional.l1_loss(decoded, images)
    for size in COARSE:
        error = error + functional.l1_loss(functional.avg_pool2d(decoded, size), functional.avg_pool2d(images, size))
    return error


def _held_out_error(model: Any, works: Works) -> float:
    """Mean absolute error over up to 256 held-out works (over training works if none is held out)."""
    torch = require("torch", extra="clip")
    rows = np.flatnonzero(works.held)[:256]
    pixels = works.pixels[rows if len(rows) else slice(0, 256)]
    model.eval()
    with torch.inference_mode():
        decoded = model.decode(encoded(model, pixels)).sample
        return float((decoded - as_input(pixels)).abs().mean() / 2)

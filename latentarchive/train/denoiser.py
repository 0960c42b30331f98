"""The generator's second half: a U-Net that takes noise away from latents, told by words or by retrieved works.

Predicts v (Salimans and Ho, 2022, section 4) under a schedule that ends in pure noise (Lin et al., 2024,
section 3.1): the colour of large surfaces is decided by the model and not by what is left in the noise.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.errors import require
from latentarchive.train import steps
from latentarchive.train.autoencoder import encoded
from latentarchive.train.optimizer import Optimizer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from latentarchive.progress import Progress
    from latentarchive.train.conditions import Conditions
    from latentarchive.train.data import Works
    from latentarchive.trainings import GeneratorTraining

AVERAGE = 0.999
"""What a step keeps of the running average of the weights, which is what is saved."""

MOST_SNR = 5.0
"""Signal-to-noise ratio above which a step's error counts no more (Hang et al., 2023, section 3.4)."""

VARIANTS = 4
"""Latents of each work, all moved a little, half of them mirrored."""


@dataclass(frozen=True)
class Denoiser:
    """A trained denoiser and how it was had."""

    #: `diffusers.UNet2DConditionModel` in eval mode: the running average.
    model: Any
    steps: int
    seconds: float
    #: Mean squared error of v over held-out works told by their captions, at equal steps and fixed noise.
    error: float


def scheduler() -> Any:
    """The noise schedule of training, and of generation as it is saved with the model."""
    return require("diffusers", extra="diffusion").DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        steps_offset=1,
        clip_sample=False,
        set_alpha_to_one=True,
    )


def fit_denoiser(
    works: Works,
    autoencoder: Any,
    conditions: Conditions,
    training: GeneratorTraining,
    folder: Path,
    progress: Progress,
) -> Denoiser:
    """Train the denoiser of a recipe, from its first step or from the checkpoint that the folder holds."""
    torch, diffusers = require("torch", extra="clip"), require("diffusers", extra="diffusion")
    total = max(1, training.samples // training.batch_size)
    noising = scheduler()
    latents = variants(works, autoencoder)
    rows = np.flatnonzero(~works.held)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed + 1)
        model = diffusers.UNet2DConditionModel(**training.denoiser)
        average = copy.deepcopy(model).requires_grad_(False)
        optimizer = Optimizer(model, weight_decay=0.01)

        def look() -> float:
            return held_out_error(average, noising, latents, conditions.texts, conditions.captions, works.held)

        def step(number: int) -> None:
            random = np.random.default_rng((training.seed, number))
            chosen = random.choice(rows, training.batch_size)
            clean = latents[random.integers(VARIANTS, size=len(chosen)), chosen].float()
            told = _told(conditions, chosen, training, random)
            model.train()
            error = noise_error(model, noising, clean, told)
            optimizer.descend(error, learning_rate=steps.rate(number, total) * training.learning_rate)
            _follow(average, model, min(AVERAGE, (1 + number) / (10 + number)))

        seconds = steps.repeat(
            step,
            total,
            seed=training.seed,
            state={"model": model, "average": average, "optimizer": optimizer},
            path=folder / "denoiser.pt",
            stage="denoiser",
            progress=progress,
            remark=lambda: f"held-out error {look():.4f}",
        )
        error = look()
    return Denoiser(average.eval(), total, seconds, error)


def variants(works: Works, autoencoder: Any) -> Any:
    """Scaled latents: float16 tensor, shape (VARIANTS, n, channels, h, w); the first whole and upright."""
    torch = require("torch", extra="clip")
    scale = autoencoder.config.scaling_factor
    random = np.random.default_rng(0)
    made = []
    for variant in range(VARIANTS):
        pixels = np.asarray(works.pixels)
        if variant:
            x, y = (int(v) for v in random.integers(-2, 3, 2))
            pixels = np.pad(pixels, ((0, 0), (2, 2), (2, 2), (0, 0)), "edge")
            pixels = pixels[:, 2 + y : 2 + y + works.pixels.shape[1], 2 + x : 2 + x + works.pixels.shape[2]]
        made.append((encoded(autoencoder, pixels[:, :, ::-1] if variant % 2 else pixels) * scale).half())
    return torch.stack(made).clone()


def _told(
    conditions: Conditions, chosen: NDArray[np.int64], training: GeneratorTraining, random: np.random.Generator
) -> Any:
    """The condition of a batch: words or retrieved works, the same kind for all; some are told nothing."""
    if random.random() < training.retrieved:
        told = conditions.retrieved(chosen, int(random.integers(1, training.neighbours + 1)), random)
    else:
        told = conditions.words(chosen, random)
    untold = random.random(len(chosen)) < training.unconditioned
    told[untold] = conditions.nothing[: told.shape[1]]
    return told


def noise_error(model: Any, noising: Any, clean: Any, told: Any) -> Any:
    """The weighted error of v at random steps; draws from torch's global random state."""
    torch = require("torch", extra="clip")
    noise = torch.randn_like(clean)
    at = torch.randint(0, noising.config.num_train_timesteps, (len(clean),))
    noisy, wanted = noising.add_noise(clean, noise, at), noising.get_velocity(clean, noise, at)
    with steps.mixed():
        found = model(noisy, at, told).sample
    ratio = (noising.alphas_cumprod / (1 - noising.alphas_cumprod))[at]
    weight = ratio.clamp(max=MOST_SNR) / (ratio + 1)
    # A floor, because the weight of pure noise is zero, and that step decides the ground.
    error = (found.float() - wanted).square().mean(dim=(1, 2, 3))
    return (error * weight.clamp(min=0.1)).mean()


def _follow(average: Any, model: Any, keep: float) -> None:
    torch = require("torch", extra="clip")
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - keep)


def held_out_error(
    model: Any, noising: Any, latents: Any, texts: Any, captions: list[list[int]], held: NDArray[np.bool_]
) -> float:
    """Mean squared error of v over up to 128 held-out works told by their captions, at equal steps and fixed noise.

    Over training works if none is held out. Arguments as in `Conditions` and `variants`.
    """
    torch = require("torch", extra="clip")
    rows = np.flatnonzero(held)[:128]
    rows = rows if len(rows) else np.arange(min(128, len(held)))
    clean, told = latents[0, rows].float(), texts[[captions[row][0] for row in rows]].float()
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(clean.shape, generator=generator)
    at = torch.linspace(0, noising.config.num_train_timesteps - 1, len(rows)).long()
    model.eval()
    with torch.inference_mode():
        found = model(noising.add_noise(clean, noise, at), at, told).sample
    return float((found - noising.get_velocity(clean, noise, at)).square().mean())

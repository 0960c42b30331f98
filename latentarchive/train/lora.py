"""A LoRA: a small addition to a generator's denoiser, trained on other works while everything else stays as it is.

Low-rank adaptation: Hu et al., 2021, section 4.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive import cards
from latentarchive.diffusion.loading import generator_folder, load_pipeline
from latentarchive.errors import RecipeError, require
from latentarchive.progress import silent
from latentarchive.train import folder, steps
from latentarchive.train.card import GENERATOR_LIMITS, model_card
from latentarchive.train.conditions import tokens_of
from latentarchive.train.data import gather
from latentarchive.train.denoiser import held_out_error, noise_error, variants
from latentarchive.train.model import TrainedModel, from_card
from latentarchive.train.optimizer import Optimizer
from latentarchive.train.tokens import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from latentarchive.progress import Progress
    from latentarchive.recipes import Recipe

ADVICE = "[lora] with generator, rank and layers; see indexes/cabinet-cyanotypes.toml"


def train_lora(recipe: Recipe, *, out: Path, progress: Progress = silent) -> TrainedModel:
    """Train the adapter of a recipe's table ``[lora]`` on its collection; on the CPU.

    The folder then holds ``pytorch_lora_weights.safetensors``, which ``load_lora_weights`` of a pipeline of
    diffusers takes. Interrupted and finished trainings are as in `train_encoder`.

    Args:
        recipe: A recipe with a table ``[lora]``.
        out: The adapter's folder; made if missing.
        progress: Told the stage (decoding, adapter), the step and the held-out error.

    Raises:
        RecipeError: The recipe has no ``[lora]``, its layers are not in the generator, or the folder holds
            something else.
        GeneratorError: The generator cannot be loaded.
        SourceError: The collection cannot be read, or has too few usable works.
        WriteRefused: The disk is full, or we may not write there.
        MissingExtra: diffusers or peft is not installed.
    """
    if recipe.lora is None:
        message = f"recipe {recipe.name!r} has no table [lora]; add {ADVICE}"
        raise RecipeError(message)
    training = recipe.lora
    torch, diffusers = require("torch", extra="diffusion"), require("diffusers", extra="diffusion")
    peft = require("peft", extra="diffusion")
    key = folder.key_of(recipe, training)
    if card := folder.finished(out, key):
        return from_card(out, card)
    base = generator_folder(training.generator)
    unet, vae, noising, tower = _parts(training.generator, base)
    _check_layers(unet, training.layers, recipe.name)
    work = folder.claim(out, key)
    side = int(vae.config.sample_size)
    works = gather(recipe, training, (side, side), work, progress)
    tokenizer = load(base / "tokenizer", context=tower.config.max_position_embeddings)
    texts, captions, nothing = tokens_of(works, tower, tokenizer)
    latents = variants(works, vae)
    before = held_out_error(unet, noising, latents, texts, captions, works.held)
    total = max(1, training.samples // training.batch_size)
    rows = np.flatnonzero(~works.held)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        config = peft.LoraConfig(r=training.rank, lora_alpha=training.rank, target_modules=list(training.layers))
        try:
            unet.add_adapter(config)
        except ValueError as error:
            named, reason = ", ".join(training.layers), str(error).splitlines()[0]
            message = f"recipe {recipe.name!r} [lora]: layers {named}: {reason}"
            raise RecipeError(message) from error
        optimizer = Optimizer(unet, weight_decay=0.0)

        def look() -> float:
            return held_out_error(unet, noising, latents, texts, captions, works.held)

        def step(number: int) -> None:
            random = np.random.default_rng((training.seed, number))
            chosen = random.choice(rows, training.batch_size)
            clean = latents[random.integers(len(latents), size=len(chosen)), chosen].float()
            told = texts[[captions[row][random.integers(len(captions[row]))] for row in chosen]].float()
            told[random.random(len(chosen)) < training.unconditioned] = nothing
            unet.train()
            error = noise_error(unet, noising, clean, told)
            optimizer.descend(error, learning_rate=steps.rate(number, total) * training.learning_rate)

        seconds = steps.repeat(
            step,
            total,
            seed=training.seed,
            state={"model": unet, "optimizer": optimizer},
            path=work / "adapter.pt",
            stage="adapter",
            progress=progress,
            remark=lambda: f"held-out error {look():.4f}",
        )
    weights = peft.get_peft_model_state_dict(unet)
    diffusers.StableDiffusionPipeline.save_lora_weights(
        out, unet_lora_layers={name: tensor.half() for name, tensor in weights.items()}, safe_serialization=True
    )
    made: dict[str, Any] = {
        "steps": total,
        "samples": total * training.batch_size,
        "seconds": round(seconds, 1),
        "parameters": sum(tensor.numel() for tensor in weights.values()),
        "generator": {"id": training.generator, "files": cards.told(base, "files") or {}},
    }
    scores = {
        "what": "mean squared error of the denoiser's v on held-out works told by their captions, without and with",
        "images": int(np.count_nonzero(works.held)),
        "denoiser_error_without": round(before, 5),
        "denoiser_error": round(look(), 5),
    }
    title = f"A LoRA for {training.generator!r}, trained on: {recipe.title}"
    folder.finish(out, model_card(title, recipe, training, key, works, made, scores, GENERATOR_LIMITS))
    return train_lora(recipe, out=out)


def _parts(generator_id: str, base: Path) -> tuple[Any, Any, Any, Any]:
    """Denoiser, autoencoder, noise schedule and text tower of a pipeline's folder, in float32."""
    pipeline = load_pipeline(generator_id, base)
    for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder):
        part.requires_grad_(False)
    noising = require("diffusers", extra="diffusion").DDIMScheduler.from_config(pipeline.scheduler.config)
    return pipeline.unet, pipeline.vae.eval(), noising, pipeline.text_encoder.eval()


def _check_layers(unet: Any, layers: Sequence[str], name: str) -> None:
    """Find a wrong name before anything is decoded; peft passes over it where another is right."""
    known = [module for module, _ in unet.named_modules()]
    wrong = [layer for layer in layers if not any(f".{module}".endswith(f".{layer}") for module in known)]
    if wrong or not layers:
        found = f"the denoiser has no {', '.join(wrong)}" if wrong else "none is named"
        message = f"recipe {name!r} [lora]: layers: {found}; ends of names of its layers are to_q, to_v and the like"
        raise RecipeError(message)

"""A small generator of one's own: a folder that any Stable Diffusion pipeline of diffusers opens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive import storage
from latentarchive.diffusion.quiet import quiet
from latentarchive.encoders import folder_of, load_encoder
from latentarchive.encoders.twins import text_tower
from latentarchive.errors import RecipeError, require
from latentarchive.progress import silent
from latentarchive.train import folder
from latentarchive.train.autoencoder import Autoencoder, fit_autoencoder
from latentarchive.train.card import GENERATOR_LIMITS, model_card
from latentarchive.train.conditions import prepare
from latentarchive.train.data import gather
from latentarchive.train.denoiser import Denoiser, fit_denoiser, scheduler
from latentarchive.train.model import TrainedModel, from_card

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from latentarchive.progress import Progress
    from latentarchive.recipes import Recipe
    from latentarchive.trainings import GeneratorTraining

ADVICE = "[generator] with encoder, autoencoder and denoiser; see indexes/cabinet-generator.toml"


def train_generator(recipe: Recipe, *, out: Path, progress: Progress = silent) -> TrainedModel:
    """Train the latent diffusion model of a recipe's table ``[generator]`` on its collection; on the CPU.

    First the autoencoder, then the denoiser, which is told the captions' text tokens or the vectors of
    retrieved works, both of one CLIP. Interrupted and finished trainings are as in `train_encoder`.

    Args:
        recipe: A recipe with a table ``[generator]``.
        out: The model's folder; made if missing.
        progress: Told the stage (decoding, autoencoder, denoiser), the step and the held-out error.

    Raises:
        RecipeError: The recipe has no ``[generator]``, diffusers cannot build its models, the encoder is no
            CLIP with a twin in transformers or of another width, or the folder holds something else.
        SourceError: The collection cannot be read, or has too few usable works.
        EncoderError: The encoder cannot be loaded.
        WriteRefused: The disk is full, or we may not write there.
        MissingExtra: diffusers, torch, open_clip or transformers is not installed.
    """
    if recipe.generator is None:
        message = f"recipe {recipe.name!r} has no table [generator]; add {ADVICE}"
        raise RecipeError(message)
    training = recipe.generator
    require("diffusers", extra="diffusion")
    key = folder.key_of(recipe, training)
    if card := folder.finished(out, key):
        return from_card(out, card)
    clip = folder_of(training.encoder)
    if clip is None:
        message = f"recipe {recipe.name!r} [generator]: encoder {training.encoder!r} is no folder that `train` made"
        raise RecipeError(message)
    encoder = load_encoder(training.encoder)
    _check_models(training, encoder.dim, recipe.name)
    _check_fit(training, text_tower(clip).config, recipe.name)
    work = folder.claim(out, key)
    works = gather(recipe, training, (training.side, training.side), work, progress)
    autoencoder = fit_autoencoder(works, training, work, progress)
    conditions = prepare(works, encoder, clip)
    denoiser = fit_denoiser(works, autoencoder.model, conditions, training, work, progress)
    _save(autoencoder.model, denoiser.model, clip, out)
    parts: dict[str, Autoencoder | Denoiser] = {"autoencoder": autoencoder, "denoiser": denoiser}
    made: dict[str, Any] = {
        name: {
            "steps": part.steps,
            "seconds": round(part.seconds, 1),
            "parameters": sum(p.numel() for p in part.model.parameters()),
        }
        for name, part in parts.items()
    }
    made["samples"] = denoiser.steps * training.batch_size
    made["seconds"] = round(autoencoder.seconds + denoiser.seconds, 1)
    made["encoder"] = {"id": training.encoder, "fingerprint": encoder.fingerprint}
    scores = {
        "what": "mean absolute error of held-out works through the autoencoder (pixels from 0 to 1), and mean "
        "squared error of the denoiser's v on held-out works told by their captions",
        "images": int(np.count_nonzero(works.held)),
        "autoencoder_error": round(autoencoder.error, 5),
        "denoiser_error": round(denoiser.error, 5),
    }
    title = f"A small generator trained on: {recipe.title}"
    folder.finish(out, model_card(title, recipe, training, key, works, made, scores, GENERATOR_LIMITS))
    return train_generator(recipe, out=out)


def _check_models(training: GeneratorTraining, dim: int, name: str) -> None:
    """Build the models once without weights, so that a wrong key is found before anything is decoded."""
    torch, diffusers = require("torch", extra="clip"), require("diffusers", extra="diffusion")
    for table in ("autoencoder", "denoiser"):
        kind = diffusers.AutoencoderKL if table == "autoencoder" else diffusers.UNet2DConditionModel
        config: Mapping[str, Any] = getattr(training, table)
        try:
            with torch.device("meta"):
                kind(**config)
        except (TypeError, ValueError, AssertionError, RuntimeError, KeyError) as error:
            reason = (str(error).splitlines() or [repr(error)])[0]
            message = f"recipe {name!r} [generator.{table}]: diffusers cannot build this model: {reason}"
            raise RecipeError(message) from error
    width = training.denoiser.get("cross_attention_dim")
    if width != dim:
        message = (
            f"recipe {name!r} [generator.denoiser]: cross_attention_dim must be {dim}, the length of the vectors of "
            f"encoder {training.encoder!r}, got {width!r}"
        )
        raise RecipeError(message)


def _check_fit(training: GeneratorTraining, words: Any, name: str) -> None:
    """Compare the parts with each other, so that what does not fit is not found after hours of training.

    `words` is the configuration of the encoder's text tower.
    """
    width, context = words.hidden_size, words.max_position_embeddings
    latent = int(training.autoencoder.get("latent_channels", 4))  # the default of diffusers
    halvings = len(training.autoencoder.get("block_out_channels", (64,))) - 1
    size = training.side // 2**halvings
    where, why = "generator.denoiser", ""
    if width != training.denoiser["cross_attention_dim"]:
        why = f"cross_attention_dim must be {width}, the width of the text tower of encoder {training.encoder!r}"
        why += "; take an encoder whose embed_dim is its text_cfg.width"
    elif (training.denoiser.get("in_channels", 4), training.denoiser.get("out_channels", 4)) != (latent, latent):
        why = f"in_channels and out_channels must be {latent}, the latent_channels of the autoencoder"
    elif training.denoiser.get("sample_size") != size:
        why = f"sample_size must be {size}: a side of {training.side}, halved {halvings} times by the autoencoder"
    elif training.side % 8 or training.side % 2**halvings:
        where, why = "generator", f"side must be a multiple of {max(8, 2**halvings)}, got {training.side}"
    elif training.neighbours > context:
        where, why = "generator", f"neighbours must be at most {context}, the context of encoder {training.encoder!r}"
    if why:
        message = f"recipe {name!r} [{where}]: {why}"
        raise RecipeError(message)


def _save(autoencoder: Any, denoiser: Any, encoder: Path, out: Path) -> None:
    """Write the folder of a pipeline, in half precision."""
    diffusers, transformers = require("diffusers", extra="diffusion"), require("transformers", extra="clip")
    pipeline = diffusers.StableDiffusionPipeline(
        vae=autoencoder.half(),
        text_encoder=text_tower(encoder).half(),
        tokenizer=transformers.AutoTokenizer.from_pretrained(encoder, local_files_only=True),
        unet=denoiser.half(),
        scheduler=scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    with quiet():
        pipeline.save_pretrained(out, safe_serialization=True)
    # transformers would compute in the precision of the file and diffusers in float32, and the two would not fit.
    config = out / "text_encoder" / "config.json"
    storage.write_json(config, json.loads(config.read_bytes()) | {"dtype": "float32"})

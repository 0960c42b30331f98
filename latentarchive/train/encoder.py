"""A small CLIP of one's own, trained on one collection: a folder that open_clip and `load_local` open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from latentarchive import storage
from latentarchive.errors import RecipeError, require
from latentarchive.progress import silent
from latentarchive.train import folder, tokens
from latentarchive.train.batches import image_size
from latentarchive.train.card import ENCODER_LIMITS, model_card
from latentarchive.train.data import gather
from latentarchive.train.loop import fit
from latentarchive.train.model import TrainedModel, from_card
from latentarchive.train.scores import held_out_scores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from latentarchive.progress import Progress
    from latentarchive.recipes import Recipe

MARGIN = 1.25
"""The cache of pixels is larger than the model's input by this factor, so that crops lose no sharpness."""

ADVICE = "[train] with model.embed_dim, model.vision_cfg, model.text_cfg; see indexes/usda-pomological.toml"


def train_encoder(recipe: Recipe, *, out: Path, progress: Progress = silent) -> TrainedModel:
    """Train the model of a recipe's table ``[train]`` on its collection; on the CPU.

    A training that was interrupted goes on from its last checkpoint and ends, on the same machine, with
    the weights of an undisturbed one. A finished one is not repeated. The encoder's id is then ``local:``
    and the path of the folder.

    Args:
        recipe: A recipe with a table ``[train]``.
        out: The model's folder; made if missing.
        progress: Told the stage (decoding, training), the step and the held-out recall.

    Raises:
        RecipeError: The recipe has no ``[train]``, its model is not one of open_clip's, or the folder
            holds a training by another recipe, or other things.
        SourceError: The collection cannot be read, or has too few usable works.
        WriteRefused: The disk is full, or we may not write there.
        MissingExtra: torch, open_clip or tokenizers is not installed.
    """
    if recipe.train is None:
        message = f"recipe {recipe.name!r} has no table [train]; add {ADVICE}"
        raise RecipeError(message)
    training = recipe.train
    for module in ("torch", "open_clip", "tokenizers", "transformers"):
        require(module, extra="clip")
    key = folder.key_of(recipe, training)
    if card := folder.finished(out, key):
        return from_card(out, card)
    _check_model(_with_vocabulary(training.model, training.vocabulary), recipe.name)
    work = folder.claim(out, key)
    height, width = image_size(training.model["vision_cfg"].get("image_size", 224))
    works = gather(recipe, training, (round(height * MARGIN), round(width * MARGIN)), work, progress)
    context = int(training.model["text_cfg"].get("context_length", 77))
    if not (out / tokens.FILES[-1]).exists():
        captions = (text for row, held in enumerate(works.held) if not held for text in works.captions[row])
        tokens.learn(captions, size=training.vocabulary, context=context, folder=out)
    tokenizer = tokens.load(out, context=context)
    model_cfg = _with_vocabulary(training.model, tokenizer.get_vocab_size())
    fitted = fit(model_cfg, works, tokenizer, training, work, progress)
    _save(fitted.model, model_cfg, out)
    made = {
        "steps": fitted.steps,
        "samples": fitted.steps * training.batch_size,
        "seconds": round(fitted.seconds, 1),
        "parameters": sum(p.numel() for p in fitted.model.parameters()),
    }
    scores = {
        "what": "text-to-image search among held-out works, one query for each distinct main caption",
        **held_out_scores(fitted.model, works, tokenizer).record(),
    }
    title = f"A small CLIP trained on: {recipe.title}"
    folder.finish(out, model_card(title, recipe, training, key, works, made, scores, ENCODER_LIMITS))
    return train_encoder(recipe, out=out)


def _with_vocabulary(model: Mapping[str, Any], size: int) -> dict[str, Any]:
    """The model_cfg with the vocabulary's size, and the key without which open_clip ignores the tokenizer."""
    text_cfg = {**model["text_cfg"], "vocab_size": size, "hf_tokenizer_name": "latentarchive"}
    return {**model, "text_cfg": text_cfg}


def _check_model(model_cfg: Mapping[str, Any], name: str) -> None:
    """Build the model once without weights, so that a wrong key is found before anything is decoded."""
    torch, open_clip = (require(module, extra="clip") for module in ("torch", "open_clip"))
    try:
        with torch.device("meta"):
            open_clip.CLIP(**model_cfg)
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        reason = (str(error).splitlines() or [repr(error)])[0]
        message = f"recipe {name!r} [train]: open_clip cannot build this model: {reason}"
        raise RecipeError(message) from error


def _save(model: Any, model_cfg: Mapping[str, Any], out: Path) -> None:
    safetensors, open_clip = require("safetensors.torch", extra="clip"), require("open_clip", extra="clip")
    preprocess = {
        "mean": list(open_clip.OPENAI_DATASET_MEAN),
        "std": list(open_clip.OPENAI_DATASET_STD),
        "interpolation": "bicubic",
        "resize_mode": "squash",  # the whole picture, as training saw it
    }
    # Half precision halves the file, and changes the vectors by less than bfloat16 does in use.
    weights = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    # As bytes: a file that safetensors writes itself may be read by its owner alone.
    storage.write_bytes(out / "open_clip_model.safetensors", safetensors.save(weights))
    storage.write_json(out / "open_clip_config.json", {"model_cfg": model_cfg, "preprocess_cfg": preprocess})

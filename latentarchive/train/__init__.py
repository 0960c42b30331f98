"""A small CLIP of one's own, trained on one collection: a folder that open_clip and `load_local` open.

The folder's ``card.json`` is written last: without it the folder is an unfinished training, which the same
call takes up where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from latentarchive import storage
from latentarchive.errors import RecipeError, require
from latentarchive.progress import silent
from latentarchive.train import tokens
from latentarchive.train.card import NAME as CARD
from latentarchive.train.card import model_card
from latentarchive.train.data import gather
from latentarchive.train.loop import fit
from latentarchive.train.scores import held_out_scores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from latentarchive.progress import Progress
    from latentarchive.recipes import Recipe, Training

__all__ = ["TrainedModel", "train_encoder"]

UNFINISHED = "unfinished"
"""Folder inside the model's folder for what only the training needs: pixels and checkpoint."""

ADVICE = "[train] with model.embed_dim, model.vision_cfg, model.text_cfg; see indexes/usda-pomological.toml"


@dataclass(frozen=True)
class TrainedModel:
    """A finished training: where the model is, and what its card says."""

    #: The folder; the encoder's id is ``local:`` and this path.
    path: Path
    #: Inputs by what became of them: used, held_out, reserved, reserved_let_in, uncaptioned, rejected.
    counts: Mapping[str, int]
    #: Text-to-image scores on the held-out works, with n and chance; see `scores.Scores`.
    scores: Mapping[str, Any]
    #: Images looked at, repetitions counted.
    samples: int
    #: Seconds of training, without decoding.
    seconds: float


def train_encoder(recipe: Recipe, *, out: Path, progress: Progress = silent) -> TrainedModel:
    """Train the model of a recipe's table ``[train]`` on its collection; on the CPU.

    A training that was interrupted goes on from its last checkpoint and ends, on the same machine, with
    the weights of an undisturbed one. A finished one is not repeated.

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
    training, work = recipe.train, out / UNFINISHED
    for module in ("torch", "open_clip", "tokenizers", "transformers"):
        require(module, extra="clip")
    key = _key(recipe, training)
    if (out / CARD).exists():
        return _finished(out, key)
    _check_model(_with_vocabulary(training.model, training.vocabulary), recipe.name)
    _claim(work, key)
    works = gather(recipe, training, work, progress)
    context = int(training.model["text_cfg"].get("context_length", 77))
    if not (out / tokens.FILES[-1]).exists():
        captions = (text for row, held in enumerate(works.held) if not held for text in works.captions[row])
        tokens.learn(captions, size=training.vocabulary, context=context, folder=out)
    tokenizer = tokens.load(out, context=context)
    model_cfg = _with_vocabulary(training.model, tokenizer.get_vocab_size())
    fitted = fit(model_cfg, works, tokenizer, training, work, progress)
    _save(fitted.model, model_cfg, out)
    found = held_out_scores(fitted.model, works, tokenizer)
    storage.write_json(out / CARD, model_card(recipe, training, key, works, fitted, found))
    return _finished(out, key)


def _key(recipe: Recipe, training: Training) -> str:
    """Digest of what decides the outcome: the collection and how it is read, and the table ``[train]``."""
    parts = [repr(replace(recipe.collection, root=recipe.collection.root.resolve())), asdict(training)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _claim(work: Path, key: str) -> None:
    """Mark the folder as this training's; refuse one that another recipe began, or that holds other things."""
    marker, out = work / "key.json", work.parent
    if marker.exists():
        if json.loads(marker.read_bytes()) != key:
            message = f"{out} holds an unfinished training by another recipe or collection; delete it or name another"
            raise RecipeError(message)
        return
    if out.is_dir() and any(path.name != UNFINISHED for path in out.iterdir()):
        message = f"{out} is not empty and holds no training of latentarchive; name another folder"
        raise RecipeError(message)
    storage.write_json(marker, key)


def _finished(out: Path, key: str) -> TrainedModel:
    written = json.loads((out / CARD).read_bytes())
    if written["recipe"]["key"] != key:
        message = f"{out} holds a model trained by another recipe or on another collection; name another folder"
        raise RecipeError(message)
    shutil.rmtree(out / UNFINISHED, ignore_errors=True)
    made = written["training"]
    return TrainedModel(out, written["data"]["counts"], written["scores"], made["samples"], made["seconds"])


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
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    # As bytes: a file that safetensors writes itself may be read by its owner alone.
    storage.write_bytes(out / "open_clip_model.safetensors", safetensors.save(weights))
    storage.write_json(out / "open_clip_config.json", {"model_cfg": model_cfg, "preprocess_cfg": preprocess})

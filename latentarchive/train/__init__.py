"""Small models of one's own, trained on one collection by its recipe: an encoder, a generator, a LoRA.

Every model is a folder with a card; see `latentarchive.train.folder`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentarchive.errors import RecipeError
from latentarchive.progress import silent
from latentarchive.train.encoder import ADVICE, train_encoder
from latentarchive.train.generator import train_generator
from latentarchive.train.lora import train_lora
from latentarchive.train.model import TrainedModel

if TYPE_CHECKING:
    from pathlib import Path

    from latentarchive.progress import Progress
    from latentarchive.recipes import Recipe

__all__ = ["TrainedModel", "train_encoder", "train_generator", "train_lora", "train_model"]

TRAININGS = {"train": train_encoder, "generator": train_generator, "lora": train_lora}
"""Table of a recipe, and what trains by it."""


def train_model(recipe: Recipe, *, out: Path, progress: Progress = silent) -> TrainedModel:
    """Train whatever model a recipe describes; see `train_encoder`, `train_generator` and `train_lora`.

    Raises:
        RecipeError: The recipe has none of the tables of a training, or more than one.
    """
    tables = [name for name in TRAININGS if getattr(recipe, name) is not None]
    if len(tables) != 1:
        found = ", ".join(f"[{name}]" for name in tables)
        why = f"the tables {found}, and one recipe trains one model" if tables else "no training"
        message = f"recipe {recipe.name!r} has {why}; {'leave one of them' if tables else f'add {ADVICE}'}"
        raise RecipeError(message)
    return TRAININGS[tables[0]](recipe, out=out, progress=progress)

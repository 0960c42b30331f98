"""The card of a trained model: what it was made from and how, how well it finds, and what it is not."""

from __future__ import annotations

import os
import platform
import sys
from typing import TYPE_CHECKING, Any

from latentarchive.errors import require
from latentarchive.train.folder import digest_of
from latentarchive.train.steps import precision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from latentarchive.recipes import Recipe
    from latentarchive.train.data import Works
    from latentarchive.trainings import Selection

ENCODER_LIMITS = (
    "Trained on one collection only: it knows the words of its captions and pictures of that kind, nothing else.",
    "Words that no training caption holds are read as bytes and mean nothing to it.",
    "Its small input shows colours and shapes; it cannot read inscriptions or tell fine detail.",
    "The scores hold for works of the same collection that were held out by group, not for other collections.",
    "What the catalogue gets wrong, or says only about some works, the model has learned too.",
)
GENERATOR_LIMITS = (
    "Trained on one collection only: whatever it is asked for, it makes pictures of that kind.",
    "What it makes is no record of anything: nothing that it shows was ever kept.",
    "Its images are small, and fine detail is guessed.",
    "It may come close to works that it was trained on; how often is measured, and never ruled out.",
    "What the catalogue gets wrong, or says only about some works, the model has learned too.",
)


def model_card(
    title: str,
    recipe: Recipe,
    table: Selection,
    key: str,
    works: Works,
    made: Mapping[str, Any],
    scores: Mapping[str, Any],
    limits: Sequence[str],
) -> dict[str, Any]:
    """Everything that one should know before using the model, as plain values.

    Args:
        title: What it is.
        recipe: What was asked for.
        table: The table of this training.
        key: Digest that an interrupted training is recognised by.
        works: What it was trained on.
        made: Steps, samples, seconds, parameters.
        scores: Figures on the held-out works, by name.
        limits: What it cannot do, one sentence each.
    """
    names = ("open_clip", "torch", "tokenizers", "diffusers")
    versions = {name: sys.modules[name].__version__ for name in names if name in sys.modules}
    return {
        "title": title,
        "recipe": {
            "name": recipe.name,
            "digest": digest_of(recipe, table),
            "sha256": recipe.sha256,
            "key": key,
            "text": recipe.text,
        },
        "data": {
            "digest": works.digest,
            "counts": works.counts,
            "reserved_works": "let in by allow_reserved" if table.allow_reserved else "left out",
            "rejected_examples": works.rejected,
            "held_out_by": {"fields": list(table.group_by), "share": table.holdout, "seed": table.seed},
        },
        "training": {"seed": table.seed, "precision": precision(), **made},
        "scores": dict(scores),
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "threads": require("torch", extra="clip").get_num_threads(),
            "python": platform.python_version(),
            "versions": versions,
        },
        "limits": list(limits),
    }

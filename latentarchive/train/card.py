"""The card of a trained model: what it was made from and how, how well it finds, and what it is not."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Any

from latentarchive.errors import require

if TYPE_CHECKING:
    from latentarchive.recipes import Recipe, Training
    from latentarchive.train.data import Works
    from latentarchive.train.loop import Fitted
    from latentarchive.train.scores import Scores

NAME = "card.json"

LIMITS = (
    "Trained on one collection only: it knows the words of its captions and pictures of that kind, nothing else.",
    "Words that no training caption holds are read as bytes and mean nothing to it.",
    "Its small input shows colours and shapes; it cannot read inscriptions or tell fine detail.",
    "The scores hold for works of the same collection that were held out by group, not for other collections.",
    "What the catalogue gets wrong, or says only about some works, the model has learned too.",
)


def model_card(
    recipe: Recipe, training: Training, key: str, works: Works, fitted: Fitted, found: Scores
) -> dict[str, Any]:
    """Everything that one should know before using the model, as plain values.

    Args:
        recipe: What was asked for.
        training: Its table ``[train]``.
        key: Digest that an interrupted training is recognised by.
        works: What it was trained on.
        fitted: What came out.
        found: How well the held-out works are found.
    """
    versions = {name: require(name, extra="clip").__version__ for name in ("open_clip", "torch", "tokenizers")}
    return {
        "title": f"A small CLIP trained on: {recipe.title}",
        "recipe": {"name": recipe.name, "sha256": recipe.sha256, "key": key, "text": recipe.text},
        "data": {
            "digest": works.digest,
            "counts": works.counts,
            "reserved_works": "let in by allow_reserved" if training.allow_reserved else "left out",
            "rejected_examples": works.rejected,
            "held_out_by": {"fields": list(training.group_by), "share": training.holdout, "seed": training.seed},
        },
        "training": {
            "seed": training.seed,
            "steps": fitted.steps,
            "samples": fitted.steps * training.batch_size,
            "seconds": round(fitted.seconds, 1),
            "precision": fitted.precision,
            "parameters": sum(p.numel() for p in fitted.model.parameters()),
        },
        "scores": {
            "what": "text-to-image search among held-out works, one query for each distinct main caption",
            **found.record(),
        },
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "threads": require("torch", extra="clip").get_num_threads(),
            "python": platform.python_version(),
            "versions": versions,
        },
        "limits": list(LIMITS),
    }

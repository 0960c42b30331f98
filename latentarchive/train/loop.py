"""The training loop: contrastive learning in which every caption that fits an image counts as right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from latentarchive.errors import require
from latentarchive.train import steps
from latentarchive.train.batches import Batch, Deck, augmented, input_size, normalised
from latentarchive.train.beginning import prepare_vit
from latentarchive.train.optimizer import Optimizer
from latentarchive.train.scores import held_out_scores
from latentarchive.train.tokens import encode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from latentarchive.progress import Progress
    from latentarchive.train.data import Works
    from latentarchive.trainings import Training

SCALE_MAX = 100.0
"""Largest factor on the cosines in the loss; CLIP (Radford et al., 2021, section 2.5)."""

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Fitted:
    """What a finished loop hands on."""

    #: The trained model of open_clip, in eval mode.
    model: Any
    steps: int
    #: Seconds of training, those before an interruption included.
    seconds: float


def fit(
    model_cfg: Mapping[str, Any], works: Works, tokenizer: Any, training: Training, folder: Path, progress: Progress
) -> Fitted:
    """Train a model from its first step, or from the checkpoint that the folder holds.

    Args:
        model_cfg: ``embed_dim``, ``vision_cfg`` and ``text_cfg`` of open_clip.
        works: What to train on, and what to look at meanwhile.
        tokenizer: As `tokens.load` gives it.
        training: Rates, sizes and seed.
        folder: Of the checkpoint.
        progress: Told the step, and now and then how well held-out works are found.
    """
    torch = require("torch", extra="clip")
    total = max(1, training.samples // training.batch_size)
    deck = Deck(
        works,
        batch_size=training.batch_size,
        balance=training.balance,
        seed=training.seed,
    )
    tokens = torch.from_numpy(encode(tokenizer, deck.texts))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        model = require("open_clip", extra="clip").CLIP(**model_cfg)
        prepare_vit(model, works)
        optimizer = Optimizer(model, weight_decay=training.weight_decay, muon=training.optimizer == "muon")

        def step(number: int) -> None:
            loss = _loss(model, deck.draw(number), tokens, works, training.crop)
            optimizer.descend(loss, learning_rate=steps.rate(number, total) * training.learning_rate)
            with torch.no_grad():
                model.logit_scale.clamp_(0, math.log(SCALE_MAX))

        seconds = steps.repeat(
            step,
            total,
            seed=training.seed,
            state={"model": model, "optimizer": optimizer},
            path=folder / CHECKPOINT,
            stage="training",
            progress=progress,
            remark=lambda: held_out_scores(model, works, tokenizer).remark(),
        )
    return Fitted(model.eval(), total, seconds)


def contrast(images: Any, texts: Any, scale: Any, fits: Any) -> Any:
    """How badly a batch is matched: the symmetric loss of CLIP with several right answers.

    Args:
        images: float32 unit rows, shape (b, dim).
        texts: float32 unit rows of distinct captions, shape (t, dim).
        scale: Factor on the cosines.
        fits: bool, shape (b, t); every row and every column has at least one True. The right answers of
            a row share its weight equally, so that no equal caption counts as wrong.
    """
    functional = require("torch", extra="clip").nn.functional
    logits = scale * images @ texts.T
    sides = ((logits, fits.float()), (logits.T, fits.T.float()))
    losses = [functional.cross_entropy(x, right / right.sum(dim=1, keepdim=True)) for x, right in sides]
    return sum(losses) / 2


def _loss(model: Any, batch: Batch, tokens: Any, works: Works, crop: float) -> Any:
    torch = require("torch", extra="clip")
    pixels = normalised(augmented(works.pixels[batch.rows], input_size(model), crop))
    model.train()
    with steps.mixed():
        images, texts = model.encode_image(pixels), model.encode_text(tokens[batch.texts])
    unit = [torch.nn.functional.normalize(vectors.float(), dim=-1) for vectors in (images, texts)]
    return contrast(unit[0], unit[1], model.logit_scale.exp(), torch.from_numpy(batch.fits))

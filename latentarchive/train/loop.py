"""The training loop: contrastive learning in which every caption that fits an image counts as right."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from latentarchive import storage
from latentarchive.encoders.precision import computes_in_bfloat16
from latentarchive.errors import require
from latentarchive.train.batches import Deck, augmented, input_size, normalised
from latentarchive.train.scores import held_out_scores
from latentarchive.train.tokens import encode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from latentarchive.progress import Progress
    from latentarchive.recipes import Training
    from latentarchive.train.data import Works

CHECKPOINT_S = 60.0
"""Seconds between checkpoints, and between looks at the held-out works."""

WARM_UP = 0.05
"""Share of the steps over which the learning rate rises; after them it falls to zero along a cosine."""

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
    #: What the towers were computed in: float32 or bfloat16.
    precision: str


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
    steps = max(1, training.samples // training.batch_size)
    deck = Deck(works, batch_size=training.batch_size, balance=training.balance, seed=training.seed)
    tokens = torch.from_numpy(encode(tokenizer, deck.texts))
    precision = "bfloat16" if computes_in_bfloat16() else "float32"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        model = require("open_clip", extra="clip").CLIP(**model_cfg)
        optimizer = _optimizer(model, training)
        done, before = _resume(folder / CHECKPOINT, model, optimizer)
        started = looked = time.monotonic()
        note = ""
        for step in range(done, steps):
            torch.manual_seed((training.seed << 32) + step + 1)
            _step(model, optimizer, deck, tokens, works, _rate(step, steps) * training.learning_rate, step, precision)
            if time.monotonic() - looked >= CHECKPOINT_S:
                note = held_out_scores(model, works, tokenizer).remark()
                _save(folder / CHECKPOINT, model, optimizer, step + 1, before + time.monotonic() - started)
                looked = time.monotonic()
            progress("training", step + 1, steps, note)
    return Fitted(model.eval(), steps, before + time.monotonic() - started, precision)


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


def _step(
    model: Any, optimizer: Any, deck: Deck, tokens: Any, works: Works, rate: float, step: int, precision: str
) -> None:
    torch = require("torch", extra="clip")
    batch = deck.draw(step)
    pixels = normalised(augmented(works.pixels[batch.rows], input_size(model)))
    model.train()
    with torch.autocast("cpu", getattr(torch, precision), enabled=precision != "float32"):
        images, texts = model.encode_image(pixels), model.encode_text(tokens[batch.texts])
    unit = [torch.nn.functional.normalize(vectors.float(), dim=-1) for vectors in (images, texts)]
    loss = contrast(unit[0], unit[1], model.logit_scale.exp(), torch.from_numpy(batch.fits))
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        model.logit_scale.clamp_(0, math.log(SCALE_MAX))


def _rate(step: int, steps: int) -> float:
    """Share of the full learning rate at a step: a ramp, then half a cosine."""
    ramp = max(1, min(round(WARM_UP * steps), steps - 1))
    if step < ramp:
        return (step + 1) / ramp
    return 0.5 * (1 + math.cos(math.pi * (step - ramp) / max(1, steps - ramp)))


def _optimizer(model: Any, training: Training) -> Any:
    """AdamW; gains, biases and the scale do not decay."""
    wide = [p for p in model.parameters() if p.ndim >= 2]
    thin = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": wide, "weight_decay": training.weight_decay}, {"params": thin, "weight_decay": 0.0}]
    torch = require("torch", extra="clip")
    return torch.optim.AdamW(groups, lr=training.learning_rate, betas=(0.9, 0.98))


def _save(path: Path, model: Any, optimizer: Any, done: int, seconds: float) -> None:
    torch = require("torch", extra="clip")
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "done": done, "seconds": seconds}
    storage.write_stream(path, lambda handle: torch.save(state, handle))


def _resume(path: Path, model: Any, optimizer: Any) -> tuple[int, float]:
    """Put a checkpoint's state in place; returns the steps and seconds behind it, 0 without one."""
    if not path.exists():
        return 0, 0.0
    state = require("torch", extra="clip").load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["done"]), float(state["seconds"])

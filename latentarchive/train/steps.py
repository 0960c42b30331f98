"""Many steps of one training, with checkpoints: an interrupted one goes on, and ends as if it had not been."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from latentarchive import storage
from latentarchive.encoders.precision import computes_in_bfloat16
from latentarchive.errors import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from latentarchive.progress import Progress

CHECKPOINT_S = 150.0
"""Seconds between checkpoints, and between looks at how well it goes."""

WARM_UP = 0.05
"""Share of the steps over which the learning rate rises; after them it falls to zero along a cosine."""


def repeat(
    step: Callable[[int], None],
    steps: int,
    *,
    seed: int,
    state: Mapping[str, Any],
    path: Path,
    stage: str,
    progress: Progress,
    remark: Callable[[], str],
) -> float:
    """Take the steps of a training that its checkpoint does not hold yet.

    Args:
        step: Takes the step of that number; torch's global random state is seeded anew before each.
        steps: How many there are in all.
        seed: Of every step's randomness.
        state: What a checkpoint holds: models and optimizers by name, put back in place when resuming.
        path: The checkpoint's file.
        stage: What is trained, for the progress.
        progress: Told the step, and now and then what `remark` says.
        remark: How well it goes, in a few words; called about once a minute.

    Returns:
        Seconds of training, those before an interruption included.
    """
    torch = require("torch", extra="clip")
    done, before = _resume(path, state)
    started = looked = time.monotonic()
    note = ""
    for number in range(done, steps):
        torch.manual_seed((seed << 32) + number + 1)
        step(number)
        if time.monotonic() - looked >= CHECKPOINT_S or number + 1 == steps:
            note = remark()
            _save(path, state, number + 1, before + time.monotonic() - started)
            looked = time.monotonic()
        progress(stage, number + 1, steps, note)
    return before + time.monotonic() - started


def rate(step: int, steps: int) -> float:
    """Share of the full learning rate at a step: a ramp, then half a cosine."""
    ramp = max(1, min(round(WARM_UP * steps), steps - 1))
    if step < ramp:
        return (step + 1) / ramp
    return 0.5 * (1 + math.cos(math.pi * (step - ramp) / max(1, steps - ramp)))


def precision() -> str:
    """What training is computed in: bfloat16 where the processor multiplies it natively, else float32."""
    return "bfloat16" if computes_in_bfloat16() else "float32"


@contextmanager
def mixed() -> Iterator[None]:
    """A context in which torch computes in `precision`."""
    torch, kind = require("torch", extra="clip"), precision()
    attention = require("torch.nn.attention", extra="clip")
    # The fused attention of torch 2.15 is slow backwards in bfloat16 on a CPU; plain products are faster there.
    with (
        attention.sdpa_kernel(attention.SDPBackend.MATH),
        torch.autocast("cpu", getattr(torch, kind), enabled=kind != "float32"),
    ):
        yield


def _save(path: Path, state: Mapping[str, Any], done: int, seconds: float) -> None:
    torch = require("torch", extra="clip")
    saved = {name: part.state_dict() for name, part in state.items()} | {"done": done, "seconds": seconds}
    storage.write_stream(path, lambda handle: torch.save(saved, handle))


def _resume(path: Path, state: Mapping[str, Any]) -> tuple[int, float]:
    """Put a checkpoint's state in place; returns the steps and seconds behind it, 0 without one."""
    if not path.exists():
        return 0, 0.0
    saved = require("torch", extra="clip").load(path, weights_only=True)
    for name, part in state.items():
        part.load_state_dict(saved[name])
    return int(saved["done"]), float(saved["seconds"])

"""Watching a pipeline denoise, whatever its family: every one of them asks its scheduler to step.

The scheduler's own method is wrapped while one image is made. It is told what callbacks are not told: the
model's output, from which follows the image that this step predicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.errors import GeneratorError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image


@dataclass(frozen=True)
class Step:
    """One step of denoising, after it was made."""

    #: From 1 on, and how many there are. A scheduler that asks the model twice a step (Heun) has more of them than
    #: were asked for.
    number: int
    total: int
    #: The scheduler's time, from its `num_train_timesteps` down to 0.
    timestep: float
    #: float32, shape (channels, height, width): what goes into the next step. At the last: the image.
    latents: NDArray[np.float32]
    #: The same shape: the image without noise that this step predicts (x0); None: the scheduler does not tell.
    predicted: NDArray[np.float32] | None
    #: Makes an image of latents; takes the generator's lock.
    decode: Callable[[NDArray[np.float32]], Image.Image]

    def image(self) -> Image.Image:
        """The latents decoded: noise that clears up. The last is the generated image."""
        return self.decode(self.latents)

    def predicted_image(self) -> Image.Image:
        """What the model takes the image to be at this step. Raises `GeneratorError` if the scheduler does not tell."""
        if self.predicted is None:
            message = "this scheduler does not tell which image a step predicts; DDIM, Euler and DPM-Solver do"
            raise GeneratorError(message)
        return self.decode(self.predicted)


Observer = Callable[[Step], None]
"""Called after each step, inside the generator's lock. What it raises ends the generation and reaches the caller."""

Watch = Callable[[str, Step], None]
"""The same with the name of the image that the step belongs to, where several are made."""


def unwatched(name: str, step: Step) -> None:
    """Watch nothing."""


@contextmanager
def watched(scheduler: Any, each: Callable[[int, int, float, Any, Any], None], *, predict: bool) -> Iterator[None]:
    """Have every step of a scheduler reported.

    Args:
        scheduler: Of a pipeline that nobody else uses meanwhile.
        each: Called after each step with its number, how many there are, the timestep, the tensor that goes on,
            and that of the predicted image, None where it is not asked for or not known.
        predict: Whether the predicted image is asked for.
    """
    plain, count, total = scheduler.step, 0, 0

    @wraps(plain)  # pipelines look at its signature
    def step(model_output: Any, timestep: Any, sample: Any, *args: Any, return_dict: bool = True, **named: Any) -> Any:
        nonlocal count, total
        made = plain(model_output, timestep, sample, *args, return_dict=True, **named)
        if not count:
            first = (scheduler.timesteps == timestep).nonzero()
            total = len(scheduler.timesteps) - (int(first[0]) if len(first) else 0)
        count += 1
        clear = predicted(scheduler, model_output, timestep, sample, made) if predict else None
        each(count, total, float(timestep), made.prev_sample, clear)
        return made if return_dict else (made.prev_sample,)

    scheduler.step = step
    try:
        yield
    finally:
        del scheduler.step


def predicted(scheduler: Any, model_output: Any, timestep: Any, sample: Any, made: Any) -> Any:
    """The image without noise (x0) that a step which was just made predicts, None if that is not known.

    Where the scheduler does not tell it, a noisy sample is alpha x0 + sigma noise, and the model gave the noise, x0
    itself, v = alpha noise - sigma x0 (Salimans and Ho, 2022, section 4), or noise - x0 (flow matching: Lipman et al.,
    2023, section 4.1, example II), from which x0 follows.
    """
    told = getattr(made, "pred_original_sample", None)
    if told is not None:
        return told
    kind = scheduler.config.get("prediction_type", "flow_prediction")
    level = getattr(scheduler, "sigmas", None)
    if level is not None:
        level = level[scheduler.step_index - 1]  # it has gone on since
    if hasattr(scheduler, "_sigma_to_alpha_sigma_t"):
        alpha, sigma = scheduler._sigma_to_alpha_sigma_t(level)
    elif kind == "flow_prediction" and level is not None:
        alpha, sigma = 1 - level, level
    elif level is None and hasattr(scheduler, "alphas_cumprod"):
        kept = scheduler.alphas_cumprod[int(timestep)]
        alpha, sigma = kept**0.5, (1 - kept) ** 0.5
    else:
        return None
    if kind == "epsilon":
        return (sample - sigma * model_output) / alpha
    if kind == "v_prediction":
        return alpha * sample - sigma * model_output
    if kind == "flow_prediction":
        return sample - sigma * model_output
    return model_output if kind == "sample" else None

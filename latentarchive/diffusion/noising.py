"""Noise added to a work, as in training: how much of it is left at each step, by the generator's own schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from latentarchive.errors import GeneratorError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Level:
    """How much of latents and of noise a step mixes: alpha latents + sigma noise."""

    alpha: float
    sigma: float

    @property
    def snr(self) -> float:
        """Signal to noise ratio, alpha^2 / sigma^2 (Kingma et al., 2021, section 3.1)."""
        return (self.alpha / self.sigma) ** 2

    def noised(self, latents: NDArray[np.float32], noise: NDArray[np.float32]) -> NDArray[np.float32]:
        """Latents with noise of the same shape in them."""
        mixed: NDArray[np.float32] = (self.alpha * latents + self.sigma * noise).astype("float32")
        return mixed


def levels(scheduler: Any, steps: int) -> list[Level]:
    """The noise of evenly spaced steps of a schedule, from the least to pure noise, or as near to it as it goes.

    Args:
        scheduler: Of a pipeline.
        steps: How many.

    Raises:
        GeneratorError: It does not tell how it mixes.
    """
    most = int(scheduler.config.num_train_timesteps)
    kept = getattr(scheduler, "alphas_cumprod", None)
    if kept is not None:
        at = [round((i + 1) * most / steps) - 1 for i in range(steps)]
        return [Level(float(kept[t]) ** 0.5, float(1 - kept[t]) ** 0.5) for t in at]
    if "FlowMatch" in type(scheduler).__name__:  # the straight way: Lipman et al., 2023, example II
        return [Level(1 - (i + 1) / steps, (i + 1) / steps) for i in range(steps)]
    message = (
        f"{type(scheduler).__name__} does not tell how it mixes images and noise; DDIM, Euler and flow matching do"
    )
    raise GeneratorError(message)

"""What a generator is asked for, seen to before anything is made: settings that make sense, things that it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from latentarchive.diffusion.conditions import Condition, FromImage, FromNoise, Point, Told, Words, Works
from latentarchive.diffusion.from_archive import centroid

if TYPE_CHECKING:
    from latentarchive.diffusion.capabilities import Capabilities
    from latentarchive.diffusion.families import Family


@dataclass(frozen=True)
class Asked:
    """A condition and settings that were seen to."""

    #: What it begins from, None: the noise of the seed; and what it is told at each step.
    start: FromImage | FromNoise | None
    told: Told
    seeds: tuple[int, ...]
    steps: int
    guidance: float
    #: Width and height in pixels.
    size: tuple[int, int]

    @property
    def strength(self) -> float:
        """How much is made anew."""
        return self.start.strength if isinstance(self.start, FromImage) else 1.0


def as_taken(capabilities: Capabilities, told: Told) -> Told:
    """A single work as the point where it lies, for a generator that takes one vector and no sequence of them."""
    if isinstance(told, Works) and not capabilities.sequence and len(told.ids) == 1:
        return centroid(told)
    return told


def why_not(family: Family, asked: Any, seeds: Any, steps: Any, guidance: Any, size: Any) -> str:
    """Why a generator cannot be asked for that, "" if it can. The arguments are those of `Generator.generate`."""
    why = _settings(family, seeds, steps, guidance) or _size(family, size)
    if why:
        return why
    if not isinstance(asked, Condition):
        hint = f"; for a text: Words({asked[:40]!r})" if isinstance(asked, str) else ""
        return f"is told Words, Works, a Point, FromImage or FromNoise, got {type(asked).__name__}{hint}"
    if isinstance(asked, FromImage):
        why = _image(family, asked, int(steps))
    if isinstance(asked, FromNoise) and asked.noise.shape != family.latent_shape(size):
        why = f"begins from noise of shape {family.latent_shape(size)}, got {asked.noise.shape}; see Generator.noise"
    if why or (isinstance(asked, FromImage) and asked.strength == 0):
        return why
    return not_told(family, asked.told if isinstance(asked, FromImage | FromNoise) else asked)


def _settings(family: Family, seeds: Any, steps: Any, guidance: Any) -> str:
    most = int(family.pipeline.scheduler.config.num_train_timesteps)
    if not isinstance(seeds, Sequence | np.ndarray) or not len(seeds):
        return "seeds: a list of at least one is needed, for each gives one image"
    if bad := [seed for seed in seeds if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63]:
        return f"seeds must be whole numbers from 0 to 2**63 - 1, got {bad[0]!r}"[:200]
    if not isinstance(steps, int | np.integer) or not 1 <= steps <= most:
        return f"steps must be a whole number from 1 to {most}, got {steps}"
    if not isinstance(guidance, int | float | np.number) or not 1 <= guidance < math.inf:
        return f"guidance must be at least 1 (the condition alone), got {guidance}"
    return ""


def _size(family: Family, size: Any) -> str:
    unit = family.multiple
    if (
        not isinstance(size, tuple | list)
        or len(size) != 2
        or any(not isinstance(side, int | np.integer) or side < 1 for side in size)
    ):
        return f"size must be width and height in pixels, got {size}"
    if any(side % unit for side in size):
        near = " x ".join(str(max(unit, round(side / unit) * unit)) for side in size)
        return (
            f"makes images whose width and height are multiples of {unit}, got {size[0]} x {size[1]}; {near} would do"
        )
    return ""


def _image(family: Family, asked: FromImage, steps: int) -> str:
    if not family.capabilities.image:
        return f"cannot begin from an image; it takes {family.capabilities}"
    if asked.strength > 0 and int(steps * asked.strength) < 1:
        least = math.ceil(1000 / steps) / 1000
        return (
            f"strength {asked.strength:g} leaves no step of {steps}; "
            f"the smallest that does is {least:g}, and 0 is the image through the autoencoder"
        )
    return ""


def not_told(family: Family, told: Told) -> str:
    """Why a generator takes nothing of that kind, "" if it does; of which space vectors are, is not looked at."""
    can = family.capabilities
    words = told if isinstance(told, Words) else told.words if isinstance(told, Point) else None
    if isinstance(told, Words) and not can.words:
        return f"cannot be told words alone; it takes {can}"
    if words is not None and words.negative and not can.negative:
        return "is not told what to keep away from; leave the negative prompt empty"
    if isinstance(told, Words):
        return ""
    if words is not None and not can.beside:
        return f"takes no words beside a vector; it takes {can}"
    if not can.vector and not can.sequence:
        return "takes words only" if can.words else f"takes {can}"
    count, width = told.vectors.shape if isinstance(told, Works) else (1, len(told.vector))
    if can.sequence and count > can.at_most:
        return f"takes at most {can.at_most} works at once, got {count}"
    if not can.sequence and count > 1:
        return f"takes one vector, got {count} works; give their centroid"
    wanted = (can.sequence or can.vector) if isinstance(told, Works) else (can.vector or can.sequence)
    return f"takes vectors of {wanted} dimensions, got {width}" if width != wanted else ""


def fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """An image at a size, whole: stretched rather than cropped, as the works were that the generators learned."""
    image = image.convert("RGB")
    return image if image.size == size else image.resize(size, Image.Resampling.BICUBIC)

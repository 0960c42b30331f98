"""Drawing batches: which works, which of their captions, which pixels, and what belongs to what.

Everything that step i draws depends on the seed and on i alone, so that a resumed training sees
what an undisturbed one sees.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from latentarchive.errors import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from latentarchive.train.data import Works

TURN_DEG = 10.0
"""Largest rotation, either way."""

LIGHT = 0.15
"""Largest relative change of brightness and of contrast; a third of it for each colour channel, because
colour is much of what a caption of a picture is about."""


class Batch(NamedTuple):
    """One step's images and texts."""

    #: Rows of the works, shape (b,).
    rows: NDArray[np.int64]
    #: Distinct captions in the batch, as numbers of `Deck.texts`, shape (t,).
    texts: NDArray[np.int64]
    #: bool, shape (b, t): whether a caption is one of the work's captions, drawn for it or for another.
    fits: NDArray[np.bool_]


class Deck:
    """The works to train on, ready to be drawn from."""

    def __init__(self, works: Works, *, batch_size: int, balance: float, seed: int) -> None:
        """Number the captions and weigh the works.

        Args:
            works: All works; those held out are left aside.
            batch_size: Works in a batch, drawn with repetition.
            balance: 0: every work is as likely as any other; 1: every subject is. A work counts with
                the mean of (how many works share a subject) to the power of -balance over its subjects.
            seed: Of all draws.
        """
        self.rows = np.flatnonzero(~works.held)
        self.texts = list(dict.fromkeys(text for row in self.rows for text in works.captions[row]))
        number = {text: i for i, text in enumerate(self.texts)}
        self._captions = {int(row): [number[text] for text in works.captions[row]] for row in self.rows}
        shared = Counter(subject for row in self.rows for subject in works.subjects[row])
        weights = [np.mean([shared[s] ** -balance for s in works.subjects[row]] or [1.0]) for row in self.rows]
        self._upto = np.cumsum(weights) / np.sum(weights)
        self._batch_size, self._seed = batch_size, seed

    def draw(self, step: int) -> Batch:
        """The batch of a step."""
        random = np.random.default_rng((self._seed, step))
        rows = self.rows[np.searchsorted(self._upto, random.random(self._batch_size)).clip(max=len(self.rows) - 1)]
        captions = [self._captions[row] for row in rows.tolist()]
        texts = np.unique([numbers[random.integers(len(numbers))] for numbers in captions])
        column = {int(text): i for i, text in enumerate(texts)}
        fits = np.zeros((len(rows), len(texts)), bool)
        for row, numbers in enumerate(captions):
            fits[row, [column[text] for text in numbers if text in column]] = True
        return Batch(rows, texts, fits)


def augmented(pixels: NDArray[np.uint8], size: tuple[int, int], crop: float) -> Any:
    """Images as training sees them: cropped, turned, mirrored and lit a little differently each time.

    Draws from torch's global random state, which the training loop seeds anew at every step.

    Args:
        pixels: uint8, shape (b, h, w, 3).
        size: Height and width of the model's input.
        crop: Least share of an image's area that is kept.

    Returns:
        float32 tensor, shape (b, 3, *size), in [0, 1].
    """
    torch = require("torch", extra="clip")
    count = len(pixels)

    def uniform(low: float, high: float, *shape: int) -> Any:
        return torch.empty(count, *shape).uniform_(low, high)

    side, stretch = uniform(crop, 1).sqrt(), uniform(-0.15, 0.15).exp()
    wide, high = (side * stretch).clamp(max=1), (side / stretch).clamp(max=1)
    angle = uniform(-TURN_DEG, TURN_DEG) * math.pi / 180
    mirror = (uniform(0, 1) < 0.5).float() * 2 - 1
    grid = torch.zeros(count, 2, 3)
    grid[:, 0, 0], grid[:, 0, 1] = wide * angle.cos() * mirror, -wide * angle.sin()
    grid[:, 1, 0], grid[:, 1, 1] = high * angle.sin() * mirror, high * angle.cos()
    grid[:, 0, 2], grid[:, 1, 2] = uniform(-1, 1) * (1 - wide), uniform(-1, 1) * (1 - high)
    functional = torch.nn.functional
    grid = functional.affine_grid(grid, [count, 3, *size], align_corners=False)
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    images = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (images - mean) * uniform(1 - LIGHT, 1 + LIGHT, 1, 1, 1) + mean
    tint = uniform(1 - LIGHT / 3, 1 + LIGHT / 3, 3, 1, 1)
    return (images * uniform(1 - LIGHT, 1 + LIGHT, 1, 1, 1) * tint).clamp(0, 1)


def plain(pixels: NDArray[np.uint8], size: tuple[int, int]) -> Any:
    """Images as an encoder will see them, from the cache: whole, scaled to the model's input, in [0, 1]."""
    torch = require("torch", extra="clip")
    images = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 255
    return torch.nn.functional.interpolate(images, size, mode="bicubic", antialias=True).clamp(0, 1)


def normalised(images: Any) -> Any:
    """Pixels in [0, 1] with the mean and spread that open_clip gives them unless told otherwise."""
    torch, open_clip = require("torch", extra="clip"), require("open_clip", extra="clip")
    mean = torch.tensor(open_clip.OPENAI_DATASET_MEAN).view(3, 1, 1)
    return (images - mean) / torch.tensor(open_clip.OPENAI_DATASET_STD).view(3, 1, 1)


def input_size(model: Any) -> tuple[int, int]:
    """Height and width in pixels of what a model of open_clip takes."""
    return image_size(model.visual.image_size)


def image_size(side: int | Sequence[int]) -> tuple[int, int]:
    """Height and width from what open_clip calls an image size: one side of a square, or both."""
    return (side, side) if isinstance(side, int) else (side[0], side[1])

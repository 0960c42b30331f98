"""How a ViT's weights begin, so that it learns shapes from a few thousand pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.errors import require
from latentarchive.train.batches import input_size, normalised, plain

if TYPE_CHECKING:
    from latentarchive.train.data import Works

EXAMPLES = 600
"""Training works whose patches are looked at."""

FLOOR = 1e-3
"""Added to the variance of every component, as a share of the largest: what hardly occurs is not blown up to noise."""

GAIN, PLACE = 0.5, 0.3
"""Scale of the first layer's weights, and of the positions that are added to what it gives."""


def prepare_vit(model: Any, works: Works) -> None:
    """Let a ViT's first layer see the components of the works' patches alike, and know where each patch lies.

    In patches of few pixels the mean colour varies by far the most, and a random first layer sees little else; its
    weights begin as the whitened principal components instead (Jordan, 2024, "94% on CIFAR-10 in 3.29 seconds",
    section 3.2). Positions begin as sines and cosines (Beyer et al., 2022, "Better plain ViT baselines").
    Leaves an image tower of another kind as it is. Draws nothing at random.
    """
    torch = require("torch", extra="clip")
    tower = model.visual
    if not hasattr(tower, "positional_embedding") or not hasattr(tower, "conv1"):
        return
    rows = np.flatnonzero(~works.held)[:EXAMPLES]
    images = normalised(plain(works.pixels[rows], input_size(model)))
    first = tower.conv1.weight
    out, side = first.shape[0], first.shape[2]
    patches = torch.nn.functional.unfold(images, side, stride=side).transpose(1, 2).reshape(-1, first[0].numel())
    variance, components = torch.linalg.eigh(torch.cov(patches.T))
    variance, components = variance.flip(0)[:out], components.flip(1)[:, :out]
    whitened = GAIN * (components / (variance + FLOOR * variance[0]).sqrt()).T
    with torch.no_grad():
        first[: len(whitened)] = whitened.reshape(-1, *first.shape[1:])
        places, width = tower.positional_embedding.shape
        rows_and_columns = math.isqrt(places - 1)
        if rows_and_columns**2 == places - 1 and width % 4 == 0:
            tower.positional_embedding[0] = 0
            tower.positional_embedding[1:] = PLACE * sines(rows_and_columns, width)


def sines(side: int, width: int) -> Any:
    """Sines and cosines of columns and rows: float32 tensor, shape (side * side, width).

    Vaswani et al., 2017, section 3.5, for two axes: a quarter of the width each for sine and cosine of each.
    """
    torch = require("torch", extra="clip")
    pace = 10_000 ** -(torch.arange(width // 4) / (width / 4))
    at = torch.arange(side * side)
    angles = [axis[:, None] * pace for axis in (at % side, at // side)]
    return torch.cat([wave for angle in angles for wave in (angle.sin(), angle.cos())], dim=1)

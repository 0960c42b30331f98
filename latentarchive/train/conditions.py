"""What a generator is conditioned by: the text tokens of captions, or the vectors of retrieved works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from latentarchive.encoders.twins import text_tower
from latentarchive.errors import require
from latentarchive.train.tokens import encode, load

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from latentarchive.encoders import Encoder
    from latentarchive.train.data import Works

NEAREST = 8
"""Works of which those that condition an image together are chosen."""


@dataclass(frozen=True)
class Conditions:
    """Everything that the training works can be conditioned by, computed once."""

    #: Tokens of each distinct caption as the text tower leaves them: float16 tensor, shape (t, context, width).
    texts: Any
    #: The captions of each work, as rows of `texts`.
    captions: list[list[int]]
    #: Tokens of the empty text, shape (context, width): the condition that says nothing.
    nothing: Any
    #: Image vectors of all works, scaled as `as_tokens` does: float32 tensor, shape (n, dim).
    vectors: Any
    #: Rows of the `NEAREST` training works to each work by cosine, itself left out: int64, shape (n, NEAREST).
    nearest: NDArray[np.int64]

    def words(self, rows: NDArray[np.int64], random: np.random.Generator) -> Any:
        """One caption of each work, drawn at random: float32 tensor, shape (b, context, width)."""
        chosen = [self.captions[row][random.integers(len(self.captions[row]))] for row in rows]
        return self.texts[chosen].float()

    def retrieved(self, rows: NDArray[np.int64], count: int, random: np.random.Generator) -> Any:
        """Vectors of some of each work's nearest, the work itself among them half of the time.

        Returns:
            float32 tensor, shape (b, count, dim).
        """
        chosen = np.stack([random.permutation(self.nearest[row])[:count] for row in rows])
        itself = random.random(len(rows)) < 0.5
        chosen[itself, 0] = rows[itself]
        return self.vectors[chosen]


def as_tokens(vectors: Any) -> Any:
    """Unit vectors, shape (..., dim), at the length of text tokens after their normalisation: sqrt(dim)."""
    return vectors * vectors.shape[-1] ** 0.5


def prepare(works: Works, encoder: Encoder, folder: Path) -> Conditions:
    """Compute the conditions of all works.

    Args:
        works: Those that are trained on and those held out; only the former are retrieved.
        encoder: Whose vectors condition.
        folder: Where it lies, in the layout of open_clip.
    """
    torch = require("torch", extra="clip")
    tower = text_tower(folder)
    texts, captions, nothing = tokens_of(works, tower, load(folder, context=tower.config.max_position_embeddings))
    vectors = encoder.encode_images([Image.fromarray(pixels) for pixels in works.pixels]).unit
    return Conditions(texts, captions, nothing, as_tokens(torch.from_numpy(vectors)), _nearest(vectors, works.held))


def tokens_of(works: Works, tower: Any, tokenizer: Any) -> tuple[Any, list[list[int]], Any]:
    """What a text tower makes of all captions.

    Args:
        works: Whose captions.
        tower: `transformers.CLIPTextModel`, float32.
        tokenizer: As `tokens.load` gives it.

    Returns:
        `Conditions.texts`, `Conditions.captions` and `Conditions.nothing`.
    """
    torch = require("torch", extra="clip")
    texts = list(dict.fromkeys(text for captions in works.captions for text in captions))
    number = {text: i for i, text in enumerate(texts)}
    with torch.inference_mode():
        ids = torch.from_numpy(encode(tokenizer, ["", *texts])).split(256)
        states = torch.cat([tower(block).last_hidden_state for block in ids])
    captions = [[number[text] for text in captions] for captions in works.captions]
    return states[1:].half(), captions, states[0].clone()


def _nearest(vectors: NDArray[np.float32], held: NDArray[np.bool_]) -> NDArray[np.int64]:
    cosine = vectors @ vectors.T
    cosine[:, held] = -2
    np.fill_diagonal(cosine, -2)
    return np.argsort(-cosine, axis=1, kind="stable")[:, :NEAREST]

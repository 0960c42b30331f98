"""How well held-out works are found by words: figures with n, and what chance would give."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.errors import require
from latentarchive.train.batches import input_size, normalised, plain
from latentarchive.train.tokens import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.train.data import Works

K = 5
"""Results that are looked at for each caption."""

MOST = 5_000
"""Most held-out works that are scored, the first ones: enough for a figure, few enough to look often."""


@dataclass(frozen=True)
class Scores:
    """Text-to-image search among held-out works, one query for each distinct main caption."""

    #: Held-out works searched, and captions asked.
    images: int
    queries: int
    #: Share of captions with a work that they describe among the first `K`; and of a random order.
    recall_at_5: float
    chance_recall_at_5: float
    #: Share of the first `K` works that the caption describes, mean over captions; and of a random order.
    precision_at_5: float
    chance_precision_at_5: float

    def remark(self) -> str:
        """The recall in a few words, for a progress bar."""
        if not self.queries:
            return "nothing held out"
        return f"held-out R@5 {self.recall_at_5:.2f} (chance {self.chance_recall_at_5:.2f}, n={self.queries})"

    def record(self) -> dict[str, float]:
        """Plain values by name."""
        return asdict(self)


def held_out_scores(model: Any, works: Works, tokenizer: Any) -> Scores:
    """Score a model on the held-out works. Leaves the model in eval mode and random states alone."""
    rows = np.flatnonzero(works.held)[:MOST]
    queries = list(dict.fromkeys(works.captions[row][0] for row in rows))
    if not queries:
        return Scores(0, 0, 0.0, 0.0, 0.0, 0.0)
    number = {query: i for i, query in enumerate(queries)}
    fits = np.zeros((len(queries), len(rows)), bool)
    for column, row in enumerate(rows):
        fits[[number[text] for text in works.captions[row] if text in number], column] = True
    images, texts = vectors(model, works, rows, tokenizer, queries)
    return ranked(texts @ images.T, fits)


def ranked(similarity: NDArray[np.float32], fits: NDArray[np.bool_]) -> Scores:
    """Figures from similarities and truth, both of shape (queries, images)."""
    queries, images = fits.shape
    k = min(K, images)
    best = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    found = np.take_along_axis(fits, best, axis=1)
    # A random order misses all r works of a caption among n with probability C(n - r, k) / C(n, k).
    missed = [math.comb(images - int(r), k) / math.comb(images, k) for r in fits.sum(axis=1)]
    return Scores(
        images=images,
        queries=queries,
        recall_at_5=float(found.any(axis=1).mean()),
        chance_recall_at_5=float(1 - np.mean(missed)),
        precision_at_5=float(found.mean()),
        chance_precision_at_5=float(fits.mean()),
    )


def vectors(
    model: Any, works: Works, rows: NDArray[np.int64], tokenizer: Any, texts: list[str]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unit rows of works and of texts, in float32."""
    torch = require("torch", extra="clip")
    size = input_size(model)
    model.eval()
    with torch.inference_mode():
        blocks = [works.pixels[rows[start : start + 256]] for start in range(0, len(rows), 256)]
        images = torch.cat([model.encode_image(normalised(plain(b, size)), normalize=True) for b in blocks])
        ids = torch.from_numpy(encode(tokenizer, texts)).split(256)
        words = torch.cat([model.encode_text(block, normalize=True) for block in ids])
    return images.numpy(), words.numpy()

"""Vectors that behave like CLIP embeddings, as many as wanted, the same on every machine. All of them are synthetic.

Real embeddings crowd around one common direction, lie in clusters of very different size, and have a few strong
dimensions and many weak ones, none along an axis. So do these: a common direction, clusters whose sizes fall as
1 / rank, a spectrum that decays as 1 / sqrt(rank), and a fixed rotation over all.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from latentarchive.embeddings import Embeddings

SHARD = 100_000
"""Rows in a file."""

CLUSTERS = 2_000
COMMON, BETWEEN, WITHIN = 0.8, 0.7, 0.7
"""Lengths of the common direction, of a cluster's own, and of a row's own."""

HELD_OUT = 2**31
"""Block number of the queries, which are drawn the same way and are no rows."""


class Space:
    """One distribution; its blocks can be drawn in any order."""

    def __init__(self, dim: int, seed: int = 0) -> None:
        """Draw what all rows share."""
        random = np.random.default_rng((seed, 0))
        self._seed, self._dim = seed, dim
        self._spectrum = np.arange(1, dim + 1) ** -0.5
        self._rotation = np.linalg.qr(random.standard_normal((dim, dim)))[0].astype(np.float32)
        self._common = self._directions(1, random)[0]
        self._centres = self._directions(CLUSTERS, random)
        sizes = 1 / np.arange(1, CLUSTERS + 1)
        self._shares = sizes / sizes.sum()

    def rows(self, count: int, block: int) -> NDArray[np.float32]:
        """Unit rows of a block, float32, shape (count, dim)."""
        random = np.random.default_rng((self._seed, 1, block))
        clusters = random.choice(CLUSTERS, count, p=self._shares)
        rows = COMMON * self._common + BETWEEN * self._centres[clusters] + WITHIN * self._directions(count, random)
        rows = (rows @ self._rotation).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def queries(self, count: int) -> NDArray[np.float32]:
        """Unit rows that are in no block."""
        return self.rows(count, HELD_OUT)

    def write(self, folder: Path, count: int) -> Embeddings:
        """The first `count` rows as an archive's files of embeddings; files that are there are taken as they are.

        Whole shards are the same for every count, and are shared: 1,000,000 rows are the first of 10,000,000.
        """
        folder = folder / ("shards" if count % SHARD == 0 else f"rows-{count}")
        folder.mkdir(parents=True, exist_ok=True)
        shards = range(0, count, SHARD)
        for number, start in enumerate(shards):
            path, here = folder / f"part-{number:05d}.npy", min(SHARD, count - start)
            if not path.exists():
                partial = path.with_suffix(".partial")
                stored = open_memmap(partial, "w+", np.float16, (here, self._dim))
                for offset in range(0, here, SHARD // 10):
                    block = (start + offset) // (SHARD // 10)
                    stored[offset : offset + SHARD // 10] = self.rows(min(SHARD // 10, here - offset), block)
                stored.flush()
                partial.rename(path)
                np.save(folder / f"norms-{number:05d}.npy", np.ones(here, np.float32))
        return Embeddings.open(folder, len(shards))

    def _directions(self, count: int, random: np.random.Generator) -> NDArray[np.float32]:
        drawn = random.standard_normal((count, self._dim), np.float32) * self._spectrum.astype(np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

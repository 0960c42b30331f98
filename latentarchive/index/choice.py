"""Which index a collection gets."""

from __future__ import annotations

import math

AUTO = "auto"
"""Recipe's word for the factory that `choose` picks."""

EXACT = "exact"
"""Factory of the archives that need no index file: their vectors are scanned."""

EXACT_UP_TO = 50_000
"""Rows up to which `auto` scans: no answer is ever missed. An index is faster for one query from 10,000 rows on, for
a batch from 20,000 (`python -m benchmarks.crossover`); but here a scan still takes no longer than a person notices,
and needs no file and no tuning."""

CELLS = (64, 4096)
"""Fewest and most cells of an inverted file; more of them make filling slower than n log n."""


def choose(factory: str, rows: int, dim: int) -> str:
    """The factory to build: the one that was asked for, unless that leaves it to us.

    Beyond `EXACT_UP_TO` rows: an inverted file of about 2 sqrt(n) cells over one-bit codes (RaBitQ: Gao and
    Long, 2024, section 3), scanned 32 at a time. The random rotation before it spreads what the leading
    directions hold over all bits, as section 3.1 asks; FAISS leaves that to the factory string.

    Args:
        factory: ``auto``, ``exact`` (or ``Flat``), or any FAISS factory string.
        rows: Of the archive.
        dim: Of its vectors.
    """
    if factory in (EXACT, "Flat") or (factory == AUTO and rows <= EXACT_UP_TO):
        return EXACT
    if factory != AUTO:
        return factory
    cells = 2 ** round(math.log2(2 * math.sqrt(rows)))
    return f"RR{dim},IVF{min(max(cells, CELLS[0]), CELLS[1])},RaBitQfs"

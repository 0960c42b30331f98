"""Candidates from a FAISS index: how far it looks, and inside which rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOM = 64
"""Candidates beyond twice k that re-scoring may move up."""


class Proposer:
    """A FAISS index that names candidates; its scores are not used."""

    def __init__(self, index: Any) -> None:
        """Take over a filled index whose metric is inner product."""
        import faiss

        inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index
        self.index = index
        #: ``nprobe`` or ``efSearch``, what makes the index look farther, and its largest value; "" and 1: nothing does.
        self.parameter, self.most = "", 1
        if isinstance(inner, faiss.IndexIVF):
            self.parameter, self.most = "nprobe", int(inner.nlist)
        elif isinstance(inner, faiss.IndexHNSW):
            self.parameter, self.most = "efSearch", 1024
        #: Whether it can look inside some rows only.
        self.filters = isinstance(inner, faiss.IndexIVF | faiss.IndexHNSW | faiss.IndexFlat)

    def propose(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None, value: int
    ) -> list[NDArray[np.int64]]:
        """Row numbers, ascending, among which the k nearest of each query are likely to be.

        Args:
            queries: float32, shape (q, dim), unit rows.
            k: From 1.
            allowed: shape (n,), True for the rows that may be named; None: all.
            value: Of `parameter`; 0: as the index is set.
        """
        import faiss

        selector = None
        if allowed is not None:
            bitmap = np.packbits(allowed, bitorder="little")  # the selector points into it
            selector = faiss.IDSelectorBitmap(bitmap)
        wanted = min(self.index.ntotal, 2 * k + ROOM)
        _, found = self.index.search(queries, wanted, params=_settings(self.index, selector, value))
        return [np.sort(rows[rows >= 0]) for rows in found]  # FAISS pads short results with row -1


def _settings(index: Any, selector: Any, value: int) -> Any:
    import faiss

    if isinstance(index, faiss.IndexPreTransform):
        inner = _settings(faiss.downcast_index(index.index), selector, value)
        return faiss.SearchParametersPreTransform(index_params=inner)
    if isinstance(index, faiss.IndexIVF):
        return faiss.SearchParametersIVF(sel=selector, nprobe=value or index.nprobe)
    if isinstance(index, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(sel=selector, efSearch=value or index.hnsw.efSearch)
    return faiss.SearchParameters(sel=selector) if selector is not None else None

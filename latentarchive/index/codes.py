"""What the codes of an index keep of vectors: encoded as the index does it, and decoded again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DECODES = (
    "IndexIVFRaBitQFastScan", "IndexIVFRaBitQ", "IndexRaBitQFastScan", "IndexRaBitQ", "IndexIVFPQ", "IndexPQ",
    "IndexIVFScalarQuantizer", "IndexScalarQuantizer",
)  # fmt: skip
"""Kinds of FAISS index whose codes are decoded. An inverted file of fast-scan product quantisers is not among them:
read from disk, FAISS 1.15 ends the process."""


def coded(index: Any, vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], int] | None:
    """Vectors as the codes of a FAISS index keep them, and the bytes of a code.

    Args:
        index: A trained FAISS index.
        vectors: float32 (n, dim).

    Returns:
        float32 (n, dim), not of unit length; None for an index that is none of `DECODES` or keeps more than float16
        would.
    """
    import faiss

    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index
    if type(inner).__name__ not in DECODES:
        return None
    size = int(index.sa_code_size())
    if size >= 2 * vectors.shape[1]:
        return None
    return index.sa_decode(index.sa_encode(np.ascontiguousarray(vectors))), size


def one_bit_codec(vectors: NDArray[np.float32]) -> Any:
    """A codec of one bit a dimension, learned from vectors: what `choice.choose` takes for large archives, in one cell.

    The rotation and RaBitQ are as told there.
    """
    import faiss

    codec = faiss.index_factory(vectors.shape[1], f"RR{vectors.shape[1]},RaBitQ", faiss.METRIC_INNER_PRODUCT)
    codec.train(vectors)
    return codec

"""Arrow arrays over memory that numpy or Python has filled.

`pyarrow.array` would do, but imports pandas where that is installed: a third of a second at the first query.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def integers(values: NDArray[np.int64]) -> pa.Array:
    """Numbers of shape (n,) as an int64 array, which shares their memory if they lie beside each other."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def strings(values: Sequence[str]) -> pa.Array:
    """Texts as a string array. Raises `UnicodeEncodeError` for lone surrogates."""
    data = [value.encode() for value in values]
    return texts(b"".join(data), np.cumsum([0, *map(len, data)]))


def texts(data: bytes | NDArray[np.uint8], bounds: NDArray[np.int64]) -> pa.Array:
    """Texts that lie one after the other as a string array.

    Args:
        data: Their bytes, valid UTF-8 and less than 2 GiB.
        bounds: Shape (n + 1,): where each begins, and where the last ends.
    """
    offsets = pa.py_buffer(bounds.astype(np.int32))
    return pa.Array.from_buffers(pa.string(), len(bounds) - 1, [None, offsets, pa.py_buffer(data)])


def null_if_empty(array: pa.StringArray) -> pa.StringArray:
    """The same texts, with null in place of empty ones. The array must be whole, not a slice, and have no null yet."""
    _, offsets, data = array.buffers()
    stated = np.diff(np.frombuffer(offsets, np.int32, len(array) + 1)) > 0
    bits = pa.py_buffer(np.packbits(stated, bitorder="little"))
    return pa.Array.from_buffers(pa.string(), len(array), [bits, offsets, data])

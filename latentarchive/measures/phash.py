"""Perceptual hashes: 64 bits of an image's coarse shades, near each other for pictures that look alike.

The hash of ImageHash (``phash``, 64 bits): a discrete cosine transform of 32 x 32 grey values, whose 8 x 8 lowest
frequencies are set to 1 where they lie above their median. The first of them is the mean shade, and is among them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 32
"""Grey values a side from which a hash is made."""

BITS = 64


def phash(grey: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hashes of images.

    Args:
        grey: uint8, shape (n, 32, 32): each image as grey values, resized as a whole (Lanczos).

    Returns:
        uint64, shape (n,); the lowest frequency is the highest bit, row by row, as ImageHash writes it.
    """
    from scipy.fft import dctn

    low = dctn(np.asarray(grey, np.float64), axes=(1, 2))[:, :8, :8].reshape(-1, BITS)
    bits = low > np.median(low, axis=1, keepdims=True)
    return np.packbits(bits, axis=1).view(">u8").ravel().astype(np.uint64)


def hamming(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """How many bits differ: shape (len(a), len(b)), each 0 to 64."""
    return np.bitwise_count(a[:, None] ^ b[None, :])

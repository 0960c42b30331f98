"""Terms to vectors: words and crops through the encoder, whole items straight from the stored rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentarchive.encoders import Encoder
from latentarchive.errors import ImageError, QueryError
from latentarchive.images import decode
from latentarchive.query import Term


def term_vector(
    term: Term,
    *,
    encoder: Callable[[], Encoder],
    item_vector: Callable[[str], NDArray[np.float32]],
    item_image: Callable[[str], bytes],
) -> NDArray[np.float32]:
    """The unit vector of one term, without its weight: float32 (dim,).

    Args:
        term: Words, an item or a file, the latter two perhaps with a region.
        encoder: Gives the archive's encoder; called only where it is needed.
        item_vector: Gives the stored row of an item.
        item_image: Gives the bytes of an item's image.

    Raises:
        QueryError: A file or its region cannot be used.
    """
    if term.kind == "text":
        return encoder().encode_texts([term.value]).unit[0]
    if term.kind == "item" and term.region is None:
        return item_vector(term.value)
    data = read_file(term.value) if term.kind == "file" else item_image(term.value)
    try:
        image = decode(data).image
    except ImageError as error:
        message = f"{term.value} cannot be used as a query: {error}"
        raise QueryError(message) from error
    if term.region is not None:
        image = image.crop(term.region.box(*image.size))
    return encoder().encode_images([image]).unit[0]


def read_file(path: str) -> bytes:
    """The bytes of a file that a query names. Raises `QueryError`."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise QueryError(message) from error

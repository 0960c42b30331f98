"""Terms to vectors: words and crops through the encoder, whole items straight from the stored rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from latentarchive.bands import Bands
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
    data = item_image(term.value) if term.kind == "item" else image_bytes(term)
    try:
        image = decode(data).image
    except ImageError as error:
        message = f"{term.value} cannot be used as a query: {error}"
        raise QueryError(message) from error
    if term.region is not None:
        image = image.crop(term.region.box(*image.size))
    return encoder().encode_images([image]).unit[0]


def closest_terms(
    terms: Sequence[Term],
    vectors: NDArray[np.float32],
    rows: NDArray[np.float32],
    bands: Bands,
) -> tuple[int, ...]:
    """Which term each row is nearest to, of those with a weight above 0, by its place among all.

    Cosines to a text and to an image are told apart by how unusual they are: in standard deviations above the mean of
    random pairs of that kind. Weights do not count: they say how much a term matters, not how near it is.

    Args:
        terms: t of them.
        vectors: float32 (t, dim), unit rows.
        rows: float32 (n, dim), unit rows.
        bands: What a cosine means here.

    Returns:
        n places; none if fewer than two terms have a weight above 0.
    """
    counted = [place for place, term in enumerate(terms) if term.weight > 0]
    if len(counted) < 2:
        return ()
    kinds = ["text" if terms[place].kind == "text" else "image" for place in counted]
    means = np.array([bands.mean(kind) for kind in kinds])
    spreads = np.array([bands.spread(kind) for kind in kinds])
    unusual = (rows.astype(np.float64) @ vectors[counted].T.astype(np.float64) - means) / spreads
    return tuple(counted[place] for place in unusual.argmax(axis=1).tolist())


def image_bytes(term: Term) -> bytes:
    """The bytes of the image file of a term that is a file or a picture. Raises `QueryError`."""
    return term.data if term.kind == "picture" else read_file(term.value)


def read_file(path: str) -> bytes:
    """The bytes of a file that a query names. Raises `QueryError`."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise QueryError(message) from error

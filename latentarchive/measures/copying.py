"""Whether something lies suspiciously near to one work of an archive, seen against how its works lie to each other.

Legend: a1, a2, ... the works nearest to something, best first; d its Euclidean distance to each, for unit vectors
sqrt(2 - 2 cosine).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

AROUND = 50
"""Works that say how near is near here; Carlini et al. (2023)."""


def apart(cosines: ArrayLike) -> NDArray[np.float64]:
    """Euclidean distances of unit vectors with these cosines."""
    return np.asarray(np.sqrt(np.maximum(2 - 2 * np.asarray(cosines, np.float64), 0)))


def relative_copy_score(d: ArrayLike) -> NDArray[np.float64]:
    """Distance to the nearest work, in halves of the mean distance to the `AROUND` nearest: shape (n,).

    Carlini et al. (2023), "Extracting training data from diffusion models", who compared pixels. Free of scale: below
    1, one work is far nearer than its surroundings are.

    Args:
        d: shape (n, at least AROUND), in ascending order.

    Returns:
        From 0 to 2; nan where all of them are equal to the thing itself.

    Raises:
        ValueError: There are fewer works than that.
    """
    near = np.atleast_2d(np.asarray(d, np.float64))
    if near.shape[1] < AROUND:
        message = f"the relative copy score needs the {AROUND} nearest works, got {near.shape[1]}"
        raise ValueError(message)
    around = 0.5 * near[:, :AROUND].mean(axis=1)
    return np.divide(near[:, 0], around, out=np.full(len(near), np.nan), where=around > 0)


def as_near(values: ArrayLike, background: ArrayLike) -> NDArray[np.float64]:
    """The chance that a thing of the background's kind has a value as low as each of these: shape (n,).

    Shares of the background, with the thing itself counted (Vovk et al., 2005, section 2.2: the conformal p-value).
    Something drawn like the background gets each share equally often; the least that there can be is 1 / (len + 1).
    """
    known = np.sort(np.asarray(background, np.float64))
    at_most = np.searchsorted(known, np.asarray(values, np.float64) + 1e-9, side="right")
    return np.asarray((1 + at_most) / (1 + len(known)))


def authentic(d: ArrayLike, nearest_own: ArrayLike) -> NDArray[np.bool_]:
    """Whether each thing lies farther from its nearest work than that work does from its own nearest: shape (n,).

    Alaa et al. (2022), "How faithful is your synthetic data?".

    Args:
        d: shape (n,): distance of each to its nearest work a1.
        nearest_own: shape (n,): distance of that a1 to the work nearest to it.
    """
    return np.asarray(np.asarray(nearest_own, np.float64) < np.asarray(d, np.float64))

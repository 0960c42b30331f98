"""Which number format a model computes in: decided by what the machine can do, never by a stopwatch.

Timing at load would give one archive two kinds of vectors. The choice here depends on the machine's
capabilities and on the model's size only, and a reduced precision is accepted only after its vectors
were compared with those of float32.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.errors import EncoderError, require

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

PRECISIONS = ("float32", "bfloat16", "float16")

SMALL = 20_000_000
"""Parameters below which float32 stays even where bfloat16 would be faster.

Measured on 2 cores of an AMD EPYC with avx512_bf16 (torch 2.15, images a second, float32 -> bfloat16):
ViT-B-32 18 -> 34, RN50 9 -> 20, a ViT of 22 M parameters 38 -> 117, but also 2,000 -> 2,900 for a ResNet of
1.5 M. A model that small waits for the decoding of files anyway (1,000 a second and core even of small
ones), and its float32 vectors are the same on every machine.
"""

AGREEMENT = 0.999
"""Least cosine between float32 and reduced vectors of the same inputs that is accepted; the models
above reach 0.9999."""


def choose(parameters: int) -> tuple[str, str]:
    """Device and precision for a model of that many parameters on this machine.

    Returns:
        ``("cuda", "float16")`` where there is a GPU (not tried by us: written without one);
        ``("cpu", "bfloat16")`` where the processor computes with it and the model is not `SMALL`;
        else ``("cpu", "float32")``.
    """
    torch = require("torch", extra="clip")
    if torch.cuda.is_available():
        return "cuda", "float16"
    return "cpu", "bfloat16" if computes_in_bfloat16() and parameters >= SMALL else "float32"


def computes_in_bfloat16() -> bool:
    """Whether this processor has instructions for bfloat16."""
    torch = require("torch", extra="clip")
    # Private names of torch, there since 2.2 and 2.4: absent means "not known to be supported".
    flags = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, flag, bool)() for flag in flags)


def reduced(model: Any, precision: str, vectors: Callable[[Any], NDArray[np.float32]]) -> tuple[Any, str]:
    """The model in a reduced precision if its vectors stay where they were, else as it is.

    Args:
        model: A torch module in float32, on its device.
        precision: What is wanted, one of `PRECISIONS`.
        vectors: Raw vectors, shape (n, dim), of fixed inputs by the model it is given.

    Returns:
        The model to use and its precision: what was wanted, or the model itself and ``"float32"`` if
        any vector has a cosine below `AGREEMENT` with its float32 original (or is not finite).

    Raises:
        EncoderError: There is no such precision.
    """
    if precision not in PRECISIONS:
        message = f"precision {precision!r} is unknown; one of: {', '.join(PRECISIONS)}"
        raise EncoderError(message)
    if precision == "float32":
        return model, precision
    torch = require("torch", extra="clip")
    candidate = copy.deepcopy(model).to(getattr(torch, precision))
    exact, rounded = vectors(model), vectors(candidate)
    lengths = np.linalg.norm(exact, axis=1) * np.linalg.norm(rounded, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = (exact * rounded).sum(axis=1) / lengths
    return (candidate, precision) if (cosines >= AGREEMENT).all() else (model, "float32")

"""From an image back to noise: the noise from which deterministic denoising would make it (DDIM inversion).

Song et al. (2021), "Denoising diffusion implicit models", section 4.3: each step is taken the other way round, with
what the model predicts before it in place of what it would predict after it. The fewer the steps, the rougher.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from latentarchive.diffusion.conditions import FromNoise
from latentarchive.errors import GeneratorError, require

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from latentarchive.diffusion.conditions import Told
    from latentarchive.diffusion.generators import Generator
    from latentarchive.diffusion.stepping import Observer, Step


def why_not(generator: Generator) -> str:
    """Why a generator cannot be run backwards, "" if it can."""
    with generator.held() as pipeline:
        name = type(pipeline.scheduler).__name__
    return "" if name == "DDIMScheduler" else f"{name} cannot be run backwards, DDIMScheduler can"


def inverted(
    generator: Generator, latents: NDArray[np.float32], told: Told, *, steps: int, observe: Observer | None = None
) -> NDArray[np.float32]:
    """The noise of an image.

    Args:
        generator: With DDIM as its scheduler.
        latents: Of the image; see `Generator.encode`.
        told: What is told at each step, without guidance: with it, the way back would be another than the way there.
        steps: More are more exact.
        observe: Called after each step back.

    Returns:
        float32 of the shape of the latents.

    Raises:
        GeneratorError: It has another scheduler, or does not take such a condition.
    """
    if why := why_not(generator):
        message = f"generator {generator.id!r}: {why}"
        raise GeneratorError(message)
    kind = require("diffusers", extra="diffusion").DDIMInverseScheduler
    found: list[NDArray[np.float32]] = []

    def last(step: Step) -> None:
        found[:] = [step.latents]
        if observe is not None:
            observe(step)

    with generator.held() as pipeline:
        forwards = pipeline.scheduler
        settings: dict[str, Any] = dict(forwards.config)
        settings["timestep_spacing"] = (
            settings["timestep_spacing"] if settings["timestep_spacing"] in ("leading", "trailing") else "leading"
        )
        try:
            pipeline.scheduler = kind.from_config(settings)
            size = generator.size
            start = FromNoise(latents, told, made="latents of an image, to be inverted")
            list(generator.generate(start, seeds=[0], steps=steps, guidance=1.0, size=size, observe=last))
        finally:
            pipeline.scheduler = forwards
    return found[0]

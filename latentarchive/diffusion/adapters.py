"""LoRAs: small additions to a generator's denoiser (Hu et al., 2021, section 4.1), put into it as it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from latentarchive import cards, storage
from latentarchive.diffusion.quiet import quiet
from latentarchive.encoders.shipped import ADAPTERS, MODELS, mend
from latentarchive.errors import GeneratorError, nearest, require

WEIGHTS = "pytorch_lora_weights.safetensors"
"""The one file of an adapter, as diffusers names it."""


def attach(pipeline: Any, base: Path, adapter_id: str) -> str:
    """Put an adapter into a pipeline's denoiser, at full strength.

    Args:
        pipeline: `diffusers.StableDiffusionPipeline`.
        base: The folder that it was loaded from.
        adapter_id: A folder that ``train`` or diffusers saved, or one of `ADAPTERS`.

    Returns:
        SHA-256 of the adapter's weights.

    Raises:
        GeneratorError: No such folder; its weights are missing, not those of its card, made for another
            generator's weights, or do not fit.
        MissingExtra: peft is not installed.
    """
    ships = adapter_id in ADAPTERS
    folder, again = MODELS / adapter_id if ships else Path(adapter_id).expanduser(), mend(ships=ships)
    if why := cards.problem(folder, needed=ships):
        message = f"adapter {adapter_id!r}: {why}; {again}"
        raise GeneratorError(message)
    if not (folder / WEIGHTS).is_file():
        hint = nearest(adapter_id, ADAPTERS) if not folder.exists() else "an adapter is a folder that holds it"
        message = f"adapter {adapter_id!r}: {folder / WEIGHTS} is missing; {hint}"
        raise GeneratorError(message)
    made = cards.told(folder, "training", "generator")
    if made is not None and cards.told(folder, "training", "generator", "files") != cards.told(base, "files"):
        message = (
            f"adapter {adapter_id!r} was trained on another generator, and {base} holds other weights; "
            f"load it with that one, or train it again on this one"
        )
        raise GeneratorError(message)
    require("peft", extra="diffusion")
    try:
        with quiet():
            pipeline.load_lora_weights(folder, weight_name=WEIGHTS, use_safetensors=True, local_files_only=True)
    except Exception as error:  # diffusers, peft and safetensors raise what they like
        reason = " ".join(str(error).split()) or type(error).__name__
        message = f"adapter {adapter_id!r}: {folder} does not fit the generator in {base} ({reason[:200]}); {again}"
        raise GeneratorError(message) from error
    if not pipeline.get_active_adapters():
        message = f"adapter {adapter_id!r}: {folder / WEIGHTS} adds nothing to a denoiser; {again}"
        raise GeneratorError(message)
    return storage.file_sha256(folder / WEIGHTS)

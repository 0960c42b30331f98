"""Generators from folders: whole, from safetensors alone, without code of strangers, in the right number format."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from latentarchive import cards, storage
from latentarchive.diffusion import adapters, parts
from latentarchive.diffusion.families import FAMILIES, Family, Kandinsky
from latentarchive.diffusion.generators import Generator
from latentarchive.diffusion.lineage import inventory, lineage
from latentarchive.diffusion.parts import INDEX
from latentarchive.diffusion.quiet import quiet
from latentarchive.diffusion.saying import Identity
from latentarchive.encoders.shipped import GENERATORS, MODELS, mend
from latentarchive.errors import GeneratorError, nearest, require

PRIOR = "KandinskyV22PriorPipeline"

OWN_GUIDANCE = 3.0
"""Of the project's own generators."""


def load_generator(
    generator_id: str,
    *,
    adapter: str = "",
    image_adapter: str = "",
    prior: str = "",
    device: str = "cpu",
    fetch: bool = False,
) -> Generator:
    """The generator of that id, with its weights in memory.

    Args:
        generator_id: A folder that `train` or diffusers saved, ``tiny``, which ships with the package, or the id of a
            model on the Hugging Face hub (``owner/name``), which must have been fetched before.
        adapter: A LoRA to put into it: a folder, or ``tiny-cyanotype``; "": none.
        image_adapter: An IP-Adapter to put into it, by which it is told image vectors: a ``.safetensors`` file;
            "": none.
        prior: The folder of Kandinsky's prior, by which its decoder is told words; "": none.
        device: As torch names it. On ``cpu`` it computes in float32, elsewhere in half precision.
        fetch: Fetch a hub id that is not there; nothing else ever asks the network.

    Raises:
        GeneratorError: No such folder; a file is missing, or not the one that the card describes; a pipeline of
            a kind that is not known; weights of another architecture; an adapter of another generator; no such device.
        MissingExtra: diffusers is not installed, or peft for an adapter.
    """
    folder = generator_folder(generator_id, fetch=fetch)
    family = _family(generator_id, folder, prior, _device(device))
    encoder = cards.told(folder, "training", "encoder", "fingerprint")
    digests, stated = [fingerprint(folder)], lineage(folder)
    if prior:
        digests.append(fingerprint(Path(prior).expanduser()))
        stated["prior"] = lineage(Path(prior).expanduser())
    if adapter:
        digests.append(adapters.attach(family.pipeline, folder, adapter))
        stated["adapter"] = lineage(adapters.folder_of(adapter))
    if image_adapter:
        digests.append(adapters.attach_image(family.pipeline, image_adapter))
        family.settle()
    made_of = inventory(family.pipeline)
    if isinstance(family, Kandinsky) and family.prior is not None:
        made_of |= {f"prior_{name}": part for name, part in inventory(family.prior).items()}
    identity = Identity(
        id=generator_id,
        fingerprint=digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest(),
        encoder=encoder if isinstance(encoder, str) else "",
        adapter=adapter,
        image_adapter=image_adapter,
        prior=prior,
        lineage=stated,
        inventory=made_of,
    )
    return Generator(family, identity)


def generator_folder(generator_id: str, *, fetch: bool = False) -> Path:
    """The folder of a generator, whose files are as its card says; see `load_generator` for what is raised."""
    ships = generator_id in GENERATORS
    folder = MODELS / GENERATORS[generator_id] if ships else Path(generator_id).expanduser()
    if not ships and not folder.exists():
        folder = _fetched(generator_id, fetch=fetch)
    if why := cards.problem(folder, needed=ships) or _problem(folder):
        message = f"generator {generator_id!r}: {why}; {_mend(generator_id)}"
        raise GeneratorError(message)
    return folder


def load_pipeline(generator_id: str, folder: Path) -> Any:
    """The pipeline in a generator's folder, on the CPU in float32. Raises `GeneratorError`."""
    return _load(generator_id, folder, _described(folder), require("torch", extra="diffusion").float32)


def fingerprint(folder: Path) -> str:
    """SHA-256 over the names and digests of all weights and settings of a pipeline's parts."""
    used = {name for name, _, kind in parts.named(folder) if kind}
    files = [path for path in folder.rglob("*") if path.suffix in (".json", ".safetensors")]
    names = {path.relative_to(folder).as_posix(): path for path in files}
    sha = hashlib.sha256()
    for name in sorted(names, key=lambda name: names[name]):
        if name == INDEX or name.partition("/")[0] in used:
            sha.update(f"{name} {storage.file_sha256(names[name])}\n".encode())
    return sha.hexdigest()


def _family(generator_id: str, folder: Path, prior: str, device: Any) -> Family:
    kind = FAMILIES[_described(folder)]
    torch = require("torch", extra="diffusion")
    number = torch.float32 if device.type == "cpu" else getattr(torch, kind.half)
    pipeline = _load(generator_id, folder, kind.pipeline_class, number).to(device)
    own = cards.told(folder, "training", "encoder", "fingerprint") is not None
    if prior and kind is not Kandinsky:
        message = f"generator {generator_id!r}: only the decoder of Kandinsky takes a prior, this is {kind.__name__}"
        raise GeneratorError(message)
    if prior:
        place = Path(prior).expanduser()
        if _described(place) != PRIOR:
            message = f"prior {prior!r} of generator {generator_id!r}: {place} does not hold a {PRIOR}"
            raise GeneratorError(message)
        return Kandinsky(pipeline, prior=_load(prior, place, PRIOR, number).to(device))
    family = kind(pipeline, sequence=int(pipeline.unet.config.cross_attention_dim) if own else 0)
    if own:
        family.guidance = OWN_GUIDANCE
    return family


def _load(generator_id: str, folder: Path, class_name: str, number: Any) -> Any:
    diffusers = require("diffusers", extra="diffusion")
    options = {"dtype": number, "use_safetensors": True, "local_files_only": True}
    try:
        with quiet():
            # Stable Diffusion 3 is often kept without T5, and diffusers misses it unless it is told that there is none.
            given = {name: None for name, _, kind in parts.named(folder) if kind is None}
            given |= dict(parts.with_weights(folder, options))
            pipeline = getattr(diffusers, class_name).from_pretrained(folder, **given, **options)
    except Exception as error:  # diffusers, transformers and safetensors raise what they like
        reason = (str(error).splitlines() or [type(error).__name__])[0].replace(f"{folder}/", "")
        message = f"generator {generator_id!r}: {folder} cannot be loaded ({reason[:200]}); {_mend(generator_id)}"
        raise GeneratorError(message) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _fetched(generator_id: str, *, fetch: bool) -> Path:
    """The folder in the hub's cache that holds a model; fetched into it only where that was asked for."""
    owner, _, name = generator_id.partition("/")
    if not (owner and name) or "/" in name or owner in (".", "..", "~"):
        hint = nearest(generator_id, GENERATORS)
        message = f"no generator {generator_id!r}: {hint}, or the folder that `train` or diffusers saved it in"
        raise GeneratorError(message)
    diffusers = require("diffusers", extra="diffusion")
    try:
        with quiet():
            place = diffusers.DiffusionPipeline.download(
                generator_id, use_safetensors=True, local_files_only=not fetch, trust_remote_code=False
            )
    except Exception as error:  # the hub's client, and what it stands on, raise what they like
        why = " ".join(str(error).split())[:160] or type(error).__name__
        what = (
            f"it could not be fetched from the hub ({why})"
            if fetch
            else "no such folder, and no model of that name was fetched from the hub before (in Python, "
            "load_generator(ID, fetch=True) fetches it)"
        )
        message = f"no generator {generator_id!r}: {what}, or name the folder that `train` or diffusers saved it in"
        raise GeneratorError(message) from error
    return Path(place)


def _device(name: str) -> Any:
    """A device that is there. Raises `GeneratorError`."""
    torch = require("torch", extra="diffusion")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0].partition(". ")[0][:120]
        message = f"device {name!r} cannot be used ({why}); 'cpu' always can"
        raise GeneratorError(message) from error
    return device


def _mend(generator_id: str) -> str:
    """The end of an error message about a generator's files."""
    return mend(ships=generator_id in GENERATORS)


def _problem(folder: Path) -> str:
    """What keeps a folder from being loaded, "" if nothing is seen from outside."""
    index = folder / INDEX
    signs = (("open_clip_config.json", "an encoder"), (adapters.WEIGHTS, "an adapter"))
    for sign, kind in signs:
        if (folder / sign).exists() and not index.exists():
            return f"{folder} holds {kind}, not a generator"
    if not index.is_file():
        return f"{index} is missing, and a generator is a folder that `train` or diffusers saved"
    name = _described(folder)
    if not name:
        return f"{index} does not describe a pipeline"
    known = ", ".join(sorted({family.pipeline_class.removesuffix("Pipeline") for family in FAMILIES.values()}))
    return "" if name in FAMILIES else f"{folder} holds a {name}, and what is taken is {known}"


def _described(folder: Path) -> str:
    """The pipeline's class as its index names it, "" if it does not."""
    try:
        name = json.loads((folder / INDEX).read_bytes())["_class_name"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return name if isinstance(name, str) else ""

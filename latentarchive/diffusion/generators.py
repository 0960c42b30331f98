"""Pipelines of diffusers behind one class: a condition and seeds in, images with their records out."""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from latentarchive import cards, storage
from latentarchive.diffusion.adapters import WEIGHTS, attach
from latentarchive.diffusion.conditions import Words, Works
from latentarchive.diffusion.quiet import quiet, quiet_about_length
from latentarchive.diffusion.record import Generated, Record
from latentarchive.encoders.shipped import GENERATORS, MODELS, mend
from latentarchive.errors import GeneratorError, nearest, require

STEPS, GUIDANCE = 20, 3.0
"""Denoising steps, and how much more the condition counts than nothing (Ho and Salimans, 2022, equation 6)."""


class Generator:
    """A Stable Diffusion pipeline; see `load_generator`. One image at a time: threads wait for each other."""

    def __init__(self, generator_id: str, pipeline: Any, fingerprint: str, encoder: str, adapter: str = "") -> None:
        """Take over a loaded pipeline.

        Args:
            generator_id: What `load_generator` was asked for.
            pipeline: `diffusers.StableDiffusionPipeline`, float32.
            fingerprint: Digest of its files.
            encoder: Fingerprint of the encoder whose vectors may condition it; "": none may.
            adapter: Id of the LoRA in it; "": none.
        """
        self.id, self.fingerprint, self.encoder, self.adapter = generator_id, fingerprint, encoder, adapter
        self._pipeline = pipeline
        self._lock = threading.Lock()
        #: Width and height of its images in pixels, and most tokens of a prompt.
        self.side = int(pipeline.unet.config.sample_size * pipeline.vae_scale_factor)
        self.context = int(pipeline.tokenizer.model_max_length)

    def generate(
        self, told: Words | Works, *, seeds: Sequence[int], steps: int = STEPS, guidance: float = GUIDANCE
    ) -> list[Generated]:
        """Make one image a seed.

        The same condition, seed, steps and guidance give the same image on one machine with one number of
        threads, whichever other seeds are asked for.

        Args:
            told: Words, or retrieved works.
            seeds: Of the noise that each image begins as; from 0 to 2**63 - 1.
            steps: Denoising steps.
            guidance: 1: the condition alone; more: away from what the model would do untold.

        Raises:
            GeneratorError: Works of another space than the one that conditions this generator, or more of them
                than it takes; no seed; a number of steps, a guidance or a seed that makes no sense; the model
                made something that is no image.
            QueryError: A work was withheld since it was retrieved.
        """
        self._check(told, seeds, steps, guidance)
        with self._lock:  # fast tokenizers refuse to be used by two threads at once
            arguments, said = self._words(told) if isinstance(told, Words) else self._works(told)
        return [self._one(arguments, said, int(seed), int(steps), float(guidance)) for seed in seeds]

    def _check(self, told: Any, seeds: Any, steps: Any, guidance: float) -> None:
        most = int(self._pipeline.scheduler.config.num_train_timesteps)
        why = ""
        if not isinstance(told, Words | Works):
            why = f"is told Words or Works, got {type(told).__name__}; for a text: Words({str(told)[:40]!r})"
        elif not isinstance(seeds, Sequence | np.ndarray) or not len(seeds):
            why = "seeds: a list of at least one is needed, for each gives one image"
        elif bad := [seed for seed in seeds if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63]:
            why = f"seeds must be whole numbers from 0 to 2**63 - 1, got {bad[0]!r}"[:200]
        elif not isinstance(steps, int | np.integer) or not 1 <= steps <= most:
            why = f"steps must be a whole number from 1 to {most}, got {steps}"
        elif not 1 <= guidance < math.inf:
            why = f"guidance must be at least 1 (the condition alone), got {guidance}"
        if why:
            message = f"generator {self.id!r}: {why}"
            raise GeneratorError(message)

    def _one(
        self, arguments: dict[str, Any], said: dict[str, Any], seed: int, steps: int, guidance: float
    ) -> Generated:
        torch = require("torch", extra="diffusion")
        with self._lock, torch.inference_mode(), quiet_about_length():
            pixels = self._pipeline(
                **arguments,
                num_inference_steps=steps,
                guidance_scale=guidance,
                height=self.side,
                width=self.side,
                generator=torch.Generator().manual_seed(seed),
                output_type="np",
            ).images[0]
        if not np.isfinite(pixels).all():
            message = (
                f"generator {self.id!r} made no image of seed {seed} (its values are not finite); lower the guidance"
            )
            raise GeneratorError(message)
        image = Image.fromarray((pixels * 255).round().astype(np.uint8))
        versions = {name: require(name, extra="diffusion").__version__ for name in ("diffusers", "torch")}
        record = Record(
            **said,
            generator=Path(self.id).name,
            adapter=Path(self.adapter).name,
            fingerprint=self.fingerprint,
            encoder=self.encoder,
            seed=seed,
            steps=steps,
            guidance=guidance,
            scheduler=type(self._pipeline.scheduler).__name__,
            size=image.size,
            threads=torch.get_num_threads(),
            versions=versions,
        )
        return Generated(image, record)

    def _words(self, told: Words) -> tuple[dict[str, Any], dict[str, Any]]:
        said = {"asked": told.prompt, "negative": told.negative}
        said |= {"effective": self._taken_in(told.prompt), "effective_negative": self._taken_in(told.negative)}
        return {"prompt": told.prompt, "negative_prompt": told.negative}, said

    def _taken_in(self, text: str) -> str:
        """What of a text the model reads: all of it, or as many tokens as it has room for."""
        tokenizer = self._pipeline.tokenizer
        ids = tokenizer(text, verbose=False).input_ids
        if len(ids) <= self.context:
            return text
        kept = tokenizer(text, truncation=True, max_length=self.context, verbose=False).input_ids
        return str(tokenizer.decode(kept, skip_special_tokens=True)).rstrip("\ufffd").strip()

    def _works(self, told: Works) -> tuple[dict[str, Any], dict[str, Any]]:
        count, width = told.vectors.shape
        wanted = self._pipeline.unet.config.cross_attention_dim
        why = ""
        if not self.encoder:
            why = "takes words only"
        elif told.encoder != self.encoder:
            why = f"is conditioned by the vectors of encoder {self.encoder[:12]}, these works have those of "
            why += f"{told.encoder[:12]}; build an archive with the encoder that its card names"
        elif count > self.context:
            why = f"takes at most {self.context} works at once, got {count}"
        elif width != wanted:
            why = f"takes vectors of {wanted} dimensions, got {width}"
        if why:
            message = f"generator {self.id!r} {why}"
            raise GeneratorError(message)
        if told.archive is not None:
            for item_id in told.ids:
                told.archive.row(item_id)
        torch = require("torch", extra="diffusion")
        # At the length of text tokens, as training gave them; see `latentarchive.train.conditions.as_tokens`.
        tokens = told.vectors * np.float32(width**0.5)
        # Untold as training had it. Left to itself, diffusers makes two tokens of it where there is one work.
        untold = self._nothing()[:, :count]
        said = {"items": told.ids, "left_out": told.left_out, "reserved": told.reserved}
        said["vectors"] = hashlib.sha256(told.vectors.astype(np.float32).tobytes()).hexdigest()
        said["archive"] = told.archive.name if told.archive is not None else ""
        return {"prompt_embeds": torch.from_numpy(tokens)[None], "negative_prompt_embeds": untold}, said

    def _nothing(self) -> Any:
        """Tokens of the empty text: float32 tensor, shape (1, context, width)."""
        options = {"padding": "max_length", "max_length": self.context, "truncation": True, "return_tensors": "pt"}
        with require("torch", extra="diffusion").inference_mode():
            return self._pipeline.text_encoder(self._pipeline.tokenizer([""], **options).input_ids)[0]


def generator_folder(generator_id: str) -> Path:
    """The folder of a generator, whose files are as its card says; see `load_generator` for what is raised."""
    ships = generator_id in GENERATORS
    folder = MODELS / GENERATORS[generator_id] if ships else Path(generator_id).expanduser()
    if not ships and not folder.exists():
        hint = nearest(generator_id, GENERATORS)
        message = f"no generator {generator_id!r}: {hint}, or the folder that `train` or diffusers saved it in"
        raise GeneratorError(message)
    if why := cards.problem(folder, needed=ships) or _problem(folder):
        message = f"generator {generator_id!r}: {why}; {_mend(generator_id)}"
        raise GeneratorError(message)
    return folder


def load_generator(generator_id: str, *, adapter: str = "") -> Generator:
    """The generator of that id, with its weights in memory.

    Args:
        generator_id: A folder that `train` or diffusers saved, or ``tiny``, which ships with the package.
        adapter: A LoRA to put into it: a folder, or ``tiny-cyanotype``; "": none.

    Raises:
        GeneratorError: No such folder; a file is missing, or not the one that the card describes; a pipeline of
            another kind; weights of another architecture; an adapter of another generator.
        MissingExtra: diffusers is not installed, or peft for an adapter.
    """
    folder = generator_folder(generator_id)
    pipeline, fingerprint = load_pipeline(generator_id, folder), _fingerprint(folder)
    if adapter:
        added = attach(pipeline, folder, adapter)
        fingerprint = hashlib.sha256(f"{fingerprint} {added}".encode()).hexdigest()
    encoder = cards.told(folder, "training", "encoder", "fingerprint")
    return Generator(generator_id, pipeline, fingerprint, encoder if isinstance(encoder, str) else "", adapter)


def load_pipeline(generator_id: str, folder: Path) -> Any:
    """The `diffusers.StableDiffusionPipeline` in a generator's folder, in float32. Raises `GeneratorError`."""
    diffusers, torch = require("diffusers", extra="diffusion"), require("torch", extra="diffusion")
    options = {"dtype": torch.float32, "use_safetensors": True, "local_files_only": True}
    try:
        with quiet():
            pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folder, **_parts(folder, options), **options)
    except Exception as error:  # diffusers, transformers and safetensors raise what they like
        reason = (str(error).splitlines() or [type(error).__name__])[0].replace(f"{folder}/", "")
        message = f"generator {generator_id!r}: {folder} cannot be loaded ({reason[:200]}); {_mend(generator_id)}"
        raise GeneratorError(message) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _parts(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """The parts of a pipeline that have weights. Those that a file lacks would be random, and so are an error."""
    diffusers, transformers = require("diffusers", extra="diffusion"), require("transformers", extra="diffusion")
    kinds = {
        "unet": (diffusers.UNet2DConditionModel, {}),
        "vae": (diffusers.AutoencoderKL, {}),
        # Other shapes are an error too, but transformers would only point to a report in its log.
        "text_encoder": (transformers.CLIPTextModel, {"ignore_mismatched_sizes": True}),
    }
    parts = {}
    for name, (kind, more) in kinds.items():
        parts[name], found = kind.from_pretrained(folder / name, output_loading_info=True, **more, **options)
        for fault in ("missing", "mismatched"):
            if keys := found[f"{fault}_keys"]:
                message = f"{name}: weight {min(map(str, keys))} is {fault}"
                raise ValueError(message)
    return parts


def _mend(generator_id: str) -> str:
    """The end of an error message about a generator's files."""
    return mend(ships=generator_id in GENERATORS)


def _problem(folder: Path) -> str:
    """What keeps a folder from being loaded, "" if nothing is seen from outside."""
    index = folder / "model_index.json"
    for sign, kind in (("open_clip_config.json", "an encoder"), (WEIGHTS, "an adapter")):
        if (folder / sign).exists() and not index.exists():
            return f"{folder} holds {kind}, not a generator"
    if not index.is_file():
        return f"{index} is missing, and a generator is a folder that `train` or diffusers saved"
    try:
        kind = json.loads(index.read_bytes())["_class_name"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"{index} does not describe a pipeline"
    return "" if kind == "StableDiffusionPipeline" else f"{folder} holds a {kind}, and only Stable Diffusion is taken"


def _fingerprint(folder: Path) -> str:
    """SHA-256 over the names and digests of all weights and settings."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".json", ".safetensors"))
    sha = hashlib.sha256()
    for path in files:
        if path.name != cards.NAME:
            sha.update(f"{path.relative_to(folder).as_posix()} {storage.file_sha256(path)}\n".encode())
    return sha.hexdigest()

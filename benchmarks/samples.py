"""Measure a generator of the cabinet: does it draw what it is told, does it copy, how fast is it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import diffusers
import numpy as np
import torch
from PIL import Image

from benchmarks.intervals import share
from benchmarks.judge import SIDE, Judge, accuracy, drawn, floats, judged, label
from benchmarks.pomological import Shown
from latentarchive.cabinet import wording
from latentarchive.cabinet.attributes import COLOURS, GROUNDS, PATTERNS, TECHNIQUE_NAMES
from latentarchive.cabinet.catalogue import NEVER, pick, possible
from latentarchive.cabinet.designs import Design, extras
from latentarchive.cabinet.figures import FAMILIES
from latentarchive.diffusion import Works, load_generator
from latentarchive.encoders import Encoder
from latentarchive.items import Item
from latentarchive.recipes import Recipe
from latentarchive.train.data import gather, held_out
from latentarchive.trainings import Selection

SEED, STEPS, BATCH = 2026, 20, 20
NEAR = 0.01
"""Share of held-out works that are nearer to a training work than the threshold below which a sample is a copy."""


def imagined(random: Random, **fixed: str) -> Design:
    """A design that can be, drawn at random but for what is fixed."""
    while True:
        family = fixed.get("family") or pick(tuple(FAMILIES), random)
        drawn_at_random = {
            "form": pick(tuple(FAMILIES[family].forms), random),
            "colour": pick(tuple(COLOURS), random),
            "ground": pick(tuple(GROUNDS), random),
            "pattern": pick(PATTERNS, random),
            "technique": pick(TECHNIQUE_NAMES, random),
            "count" if FAMILIES[family].counted else "size": pick(extras(family), random),
        }
        seed = int(random.random() * 2**32)
        design = Design(**({"family": family} | drawn_at_random | fixed | {"seed": seed}))
        if possible(design) and not (design.count and design.size):
            return design


def series(selection: Selection) -> dict[bool, list[dict[str, str]]]:
    """Every family, colour and ground that can be together: those held out under True."""
    found: dict[bool, list[dict[str, str]]] = {True: [], False: []}
    for family in FAMILIES:
        for colour in COLOURS:
            for ground in GROUNDS:
                if not any({family, colour, ground}.issuperset(pair) for pair in NEVER):
                    name = wording.capitalised(f"{family}, {colour} on {ground}")
                    held = held_out(Item(id="cabinet:0", extra={"series": name}), selection)
                    found[held].append({"family": family, "colour": colour, "ground": ground})
    return found


def told(seed: int, kept: list[dict[str, str]], count: int) -> tuple[list[Design], list[str]]:
    """Designs of some series, drawn at random, and a prompt for each."""
    random = Random(f"benchmark/prompts/{seed}")
    designs = [imagined(random, **pick(kept, random)) for _ in range(count)]
    return designs, [wording.description(design, random) for design in designs]


def pipeline_of(folder: Path) -> Any:
    """The generator of a folder in float32."""
    options = {"use_safetensors": True, "local_files_only": True, "safety_checker": None}
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32, **options)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def generated(pipeline: Any, texts: list[str], seed: int, guidance: float) -> np.ndarray:
    """An image for each prompt, each from a seed of its own: uint8, shape (n, 64, 64, 3)."""
    made, progress = [], Shown()
    for start in range(0, len(texts), BATCH):
        block = texts[start : start + BATCH]
        noise = [torch.Generator().manual_seed(seed + start + i) for i in range(len(block))]
        options = {"num_inference_steps": STEPS, "guidance_scale": guidance, "output_type": "np"}
        made.append(pipeline(block, generator=noise, **options).images)
        progress("samples", start + len(block), len(texts))
    return (np.concatenate(made) * 255).round().astype(np.uint8)


def remade(folder: Path, encoder: Encoder, images: np.ndarray) -> np.ndarray:
    """An image from the vector of each work alone, with no words: uint8, shape (n, 64, 64, 3)."""
    generator, progress, made = load_generator(str(folder)), Shown(), []
    for i, vector in enumerate(encoder.encode_images([Image.fromarray(image) for image in images]).unit):
        work = Works(ids=(f"held-out:{i}",), vectors=vector[None], encoder=encoder.fingerprint)
        made.append(np.asarray(next(generator.generate(work, seeds=[SEED + i])).image))
        progress("from works", i + 1, len(images))
    return np.stack(made)


def autoencoded(pipeline: Any, images: np.ndarray) -> np.ndarray:
    """Images through the generator's autoencoder and back: as good as its samples can look."""
    with torch.inference_mode():
        blocks = [2 * block - 1 for block in floats(images).split(BATCH)]
        back = [pipeline.vae.decode(pipeline.vae.encode(block).latent_dist.mode()).sample for block in blocks]
    return ((torch.cat(back) / 2 + 0.5).clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()


def right(judge: Judge, images: np.ndarray, designs: list[Design]) -> dict[str, dict]:
    """How often a judge finds in images what they should show, by head; last, in all heads at once."""
    found = judged(judge, images)
    designs = designs[: len(images)]
    whole = [all(found[head][i] == label(design, head) for head in found) for i, design in enumerate(designs)]
    return accuracy(found, designs) | {"all six": share(sum(whole), len(whole))}


def measured_generator(
    folder: Path, recipe: Recipe, encoder: Encoder, judge: Judge, real: tuple[list[Design], np.ndarray], **asked: Any
) -> tuple[dict, np.ndarray]:
    """All figures of a generator, and a sheet of its samples: half of seen series, half of unseen ones.

    Args:
        folder: A pipeline that was trained by the recipe.
        recipe: With a table ``[generator]``.
        encoder: In whose space nearness is measured.
        judge: Of the samples.
        real: Designs of held-out works and their images, uint8, shape (n, 64, 64, 3).
        asked: ``samples`` of each kind, and ``guidance``.
    """
    pipeline, both = pipeline_of(folder), series(recipe.generator)
    cache = Path("models") / f"cabinet-works-{recipe.sha256[:12]}"
    works = gather(recipe, recipe.generator, (SIDE, SIDE), cache, Shown())
    entries = {f"cabinet:{entry.number:05d}": entry for entry in recipe.collection.entries}
    known = {entries[name].work.design.series for name, held in zip(works.ids, works.held, strict=True) if not held}
    seen = [kind for kind in both[False] if f"{kind['family']}, {kind['colour']} on {kind['ground']}" in known]
    prompts = {
        "seen": told(SEED, seen, asked["samples"]),
        "unseen": told(SEED + 1, both[True], asked["samples"]),
    }
    made = {
        kind: generated(pipeline, texts, (SEED + i) * 1_000_000, asked["guidance"])
        for i, (kind, (_, texts)) in enumerate(prompts.items())
    }
    judgements = {kind: right(judge, made[kind], prompts[kind][0]) for kind in prompts}
    judgements["from a work"] = right(judge, remade(folder, encoder, real[1][: asked["samples"]]), real[0])
    judgements["held-out works"] = right(judge, real[1], real[0])
    judgements["autoencoded"] = right(judge, autoencoded(pipeline, real[1]), real[0])
    anew = {f"{kind}, drawn": np.stack([drawn(design) for design in prompts[kind][0]]) for kind in prompts}
    figures = {
        "guidance_scale": asked["guidance"],
        "steps": STEPS,
        "series": {"seen": len(seen), "unseen": len(both[True])},
        "right": judgements,
        "copies": copies(np.asarray(works.pixels), works.held, made | anew, encoder),
        "speed": speed(pipeline, prompts["unseen"][1][0], asked["guidance"]),
        "works_digest": works.digest,
    }
    return figures, sheet(np.concatenate([made["seen"][:32], made["unseen"][:32]]))


def copies(pixels: np.ndarray, held: np.ndarray, asked: dict[str, np.ndarray], encoder: Encoder) -> dict[str, dict]:
    """How near images come to the nearest training work, as pixels and as vectors.

    A held-out work has a colour on a ground that no training work of its family has, so that works are farther away
    from it than from one of a seen series. That is why fresh drawings of the very designs that were asked for are
    measured like the samples: what counts is whether samples are near more often than those.
    """
    train, real = pixels[~held], pixels[held]
    table = {}
    spaces: dict[str, tuple[Callable, np.ndarray]] = {
        "pixels": (_apart, np.concatenate([train, train[:, :, ::-1]])),
        "vectors": (lambda one, other: 1 - one @ other.T, train),
    }
    for name, (apart, references) in spaces.items():
        there = _rows(references, name, encoder)
        own = apart(_rows(real, name, encoder), there).min(axis=1)
        limit = float(np.quantile(own, NEAR))
        row = {"what": _WHAT[name], "threshold": round(limit, 4), "held_out_works": len(own)}
        row["held_out_median"] = round(float(np.median(own)), 4)
        for kind, images in asked.items():
            nearest = apart(_rows(images, name, encoder), there).min(axis=1)
            row[kind] = share(int((nearest < limit).sum()), len(nearest)) | {
                "median": round(float(np.median(nearest)), 4),
                "least": round(float(nearest.min()), 4),
            }
        table[name] = row
    return table


_WHAT = {
    "pixels": "root mean square difference of 64 x 64 pixels from 0 to 1, to a training work or its mirror image",
    "vectors": "1 - cosine of the encoder's vectors, to a training work",
}


def _rows(images: np.ndarray, space: str, encoder: Encoder) -> np.ndarray:
    if space == "pixels":
        return images.reshape(len(images), -1).astype(np.float32) / 255
    return encoder.encode_images([Image.fromarray(image) for image in images]).unit


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Root mean square difference of all pairs of rows."""
    squares = (one**2).mean(axis=1)[:, None] + (other**2).mean(axis=1) - 2 / one.shape[1] * (one @ other.T)
    return np.sqrt(squares.clip(min=0))


def speed(pipeline: Any, text: str, guidance: float) -> dict:
    """Seconds for one image alone, and whether one seed always gives the same."""
    options = {"num_inference_steps": STEPS, "guidance_scale": guidance, "output_type": "np"}
    images, seconds = [], []
    for _ in range(6):
        started = time.perf_counter()
        images.append(pipeline(text, generator=torch.Generator().manual_seed(SEED), **options).images)
        seconds.append(time.perf_counter() - started)
    return {
        "seconds_an_image": round(statistics.median(seconds[1:]), 3),
        "runs": 5,
        "threads": torch.get_num_threads(),
        "same_seed_same_image": all(np.array_equal(images[0], image) for image in images[1:]),
    }


def sheet(images: np.ndarray) -> np.ndarray:
    """Images, eight to a row, each pixel shown as four."""
    rows = [np.concatenate(list(images[start : start + 8]), axis=1) for start in range(0, len(images) // 8 * 8, 8)]
    return np.concatenate(rows).repeat(2, axis=0).repeat(2, axis=1)

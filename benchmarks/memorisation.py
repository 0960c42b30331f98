"""Does the check find what a generator memorised? The shipped generator, plain and over-trained on ten works.

    python -m benchmarks.memorisation ARCHIVE

ARCHIVE is that of the demo (archives/cabinet). The generator is told the captions of works: plain, those of 60; after
its denoiser was shown ten works and nothing else, those of these and of 40 others. Of every image is measured how much
less it is like the work most like it than that is to itself through the autoencoder. Writes
``results/memorisation.json``.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import latentarchive
from benchmarks.machine import machine, save
from latentarchive.archive import Archive
from latentarchive.audit.copied import LOST, possible_copies
from latentarchive.diffusion import Generator, load_generator
from latentarchive.diffusion.contrast import Contrast
from latentarchive.diffusion.contrasting import Plan, make_contrast
from latentarchive.items import Item
from latentarchive.train.denoiser import noise_error
from latentarchive.train.optimizer import Optimizer

MEMORISED, OTHERS, PLAIN = 10, 40, 60

STEPS, BATCH = 300, 16
"""Of over-training: each work is seen some 480 times."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    archive, facts = latentarchive.open(parser.parse_args().archive), machine()
    chosen, others, plain = drawn(archive, (MEMORISED, OTHERS, PLAIN))
    generator = load_generator("tiny")
    figures: dict[str, Any] = {"threshold": LOST, "plain": told(captioned(archive, generator, plain))}
    over_train(generator, archive, chosen)
    figures["memorised"] = told(captioned(archive, generator, chosen))
    made = captioned(archive, generator, others)
    figures["others"] = told(made)
    wrongly = flagged(made) - {item.id for item in chosen}
    figures["works_flagged_wrongly"] = {"works": len(wrongly), "of": OTHERS}
    figures["machine"] = facts
    print(json.dumps(figures, indent=1))
    print(f"written: {save('memorisation', figures)}")


def drawn(archive: Archive, counts: Sequence[int], *, seed: int = 5) -> list[list[Item]]:
    """Different works with captions, in groups of these sizes; none that reserves data mining."""
    items = [item for item in archive.shown() if (item.text or item.title) and not item.mining]
    order = iter(np.random.default_rng(seed).permutation(len(items)).tolist())
    return [[items[next(order)] for _ in range(count)] for count in counts]


def over_train(generator: Generator, archive: Archive, items: Sequence[Item]) -> None:
    """Show the denoiser these works and nothing else, by the project's own loss and optimiser."""
    images = [Image.open(io.BytesIO(archive.thumbnail(item.id))).convert("RGB") for item in items]
    clean = torch.from_numpy(np.stack([generator.encode(image) for image in images]))
    with generator.held() as pipeline:
        tokens = pipeline.tokenizer(
            [item.text or item.title for item in items] + [""],
            padding="max_length",
            max_length=pipeline.tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        told = pipeline.text_encoder(tokens.input_ids).last_hidden_state.numpy()
    words = torch.from_numpy(told)  # a new tensor: those made without gradients cannot be trained with
    random = np.random.default_rng(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        optimizer = Optimizer(pipeline.unet.train(), weight_decay=0.0)
        for step in range(STEPS):
            chosen = random.integers(0, len(items), BATCH)
            untold = random.random(BATCH) < 0.1
            condition = words[np.where(untold, len(items), chosen)]
            error = noise_error(pipeline.unet, pipeline.scheduler, clean[chosen], condition)
            optimizer.descend(error, learning_rate=1e-3 * min(1, (step + 1) / 20) * (1 - 0.9 * step / STEPS))
        pipeline.unet.eval()


def captioned(archive: Archive, generator: Generator, items: Sequence[Item]) -> Contrast:
    """The contrast of works with what their own captions give."""
    ids = ", ".join(f"'{item.id}'" for item in items)
    query = archive.query("a work", where=f"id IN ({ids})")
    return make_contrast(archive, generator, Plan(query=query, told="captions", n=len(items), seed=100))


def flagged(contrast: Contrast) -> set[str]:
    """Works that an image is a possible copy of."""
    rule = possible_copies(contrast)
    assert rule is not None
    return {one.alike_to for one in contrast.made if rule.flags(one)}


def told(contrast: Contrast) -> dict[str, Any]:
    """How many images are flagged, and how much less like a work than a copy they are, the least first."""
    rule = possible_copies(contrast)
    assert rule is not None
    less = sorted(round(one.kept - one.alike, 3) for one in contrast.made if one.kept is not None and one.alike)
    return {
        "images": len(contrast.made),
        "flagged": sum(rule.flags(one) for one in contrast.made),
        "less_like_than_a_copy": {"least": less[:5], "most": less[-5:]},
    }


if __name__ == "__main__":
    main()

"""Images a second of the shipped generator, as a share of the bare pipeline's rate in the same run.

    python -m benchmarks.generation [--rounds 9] [--images 3] [--threads 1]

In each round the bare pipeline of diffusers, the generator, the generator with its steps kept (latents and predicted
image of each, as `darkroom` wants them), and with each predicted image decoded as well, make the same images in turn,
in an order that changes from round to round. A share is the median over rounds of the bare pipeline's seconds divided
by the other's in that round, by the clock and by processor time; on a machine that does other work the latter counts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import diffusers
import numpy as np
import torch

from benchmarks.machine import machine, save
from latentarchive.diffusion import Step, Words, generator_folder, load_generator

WORDS = "a large blue striped robe on a rose ground, woodcut"
BARE = "bare pipeline"


def bare() -> Callable[[list[int]], list[np.ndarray]]:
    """The pipeline as diffusers loads it, asked for the same."""
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(
        generator_folder("tiny"), dtype=torch.float32, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    settings = {"num_inference_steps": 20, "guidance_scale": 3.0, "output_type": "np"}

    def make(seeds: list[int]) -> list[np.ndarray]:
        noise = [torch.Generator().manual_seed(seed) for seed in seeds]
        return [(pipeline(WORDS, generator=one, **settings).images[0] * 255).round() for one in noise]

    return make


def ways() -> dict[str, Callable[[list[int]], list[np.ndarray]]]:
    """Four ways to make the same images."""
    generator = load_generator("tiny")

    def plain(seeds: list[int]) -> list[np.ndarray]:
        return [np.asarray(made.image) for made in generator.generate(Words(WORDS), seeds=seeds)]

    def watched(seeds: list[int]) -> list[np.ndarray]:
        kept: list[Step] = []
        made = generator.generate(Words(WORDS), seeds=seeds, observe=kept.append)
        images = [np.asarray(one.image) for one in made]
        assert len(kept) == generator.steps * len(seeds)
        return images

    def decoded(seeds: list[int]) -> list[np.ndarray]:
        made = generator.generate(Words(WORDS), seeds=seeds, observe=lambda step: step.predicted_image())
        return [np.asarray(one.image) for one in made]

    return {BARE: bare(), "generator": plain, "steps kept": watched, "steps decoded": decoded}


def main() -> None:
    """Measure, print, write results/generation.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--images", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    facts, made = machine(), ways()
    seeds = list(range(options.images))
    reference = made[BARE](seeds)
    same = {name: all(map(np.array_equal, reference, make(seeds))) for name, make in made.items()}  # and warm up
    clock: dict[str, list[float]] = {name: [] for name in made}
    processor: dict[str, list[float]] = {name: [] for name in made}
    for turn in range(options.rounds):
        names = list(made)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            began, used = time.perf_counter(), time.process_time()
            made[name](seeds)
            clock[name].append(time.perf_counter() - began)
            processor[name].append(time.process_time() - used)
    print(save("generation", {
        "machine": facts,
        "diffusers": diffusers.__version__,
        "threads": options.threads,
        "rounds": options.rounds,
        "images_a_round": options.images,
        "steps": 20,
        "same_images_as_the_bare_pipeline": same,
        "seconds_an_image": {name: round(statistics.median(took) / options.images, 3) for name, took in clock.items()},
        "share_of_bare": {name: shares(clock, name) for name in made if name != BARE},
        "share_of_bare_in_processor_time": {name: shares(processor, name) for name in made if name != BARE},
    }).read_text())  # fmt: skip


def shares(took: dict[str, list[float]], name: str) -> dict[str, float]:
    """The bare pipeline's seconds by the others' in each round: the median, the least and the greatest."""
    found = [one / other for one, other in zip(took[BARE], took[name], strict=True)]
    return {"median": round(statistics.median(found), 3), "least": round(min(found), 3), "most": round(max(found), 3)}


if __name__ == "__main__":
    main()

"""Images per second of a build on Ray with one worker and with two, each held to a processor core of its own.

    python -m benchmarks.ray [--images 1024] [--arch ViT-B-32] [--part 64] [--rounds 2]

It draws 640 x 480 JPEGs (synthetic) and uses random weights; each worker computes in one thread. What is timed lies
between the first finished part of each worker and the last part: the start of Ray and of the workers is left out,
and given apart. One worker and two take turns. Their parts are compared byte for byte, with those of a local build too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path

import open_clip
import psutil
import torch

from benchmarks.encode import RECIPE, draw
from benchmarks.machine import machine, save
from latentarchive.build import build_archive
from latentarchive.recipes import Recipe, parse_text


class Pins:
    """Holds each worker process of this build to one core as soon as it is there, all its threads."""

    def __init__(self, cores: list[int]) -> None:
        self._cores, self._held, self._over = cores, {}, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Pins:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            for process in psutil.Process().children(recursive=True):
                try:
                    if "MapWorker" in " ".join(process.cmdline()):
                        core = self._held.setdefault(process.pid, self._cores[len(self._held) % len(self._cores)])
                        for thread in process.threads():
                            os.sched_setaffinity(thread.id, {core})
                except (psutil.Error, OSError):
                    continue


def built(recipe: Recipe, out: Path, part: int, workers: int, cores: list[int]) -> tuple[float, float]:
    """Images a second once all workers are at work, and the seconds before that."""
    told: list[tuple[float, int]] = []

    def note(stage: str, done: int, _total: int | None, _note: str = "") -> None:
        if stage == "building":
            told.append((time.perf_counter(), done))

    began = time.perf_counter()
    with Pins(cores):
        build_archive(recipe, out=out, part_inputs=part, workers=workers, engine="ray", progress=note)
    (start, before), (end, after) = told[workers - 1], told[-1]
    return (after - before) / (end - start), start - began


def parts_of(folder: Path) -> dict[str, bytes]:
    """Every file of the parts, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for name in ("items", "embeddings", "thumbs")
        for path in sorted((folder / name).iterdir())
    }


def main() -> None:
    """Measure, print, write results/ray.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--arch", default="ViT-B-32")
    parser.add_argument("--part", type=int, default=64, help="images in a part")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    facts, cores = machine(), sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "images").mkdir()
        draw(place / "images", options.images)
        torch.manual_seed(0)
        torch.save(open_clip.create_model(options.arch, pretrained=None).state_dict(), place / "random.pt")
        text = RECIPE.format(f"openclip:{options.arch}/{place / 'random.pt'}")
        recipe = parse_text('title = "bench"\n' + text, name="bench", where="bench", root=place / "images")
        rates: dict[int, list[float]] = {1: [], 2: []}
        starts: list[float] = []
        outs = []
        for turn in range(options.rounds):
            for workers in rates:
                outs.append(place / f"{turn}-{workers}")
                rate, start = built(recipe, outs[-1], options.part, workers, cores[:workers])
                rates[workers].append(rate)
                starts.append(start)
        build_archive(recipe, out=place / "local", part_inputs=options.part)
        expected = parts_of(place / "local")
        path = save(
            "ray",
            {
                "machine": facts,
                "ray": version("ray"),
                "encoder": f"{options.arch}, random weights, one thread a worker",
                "images": options.images,
                "images_a_part": options.part,
                "one_worker_images_per_s": [round(rate, 2) for rate in rates[1]],
                "two_workers_images_per_s": [round(rate, 2) for rate in rates[2]],
                "two_to_one": round(statistics.median(b / a for a, b in zip(*rates.values(), strict=True)), 3),
                "s_until_all_are_at_work": round(statistics.median(starts), 1),
                "parts_are_those_of_a_local_build": all(parts_of(out) == expected for out in outs),
                "rounds": options.rounds,
            },
        )
        print(path.read_text())


if __name__ == "__main__":
    main()

"""Images per second of the build pipeline over JPEG files, as a share of the bare model's rate in the same run.

    python -m benchmarks.encode [--images 384] [--arch ViT-B-32] [--folder DIR --encoder local:DIR]

Without a folder it draws 640 x 480 JPEGs (synthetic) and uses random weights: speed does not depend on the values.
The bare rate is the model alone on batches that are prepared already. In each of three rounds the bare model and the
pipeline take turns. The pipeline's rate is that of the images between a build of one batch and a build of all: it
includes reading, hashing, decoding, embedded metadata, thumbnails, preprocessing, the model and writing. What a build
takes whatever its size (loading and checking the model, calibration) is given apart as the fixed seconds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image

from benchmarks.machine import machine, save
from latentarchive.build.parts import BATCH
from latentarchive.build.run import build_archive
from latentarchive.embedded import read_embedded
from latentarchive.encoders import Encoder, load_encoder
from latentarchive.images import decode, thumbnail
from latentarchive.recipes import Recipe, parse_text

RECIPE = '[collection]\nsource = "folder"\nname = "bench"\n[encoder]\nid = "{}"\n'


def draw(folder: Path, count: int) -> None:
    """Gradients with noise and a few discs: about as hard to decode as a photograph."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:480, 0:640]
    for number in range(count):
        image = np.stack([(x * rng.uniform(0.1, 0.4) + y * rng.uniform(0.1, 0.3)) % 256 for _ in range(3)], axis=-1)
        image += rng.normal(0, 12, (60, 80, 3)).repeat(8, 0).repeat(8, 1)
        for _ in range(4):
            disc = (x - rng.integers(640)) ** 2 + (y - rng.integers(480)) ** 2 < rng.integers(30, 140) ** 2
            image[disc] = rng.integers(0, 256, 3)
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / f"{number:05d}.jpg", quality=88)


def stages(paths: list[Path], encoder: Encoder) -> dict[str, float]:
    """Milliseconds an image, one after the other on one thread, of what stands beside the model."""
    files = [path.read_bytes() for path in paths]
    decoded = [decode(data).image for data in files]
    steps = {
        "decode": lambda i: decode(files[i]),
        "embedded": lambda i: read_embedded(files[i]),
        "thumbnail": lambda i: thumbnail(decoded[i]),
        "prepare": lambda i: encoder.prepare(decoded[i]),
    }
    took = {}
    for name, step in steps.items():
        began = time.perf_counter()
        for i in range(len(files)):
            step(i)
        took[name] = round(1000 * (time.perf_counter() - began) / len(files), 1)
    return took


def built(recipe: Recipe, out: Path, images: int) -> tuple[int, float, float]:
    """Items, seconds and processor seconds of one whole build."""
    cpu, began = time.process_time(), time.perf_counter()
    items = build_archive(recipe, out=out, limit=images).manifest.counts["items"]
    return items, time.perf_counter() - began, time.process_time() - cpu


def main() -> None:
    """Measure, print, write results/encode.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=384)
    parser.add_argument("--arch", default="ViT-B-32")
    parser.add_argument("--folder", type=Path, help="JPEG files to use in place of drawn ones")
    parser.add_argument("--encoder", help="encoder id in place of random weights")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        folder, encoder_id = options.folder, options.encoder
        if folder is None:
            folder = place / "images"
            folder.mkdir()
            draw(folder, options.images)
        if encoder_id is None:
            torch.manual_seed(0)
            torch.save(open_clip.create_model(options.arch, pretrained=None).state_dict(), place / "random.pt")
            encoder_id = f"openclip:{options.arch}/{place / 'random.pt'}"
        recipe = parse_text('title = "bench"\n' + RECIPE.format(encoder_id), name="bench", where="bench", root=folder)
        encoder = load_encoder(encoder_id)
        sample = [Image.open(path).convert("RGB") for path in sorted(folder.rglob("*.jpg"))[: 2 * BATCH]]
        prepared = [encoder.prepare(image) for image in sample]
        encoder.encode_prepared(prepared[:BATCH])
        bare, marginal, fixed, cpu = [], [], [], []
        for turn in range(options.rounds):
            began = time.perf_counter()
            for start in range(0, len(prepared), BATCH):
                encoder.encode_prepared(prepared[start : start + BATCH])
            bare.append(len(prepared) / (time.perf_counter() - began))
            few, many = (built(recipe, place / f"{turn}-{n}", n) for n in (BATCH, options.images))
            marginal.append((many[0] - few[0]) / (many[1] - few[1]))
            fixed.append(few[1] - few[0] / marginal[-1])
            cpu.append((many[2] - few[2]) / (many[0] - few[0]))
        path = save(
            "encode",
            {
                "machine": machine(),
                "encoder": options.encoder or f"{options.arch}, random weights",
                "precision": getattr(encoder, "precision", "float32"),
                "images": options.images,
                "bare_images_per_s": round(statistics.median(bare), 2),
                "pipeline_images_per_s": round(statistics.median(marginal), 2),
                "share_of_bare": round(statistics.median(m / b for m, b in zip(marginal, bare, strict=True)), 3),
                "pipeline_cpu_s_per_image": round(statistics.median(cpu), 4),
                "stages_ms": stages(sorted(folder.rglob("*.jpg"))[:BATCH], encoder),
                "fixed_s": round(statistics.median(fixed), 2),
                "rounds": options.rounds,
            },
        )
        print(path.read_text())


if __name__ == "__main__":
    main()

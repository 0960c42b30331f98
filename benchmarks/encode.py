"""Images per second of the build pipeline over JPEG files, as a share of the bare model's rate in the same run.

    python -m benchmarks.encode [--images 384] [--arch ViT-B-32] [--folder DIR --encoder local:DIR]
                                [--clip-retrieval BIN]

Without a folder it draws 640 x 480 JPEGs (synthetic) and uses random weights: speed does not depend on the values.
The bare rate is the model alone on batches that are prepared already. In each round the bare model, the pipeline and
clip-retrieval's inference, if its program is given (see `benchmarks.peers`), take turns. The pipeline is the command
`latentarchive build` in a process of its own; its rate is that of the images between a build of one batch and a build
of all: it includes reading, hashing, decoding, embedded metadata, thumbnails, preprocessing, the model and writing.
What a build takes whatever its size (starting, loading and checking the model, calibration) is the fixed part. Both
parts are told in seconds and in seconds of processor; the peer's likewise.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image

from benchmarks import peers
from benchmarks.machine import machine, save
from benchmarks.memory import Watched, watched
from latentarchive.build.parts import BATCH
from latentarchive.embedded import read_embedded
from latentarchive.encoders import Encoder, load_encoder
from latentarchive.images import decode, thumbnail

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


@dataclass(frozen=True)
class Cost:
    """Of one tool in one round, from a run over few images and one over many."""

    few: Watched
    many: Watched
    #: Number of images of either run.
    images: tuple[int, int]

    @property
    def marginal(self) -> tuple[float, float]:
        """Seconds and processor seconds of one more image."""
        more = self.images[1] - self.images[0]
        return (self.many.seconds - self.few.seconds) / more, (self.many.cpu - self.few.cpu) / more

    @property
    def fixed(self) -> tuple[float, float]:
        """Seconds and processor seconds of a run over no images."""
        seconds, cpu = self.marginal
        return self.few.seconds - self.images[0] * seconds, self.few.cpu - self.images[0] * cpu


def summary(costs: list[Cost]) -> dict[str, float]:
    """Medians over the rounds."""
    rows = np.array([[*cost.marginal, *cost.fixed, cost.many.memory["resident_mb"]] for cost in costs])
    seconds, cpu, fixed, fixed_cpu, peak = np.median(rows, axis=0).tolist()
    return {
        "images_per_s": round(1 / seconds, 2),
        "cpu_s_per_image": round(cpu, 4),
        "images_per_cpu_s": round(1 / cpu, 2),
        "fixed_s": round(fixed, 2),
        "fixed_cpu_s": round(fixed_cpu, 2),
        "peak_resident_mb": round(peak),
    }


def bare_rate(encoder: Encoder, prepared: list[np.ndarray]) -> float:
    """Images a second of the model alone."""
    began = time.perf_counter()
    for start in range(0, len(prepared), BATCH):
        encoder.encode_prepared(prepared[start : start + BATCH])
    return len(prepared) / (time.perf_counter() - began)


def ours(recipe: Path, folder: Path, out: Path, sizes: tuple[int, int]) -> Cost:
    """Builds of both sizes, each in a process of its own."""
    command = [sys.executable, "-m", "latentarchive", "build", str(recipe), "--root", str(folder)]
    runs = [watched([*command, "--out", f"{out}-{n}", "--limit", str(n)]) for n in sizes]
    return Cost(*runs, images=sizes)


def main() -> None:
    """Measure, print, write results/encode.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=384)
    parser.add_argument("--arch", default="ViT-B-32")
    parser.add_argument("--folder", type=Path, help="JPEG files to use in place of drawn ones")
    parser.add_argument("--encoder", help="encoder id in place of random weights")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clip-retrieval", type=Path, help="its program, to be measured beside ours")
    options = parser.parse_args()
    facts = machine()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        folder, encoder_id, weights = options.folder, options.encoder, place / "random.pt"
        if folder is None:
            folder = place / "images"
            folder.mkdir()
            draw(folder, options.images)
        if encoder_id is None:
            torch.manual_seed(0)
            torch.save(open_clip.create_model(options.arch, pretrained=None).state_dict(), weights)
            encoder_id = f"openclip:{options.arch}/{weights}"
        recipe = place / "bench.toml"
        recipe.write_text(f'title = "bench"\n{RECIPE.format(encoder_id)}')
        encoder, paths = load_encoder(encoder_id), sorted(folder.rglob("*.jpg"))
        prepared = [encoder.prepare(Image.open(path).convert("RGB")) for path in paths[: 2 * BATCH]]
        bare_rate(encoder, prepared)
        sizes, bare, build, peer = (BATCH, min(options.images, len(paths))), [], [], []
        for turn in range(options.rounds):
            bare.append(bare_rate(encoder, prepared))
            build.append(ours(recipe, folder, place / f"archive-{turn}", sizes))
            if options.clip_retrieval:
                runs = [peers.clip_retrieval(options.clip_retrieval, paths[:n], weights, options.arch) for n in sizes]
                peer.append(Cost(*runs, images=sizes))
        figures: dict = {
            "machine": facts,
            "encoder": options.encoder or f"{options.arch}, random weights",
            "precision": getattr(encoder, "precision", "float32"),
            "images": sizes[1],
            "rounds": options.rounds,
            "bare_images_per_s": round(statistics.median(bare), 2),
            "build": summary(build),
            "share_of_bare": round(
                statistics.median(1 / cost.marginal[0] / rate for cost, rate in zip(build, bare, strict=True)), 3
            ),
            "stages_ms": stages(paths[:BATCH], encoder),
        }
        if peer:
            figures["clip-retrieval"] = summary(peer)
            pairs = list(zip(build, peer, strict=True))
            figures["images_per_cpu_s_over_the_peer's"] = round(
                statistics.median(b.marginal[1] / a.marginal[1] for a, b in pairs), 2
            )
            for name, which in (("fixed_s_over_the_peer's", 0), ("fixed_cpu_s_over_the_peer's", 1)):
                figures[name] = round(statistics.median(a.fixed[which] / b.fixed[which] for a, b in pairs), 3)
        print(save("encode", figures).read_text())


if __name__ == "__main__":
    main()

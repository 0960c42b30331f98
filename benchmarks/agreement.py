"""Do the short cuts of encoding keep the vectors? bfloat16 and scaled decoding, each against the whole way.

    python -m benchmarks.agreement [--model DIR --folder IMAGES] [--images 2000] [--large 300] [--side 3000]

The whole way is open_clip itself: its transform of the whole image, its model in float32. Each short cut is accepted if
every vector keeps a cosine of 0.999 and at least 99 % of the images keep their nearest neighbour. The model must be a
trained one that knows such images: random weights say nothing about neighbours, and a model that sees all of them as
much alike changes neighbours at a touch. By default the shipped encoder sees works of the cabinet. Images of open
collections are seldom as large as scans: for scaled decoding each is enlarged to `--side` pixels, given the grain of a
film (noise of 6 levels), saved as JPEG, and decoded both ways. Writes ``results/agreement-FOLDER.json``.
"""

from __future__ import annotations

import argparse
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image

from benchmarks.intervals import share
from benchmarks.machine import machine, save
from latentarchive.build.parts import SIDE
from latentarchive.encoders.openclip import load_local
from latentarchive.encoders.precision import AGREEMENT
from latentarchive.encoders.shipped import folder_of
from latentarchive.errors import ImageError
from latentarchive.images import SUFFIXES, decode
from latentarchive.items import Record
from latentarchive.sources.cabinet import Cabinet

SAME = 0.99
Encode = Callable[[list[Image.Image]], np.ndarray]


def images_of(folder: Path | None, count: int) -> list[bytes]:
    """Image files of a folder, drawn by seed 0; None: works of the cabinet, as its archive has them."""
    if folder is None:
        records = Cabinet(name="cabinet", root=Path(), works=count).records()
        files = [record.read() for record in records if isinstance(record, Record) and record.read is not None]
        return [data for data in dict.fromkeys(files) if _opens(data)]
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return [path.read_bytes() for path in sorted(random.Random(0).sample(paths, min(count, len(paths))))]


def _opens(data: bytes) -> bool:
    """Whether it is one of the sound files: some of the cabinet are damaged on purpose."""
    try:
        return bool(decode(data).width)
    except ImageError:
        return False


def scans(files: list[bytes], side: int) -> list[bytes]:
    """The images as large JPEG files."""
    noise, made = np.random.default_rng(0), []
    for data in files:
        image = decode(data).image
        scale = side / max(image.size)
        large = image.resize([round(length * scale) for length in image.size], Image.Resampling.BICUBIC)
        grain = np.asarray(large, np.float32) + noise.normal(0, 6, (*large.size[::-1], 1)).astype(np.float32)
        target = io.BytesIO()
        Image.fromarray(grain.clip(0, 255).astype(np.uint8)).save(target, "JPEG", quality=90)
        made.append(target.getvalue())
    return made


def vectors(encode: Encode, files: list[bytes], at_least: int | None) -> np.ndarray:
    """Unit rows of the files, decoded a block at a time."""
    blocks = [files[start : start + 16] for start in range(0, len(files), 16)]
    rows = np.concatenate([encode([decode(data, at_least=at_least).image for data in block]) for block in blocks])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def compared(exact: np.ndarray, ours: np.ndarray) -> dict:
    """How far the unit rows moved, and whether each keeps its nearest other."""
    cosines = (exact * ours).sum(axis=1)
    near = [np.where(np.eye(len(rows), dtype=bool), -np.inf, rows @ rows.T).argmax(axis=1) for rows in (exact, ours)]
    same = share(int((near[0] == near[1]).sum()), len(exact))
    return {
        "least_cosine": round(float(cosines.min()), 6),
        "same_nearest": same,
        "accepted": bool(cosines.min() >= AGREEMENT and same["share"] >= SAME),
    }


def whole_way(folder: Path) -> Encode:
    """open_clip, asked as its own documentation does."""
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    model.eval()

    def encode(images: list[Image.Image]) -> np.ndarray:
        with torch.inference_mode():
            return model.encode_image(torch.stack([transform(image) for image in images])).numpy()

    return encode


def ours(folder: Path, precision: str) -> Encode:
    """The toolkit's encoder of the same folder."""
    encoder = load_local(f"local:{folder}", folder, precision=precision)
    if encoder.precision != precision:
        message = f"{folder} refused {precision} when it was loaded"
        raise SystemExit(message)
    return lambda images: encoder.encode_images(images).unit


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=folder_of("tiny"), help="folder of a trained model")
    parser.add_argument("--folder", type=Path, help="image files in place of works of the cabinet")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--large", type=int, default=300, help="how many of them are made large")
    parser.add_argument("--side", type=int, default=3000)
    given = parser.parse_args()
    files = images_of(given.folder, given.images)
    large = scans(files[: given.large], given.side)
    theirs, full, reduced = whole_way(given.model), ours(given.model, "float32"), ours(given.model, "bfloat16")
    exact, exact_large = vectors(theirs, files, None), vectors(theirs, large, None)
    figures = {
        "machine": machine(),
        "model": given.model.name,
        "images": len(files),
        "float32": compared(exact, vectors(full, files, None)),
        "bfloat16": compared(exact, vectors(reduced, files, None)),
        f"{len(large)} scans of {given.side} pixels, decoded scaled": compared(exact_large, vectors(full, large, SIDE)),
    }
    print(json.dumps(figures, indent=1))
    name = given.folder.name if given.folder else "cabinet"
    print(f"written: {save(f'agreement-{name}', figures)}")


if __name__ == "__main__":
    main()

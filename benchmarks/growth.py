"""Does building stream? Peak memory and time for 10,000 and 100,000 rows, from each kind of source; cold start-up.

    python -m benchmarks.growth [--sizes 10000 100000]

Each build runs in a process of its own, so that its peak resident memory is the operating system's own figure.
The rows are synthetic: a table without images, published vectors with metadata, and shards of 32-pixel images.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.machine import machine, save

ROOT = Path(__file__).parent.parent
RECIPES = {
    "metadata": '[collection]\nsource = "table"\npath = "t.csv"\n[encoder]\nid = "none"\n',
    "published": '[collection]\nsource = "embeddings"\n[encoder]\nid = "openclip:ViT-B-32/missing.pt"\n',
    "images": '[collection]\nsource = "webdataset"\npath = "*.tar"\n[encoder]\nid = "toy"\n',
}


def write_metadata(folder: Path, rows: int) -> None:
    """A table with a title and a caption a row."""
    with (folder / "t.csv").open("w") as table:
        table.write("id,title,caption,date,rights\n")
        for row in range(rows):
            table.write(
                f'{row},Work {row},"a synthetic caption of work {row}, of some length",{1800 + row % 200},CC0-1.0\n'
            )


def write_published(folder: Path, rows: int) -> None:
    """Unit vectors of 256 dimensions as float16, in shards of 20,000, with their metadata."""
    rng = np.random.default_rng(0)
    for name in ("img_emb", "metadata"):
        (folder / name).mkdir()
    for shard, start in enumerate(range(0, rows, 20_000)):
        n = min(20_000, rows - start)
        vectors = rng.normal(size=(n, 256)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        np.save(folder / "img_emb" / f"img_emb_{shard:04d}.npy", vectors.astype(np.float16))
        names = [f"synthetic caption {start + i}" for i in range(n)]
        table = pa.table({"caption": names, "url": [f"https://example.org/{start + i}.jpg" for i in range(n)]})
        pq.write_table(table, folder / "metadata" / f"metadata_{shard:04d}.parquet")


def write_images(folder: Path, rows: int) -> None:
    """Shards of 10,000 PNG files of 32 x 32 pixels with captions."""
    rng = np.random.default_rng(0)
    for shard, start in enumerate(range(0, rows, 10_000)):
        with tarfile.open(folder / f"{shard:05d}.tar", "w") as tar:
            for row in range(start, min(start + 10_000, rows)):
                buffer = io.BytesIO()
                Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(buffer, "PNG", compress_level=0)
                for suffix, data in ((".png", buffer.getvalue()), (".txt", f"synthetic image {row}".encode())):
                    member = tarfile.TarInfo(f"{row:09d}{suffix}")
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))


WRITERS = {"metadata": write_metadata, "published": write_published, "images": write_images}


def measured(arguments: list[str]) -> tuple[float, float, str]:
    """Seconds, peak resident megabytes and output of one command in its own process."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "latentarchive", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    output, complaints = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(complaints)
    return time.perf_counter() - began, usage.ru_maxrss / 1024, output


def main() -> None:
    """Measure, print, write results/growth.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    sizes = parser.parse_args().sizes
    figures: dict[str, object] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as scratch:
        for kind, write in WRITERS.items():
            rows: dict[str, object] = {}
            for size in sizes:
                folder = Path(scratch) / f"{kind}-{size}"
                folder.mkdir()
                write(folder, size)
                recipe = folder / f"{kind}.toml"
                recipe.write_text(f'title = "{kind}"\n{RECIPES[kind]}')
                archive = folder / "archive"
                seconds, peak, _ = measured(["build", str(recipe), "--out", str(archive)])
                rows[f"{size:,}"] = {"build_s": round(seconds, 1), "peak_mb": round(peak)}
                if kind != "metadata":
                    first = measured(["items", str(archive), "-k", "1"])[2].split()[0]
                    cold = [measured(["search", str(archive), "--like", first]) for _ in range(3)]
                    rows[f"{size:,}"] |= {
                        "search_like_id_s": round(min(c[0] for c in cold), 2),
                        "search_peak_mb": round(cold[0][1]),
                    }
            first_peak, last_peak = (rows[f"{s:,}"]["peak_mb"] for s in (sizes[0], sizes[-1]))
            rows["peak_last_over_first"] = round(last_peak / first_peak, 3)
            figures[kind] = rows
    help_s = min(measured(["--help"])[0] for _ in range(3))
    print(save("growth", figures | {"help_s": round(help_s, 2)}).read_text())


if __name__ == "__main__":
    main()

"""Collections of any number of rows, one kind for each source that the program reads. All of them are synthetic."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.encode import draw
from benchmarks.vectors import Space

DIM = 512
"""Of published vectors."""

SHARD = 10_000
"""Rows in a file of vectors or images."""

DRAWN = 64
"""Different JPEGs in a folder; the others are hard links to them, with names and so ids of their own."""

TABLES = {
    "folder": '[collection]\nsource = "folder"\n[encoder]\nid = "tiny"\n',
    "table": '[collection]\nsource = "table"\npath = "t.csv"\n[encoder]\nid = "none"\n',
    "webdataset": '[collection]\nsource = "webdataset"\npath = "*.tar"\n[encoder]\nid = "tiny"\n',
    "huggingface": '[collection]\nsource = "huggingface"\ndataset = "set"\n[encoder]\nid = "tiny"\n',
    "embeddings": '[collection]\nsource = "embeddings"\n[encoder]\nid = "openclip:ViT-B-32/missing.pt"\n',
}


def write(source: str, folder: Path, rows: int) -> Path:
    """So many rows for a source, in a new folder; the recipe of it."""
    folder.mkdir(parents=True)
    WRITERS[source](folder, rows)
    recipe = folder / f"{source}.toml"
    recipe.write_text(f'title = "{source}"\n{TABLES[source]}')
    return recipe


def write_folder(folder: Path, rows: int) -> None:
    """JPEGs of 640 x 480 pixels."""
    draw(folder, min(rows, DRAWN))
    drawn = sorted(folder.iterdir())
    for row in range(DRAWN, rows):
        os.link(drawn[row % DRAWN], folder / f"{row:09d}.jpg")


def write_table(folder: Path, rows: int) -> None:
    """A table with a title and a caption a row."""
    with (folder / "t.csv").open("w") as table:
        table.write("id,title,caption,date,rights\n")
        for row in range(rows):
            table.write(
                f'{row},Work {row},"a synthetic caption of work {row}, of some length",{1800 + row % 200},CC0-1.0\n'
            )


def write_webdataset(folder: Path, rows: int) -> None:
    """Shards of PNG files with captions."""
    for shard, start in enumerate(range(0, rows, SHARD)):
        with tarfile.open(folder / f"{shard:05d}.tar", "w") as tar:
            for row, png in small(start, min(start + SHARD, rows)):
                for suffix, data in ((".png", png), (".txt", f"synthetic image {row}".encode())):
                    member = tarfile.TarInfo(f"{row:09d}{suffix}")
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))


def write_huggingface(folder: Path, rows: int) -> None:
    """The folder of a dataset as its own library saves it."""
    from datasets import Dataset, Features, Value, disable_progress_bars
    from datasets import Image as Picture

    disable_progress_bars()
    features = Features({"image": Picture(decode=False), "caption": Value("string")})
    made = Dataset.from_generator(captioned, gen_kwargs={"rows": rows}, features=features, cache_dir=folder / "cache")
    made.save_to_disk(folder / "set", num_shards=max(1, rows // SHARD))


def captioned(rows: int) -> Iterator[dict[str, object]]:
    """Rows of a dataset."""
    for row, png in small(0, rows):
        yield {"image": {"bytes": png, "path": f"{row:09d}.png"}, "caption": f"synthetic image {row}"}


def write_embeddings(folder: Path, rows: int) -> None:
    """Published vectors, float16, with their metadata."""
    space = Space(DIM)
    for name in ("img_emb", "metadata"):
        (folder / name).mkdir()
    for shard, start in enumerate(range(0, rows, SHARD)):
        here = range(start, min(start + SHARD, rows))
        np.save(folder / "img_emb" / f"img_emb_{shard:04d}.npy", space.rows(len(here), shard).astype(np.float16))
        captions = [f"synthetic caption {row}" for row in here]
        table = pa.table({"caption": captions, "url": [f"https://example.org/{row}.jpg" for row in here]})
        pq.write_table(table, folder / "metadata" / f"metadata_{shard:04d}.parquet")


def small(start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """PNG files of 32 x 32 pixels of noise, with their rows."""
    for row in range(start, stop):
        buffer = io.BytesIO()
        pixels = np.random.default_rng(row).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(buffer, "PNG", compress_level=0)
        yield row, buffer.getvalue()


WRITERS = {
    "folder": write_folder,
    "table": write_table,
    "webdataset": write_webdataset,
    "huggingface": write_huggingface,
    "embeddings": write_embeddings,
}

"""What is derived from all parts together, and the ``archive.json`` that makes them an archive."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from latentarchive import manifest as layout
from latentarchive import storage
from latentarchive.bands import calibrate, calibration_texts
from latentarchive.build.plan import Part, Plan
from latentarchive.catalogue import REJECTED_SCHEMA, part_items
from latentarchive.collection import Collection
from latentarchive.columnar import write_columns
from latentarchive.embeddings import Embeddings, file_marks, vector_files
from latentarchive.encoders import Encoder
from latentarchive.index import EXACT, Fill, build_index, choose, fill_here
from latentarchive.items import digest
from latentarchive.manifest import Manifest
from latentarchive.packed import write_packed
from latentarchive.progress import Progress
from latentarchive.recipes import Recipe
from latentarchive.sources import PublishedEmbeddings
from latentarchive.words import build_words


def finish(
    folder: Path,
    recipe: Recipe,
    plan: Plan,
    parts: Sequence[Part],
    encoder: Encoder | None,
    progress: Progress,
    fill: Fill = fill_here,
) -> Manifest:
    """Derive mapped items, words, index and bands; gather the rejected; write ``archive.json`` last.

    Args:
        folder: Where the parts lie.
        recipe: What is built.
        plan: As what.
        parts: All of them, in order.
        encoder: None where texts cannot be encoded.
        progress: Told which step is taken.
        fill: Adds the rows to the index, if there is to be one.

    Raises:
        WriteRefused: The disk is full, or we may not write there.
    """
    progress("finishing", 0, 3, "items, words, index")
    where = places(recipe, plan, folder)
    published = [recipe.collection.root / name for name in where.published]
    embeddings = None
    if plan.encoder != "none":
        embeddings = Embeddings.open(folder / "embeddings", len(parts), published=published or None)
    rejected = [row for part in parts for row in part.rejected]
    files, index = derive(folder, len(parts), rejected, embeddings, plan.factory, fill)
    progress("finishing", 1, 3, "bands")
    collection = Collection(folder / layout.ITEMS, folder / layout.PACKED)
    bands = _bands(collection, embeddings, encoder) if embeddings is not None else {}
    progress("finishing", 2, 3, "digest")
    item_parts = [folder / f"items/part-{number:05d}.parquet" for number in range(len(parts))]
    manifest = Manifest(
        name=recipe.name,
        title=recipe.title,
        homepage=recipe.homepage,
        recipe=recipe.text,
        root=where.root,
        plan=asdict(plan),
        encoder=plan.encoder,
        fingerprint=plan.fingerprint,
        dim=embeddings.dim if embeddings is not None else 0,
        encoder_folder=where.encoder_folder,
        digest=digest(part_items(item_parts)),
        counts={
            "inputs": sum(part.inputs for part in parts),
            "items": len(collection),
            "images": sum(part.images for part in parts),
            "rejected": len(rejected),
            "renormalized": sum(part.renormalized for part in parts),
        },
        parts=tuple(part.rows for part in parts),
        published=where.published,
        published_sha256=tuple(storage.file_sha256(path) for path in published),
        marks=file_marks(vector_files(folder / "embeddings", len(parts), published or None)) if embeddings else (),
        index=index,
        bands=bands,
        files=dict(sorted({**{name: sha for part in parts for name, sha in part.files.items()}, **files}.items())),
        versions=layout.library_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    manifest.save(folder)
    progress("finishing", 3, 3)
    return manifest


def derive(
    folder: Path,
    n_parts: int,
    rejected: Sequence[tuple[str, str, str]],
    embeddings: Embeddings | None,
    factory: str,
    fill: Fill = fill_here,
) -> tuple[dict[str, str], dict[str, Any]]:
    """Write what is made from all parts together: items, words, rejected inputs and, unless exact, the index.

    Returns:
        SHA-256 of each file by name, and the ``index`` entry of the manifest (empty without vectors).
    """
    parts = [folder / f"items/part-{number:05d}.parquet" for number in range(n_parts)]
    write_columns(parts, folder / layout.ITEMS)
    write_packed(parts, folder / layout.PACKED)
    build_words(part_items(parts), folder / layout.WORDS)
    columns = [list(column) for column in zip(*rejected, strict=True)] or [[], [], []]
    table = pa.table(columns, schema=REJECTED_SCHEMA)
    storage.write_parquet(folder / layout.REJECTED, table)
    names, index = [layout.ITEMS, layout.PACKED, layout.WORDS, layout.REJECTED], {}
    if embeddings is not None:
        factory = choose(factory, len(embeddings), embeddings.dim)
        index = {"factory": factory, "file": factory != EXACT}
        if index["file"]:
            index["tuning"] = asdict(build_index(embeddings, factory, folder / layout.INDEX, fill=fill))
            names.append(layout.INDEX)
    return {name: storage.file_sha256(folder / name) for name in names}, index


def _bands(collection: Collection, embeddings: Embeddings, encoder: Encoder | None) -> dict[str, Any]:
    texts = None
    if encoder is not None:
        words = calibration_texts(_captions(collection))
        texts = np.concatenate([encoder.encode_texts(words[s : s + 64]).unit for s in range(0, len(words), 64)])
    return {kind: asdict(band) for kind, band in calibrate(embeddings, texts).kinds.items()}


class Places(NamedTuple):
    """What an archive names outside itself, under the names that its manifest has for it."""

    root: str
    encoder_folder: str
    published: tuple[str, ...]


def places(recipe: Recipe, plan: Plan, folder: Path) -> Places:
    """Where originals, weights and published vectors lie, as seen from an archive in `folder`."""
    source = recipe.collection
    return Places(
        relative(source.root, folder),
        relative(Path(plan.encoder[6:]), folder) if plan.encoder.startswith("local:") else "",
        tuple(shard.path for shard in source.shards) if isinstance(source, PublishedEmbeddings) else (),
    )


def relative(path: Path, start: Path) -> str:
    """A path as seen from the archive, with forward slashes, so that both can be moved together."""
    return Path(os.path.relpath(path.resolve(), start.resolve())).as_posix()


def _captions(collection: Collection, *, sample: int = 2_000, seed: int = 0) -> list[str]:
    """Titles, texts and subjects of a sample of the items: what people are likely to search with."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(collection), min(sample, len(collection)), replace=False))
    items = collection.items(rows)
    return [caption for item in items for caption in (item.title, item.text, *item.subjects)]

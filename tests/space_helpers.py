"""Archives whose vectors are given: published embeddings, as an archive opens them in place."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.recipes import load_recipe
from tests.conftest import write_recipe


def cloud(n, dim=8, seed=0):
    """Unit rows in all directions."""
    rows = np.random.default_rng(seed).normal(size=(n, dim))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def space(folder, vectors, *, keys=None, encoder="openclip:A/one", years=None):
    """An archive of works e:0, e:1, ... (or those of the keys) at these places."""
    root = folder / "published"
    for name in ("img_emb", "metadata"):
        (root / name).mkdir(parents=True)
    keys = range(len(vectors)) if keys is None else keys
    np.save(root / "img_emb" / "img_emb_0.npy", np.asarray(vectors, np.float32))
    rows = [
        {"image_path": str(key), "caption": f"Work {key}", "year": None if years is None else years[at]}
        for at, key in enumerate(keys)
    ]
    pq.write_table(pa.Table.from_pylist(rows), root / "metadata" / "metadata_0.parquet")
    text = f'title = "S"\n[collection]\nsource = "embeddings"\nname = "e"\n[encoder]\nid = "{encoder}"\n'
    recipe = load_recipe(str(write_recipe(folder, text, "e")), root=root)
    return Archive.open(build_archive(recipe, out=folder / "archive").path)

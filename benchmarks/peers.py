"""Other tools, each in an environment of its own, as a benchmark runs them beside ours.

python3 -m venv peers/autofaiss && peers/autofaiss/bin/pip install autofaiss==2.18.0 "pyarrow<25" hnswlib usearch
python3 -m venv peers/clip-retrieval && peers/clip-retrieval/bin/pip install clip-retrieval==2.45.0 "setuptools<81"
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.memory import Watched, watched

CORES = len(os.sched_getaffinity(0))
OFFLINE = {"HF_HUB_OFFLINE": "1", "WANDB_MODE": "disabled", "CUDA_VISIBLE_DEVICES": ""}

AUTOFAISS = """
import glob, json, sys, time
import numpy as np, faiss
from autofaiss import build_index
from importlib.metadata import version
folder, queries, threads, ks = sys.argv[1], np.load(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
began = time.perf_counter()
index, infos = build_index(folder, save_on_disk=False, metric_type="ip", nb_cores=threads,
                           max_index_memory_usage="4G", current_memory_available="16G", verbose=30)
built = time.perf_counter() - began
faiss.omp_set_num_threads(threads)
curve = []
names = {"HNSW": ("efSearch", [16, 32, 64, 128, 256, 512, 1024]), "IVF": ("nprobe", [4, 8, 16, 32, 64, 128, 256, 512])}
kind = next(name for name in names if name in infos["index_key"])
parameter, values = names[kind]
space = faiss.ParameterSpace()
asked = [None, *values]
for value in asked:
    if value is not None:
        space.set_index_parameter(index, parameter, value)
    index.search(queries[:10], ks)
    began = time.perf_counter()
    _, found = index.search(queries, ks)
    curve.append({"set": value, "seconds": time.perf_counter() - began, "found": found.tolist()})
print(json.dumps({"built_s": built, "key": infos["index_key"], "param": infos["index_param"],
                  "bytes": infos["size in bytes"], "curve": curve,
                  "versions": {"autofaiss": version("autofaiss"), "faiss-cpu": version("faiss-cpu")}}))
"""

# Both with the parameters of their own READMEs (M 16, ef_construction 200; the defaults), swept over ef.
HNSWLIB = """
import glob, json, sys, time
import numpy as np, hnswlib
from importlib.metadata import version
rows = np.concatenate([np.load(f).astype(np.float32) for f in sorted(glob.glob(sys.argv[1] + "/*.npy"))])
queries, threads, k = np.load(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
began = time.perf_counter()
index = hnswlib.Index(space="ip", dim=rows.shape[1])
index.init_index(max_elements=len(rows), ef_construction=200, M=16)
index.set_num_threads(threads)
index.add_items(rows)
built, curve = time.perf_counter() - began, []
for ef in (16, 32, 64, 128, 256, 512):
    index.set_ef(ef)
    index.knn_query(queries[:10], k=k)
    began = time.perf_counter()
    found, _ = index.knn_query(queries, k=k)
    curve.append({"set": ef, "seconds": time.perf_counter() - began, "found": found.tolist()})
index.save_index("hnswlib.bin")
import os
print(json.dumps({"built_s": built, "bytes": os.path.getsize("hnswlib.bin"), "curve": curve,
                  "versions": {"hnswlib": version("hnswlib")}}))
"""

USEARCH = """
import glob, json, sys, time
import numpy as np
from usearch.index import Index
from importlib.metadata import version
rows = np.concatenate([np.load(f).astype(np.float32) for f in sorted(glob.glob(sys.argv[1] + "/*.npy"))])
queries, threads, k = np.load(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
began = time.perf_counter()
index = Index(ndim=rows.shape[1], metric="ip", dtype="bf16")
index.add(np.arange(len(rows)), rows, threads=threads)
built, curve = time.perf_counter() - began, []
for ef in (16, 32, 64, 128, 256, 512):
    index.expansion_search = ef
    index.search(queries[:10], k, threads=threads)
    began = time.perf_counter()
    found = index.search(queries, k, threads=threads).keys
    curve.append({"set": ef, "seconds": time.perf_counter() - began, "found": found.astype(int).tolist()})
print(json.dumps({"built_s": built, "bytes": index.serialized_length, "curve": curve,
                  "versions": {"usearch": version("usearch")}}))
"""

PROGRAMS = {"autofaiss": AUTOFAISS, "hnswlib": HNSWLIB, "usearch": USEARCH}
"""Each takes a folder of .npy files, a file of queries, threads and k, and prints what it took and found."""


def run(python: Path, program: str, arguments: list[str], *, cwd: Path) -> tuple[dict, int]:
    """What a program that prints one JSON object says, and its peak resident memory in MB."""
    command = [str(python.absolute()), "-W", "ignore", "-c", program, *arguments]
    done = watched(command, cwd=cwd, environment=OFFLINE)
    return json.loads(done.output.splitlines()[-1]), done.memory["resident_mb"]


def clip_retrieval(program: Path, images: list[Path], weights: Path, arch: str) -> Watched:
    """Its inference over these images with these weights, as its own documentation runs it on a processor.

    What it writes goes when this returns. Its loggers are processes of their own that it waits for, so that their
    time of processor is in the figure.
    """
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        (place / "images").mkdir()
        for path in images:
            (place / "images" / path.name).symlink_to(path.absolute())
        (place / weights.name).symlink_to(weights.absolute())
        command = [str(program.absolute()), "inference", "--input_dataset", "images", "--output_folder", "out"]
        command += ["--input_format", "files", "--batch_size", "64", "--num_prepro_workers", str(CORES)]
        command += ["--enable_text", "False", "--clip_model", f"open_clip:{arch}/{weights.name}", "--use_jit", "False"]
        done = watched(command, cwd=place, environment=OFFLINE)
        written = sum(len(np.load(path, mmap_mode="r")) for path in (place / "out" / "img_emb").glob("*.npy"))
        if written != len(images):
            message = f"clip-retrieval wrote {written} vectors of {len(images)} images"
            raise SystemExit(message)
        return done

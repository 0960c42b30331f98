"""Other tools, each in an environment of its own, as a benchmark runs them beside ours.

python3 -m venv peers/autofaiss && peers/autofaiss/bin/pip install autofaiss==2.18.0 "pyarrow<25"
python3 -m venv peers/clip-retrieval && peers/clip-retrieval/bin/pip install clip-retrieval==2.45.0 "setuptools<81"
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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
                           max_index_memory_usage=sys.argv[5], current_memory_available=sys.argv[6], verbose=30)
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


@dataclass(frozen=True)
class Run:
    """What one command took."""

    seconds: float
    #: Of processor, its children's included.
    cpu: float
    #: Greatest resident memory of one process of it, in bytes.
    peak: int
    output: str


def timed(command: list[str], *, cwd: Path | None = None) -> Run:
    """Run a command to its end, without a network. Raises `SystemExit` with its last words if it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=complaints, text=True, cwd=cwd, env=os.environ | OFFLINE
        )
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            complaints.seek(0)
            message = f"{command[0]} failed: {complaints.read()[-2000:]}"
            raise SystemExit(message)
    return Run(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output)


def run(python: Path, program: str, arguments: list[str], *, cwd: Path) -> tuple[dict, float]:
    """What a program that prints one JSON object says, and its peak resident memory in bytes."""
    done = timed([str(python.absolute()), "-W", "ignore", "-c", program, *arguments], cwd=cwd)
    return json.loads(done.output.splitlines()[-1]), float(done.peak)


def clip_retrieval(program: Path, images: list[Path], weights: Path, arch: str) -> Run:
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
        done = timed(command, cwd=place)
        written = sum(len(np.load(path, mmap_mode="r")) for path in (place / "out" / "img_emb").glob("*.npy"))
        if written != len(images):
            message = f"clip-retrieval wrote {written} vectors of {len(images)} images"
            raise SystemExit(message)
        return done

"""Other tools, each in an environment of its own, as a benchmark runs them beside ours.

python3 -m venv peers/autofaiss && peers/autofaiss/bin/pip install autofaiss==2.18.0 "pyarrow<25"
python3 -m venv peers/clip-retrieval && peers/clip-retrieval/bin/pip install clip-retrieval==2.45.0 "setuptools<81"
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

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


def run(python: Path, program: str, arguments: list[str], *, cwd: Path) -> tuple[dict, float]:
    """What a program that prints one JSON object says, and its peak resident memory in bytes."""
    log = cwd / "peer.log"
    with log.open("w") as complaints:
        process = subprocess.Popen(
            [python.absolute(), "-W", "ignore", "-c", program, *arguments],
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            cwd=cwd,
            env=os.environ | OFFLINE,
        )
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        message = f"{python} failed: {log.read_text()[-2000:]}"
        raise SystemExit(message)
    return json.loads(output.splitlines()[-1]), usage.ru_maxrss * 1024.0

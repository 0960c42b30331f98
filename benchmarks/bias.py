"""Association tests: how long an exact p takes as stimuli grow, and beside it all partitions one by one.

    python -m benchmarks.bias

Writes ``results/bias.json``. The leanings are random numbers: the time does not depend on what they are.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import combinations, islice
from math import comb
from typing import Any

import numpy as np

from benchmarks.machine import machine, save
from latentarchive.measures.association import EXACT, association, permutation

SIDES = (8, 10, 11, 12, 14, 16, EXACT // 2)
"""Stimuli a side: 11 is the last with fewer than a million partitions, 12 the first with more."""

ONE_BY_ONE = 12
"""Stimuli a side up to which every partition is also summed one by one, to compare."""

WORDS, DIM, PROMPTS = 11, 512, 4
"""Of a whole test: targets and attributes a side, dimensions, templates."""


def main() -> None:
    """Measure, print, write."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    facts, random = machine(), np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for n in SIDES:
        x, y = random.normal(0.5, 1, n), random.normal(0, 1, n)
        began = time.perf_counter()
        found = permutation(x, y)
        row = {"a_side": n, "partitions": found.partitions, "p": found.p, "seconds": time.perf_counter() - began}
        if n <= ONE_BY_ONE:
            row |= one_by_one(np.concatenate([x, y]), n)
            assert abs(row["p_one_by_one"] - found.p) < 1e-12, row
        rows.append(row)
        print(json.dumps(row))
    sides = [random.standard_normal((PROMPTS, WORDS, DIM)) for _ in range(4)]
    unit = [side / np.linalg.norm(side, axis=2, keepdims=True) for side in sides]
    began = time.perf_counter()
    association(*unit)
    whole = {"a_side": WORDS, "dim": DIM, "prompts": PROMPTS, "seconds": time.perf_counter() - began}
    print(json.dumps({"association": whole}))
    print(f"written: {save('bias', {'permutation': rows, 'association': whole, 'machine': facts})}")


def one_by_one(values: np.ndarray, n: int) -> dict[str, float]:
    """The same p by adding up every partition, a block of them at a time, and what that takes."""
    began = time.perf_counter()
    values = values - values.mean()
    observed, above = values[:n].sum(), 0
    every = combinations(range(len(values)), n)
    while block := list(islice(every, 100_000)):
        above += int(np.count_nonzero(values[np.array(block)].sum(axis=1) >= observed - 1e-9))
    return {"p_one_by_one": above / comb(len(values), n), "seconds_one_by_one": time.perf_counter() - began}


if __name__ == "__main__":
    main()

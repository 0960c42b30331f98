"""Work in threads: an ordered, bounded look-ahead."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def default_workers() -> int:
    """As many threads as the processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def ahead(function: Callable[[A], B], inputs: Iterable[A], *, workers: int, depth: int) -> Generator[B, None, None]:
    """Apply a function in threads and give the results in the order of the inputs.

    Decoding images releases Python's lock, so threads overlap with each other and with the model.

    Args:
        function: Called once for each input; what it raises is raised here, at that input's turn.
        inputs: Read as far ahead as `depth` and no further.
        workers: Number of threads; the results do not depend on it.
        depth: At most this many results are in flight, which bounds the memory; from 1.
    """
    if depth < 1:
        message = f"depth must be 1 or more, got {depth}"
        raise ValueError(message)
    source = iter(inputs)
    with ThreadPoolExecutor(workers, thread_name_prefix="ahead") as pool:
        flight: deque[Future[B]] = deque(pool.submit(function, value) for value in islice(source, depth))
        try:
            while flight:
                result = flight.popleft().result()
                flight.extend(pool.submit(function, value) for value in islice(source, 1))
                yield result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

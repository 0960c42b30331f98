"""Questions that are put to a space, and what is told of the answers: scores, intervals over questions, chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latentarchive.archive import Archive
from latentarchive.audit.lists import Prompts, load_prompts
from latentarchive.errors import SuiteError
from latentarchive.measures.intervals import middle

RANDOM = 2000
"""Random lists, and resamples of the questions, by which chance and intervals are told."""

BOOTSTRAP = f"questions drawn anew {RANDOM:,} times, 95 %"

TOGETHER = 16_384
"""Works compared at a time."""


def asked(prompts: str, queries: tuple[str, ...], language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The questions, and the list that they come from as a note. Raises `SuiteError` for an empty one."""
    if queries:
        if empty := [query for query in queries if not query.strip()]:
            message = f"a question is empty: {empty[0]!r}"
            raise SuiteError(message)
        return queries, ()
    listed = load_prompts(prompts)
    return in_language(listed, language), (listed.cited,)


def in_language(listed: Prompts, language: str) -> tuple[str, ...]:
    """The prompts of a list in one language. Raises `SuiteError` if it has none."""
    if language not in listed.prompts:
        message = f"list {listed.name} has no prompts in {language!r}; it has {', '.join(listed.languages)}"
        raise SuiteError(message)
    return listed.prompts[language]


def all_scores(archive: Archive, queries: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cosines of each query with the works at these rows, shape (q, n), rounded so that copies tie."""
    found = np.empty((len(queries), len(rows)))
    for start in range(0, len(rows), TOGETHER):
        block = archive.embeddings.take(rows[start : start + TOGETHER]).astype(np.float64)
        found[:, start : start + TOGETHER] = np.round(queries.astype(np.float64) @ block.T, 9)
    return found


def mean_interval(values: NDArray[np.float64], random: np.random.Generator) -> tuple[float, float]:
    """Percentile bootstrap of a mean over questions; both bounds are the mean where there is one question."""
    means = values[random.integers(len(values), size=(RANDOM, len(values)))].mean(axis=1)
    return middle(means)

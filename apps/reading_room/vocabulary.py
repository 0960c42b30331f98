"""The words that works of an archive are described with: its own subjects, encoded once for all visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from latentarchive.description import Description, nearest_terms, own_subjects
from reading_room import shared
from reading_room.language import say

if TYPE_CHECKING:
    from latentarchive.archive import Archive


def describe(name: str, archive: Archive, item_id: str) -> Description:
    """All of the archive's own subjects, the nearest to a work first; none if it has no subjects.

    Raises:
        QueryError: The work is unknown or withheld.
        EncoderError, MissingExtra: The encoder cannot be loaded, or there are no vectors.
    """
    [vector] = archive.embeddings.take([archive.row(item_id)])
    terms, vectors, mean = _encoded(name, archive.manifest.created, archive.log.stamp)
    nearest = nearest_terms(vector, terms, vectors, mean, len(terms)) if terms else ()
    return Description(item_id, archive.name, say("the archive’s own subjects"), len(terms), nearest)


@st.cache_resource(max_entries=8, show_spinner=False)
def _encoded(
    name: str, created: str, stamp: tuple[int, int]
) -> tuple[list[str], NDArray[np.float32], NDArray[np.float32]]:
    """Terms, their vectors, and the mean of the archive's; of one build and one state of its log."""
    del created, stamp  # only tell one state from another
    archive = shared.archive_named(name)
    subjects = archive.collection.take(archive.rows(), ["subjects"])["subjects"].to_pylist()
    terms = own_subjects(subjects)
    vectors = archive.encoder.encode_texts(terms).unit if terms else np.empty((0, archive.embeddings.dim), np.float32)
    return terms, vectors, archive.embeddings.mean

"""The words that works of an archive are described with: its own subjects, encoded once for all visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from latentarchive.bands import GENERAL_WORDS
from latentarchive.description import Description, nearest_terms, own_subjects
from reading_room import shared
from reading_room.language import say

if TYPE_CHECKING:
    from latentarchive.archive import Archive


def describe(name: str, archive: Archive, item_id: str) -> Description:
    """All of the archive's own subjects, the nearest to a work first; general words if it has no subjects.

    Raises:
        QueryError: The work is unknown or withheld.
        EncoderError, MissingExtra: The encoder cannot be loaded, or there are no vectors.
    """
    [vector] = archive.embeddings.take([archive.row(item_id)])
    terms, own, vectors, mean = _encoded(name, archive.manifest.created, archive.log.stamp)
    where = say("the subjects of this archive") if own else say("general ones, since this archive has no subjects")
    return Description(
        item_id, archive.name, where, len(terms), nearest_terms(vector, terms, vectors, mean, len(terms))
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _encoded(
    name: str, created: str, stamp: tuple[int, int]
) -> tuple[list[str], bool, NDArray[np.float32], NDArray[np.float32]]:
    """Terms, whether they are its own, their vectors, the mean of the archive's: of one build and state of its log."""
    del created, stamp  # only tell one state from another
    archive = shared.archive_named(name)
    subjects = archive.collection.take(archive.rows(), ["subjects"])["subjects"].to_pylist()
    own = own_subjects(subjects)
    terms = own or list(GENERAL_WORDS)
    return terms, bool(own), archive.encoder.encode_texts(terms).unit, archive.embeddings.mean

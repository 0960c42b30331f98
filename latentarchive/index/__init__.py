"""Nearest rows by cosine: exact for small archives, a FAISS index beyond, always re-scored from the stored rows."""

from latentarchive.index.building import Fill, FillHere, build_index, empty_index, fill_here
from latentarchive.index.choice import AUTO, EXACT, EXACT_UP_TO, choose
from latentarchive.index.room import Copies
from latentarchive.index.scoring import SearchResult
from latentarchive.index.search import Index
from latentarchive.index.sharded import ShardedIndex
from latentarchive.index.tuning import RECALL_TARGET, Tuning

__all__ = [
    "AUTO",
    "EXACT",
    "EXACT_UP_TO",
    "RECALL_TARGET",
    "Copies",
    "Fill",
    "FillHere",
    "Index",
    "SearchResult",
    "ShardedIndex",
    "Tuning",
    "build_index",
    "choose",
    "empty_index",
    "fill_here",
]

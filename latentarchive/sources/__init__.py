"""Upstream formats to items: one dataclass a format, whose fields are the keys a recipe may set.

A source reads one collection where it lies and yields its inputs in a fixed order, each as a `Record`
or, if it cannot be used, as a `Rejected` with the reason. It never writes and never fetches from a
network unless its recipe names something remote.
"""

from __future__ import annotations

from latentarchive.sources.base import Source
from latentarchive.sources.cabinet import Cabinet
from latentarchive.sources.embeddings import PublishedEmbeddings
from latentarchive.sources.folder import Folder
from latentarchive.sources.huggingface import HuggingFace
from latentarchive.sources.table import Table
from latentarchive.sources.webdataset import WebDataset

SOURCES: dict[str, type[Source]] = {
    "cabinet": Cabinet,
    "embeddings": PublishedEmbeddings,
    "folder": Folder,
    "huggingface": HuggingFace,
    "table": Table,
    "webdataset": WebDataset,
}
"""The value of ``source`` in a recipe's ``[collection]`` table, and the class that reads it."""

__all__ = ["SOURCES", "Cabinet", "Folder", "HuggingFace", "PublishedEmbeddings", "Source", "Table", "WebDataset"]

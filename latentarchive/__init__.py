"""latentarchive: build, search and look after archives of images in the latent space of CLIP.

    import latentarchive
    archive = latentarchive.open("archives/cabinet")
    for hit in archive.search("a blue amphora", k=10).hits:
        print(hit.rank, hit.item.title, hit.item.rights)

Importing the package loads nothing heavy: each public name is fetched from its module when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from latentarchive.archive import Archive
    from latentarchive.audit import Finding, Report, Subject, Suite, load_suite, run_suite
    from latentarchive.build import build_archive
    from latentarchive.collection import Collection
    from latentarchive.diffusion import load_generator
    from latentarchive.embeddings import Embeddings
    from latentarchive.errors import ArchiveError
    from latentarchive.export import export_archive
    from latentarchive.index import Index
    from latentarchive.items import Item
    from latentarchive.query import Hit, Query, Results, Term
    from latentarchive.recipes import Recipe, load_recipe
    from latentarchive.train import train_encoder, train_generator, train_lora
    from latentarchive.verify import verify_archive

_HOMES = {
    "Archive": "archive",
    "ArchiveError": "errors",
    "Collection": "collection",
    "Embeddings": "embeddings",
    "Finding": "audit",
    "Hit": "query",
    "Index": "index",
    "Item": "items",
    "Query": "query",
    "Recipe": "recipes",
    "Report": "audit",
    "Results": "query",
    "Subject": "audit",
    "Suite": "audit",
    "Term": "query",
    "build_archive": "build",
    "export_archive": "export",
    "load_generator": "diffusion",
    "load_recipe": "recipes",
    "load_suite": "audit",
    "run_suite": "audit",
    "train_encoder": "train",
    "train_generator": "train",
    "train_lora": "train",
    "verify_archive": "verify",
}

__all__ = [
    "Archive",
    "ArchiveError",
    "Collection",
    "Embeddings",
    "Finding",
    "Hit",
    "Index",
    "Item",
    "Query",
    "Recipe",
    "Report",
    "Results",
    "Subject",
    "Suite",
    "Term",
    "build_archive",
    "export_archive",
    "load_generator",
    "load_recipe",
    "load_suite",
    "open",
    "run_suite",
    "train_encoder",
    "train_generator",
    "train_lora",
    "verify_archive",
]


def open(archive: str | Path, *, encoder: str | None = None) -> Archive:  # noqa: A001  # reads as latentarchive.open(...)
    """Open an archive by its directory, or by its name under ``./archives``; see `Archive.open`."""
    from latentarchive.archive import Archive

    return Archive.open(archive, encoder=encoder)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        message = f"module 'latentarchive' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"latentarchive.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

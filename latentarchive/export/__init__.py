"""Exports: tables, citations, manifests, copies that can be published, papers. Withheld items are in none."""

from latentarchive.export.formats import (
    DOWNLOADS,
    FORMATS,
    LISTS,
    chosen_ids,
    download,
    export_archive,
    manifest_of,
    read_ids,
)
from latentarchive.export.iiif import iiif_place, write_iiif

__all__ = [
    "DOWNLOADS",
    "FORMATS",
    "LISTS",
    "chosen_ids",
    "download",
    "export_archive",
    "iiif_place",
    "manifest_of",
    "read_ids",
    "write_iiif",
]

"""Exports: tables, citations, manifests, copies that can be published, papers. Withheld items are in none."""

from latentarchive.export.formats import DOWNLOADS, FORMATS, LISTS, download, export_archive, manifest_of, read_ids
from latentarchive.export.iiif import check_iiif, write_iiif

__all__ = [
    "DOWNLOADS",
    "FORMATS",
    "LISTS",
    "check_iiif",
    "download",
    "export_archive",
    "manifest_of",
    "read_ids",
    "write_iiif",
]

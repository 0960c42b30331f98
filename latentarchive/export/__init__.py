"""Exports: tables for other programs, copies that can be published, papers. Withheld items are in none of them."""

from latentarchive.export.formats import FORMATS, export_archive, read_ids

__all__ = ["FORMATS", "export_archive", "read_ids"]

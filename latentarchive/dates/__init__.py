"""Catalogue dates as people write them, read as a first and a last year."""

from latentarchive.dates.reading import parse_years

__all__ = ["parse_years"]

"""Recipe to archive directory: part by part, resumable, written so that what looks whole is whole."""

from latentarchive.build.run import Built, build_archive

__all__ = ["Built", "build_archive"]

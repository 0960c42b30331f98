"""Recipe to archive directory: part by part, resumable, growing, written so that what looks whole is whole."""

from latentarchive.build.earlier import Growth
from latentarchive.build.run import Built, build_archive

__all__ = ["Built", "Growth", "build_archive"]

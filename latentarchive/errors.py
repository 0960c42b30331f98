"""The exception tree, and the one way to import an optional dependency.

    ArchiveError
    ├── RecipeError (ValueError)              a recipe or one of its keys
    ├── SuiteError (ValueError)               a suite of an audit, one of its checks or options
    ├── ReportError (ValueError)              a report that cannot be read
    ├── SourceError (ValueError)              an upstream collection that cannot be read
    ├── CollectionError (ValueError)          an item or a collection that breaks its promises
    ├── ImageError (ValueError)               one image that cannot be decoded safely
    ├── EncoderError (ValueError)             an encoder that cannot be loaded or used
    │   └── EncoderMismatch                   vectors of two different encoders brought together
    ├── GeneratorError (ValueError)           a generator that cannot be loaded or used
    ├── QueryError (ValueError)               a question that cannot be answered as it was put
    ├── ArchiveNotFound (FileNotFoundError)   no archive at that place
    │   └── UnfinishedBuild                   a build that was interrupted there
    ├── ArchiveDamaged (ValueError)           an archive whose files disagree
    ├── WriteRefused (OSError)                the disk is full, or we may not write there
    └── MissingExtra (ImportError)            an optional dependency that is not installed

Every message is one line: the thing, the place, what was found, what would do. The command line prints
it and exits with 1; nothing else is ever shown to a user as a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib import import_module
from typing import Any


class ArchiveError(Exception):
    """Anything that a user of latentarchive can mend; the base of all its errors."""


class RecipeError(ArchiveError, ValueError):
    """A recipe that cannot be found or parsed, or a key that it may not have."""


class SuiteError(ArchiveError, ValueError):
    """A suite that cannot be found or parsed, or a check or an option that is not known."""


class ReportError(ArchiveError, ValueError):
    """A file that is no report of an audit, or of another version."""


class SourceError(ArchiveError, ValueError):
    """An upstream collection that cannot be read at all."""


class CollectionError(ArchiveError, ValueError):
    """An item or a collection that breaks its promises."""


class ImageError(ArchiveError, ValueError):
    """One image that cannot be decoded safely; its message is the reason that is recorded."""


class EncoderError(ArchiveError, ValueError):
    """An encoder that cannot be found, loaded or used for what was asked."""


class EncoderMismatch(EncoderError):
    """Vectors of one encoder brought to an index of another."""


class GeneratorError(ArchiveError, ValueError):
    """A generator that cannot be found, loaded or used for what was asked."""


class QueryError(ArchiveError, ValueError):
    """A question that cannot be answered as it was put."""


class ArchiveNotFound(ArchiveError, FileNotFoundError):
    """No archive at that place."""


class UnfinishedBuild(ArchiveNotFound):
    """A directory that holds the beginnings of an archive: its build was interrupted."""


class ArchiveDamaged(ArchiveError, ValueError):
    """An archive whose files are missing, truncated, of another version, or disagree."""


class WriteRefused(ArchiveError, OSError):
    """The operating system refused to write: the disk is full, or permission is missing."""


class MissingExtra(ArchiveError, ImportError):
    """An optional dependency that is not installed."""


def require(module: str, *, extra: str) -> Any:
    """Import an optional dependency, or say which extra installs it.

    Args:
        module: Dotted name, for example ``"open_clip"``.
        extra: The extra of this package that brings it.

    Raises:
        MissingExtra: The module is not installed. A module that is installed but fails to import for
            another reason raises its own error: it is broken, not missing.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        message = f"{module} is not installed; run: pip install 'latentarchive[{extra}]'"
        raise MissingExtra(message) from error


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error message about an unknown name: the nearest known one, or all of them."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known) or 'none'}"

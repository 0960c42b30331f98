"""Files below a collection's root: finding them safely, ordering them, reading them in another process."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote_from_bytes

from latentarchive.errors import SourceError

_PLAIN = "/!#$&'()*+,;=:@[] "
"""Characters that `shown` leaves alone in a name that is not UTF-8, besides letters and digits."""


@dataclass(frozen=True, slots=True)
class FileBytes:
    """Reads one file when called; can be pickled. Raises `SourceError` if it cannot be read."""

    path: str

    def __call__(self) -> bytes:
        """The bytes of the file."""
        try:
            return Path(self.path).read_bytes()
        except OSError as error:
            message = f"{shown(self.path)} cannot be read: {os.strerror(error.errno or 0)}"
            raise SourceError(message) from error


@dataclass(frozen=True, slots=True)
class SliceBytes:
    """Reads `size` bytes of a file from `offset` when called; can be pickled.

    Raises `SourceError` if the file cannot be read or has become too short.
    """

    path: str
    offset: int
    size: int

    def __call__(self) -> bytes:
        """The bytes of the slice."""
        try:
            with Path(self.path).open("rb") as handle:
                handle.seek(self.offset)
                data = handle.read(self.size)
        except OSError as error:
            message = f"{shown(self.path)} cannot be read: {os.strerror(error.errno or 0)}"
            raise SourceError(message) from error
        if len(data) != self.size:
            message = f"{shown(self.path)} ends inside this image: {len(data)} of {self.size} bytes"
            raise SourceError(message)
        return data


def shown(name: str) -> str:
    """A file name as text that UTF-8 can hold, in NFC.

    A name whose bytes are not UTF-8 is shown with percent escapes (``caf%E9.jpg``); `find` takes both.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return quote_from_bytes(os.fsencode(name), safe=_PLAIN)
    return unicodedata.normalize("NFC", name)


def find(root: Path, relative: str) -> Path:
    """The path of a file below `root` whose name is given as `shown` gives it; it need not exist.

    Raises:
        SourceError: The path is absolute, climbs with ``..``, or is a link that leads out of the root.
    """
    pure = PurePosixPath(relative)
    if pure.is_absolute() or ".." in pure.parts or "\0" in relative:
        message = f"{relative!r} is not a path below {root}; give it relative to the root, without '..'"
        raise SourceError(message)
    path = root
    for part in pure.parts:
        path = _child(path, part)
    try:
        outside = not path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a link that leads to itself: RuntimeError until Python 3.13
        outside = True
    if outside:
        message = f"{relative!r} is a link that leads out of {root}; move the file or choose another root"
        raise SourceError(message)
    return path


def _child(folder: Path, part: str) -> Path:
    """The entry of a folder that is shown as `part`; names of plain ASCII are what they are."""
    child = folder / part
    if (part.isascii() and "%" not in part) or os.path.lexists(child):
        return child
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return child
    return next((folder / name for name in names if shown(name) == part), child)


def in_number_order(paths: Iterable[Path]) -> list[Path]:
    """Paths sorted so that ``part-2`` comes before ``part-10``, whatever the width of the numbers."""

    def key(path: Path) -> tuple[list[tuple[int, str]], str]:
        return [(int(s or 0) if s.isdigit() else -1, s) for s in re.split(r"([0-9]+)", str(path))], str(path)

    return sorted(paths, key=key)


def number_of(path: Path) -> int | None:
    """The last number in a file's name (``img_emb_0012.npy`` is 12); None if it has none."""
    found = re.findall(r"[0-9]+", path.stem)
    return int(found[-1]) if found else None


def found_in(folder: Path) -> str:
    """What a folder holds, for an error message: counts by suffix, the most frequent first."""
    if not folder.is_dir():
        return "it is a file" if folder.exists() else "it does not exist"
    counts: dict[str, int] = {}
    for path in folder.iterdir():
        kind = shown("folders" if path.is_dir() else path.suffix.lower() or "without suffix")
        counts[kind] = counts.get(kind, 0) + 1
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:6]
    return "found there: " + ", ".join(f"{n} {kind}" for kind, n in most) if most else "it is empty"

"""A folder of image files, with captions or records beside them where there are any."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from latentarchive.errors import CollectionError, SourceError
from latentarchive.images import SUFFIXES, UNSUPPORTED_SUFFIXES
from latentarchive.items import Record, Rejected
from latentarchive.sources.base import Source
from latentarchive.sources.columns import Columns
from latentarchive.sources.files import FileBytes, find, found_in, shown
from latentarchive.sources.values import with_caption

SIDE_SUFFIXES = frozenset({".txt", ".json"})
"""Files beside an image: its caption, its catalogue record."""


@dataclass(frozen=True, kw_only=True)
class Folder(Source):
    """Every image below a folder, in the order of their relative paths; the path is the id.

    A caption in ``x.txt`` and a record in ``x.json`` belong to every image of that folder whose name
    without its suffix is ``x``; ``x.jpg.txt`` and ``x.jpg.json`` belong to ``x.jpg`` alone and come
    first. Nothing is invented from file names: an image without a record has no title.

    Rejected with their reason, each in its place in the order: images of unsupported formats, empty
    files, side files without an image or that cannot be read (their image stays), links to folders
    (which are not followed) and links that lead out of the root. Hidden files and files of other kinds
    are not inputs. Two files whose names differ only in Unicode normalisation count as one name.
    """

    #: The folder, relative to the root.
    path: str = "."

    def __post_init__(self) -> None:
        """Raise `SourceError` for defaults that name no field of an item."""
        _ = self._columns

    def records(self, start: int = 0) -> Iterator[Record | Rejected]:
        """The images in the order of their paths; see `Source.records`. Only side files are read to skip."""
        return islice(self._records(), start, None)

    def count(self) -> int | None:
        """The number of inputs: files are listed and side files read, but no image."""
        return sum(1 for _ in self._records())

    def locate(self, image: str) -> bytes:
        """The bytes of an image file below the root; see `Source.locate`."""
        return FileBytes(str(find(self.root, image)))()

    @property
    def _columns(self) -> Columns:
        return Columns(name=self.name, defaults=self.defaults)

    def _records(self) -> Iterator[Record | Rejected]:
        names, links = self._listing()
        present = set(names)
        sides: dict[str, list[str]] = {}
        for name in sorted(names):
            if _suffix(name) in SIDE_SUFFIXES:
                sides.setdefault(_stem(name), []).append(name)
        stems = {_stem(name) for name in names if _suffix(name) in SUFFIXES}
        if not stems:
            place = find(self.root, self.path)
            message = f"no images in {shown(str(place))}; {found_in(place)}"
            raise SourceError(message)
        taken: set[str] = set()
        catalogue = self._columns
        for name in sorted(names + links):
            suffix = _suffix(name)
            if name not in present:
                yield Rejected(
                    shown(name), "source", "a link to a folder, which is not followed; give its target as root"
                )
            elif shown(name) in taken:
                yield Rejected(shown(name), "source", "its name differs from another only in Unicode normalisation")
            elif suffix in SUFFIXES:
                taken.add(shown(name))
                yield self._image(catalogue, name, sides)
            elif suffix in UNSUPPORTED_SUFFIXES:
                yield Rejected(shown(name), "source", f"images of format {suffix} are not read; convert a copy of it")
            elif suffix in SIDE_SUFFIXES:
                owner = _stem(name)
                if owner not in stems and not (owner in present and _suffix(owner) in SUFFIXES):
                    yield Rejected(
                        shown(name), "source", f"no image beside it is named {shown(PurePosixPath(owner).name)!r}"
                    )
                elif isinstance(problem := self._side(name), str):
                    yield Rejected(shown(name), "source", f"{problem}; its image is kept without it")

    def _image(self, catalogue: Columns, name: str, sides: Mapping[str, list[str]]) -> Record | Rejected:
        relative = shown(name)
        try:
            path = find(self.root, relative)
            if not path.stat().st_size:
                return Rejected(relative, "read", "the file is empty")
            row = self._row(name, sides)
            return Record(
                catalogue.item(row, fallback=relative, image=relative, local=relative), FileBytes(str(self.root / name))
            )
        except OSError as error:
            return Rejected(relative, "read", os.strerror(error.errno or 0))
        except SourceError as error:
            return Rejected(relative, "read", str(error))
        except CollectionError as error:
            return Rejected(relative, "source", str(error))

    def _row(self, name: str, sides: Mapping[str, list[str]]) -> Mapping[str, Any]:
        """What the side files of an image say; those that cannot be read are reported in their own place."""
        row: dict[str, Any] = {}
        captions: list[str] = []
        for owner in (name, _stem(name)):
            for side in sides.get(owner, ()):
                said = self._side(side)
                if isinstance(said, Mapping):
                    row = {**said, **row}
                    captions += [row.pop("")] if "" in row else []
        caption = "\n".join(dict.fromkeys(c for c in captions if c))
        return with_caption(row, caption) if caption else row

    def _side(self, name: str) -> Mapping[str, Any] | str:
        """A record, a caption under the key "", or what is wrong with the file."""
        try:
            text = find(self.root, shown(name)).read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError, SourceError) as error:
            return f"cannot be read: {error}"
        if _suffix(name) == ".txt":
            return {"": text.strip()}
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            return f"not JSON: {error}"
        return value if isinstance(value, dict) else "not a JSON object"

    def _listing(self) -> tuple[list[str], list[str]]:
        """Relative paths of all files that are not hidden, and of links to folders."""
        place = find(self.root, self.path)
        if not place.is_dir():
            message = f"no folder {shown(str(place))}; is the root right (--root)?"
            raise SourceError(message)
        files: list[str] = []
        links: list[str] = []
        for folder, folders, names in os.walk(place, onerror=_raise):
            base = Path(folder).relative_to(self.root)
            if _is_archive(folders, names):
                folders.clear()
                continue
            folders[:] = [name for name in folders if not name.startswith(".")]
            links += [(base / name).as_posix() for name in folders if (Path(folder) / name).is_symlink()]
            files += [(base / name).as_posix() for name in names if not name.startswith(".")]
        return files, links


def _is_archive(folders: list[str], names: list[str]) -> bool:
    """Whether a folder is an archive of this program, finished or not: it may lie among its own originals."""
    finished = "archive.json" in names and "items" in folders
    return (
        finished
        or ("build.json" in names and not set(names) - {"build.json", "ids.sqlite", "items.arrow", "items.packed"})
        or ("build.json" in names and "journal" in folders)
    )


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(name: str) -> str:
    return name.removesuffix(PurePosixPath(name).suffix)


def _raise(error: OSError) -> None:
    message = f"{shown(str(error.filename))} cannot be listed: {os.strerror(error.errno or 0)}"
    raise SourceError(message) from error

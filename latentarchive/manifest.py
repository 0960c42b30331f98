"""``archive.json``: what an archive says of itself, and where its files lie.

It is written last: a directory without it is an unfinished build.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from latentarchive import storage
from latentarchive.encoders.origins import without_place
from latentarchive.errors import ArchiveDamaged, ArchiveNotFound, UnfinishedBuild, nearest

FORMAT_VERSION = 1
"""Version of the layout on disk; a reader refuses what it does not know."""

MANIFEST, PLAN = "archive.json", "build.json"
ITEMS, PACKED, WORDS, INDEX, REJECTED, WITHHELD = (
    "items.arrow",
    "items.packed",
    "words.sqlite",
    "index.faiss",
    "rejected.parquet",
    "withheld.jsonl",
)

DERIVED = (ITEMS, PACKED, WORDS, INDEX)
"""Files that are made again from the others if they are deleted."""

GROWING, REPLACED = ".growing", ".replaced"
"""Endings of the folders beside an archive that grows: of what it will be, and for a moment of what it was."""

UNVERIFIED = "unverified:"
"""Begins the fingerprint of published vectors whose encoder was not at hand when they were opened."""

COUNTS = ("inputs", "items", "images", "rejected", "renormalized")

ARCHIVES = Path("archives")
"""Folder under the working directory where archives are looked up by name and built by default."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The content of ``archive.json``; paths inside it are relative to the archive, with forward slashes."""

    name: str
    title: str
    homepage: str = ""
    format_version: int = FORMAT_VERSION
    #: The recipe as it was read.
    recipe: str
    #: What was asked of the build: recipe digest, encoder, factory, limit; see `latentarchive.build.plan`.
    plan: Mapping[str, Any]
    #: Folder of the originals, relative to the archive; "" where it is not told (published copies).
    root: str
    #: Encoder id, its fingerprint and dimension; ``none``, "" and 0 for an archive of metadata only.
    encoder: str
    fingerprint: str = ""
    dim: int = 0
    #: For ``local:`` encoders, their folder relative to the archive.
    encoder_folder: str = ""
    #: Digest of the canonical item rows.
    digest: str
    #: ``inputs``, ``items``, ``images`` that were read, ``rejected``, and ``renormalized``: published rows not of unit
    #: length.
    counts: Mapping[str, int]
    #: Rows in each part.
    parts: tuple[int, ...]
    #: The publisher's vector files, relative to the root, where embeddings were opened in place.
    published: tuple[str, ...] = ()
    #: Their SHA-256 when they were opened, in the same order.
    published_sha256: tuple[str, ...] = ()
    #: What tells each file of vectors from others, in order; see `latentarchive.storage.mark`.
    marks: tuple[str, ...] = ()
    #: ``factory``, and for an approximate index its tuned parameter and measured recall.
    index: Mapping[str, Any] = field(default_factory=dict)
    #: Thresholds of the bands for each kind of query; see `latentarchive.bands`.
    bands: Mapping[str, Any] = field(default_factory=dict)
    #: SHA-256 of every file, by path.
    files: Mapping[str, str]
    #: Versions of the libraries that made it.
    versions: Mapping[str, str]
    #: When the build was finished, ISO 8601 in UTC.
    created: str

    @property
    def encoder_name(self) -> str:
        """The encoder's id as it may be published: of a folder or file of weights the last name alone."""
        return without_place(self.encoder)

    def save(self, folder: Path) -> None:
        """Write ``archive.json``, whole or not at all. Raises `WriteRefused`."""
        storage.write_json(folder / MANIFEST, dataclasses.asdict(self))

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read the ``archive.json`` of an archive.

        Raises:
            ArchiveNotFound: There is no such directory, or nothing of an archive in it.
            UnfinishedBuild: The directory holds a build that was interrupted.
            ArchiveDamaged: The file is not what this version writes, or of another format version.
        """
        path = folder / MANIFEST
        try:
            raw = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _absent(folder) from error
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise ArchiveNotFound(message) from error
        try:
            table = json.loads(raw)
            found = table["format_version"]
            if found != FORMAT_VERSION:
                message = (
                    f"{path} has format version {found!r}, this latentarchive reads {FORMAT_VERSION}; "
                    "open it with the version that built it, or build it again"
                )
                raise ArchiveDamaged(message)
            tuples = {
                key: tuple(table[key]) for key in ("parts", "published", "published_sha256", "marks") if key in table
            }
            missing = [key for key in COUNTS if not isinstance(table["counts"].get(key), int)]
            if missing or (table["encoder"] != "none" and not {"factory", "file"} <= set(table["index"])):
                raise KeyError(*missing or ["index"])
            return cls(**table | tuples)
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, ArchiveDamaged):
                raise
            message = f"{path} is not an archive.json of this version ({error}); restore it from a copy, or build again"
            raise ArchiveDamaged(message) from error


def _absent(folder: Path) -> ArchiveNotFound:
    if (folder / PLAN).is_file():
        message = (
            f"{folder} is an unfinished build; run the same `latentarchive build` again and it goes on where it stopped"
        )
        return UnfinishedBuild(message)
    if folder.is_dir():
        return ArchiveNotFound(f"{folder} is not an archive: it has no {MANIFEST}")
    if _is_being_replaced(folder):
        message = (
            f"{folder} was being replaced by what it has grown to when the build was interrupted; "
            "run the same `latentarchive build` again and it is put in its place"
        )
        return UnfinishedBuild(message)
    known = [path.parent.name for path in ARCHIVES.glob(f"*/{MANIFEST}")]
    return ArchiveNotFound(
        f"no archive {str(folder)!r}; {nearest(folder.name, known)} (in ./{ARCHIVES}/), or give a path"
    )


def locate(archive: str | Path) -> Path:
    """The directory of an archive: a path, or a name under ``./archives``. It need not exist."""
    path = Path(archive)
    named = ARCHIVES / path
    if isinstance(archive, str) and "/" not in archive and not _is_begun(path) and _is_begun(named):
        return named
    return path


def beside(folder: Path, ending: str) -> Path:
    """The folder beside an archive that has its name and an ending; beside its true place, if that is a link."""
    real = folder.resolve() if folder.is_symlink() or folder.name in ("", "..") else folder
    return real.with_name(real.name + ending)


def _is_begun(folder: Path) -> bool:
    """Whether a folder holds an archive or the beginnings of one; a folder of images may have an archive's name."""
    try:
        return (folder / MANIFEST).is_file() or (folder / PLAN).is_file() or _is_being_replaced(folder)
    except OSError:  # a name that is too long
        return False


def _is_being_replaced(folder: Path) -> bool:
    """Whether a build was killed after it had put an archive away and before its new one was in its place."""
    try:
        return not folder.exists() and all((beside(folder, e) / MANIFEST).is_file() for e in (GROWING, REPLACED))
    except OSError:  # a name that is too long
        return False


def part_files(part: int, *, encoded: bool, published: bool, thumbs: bool) -> Iterator[str]:
    """Paths of the files of one part, in the order they are written."""
    if encoded:
        yield f"embeddings/{'rows' if published else 'part'}-{part:05d}.npy"
        yield f"embeddings/norms-{part:05d}.npy"
    if thumbs:
        yield f"thumbs/part-{part:05d}.parquet"
    yield f"items/part-{part:05d}.parquet"


def library_versions() -> dict[str, str]:
    """Versions of the libraries whose behaviour an archive depends on; those not installed are left out."""
    found = {}
    for name in ("latentarchive", "numpy", "pyarrow", "pillow", "faiss-cpu", "torch", "open-clip-torch"):
        try:
            found[name] = version(name)
        except ModuleNotFoundError:
            continue
    return found

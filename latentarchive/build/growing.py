"""The folders of an archive that grows: built anew beside itself, then put in its own place.

``NAME.growing`` is what it will be, an unfinished build until it is whole. Then ``NAME`` is renamed to
``NAME.replaced``, the new one to ``NAME``, and the old one removed. A process that is killed between any
two of these steps leaves everything there, and `settle` knows by ``journal/grown-from.json`` what to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from latentarchive import storage
from latentarchive.build.plan import IDS, JOURNAL, Plan, end
from latentarchive.errors import ArchiveError, WriteRefused
from latentarchive.manifest import DERIVED, GROWING, MANIFEST, PLAN, REJECTED, REPLACED, WITHHELD, beside

ORIGIN = f"{JOURNAL}/grown-from.json"
"""In the new archive: SHA-256 of the ``archive.json`` it grew from, until that is removed."""

OURS = {"items", "embeddings", "thumbs", JOURNAL, MANIFEST, PLAN, IDS, REJECTED, WITHHELD, *DERIVED}
"""What an archive's folder may hold that this program wrote; anything else is carried over."""


def settle(folder: Path) -> None:
    """Finish what a killed build left undone around a finished archive; else nothing happens.

    Raises:
        ArchiveError: The archive is not there, and what lies beside it may be what it was.
        WriteRefused: We may not write there.
    """
    with storage.refusals(folder):
        place, new, old = _places(folder)
        if not place.exists() and (old / MANIFEST).is_file():
            if not (new / MANIFEST).is_file() or _origin(new) != _digest(old):
                message = f"{place} is not there, but {old} is an archive; rename it back, or move it away"
                raise ArchiveError(message)
            with storage.locked(new):
                storage.move(new, place)
        left = [old, *(place / name for name in (JOURNAL, PLAN, IDS))]
        if (place / MANIFEST).is_file() and any(path.exists() for path in left):
            with storage.locked(place, wait=True):
                _tidy(place, old)


@contextmanager
def begun(folder: Path, plan: Plan, origin: str) -> Iterator[Path]:
    """Hold the folder beside an archive in which it grows, and begin or go on with a build of a plan in it.

    Args:
        folder: The archive.
        plan: Of what it will be. What another plan, or one from another archive, left there is removed.
        origin: SHA-256 of the archive's ``archive.json``.

    Raises:
        ArchiveError: Another process is at it, or something else lies there.
        WriteRefused: We may not write there.
    """
    place, new, old = _places(folder)
    with storage.refusals(new):
        if old.exists():
            message = f"{old} is in the way: an archive that grows gets that name for a moment; move it away"
            raise ArchiveError(message)
        new.mkdir(exist_ok=True)
    with storage.locked(new):
        _check_origin(place, origin)
        if (new / PLAN).is_file() and not (plan.is_begun_in(new) and _origin(new) == origin):
            storage.clear(new, last=PLAN)
        plan.begin(new)
        (new / MANIFEST).unlink(missing_ok=True)  # killed after it was written: the same will be written again
        if _origin(new) != origin:
            storage.write_json(new / ORIGIN, {"archive": origin})
        yield new


def discard(folder: Path) -> None:
    """Remove what was begun beside an archive that turned out to be as it should be. Raises `WriteRefused`."""
    _, new, _ = _places(folder)
    storage.clear(new, last=PLAN)
    with storage.refusals(new):
        new.rmdir()


def replace(folder: Path, origin: str) -> None:
    """Put what has grown in the archive's place, with the log of withheld items as it is at that moment.

    Call it while `begun` holds. Files in the old folder that no build wrote are moved to the new one.

    Raises:
        ArchiveError: The archive is not the one that it grew from any more.
        WriteRefused: We may not write there; the archive is as it was, or as it will be.
    """
    place, new, old = _places(folder)
    with storage.locked(place, wait=True):  # nobody withholds anything meanwhile
        _check_origin(place, origin)
        if (place / WITHHELD).exists():
            with storage.refusals(new / WITHHELD):
                storage.write_bytes(new / WITHHELD, (place / WITHHELD).read_bytes())
        else:
            (new / WITHHELD).unlink(missing_ok=True)
        storage.move(place, old)
        try:
            storage.move(new, place)
        except WriteRefused:
            with suppress(WriteRefused):
                storage.move(old, place)
            raise
    _tidy(place, old)


def _tidy(place: Path, old: Path) -> None:
    """Remove what an archive replaced, and what only its build needed."""
    if (old / MANIFEST).is_file() and _origin(place) == _digest(old):
        for path in old.iterdir():
            if path.name not in OURS and path.suffix != storage.PARTIAL:
                if (place / path.name).exists():
                    message = f"{path} is to be moved into {place}, which has one of that name; move one of them away"
                    raise ArchiveError(message)
                storage.move(path, place / path.name)
        storage.clear(old, last=MANIFEST)
    if old.is_dir() and not any(old.iterdir()):
        with storage.refusals(old):
            old.rmdir()
    with storage.refusals(place):
        end(place)


def _places(folder: Path) -> tuple[Path, Path, Path]:
    """The archive's true place, where it grows, and where it is put away."""
    return beside(folder, ""), beside(folder, GROWING), beside(folder, REPLACED)


def _origin(folder: Path) -> str:
    """Digest of the archive from which the one in a folder grew, "" if it is not known to have grown."""
    try:
        return str(json.loads((folder / ORIGIN).read_bytes())["archive"])
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _digest(folder: Path) -> str:
    return storage.file_sha256(folder / MANIFEST)


def _check_origin(place: Path, origin: str) -> None:
    if not (place / MANIFEST).is_file() or _digest(place) != origin:
        message = f"{place} was changed by another program; run the same command again"
        raise ArchiveError(message)

"""Maps that all visitors share: those kept of each archive, as they may be shown at the moment."""

from __future__ import annotations

import threading

from latentarchive.archive import Archive
from latentarchive.errors import QueryError
from latentarchive.maps.serving import ShownMap
from latentarchive.maps.stored import RECORD, StoredMap, kept_maps, places
from reading_room.shared import archive_named

_lock = threading.Lock()
_stored: dict[str, tuple[object, list[StoredMap], list[str]]] = {}
_shown: dict[tuple[str, str], tuple[object, ShownMap]] = {}


def stored(name: str) -> tuple[list[StoredMap], list[str]]:
    """The maps kept of an archive, and what is wrong with others; read again when their files change."""
    archive = archive_named(name)
    stamp = (archive, _stamp(archive))
    with _lock:
        if name not in _stored or _stored[name][0] != stamp:
            _stored[name] = (stamp, *kept_maps(archive))
        return _stored[name][1:]


def current(name: str, method: str) -> ShownMap:
    """What may be shown of a map now. Raises `QueryError` if there is none of that method, `ArchiveError` otherwise."""
    archive = archive_named(name)
    found = next((one for one in stored(name)[0] if one.method == method), None)
    if found is None:
        message = f"there is no map {method!r} of archive {name}; make one: latentarchive map {name} --keep"
        raise QueryError(message)
    stamp = (archive, found, archive.log.stamp)
    with _lock:
        if (name, method) not in _shown or _shown[name, method][0] != stamp:
            _shown[name, method] = (stamp, ShownMap.now(found, archive))
        return _shown[name, method][1]


def _stamp(archive: Archive) -> tuple[tuple[str, int, int], ...]:
    """Changes when a map is made or replaced."""
    records = [path for place in places(archive) for path in sorted(place.glob(f"*/{RECORD}"))]
    stats = [(path, path.stat()) for path in records if path.exists()]
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in stats)

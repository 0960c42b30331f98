"""What a kiosk makes ready while nobody is there: its models, and what its questions find."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from latentarchive.errors import ArchiveError
from reading_room.kiosk import answers, making

if TYPE_CHECKING:
    from latentarchive.kiosk import Profile

_log = logging.getLogger("latentarchive.app")


_begun: set[str] = set()


def warm(name: str, profile: Profile) -> None:
    """Begin to make ready what a kiosk needs, in a thread of its own; once for an archive."""
    if name not in _begun:
        _begun.add(name)
        threading.Thread(target=_make_ready, args=(name, profile), name="kiosk-warming", daemon=True).start()


def _make_ready(name: str, profile: Profile) -> None:
    try:
        for question in profile.questions:
            answers.answer(name, question)
        if "contrast" in profile.pages:
            making.load()
    except ArchiveError as error:  # said again, where it is shown
        _log.warning("the kiosk cannot make ready: %s", error)

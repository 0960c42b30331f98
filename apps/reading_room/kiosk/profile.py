"""The profile of this process's kiosk, if it is one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from latentarchive.kiosk import Profile, load_profile
from reading_room import settings


def current() -> Profile | None:
    """What the exhibition shows; None: this is no kiosk. Raises `RecipeError`, which `latentarchive app` did before."""
    path = settings.current().kiosk
    return _read(path) if path else None


@cache
def _read(path: str) -> Profile:
    return load_profile(Path(path))

"""Starting the front end: its server is a process of its own, since the library never imports it."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from latentarchive import manifest
from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError, RecipeError, require
from latentarchive.kiosk import load_profile
from latentarchive.recipes import SHIPPED

SETTINGS = "LATENTARCHIVE_APP"
"""Environment variable that tells the app what it was started with, as JSON; see ``reading_room/settings.py``."""


def serve(
    archives: Sequence[str],
    *,
    generator: str,
    kiosk: Path | None,
    selections: Path,
    reports: Path,
    host: str,
    port: int,
    allowed: Sequence[str],
    browser: bool,
) -> None:
    """Become the server of the front end; returns only by an error.

    Args:
        archives: Their directories, or names under ``./archives``; none: all that lie there.
        generator: ``tiny``, a folder, or a hub id.
        kiosk: Profile of an exhibition; None: the whole app.
        selections: Folder of saved selections.
        reports: Folder of reports of audits.
        host: Address to listen on.
        port: Port to listen on.
        allowed: Names under which visitors reach it, beside this machine's own.
        browser: Open it in a browser.

    Raises:
        ArchiveNotFound: One of the archives is not there.
        ArchiveError: The port is taken.
        RecipeError: The profile of the kiosk cannot be read, or names what its archive does not show.
        MissingExtra: Streamlit is not installed.
    """
    require("streamlit", extra="app")
    places = [manifest.locate(archive).resolve() for archive in archives]
    for place in places:
        manifest.Manifest.load(place)
    if kiosk is not None:
        _check_kiosk(kiosk, places)
    _check_port(host, port)
    told = {
        "archives": [str(place) for place in places],
        "generator": generator,
        "kiosk": str(kiosk.resolve()) if kiosk else "",
        "selections": str(selections.resolve()),
        "reports": str(reports.resolve()),
    }
    hosts = dict.fromkeys(["localhost", "127.0.0.1", host, *allowed])
    flags = {
        "server.address": host,
        "server.port": port,
        "server.headless": str(not browser).lower(),
    }
    if kiosk is not None:
        flags["server.maxUploadSize"] = 1  # MB; nothing is uploaded there, by whatever way
    command = [sys.executable, "-m", "streamlit", "run", str(SHIPPED / "apps" / "asgi.py")]
    command += [f"--{name}={value}" for name, value in flags.items()]
    command += [f"--server.allowedHosts={name}" for name in hosts]
    os.execve(sys.executable, command, os.environ | {SETTINGS: json.dumps(told)})  # noqa: S606  # our own interpreter


def _check_kiosk(kiosk: Path, places: Sequence[Path]) -> None:
    """Read a profile and hold it against its archive, before anything is started. Raises `RecipeError`."""
    profile = load_profile(kiosk)
    if len(places) != 1:
        message = f"a kiosk shows one archive: name it, as in `latentarchive app ARCHIVE --kiosk {kiosk}`"
        raise RecipeError(message)
    try:
        profile.check(Archive.open(places[0]))
    except RecipeError as error:
        message = f"{kiosk}: {error}"
        raise RecipeError(message) from error


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            message = f"cannot listen on {host}, port {port} ({error.strerror}); choose another with --port"
            raise ArchiveError(message) from error

"""Starting the front end: its server is a process of its own, since the library never imports it."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from latentarchive import manifest
from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError, ArchiveNotFound, RecipeError, require
from latentarchive.kiosk import load_profile
from latentarchive.recipes import SHIPPED

SETTINGS = "LATENTARCHIVE_APP"
"""Environment variable that tells the app what it was started with, as JSON; see ``reading_room/settings.py``."""

ARENAS = "2"
"""Heaps that the C library of Linux may begin, unless the environment says otherwise. Each run of a page is a thread of
its own: on two cores they would fill sixteen heaps one after the other, and the server would grow for hours
(`python -m benchmarks.soak`)."""


def serve(
    archives: Sequence[str],
    *,
    generator: str,
    kiosk: Path | None,
    selections: Path,
    reports: Path,
    suites: Path,
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
        suites: Folder of suites that may be chosen beside the shipped ones; it need not exist.
        host: Address to listen on.
        port: Port to listen on.
        allowed: Names under which visitors reach it, beside this machine's own name and addresses.
        browser: Open it in a browser.

    Raises:
        ArchiveNotFound: One of the archives is not there, or there is none at all.
        ArchiveDamaged: One of them cannot be read.
        ArchiveError: The port is taken.
        RecipeError: The profile of the kiosk cannot be read, or names what its archive does not show.
        MissingExtra: Streamlit is not installed.
    """
    require("streamlit", extra="app")
    places = [manifest.locate(archive).resolve() for archive in archives]
    if not places and not any(manifest.ARCHIVES.glob(f"*/{manifest.MANIFEST}")):
        message = f"there is no archive in ./{manifest.ARCHIVES}; name one, or make one with `latentarchive demo`"
        raise ArchiveNotFound(message)
    for place in places:
        next(Archive.open(place).shown(), None)  # what is damaged is told here, and not to a visitor
    if kiosk is not None:
        _check_kiosk(kiosk, places)
    _check_port(host, port)
    told = {
        "archives": [str(place) for place in places],
        "generator": generator,
        "kiosk": str(kiosk.resolve()) if kiosk else "",
        "selections": str(selections.resolve()),
        "reports": str(reports.resolve()),
        "suites": str(suites.resolve()),
    }
    hosts = dict.fromkeys(["localhost", "127.0.0.1", host, *allowed, *_own_names(host)])
    flags = {
        "browser.gatherUsageStats": "false",
        "server.address": host,
        "server.port": port,
        "server.headless": str(not browser).lower(),
    }
    if kiosk is not None:
        flags["server.maxUploadSize"] = 1  # MB; nothing is uploaded there, by whatever way
    command = [sys.executable, "-m", "streamlit", "run", str(SHIPPED / "apps" / "asgi.py")]
    command += [f"--{name}={value}" for name, value in flags.items()]
    command += [f"--server.allowedHosts={name}" for name in hosts]
    environment = {"MALLOC_ARENA_MAX": ARENAS} | os.environ | {SETTINGS: json.dumps(told)}
    os.execve(sys.executable, command, environment)  # noqa: S606  # our own interpreter


def _own_names(host: str) -> list[str]:
    """Under what this machine is known in its network, if it listens there: its name and all its addresses."""
    if host not in ("0.0.0.0", "::"):  # noqa: S104  # compared, not listened on
        return []
    addresses = [one.address for card in psutil.net_if_addrs().values() for one in card if one.family in _INTERNET]
    return [socket.gethostname(), *(address.partition("%")[0] for address in addresses)]


_INTERNET = (socket.AF_INET, socket.AF_INET6)


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

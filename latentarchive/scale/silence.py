"""What Ray says of itself, kept off the screen: its logs, bars, remarks and warnings."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from latentarchive.errors import require


def keep_logs_off_the_screen() -> None:
    """Ray writes its logs to files as well; deaths of workers would be printed among a command's results."""
    for name in ("ray", "ray.data"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    with suppress(AttributeError, ImportError):  # the switch that Ray's own debugger uses
        require("ray._private.worker", extra="scale")._worker_logs_enabled = False


@contextmanager
def hushed() -> Iterator[None]:
    """While Ray starts: tell its parts in C++, which write past Python, to be silent, and hear nothing of that."""
    name, level = "RAY_BACKEND_LOG_LEVEL", os.environ.get("RAY_BACKEND_LOG_LEVEL")
    if level is not None:  # somebody wants to hear more
        yield
        return
    sys.stderr.flush()
    screen = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        os.environ[name] = "fatal"
        yield
    finally:
        os.environ.pop(name, None)
        os.dup2(screen, 2)
        os.close(screen)


@contextmanager
def unwarned() -> Iterator[None]:
    """Without the warnings that Ray gives about itself."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"ray(\.|$)")
        yield


@contextmanager
def settings(context: Any) -> Iterator[None]:
    """Ray Data without bars and remarks, and with one job to a block: small blocks would be joined to large ones."""
    wanted = {"enable_progress_bars": False, "print_on_execution_start": False, "target_max_block_size": 1}
    before = {name: getattr(context, name) for name in wanted}
    for name, value in wanted.items():
        setattr(context, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)

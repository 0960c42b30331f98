"""diffusers and transformers, kept from logging and drawing bars while they work for us."""

from __future__ import annotations

import logging
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from latentarchive.errors import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what libraries log and draw while they load and save off the screen: what matters of it is in the error."""
    diffusers, transformers = require("diffusers", extra="diffusion"), require("transformers", extra="diffusion")
    settings = (diffusers.utils.logging, transformers.utils.logging)
    before = [(setting.get_verbosity(), setting.is_progress_bar_enabled()) for setting in settings]
    for setting in settings:
        setting.set_verbosity(logging.CRITICAL)
        setting.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for setting, (level, bars) in zip(settings, before, strict=True):
            setting.set_verbosity(level)
            if bars:
                setting.enable_progress_bar()


@contextmanager
def quiet_about_length(modules: Iterable[str]) -> Iterator[None]:
    """Keep pipelines from logging, in this thread, that they cut a text: the image's record says it.

    Args:
        modules: Those that define the pipelines.
    """
    own = threading.get_ident()

    def wanted(entry: logging.LogRecord) -> bool:
        said = entry.getMessage()
        return entry.thread != own or not ("truncated because" in said or "sequence length is longer" in said)

    logs = [logging.getLogger(name) for name in (*modules, "transformers.tokenization_utils_base")]
    for log in logs:
        log.addFilter(wanted)
    try:
        yield
    finally:
        for log in logs:
            log.removeFilter(wanted)

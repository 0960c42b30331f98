"""diffusers and transformers, kept from logging and drawing bars while they work for us."""

from __future__ import annotations

import logging
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from latentarchive.errors import require

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIPELINE = "diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion"


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
def quiet_about_length() -> Iterator[None]:
    """Keep the pipeline from logging, in this thread, that it cuts a text: the image's record says it."""
    own = threading.get_ident()

    def wanted(entry: logging.LogRecord) -> bool:
        return entry.thread != own or "was truncated because CLIP" not in entry.getMessage()

    log = logging.getLogger(_PIPELINE)
    log.addFilter(wanted)
    try:
        yield
    finally:
        log.removeFilter(wanted)

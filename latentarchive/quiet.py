"""Pillow and libtiff, kept from writing to the process's standard error about broken files.

Whatever they say of a file, the decoded pixels, the `ImageError` or the recorded problem say it too.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import re
import threading
import warnings
from functools import cache

from PIL import _imaging

_FILTER = ("ignore", None, Warning, re.compile(r"PIL(\.|$)"), 0)
_LOCK = threading.Lock()


def keep_pillow_quiet() -> None:
    """Ignore the warnings that Pillow attributes to itself, and its log, in the whole process.

    A filter that stays is the only way that is safe in threads: `warnings.catch_warnings` swaps a list that
    all threads share. It is put back in front where others (a test runner) have put theirs before it.
    """
    _keep_libtiff_quiet()
    if warnings.filters[:1] != [_FILTER]:
        with _LOCK:
            if warnings.filters[:1] != [_FILTER]:
                warnings.filterwarnings("ignore", module=_FILTER[3].pattern)


@cache
def _keep_libtiff_quiet() -> None:
    """Stop what libtiff and Pillow's log write past Python's warnings.

    The lines name no file, and would run through a progress bar. Where the library cannot be reached
    (it is linked statically), they stay.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with contextlib.suppress(OSError, AttributeError):
        libtiff = ctypes.CDLL(_imaging.__file__)  # its dependencies are searched as well
        libtiff.TIFFSetErrorHandler(None)
        libtiff.TIFFSetWarningHandler(None)

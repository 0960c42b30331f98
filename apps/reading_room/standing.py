"""What was imported stays for good: garbage collections need not look at it again.

Streamlit asks for a full collection after every run of a page. With PyTorch imported that is half a million objects to
walk over, a quarter of a second in which no other thread moves, though none of them is ever garbage.
"""

from __future__ import annotations

import gc
import sys
import threading

MANY = 100
"""So many modules more than the last time, and what stands is set aside anew: a model's libraries are hundreds."""

_lock = threading.Lock()
_known = 0


def set_aside() -> None:
    """Take what is there out of later collections, if many modules were imported since the last time.

    What is garbage already is collected before. Objects that are set aside still go when nothing refers to them; only
    circles among those that visitors hold at this moment would stay, and this moment comes a few times in all.
    """
    global _known
    with _lock:
        if len(sys.modules) >= _known + MANY:
            _known = len(sys.modules)
            gc.collect()
            gc.freeze()

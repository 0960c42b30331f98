"""How long work says how far it is: a callable, so that the library draws nothing itself."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called often with how much is done; the command line draws a bar of it, a notebook may do another."""

    def __call__(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """Report.

        Args:
            stage: What is being done, in a word or two ("encoding", "training").
            done: How many units are done in this stage.
            total: Out of how many; None where that is not known.
            note: A short remark on the state, for example the held-out recall.
        """


def silent(stage: str, done: int, total: int | None, note: str = "") -> None:
    """Draw nothing; what the library uses unless told otherwise."""

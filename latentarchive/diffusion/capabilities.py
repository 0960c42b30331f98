"""What a generator can be told, as read from the pipeline that was loaded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a generator takes; widths are 0 for what it does not take."""

    #: A text alone, and beside it what to keep away from.
    words: bool = False
    negative: bool = False
    #: An image to begin from, with a strength.
    image: bool = False
    #: One CLIP image vector as its encoder left it, not normalised: its width.
    vector: int = 0
    #: Whether a text may stand beside that vector.
    beside: bool = False
    #: A sequence of unit vectors, those of retrieved works: their width, and how many at most.
    sequence: int = 0
    at_most: int = 0
    #: Whether its steps can be watched, with the image that each predicts.
    steps: bool = True

    def __str__(self) -> str:
        """In words, for messages and tables."""
        said = ["words"] if self.words else []
        said += ["an image with a strength"] if self.image else []
        said += [f"one image vector of {self.vector} dimensions"] if self.vector else []
        said += [f"up to {self.at_most} works of {self.sequence} dimensions"] if self.sequence else []
        return ", ".join(said)

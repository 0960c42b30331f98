"""What is left of a work at each step from the picture to a model: plain arithmetic, so that its units are said."""

from __future__ import annotations

CHANNELS = 3
"""Numbers a pixel of a colour image has, a byte each."""


def numbers_in_image(width: int, height: int, channels: int = CHANNELS) -> int:
    """How many numbers an image is made of: Somaini (2025) counts 24,883,200 in one of 3840 x 2160 pixels."""
    return width * height * channels


def each(total: float, works: int) -> float:
    """A total of bytes or weights by the number of works; 6 GB for 5 billion images are 1.2 bytes (Somaini, 2025).

    Raises:
        ValueError: There are no works.
    """
    if works < 1:
        message = f"a total is divided among one work or more, got {works}"
        raise ValueError(message)
    return total / works

"""Generation: models that make pictures from words or from retrieved works, and the record that each carries."""

from __future__ import annotations

from latentarchive.diffusion.conditions import Words, Works, retrieved
from latentarchive.diffusion.generators import Generator, generator_folder, load_generator
from latentarchive.diffusion.record import Generated, Record

__all__ = [
    "Generated",
    "Generator",
    "Record",
    "Words",
    "Works",
    "generator_folder",
    "load_generator",
    "retrieved",
]

"""Generation: models that make pictures from words or from retrieved works, and the record that each carries."""

from __future__ import annotations

from latentarchive.diffusion.capabilities import Capabilities
from latentarchive.diffusion.conditions import Condition, FromImage, FromNoise, Point, Told, Words, Works
from latentarchive.diffusion.from_archive import centroid, from_work, retrieved
from latentarchive.diffusion.generated import (
    Generated,
    packet,
    png,
    record_of,
    records_of,
    write_beside,
    write_png,
)
from latentarchive.diffusion.generators import Generator
from latentarchive.diffusion.loading import generator_folder, load_generator
from latentarchive.diffusion.record import Record
from latentarchive.diffusion.stepping import Observer, Step

__all__ = [
    "Capabilities",
    "Condition",
    "FromImage",
    "FromNoise",
    "Generated",
    "Generator",
    "Observer",
    "Point",
    "Record",
    "Step",
    "Told",
    "Words",
    "Works",
    "centroid",
    "from_work",
    "generator_folder",
    "load_generator",
    "packet",
    "png",
    "record_of",
    "records_of",
    "retrieved",
    "write_beside",
    "write_png",
]

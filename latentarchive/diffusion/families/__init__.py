"""The families of pipelines that are known, and the class in diffusers by which each is recognised."""

from __future__ import annotations

from latentarchive.diffusion.families.base import Family
from latentarchive.diffusion.families.flow import Flux, StableDiffusion3
from latentarchive.diffusion.families.stable_diffusion import StableDiffusion, StableDiffusionXL
from latentarchive.diffusion.families.unclip import Kandinsky, StableUnCLIP

__all__ = ["FAMILIES", "Family", "Kandinsky"]

KNOWN: tuple[type[Family], ...] = (StableDiffusion, StableDiffusionXL, StableDiffusion3, Flux, StableUnCLIP, Kandinsky)

FAMILIES: dict[str, type[Family]] = {
    name: family for family in KNOWN for name in (family.pipeline_class, family.image_class) if name
}
"""By the ``_class_name`` of a folder's ``model_index.json``."""

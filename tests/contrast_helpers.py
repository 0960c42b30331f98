"""Generators whose transformation is known: they return what went in, one point, one image, or noise."""

import hashlib

import numpy as np
from PIL import Image

from latentarchive.diffusion.capabilities import Capabilities
from latentarchive.diffusion.conditions import FromImage
from latentarchive.diffusion.generated import Generated
from latentarchive.diffusion.record import Record


def recorded(told, seed, generator):
    """The record of an image that one of these generators made."""
    start = told if isinstance(told, FromImage) else None
    inner = start.told if start else told
    return Record(
        asked=getattr(inner, "prompt", ""),
        effective=getattr(inner, "prompt", ""),
        items=tuple(getattr(inner, "ids", ())),
        described=tuple(getattr(inner, "described", ())),
        start=start.item if start else "",
        strength=start.strength if start else None,
        generator=generator.id,
        fingerprint=generator.fingerprint,
        seed=seed,
        steps=1,
        guidance=1.0,
        scheduler="none",
        size=(64, 64),
        threads=1,
        versions={},
    )


class Known:
    """A generator of which `image` says what it makes of a condition and a seed; its autoencoder loses nothing."""

    id, encoder, steps, guidance = "known", "", 1, 1.0
    capabilities = Capabilities(words=True, negative=True, image=True, sequence=128, at_most=8)

    def __init__(self, image):
        self.image, self.asked = image, []
        self.fingerprint = hashlib.sha256(repr(image).encode()).hexdigest()

    def why_not(self, told):
        return ""

    def generate(self, told, *, seeds, steps=None, guidance=None, **_):
        return self._each(told, seeds)

    def _each(self, told, seeds):
        for seed in seeds:
            self.asked.append(seed)
            yield Generated(self.image(told, seed), recorded(told, seed, self))

    def encode(self, image):
        return image

    def decode(self, latents):
        return latents


def itself(told, seed):
    """What it began from."""
    return told.image


def noise(told, seed):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8))


def always(image):
    """One image, whatever the seed."""
    return lambda told, seed: image


def works_of(images):
    """Other works in place of generations, one a seed."""
    return lambda told, seed: images[seed % len(images)]

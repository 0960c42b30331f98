"""`Generator`: a condition and seeds in, images with their records out, whatever the family of the pipeline."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from PIL import Image

from latentarchive.diffusion.asking import Asked, as_taken, fitted, not_told, why_not
from latentarchive.diffusion.conditions import Condition, FromImage, FromNoise, Told, Words, Works
from latentarchive.diffusion.from_archive import check_shown
from latentarchive.diffusion.generated import Generated
from latentarchive.diffusion.quiet import quiet_about_length
from latentarchive.diffusion.saying import Identity, recorded, said_of
from latentarchive.diffusion.spaces import Spaces
from latentarchive.diffusion.stepping import Observer, Step, watched
from latentarchive.errors import ArchiveError, GeneratorError, require
from latentarchive.progress import Progress, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.diffusion.capabilities import Capabilities
    from latentarchive.diffusion.families import Family


class Generator:
    """A pipeline of diffusers; see `load_generator`. One image at a time: threads wait for each other."""

    def __init__(self, family: Family, identity: Identity) -> None:
        """Take over a loaded pipeline."""
        self.identity, self._family = identity, family
        self._lock = threading.RLock()  # an observer may decode what it sees
        self._spaces = Spaces(family, identity.encoder)
        #: What it is asked for unless a call says otherwise; width and height in pixels.
        self.steps, self.guidance, self.size = family.steps, family.guidance, family.size

    @property
    def id(self) -> str:
        """What `load_generator` was asked for."""
        return self.identity.id

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all its files."""
        return self.identity.fingerprint

    @property
    def encoder(self) -> str:
        """Fingerprint of the encoder whose vectors it was trained with; "": its makers do not say."""
        return self.identity.encoder

    @property
    def capabilities(self) -> Capabilities:
        """What it takes."""
        return self._family.capabilities

    def why_not(self, told: Told) -> str:
        """Why it cannot be told that, in words: it takes none, or vectors of another space. "" if it can."""
        return not_told(self._family, told) or self._spaces.of(told)[1]

    # Making images.

    def generate(
        self,
        told: Condition,
        *,
        seeds: Sequence[int],
        steps: int | None = None,
        guidance: float | None = None,
        size: tuple[int, int] | None = None,
        observe: Observer | None = None,
        progress: Progress = silent,
    ) -> Iterator[Generated]:
        """Make one image a seed, one after the other, as they are asked for.

        The same condition, seed, steps, guidance and size give the same image on one machine with one number of
        threads, whichever other seeds are asked for. Everything is checked at the call, before the first image. Who
        stops has the images so far.

        Args:
            told: Words, retrieved works, a point of their space; or one of these with an image or noise to begin from.
            seeds: Of the noise that each image begins as; from 0 to 2**63 - 1.
            steps: Denoising steps; None: `Generator.steps`.
            guidance: 1: the condition alone; more: away from what the model would do untold; None:
                `Generator.guidance`.
            size: Width and height in pixels; None: `Generator.size`.
            observe: Called after each step of denoising; what it raises ends the generation.
            progress: Told "generating", the steps done and all of them.

        Raises:
            GeneratorError: It does not take such a condition; vectors of another space than the one that conditions
                it, or more of them than it takes; settings that make no sense; a strength that leaves no step. While
                images are made: the model made something that is no image, or memory ran out.
            QueryError: A work was withheld since it was retrieved.
        """
        steps = self.steps if steps is None else steps
        guidance = self.guidance if guidance is None else guidance
        size = self.size if size is None else size
        if why := why_not(self._family, told, seeds, steps, guidance, size):
            self._refuse(why)
        start = told if isinstance(told, FromImage | FromNoise) else None
        asked = Asked(
            start=start,
            told=as_taken(self.capabilities, told.told if isinstance(told, FromImage | FromNoise) else told),
            seeds=tuple(map(int, seeds)),
            steps=int(steps),
            guidance=float(guidance),
            size=(int(size[0]), int(size[1])),
        )
        check_shown(told)
        with self.held():
            space, why = self._spaces.of(asked.told) if asked.strength else ("", "")
            if why:
                self._refuse(why)
            said = said_of(self._family, asked) | {"space": space}
        return self._each(asked, said, told, observe, progress)

    def _each(
        self, asked: Asked, said: dict[str, Any], told: Condition, observe: Observer | None, progress: Progress
    ) -> Iterator[Generated]:
        for number in range(len(asked.seeds)):
            check_shown(told)
            with self.held():
                made = self._one(asked, said, number, observe, progress)
            if not made.record.denoised:  # an image through the autoencoder alone: no step was told
                progress("generating", number + 1, len(asked.seeds))
            yield made

    def _one(
        self, asked: Asked, said: dict[str, Any], number: int, observe: Observer | None, progress: Progress
    ) -> Generated:
        """One image; inside the lock."""
        seed, done = asked.seeds[number], 0
        raised: list[BaseException] = []

        def each(step: int, total: int, timestep: float, latents: Any, clear: Any) -> None:
            nonlocal done
            done = step
            try:
                progress("generating", number * total + step, len(asked.seeds) * total, f"seed {seed}")
                if observe is not None:
                    views = [None if one is None else self._array(one, asked.size) for one in (latents, clear)]
                    assert views[0] is not None
                    observe(Step(step, total, timestep, views[0], views[1], self.decode))
            except BaseException as error:
                raised.append(error)
                raise

        try:
            watching = watched(self._family.pipeline.scheduler, each, predict=observe is not None)
            with watching, quiet_about_length(self._family.modules()):
                pixels, blacked_out = self._pixels(asked, seed)
        except Exception as error:  # diffusers and torch raise what they like; what the observer raised goes on
            if raised or isinstance(error, ArchiveError):
                raise
            self._refuse(_failed(error, asked), error)
        if not np.isfinite(pixels).all():
            self._refuse(f"made no image of seed {seed} (its values are not finite); lower the guidance")
        made = {"seed": seed, "denoised": done, "blacked_out": blacked_out}
        return Generated(_image(pixels), recorded(self._family, self.identity, asked, said | made))

    def _pixels(self, asked: Asked, seed: int) -> tuple[NDArray[np.float32], bool]:
        """Pixels from 0 to 1, shape (height, width, 3), and whether a safety checker blacked them out."""
        torch, family = require("torch", extra="diffusion"), self._family
        start = asked.start
        if isinstance(start, FromImage) and start.strength == 0:
            return family.decode(family.encode(fitted(start.image, asked.size))), False
        # Drawn on the CPU whatever the device, so that a seed means the same everywhere.
        random = torch.Generator().manual_seed(seed)
        arguments = self._condition(asked, seed)
        if isinstance(start, FromImage) and start.strength < 1:
            pipeline = family.from_image
            arguments |= family.image_arguments(asked.size, asked.guidance)
            arguments |= family.begun_from(fitted(start.image, asked.size), start.strength)
        else:
            pipeline = family.pipeline
            noise = torch.randn((1, *family.latent_shape(asked.size)), generator=random)
            if isinstance(start, FromNoise):
                noise = torch.from_numpy(start.noise)[None]
            noise = noise.to(pipeline.device, pipeline.dtype)
            arguments |= family.arguments(asked.size, asked.guidance) | family.begun(noise, asked.size)
        made = pipeline(**arguments, num_inference_steps=asked.steps, generator=random, output_type="np")
        return made.images[0], any(getattr(made, "nsfw_content_detected", None) or ())

    def _condition(self, asked: Asked, seed: int) -> dict[str, Any]:
        """What is told at each step, as arguments of the pipeline."""
        family, told = self._family, asked.told
        if isinstance(told, Words):
            return family.words(told, seed, asked.guidance)
        if isinstance(told, Works):
            return family.sequence(told.vectors, asked.guidance)
        if not self.capabilities.vector:
            return family.sequence(told.vector[None], asked.guidance)
        return family.vector(told.raw, told.words or Words(""), asked.guidance)

    # Its latents.

    @contextmanager
    def held(self) -> Iterator[Any]:
        """The pipeline of diffusers, for this thread alone and without gradients: hooks on it hold inside only.

        Whoever changes it puts it back before leaving.
        """
        with self._lock, require("torch", extra="diffusion").inference_mode():
            yield self._family.pipeline

    def noise(self, seed: int, *, size: tuple[int, int] | None = None) -> NDArray[np.float32]:
        """The noise that an image of a seed begins as: float32, shape (channels, height, width), of variance 1."""
        torch = require("torch", extra="diffusion")
        shape = (1, *self._family.latent_shape(size or self.size))
        values: NDArray[np.float32] = torch.randn(shape, generator=torch.Generator().manual_seed(seed))[0].numpy()
        return values

    def encode(self, image: Image.Image, *, size: tuple[int, int] | None = None) -> NDArray[np.float32]:
        """The latents of an image, brought to the generator's size: float32, shape (channels, height, width).

        The most likely of those that the autoencoder gives, at the spread that the denoiser takes; no chance in it.
        """
        with self.held():
            values: NDArray[np.float32] = self._family.encode(fitted(image, size or self.size))[0].float().cpu().numpy()
        return values

    def decode(self, latents: NDArray[np.float32]) -> Image.Image:
        """The RGB image of latents of shape (channels, height, width)."""
        with self.held():
            tensor = require("torch", extra="diffusion").from_numpy(latents)[None]
            return _image(self._family.decode(tensor))

    def _array(self, latents: Any, size: tuple[int, int]) -> NDArray[np.float32]:
        values = self._family.unpacked(latents.detach(), size)[0].float().cpu().numpy()
        copied: NDArray[np.float32] = values.copy()
        return copied

    def _refuse(self, why: str, error: Exception | None = None) -> NoReturn:
        message = f"generator {self.id!r}: {why}"
        raise GeneratorError(message) from error


def _failed(error: Exception, asked: Asked) -> str:
    """Why a pipeline failed, and what would do."""
    said = " ".join(str(error).split())
    width, height = asked.size
    lacking = type(error).__name__ == "OutOfMemoryError" or isinstance(error, MemoryError)
    if lacking or "can't allocate memory" in said or "not enough memory" in said:
        return (
            f"memory ran out at {width} x {height} pixels; ask for a smaller size, for a guidance of 1 (which halves "
            "what is held), or close other programs; images made before are kept"
        )
    return f"failed ({type(error).__name__}: {said[:200]})"


def _image(pixels: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray((pixels * 255).round().astype(np.uint8))

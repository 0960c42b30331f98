"""Where experiments are made: one archive and one generator, with the settings and the eyes that they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentarchive.diffusion.stepping import Watch, unwatched
from latentarchive.errors import GeneratorError
from latentarchive.progress import Progress, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from latentarchive.archive import Archive
    from latentarchive.diffusion.conditions import Condition
    from latentarchive.diffusion.generated import Generated
    from latentarchive.diffusion.generators import Generator
    from latentarchive.diffusion.stepping import Observer, Step

FEWEST = 5
"""Images of which a figure is given; of fewer only the images are shown."""

Keep = Callable[[str, "Generated"], None]
"""Called with the name of an image and the image as soon as it is made, so that who stops keeps what is done."""


def nowhere(name: str, image: Generated) -> None:
    """Keep nothing before the end."""


@dataclass(frozen=True, slots=True)
class Near:
    """The works nearest to one image or point, best first."""

    ids: tuple[str, ...]
    #: Cosines.
    scores: tuple[float, ...]
    #: Row numbers in the archive.
    rows: tuple[int, ...]


class Bench:
    """An archive, a generator, and how it is asked."""

    def __init__(
        self,
        archive: Archive,
        generator: Generator,
        *,
        steps: int | None = None,
        guidance: float | None = None,
        keep: Keep = nowhere,
        watch: Watch = unwatched,
        progress: Progress = silent,
    ) -> None:
        """Put them together.

        Args:
            archive: With vectors, and an encoder that can be loaded: it sees what was made.
            generator: What makes images.
            steps: None: the generator's own.
            guidance: None: the generator's own.
            keep: See `Keep`.
            watch: See `Watch`; what it raises ends the experiment.
            progress: Told "generating", the images made and all of them.

        Raises:
            EncoderError: The archive holds metadata only.
        """
        self.archive, self.generator, self.keep, self.watch, self.progress = archive, generator, keep, watch, progress
        self.steps, self.guidance = steps or generator.steps, guidance or generator.guidance
        self._done, self._total = 0, 0
        if not len(archive.embeddings):
            message = f"archive {archive.name} holds no work"
            raise GeneratorError(message)

    def expect(self, images: int) -> None:
        """Say that so many more images will be made, for the bar."""
        self._total += images

    def make(
        self, names: Sequence[str], told: Condition, seeds: Sequence[int], *, observe: Observer | None = None
    ) -> dict[str, Generated]:
        """One image a seed, by their names."""
        made: dict[str, Generated] = {}

        def each(step: Step) -> None:
            if observe is not None:
                observe(step)
            self.watch(names[len(made)], step)

        watched = observe if self.watch is unwatched else each
        images = self.generator.generate(told, seeds=seeds, steps=self.steps, guidance=self.guidance, observe=watched)
        for name, image in zip(names, images, strict=True):
            self.keep(name, image)
            made[name] = image
            self._done += 1
            self.progress("generating", self._done, max(self._total, self._done), name)
        return made

    def seen(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Unit vectors of images by the archive's own encoder: shape (n, dim)."""
        return self.archive.encoder.encode_images(list(images)).unit

    def nearest(self, vectors: NDArray[np.floating], k: int) -> list[Near]:
        """The k works nearest to each unit row, none of them withheld."""
        index = self.archive.holdings.index
        assert index is not None
        queries = vectors.astype(np.float32)
        found = index.search(queries, k, encoder=self.archive.manifest.fingerprint, allowed=self.archive.visible)
        return [
            Near(tuple(item.id for item in self.archive.collection.items(rows)), _floats(scores), tuple(rows.tolist()))
            for rows, scores in found
        ]

    def mean(self) -> NDArray[np.float32]:
        """Mean of the vectors of all works that are shown: shape (dim,), shorter than they are."""
        return np.asarray(self.archive.embeddings.take(self.archive.rows()).mean(axis=0), np.float32)

    def settings(self) -> dict[str, Any]:
        """How it was asked, for the record of an experiment."""
        generator = self.generator
        return {
            "generator": Path(generator.id).name,
            "generator_fingerprint": generator.fingerprint,
            "steps": self.steps,
            "guidance": self.guidance,
            "encoder": self.archive.manifest.encoder_name,
            "encoder_fingerprint": self.archive.manifest.fingerprint,
            "works": len(self.archive),
        }


def _floats(scores: NDArray[np.floating]) -> tuple[float, ...]:
    return tuple(round(float(score), 6) for score in scores)

"""What a generator is told: words, retrieved works, one point of their space; and what its image begins from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from latentarchive.errors import GeneratorError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from latentarchive.archive import Archive

UNIT = 1e-3
"""How near to 1 all raw lengths must be for vectors to be taken for unit vectors whose lengths were lost: an
encoder's raw vectors have lengths around 10, or any other, but never all the same."""


@dataclass(frozen=True)
class Words:
    """A text, and what the picture should keep away from."""

    prompt: str
    negative: str = ""
    #: What somebody else than the asker adds behind the prompt; recorded apart from what was asked.
    hidden: str = ""
    #: Item ids of the works that the words are of: their captions, or what was said of them. () for one's own words.
    described: tuple[str, ...] = ()
    #: Where these works are, asked again before their words condition an image.
    archive: Archive | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raise `GeneratorError` for what is no text, or no text that can be written down."""
        for name in ("prompt", "negative", "hidden"):
            text = getattr(self, name)
            if not isinstance(text, str) or any("\ud800" <= letter <= "\udfff" for letter in text):
                message = f"{name} of a generation must be text, got {text!r}"[:200]
                raise GeneratorError(message)

    @property
    def told(self) -> str:
        """The prompt with what is added to it."""
        return ", ".join(part for part in (self.prompt, self.hidden) if part)


@dataclass(frozen=True)
class Works:
    """Retrieved works, as the vectors that an archive has of them. Their order does not count."""

    #: Item ids.
    ids: tuple[str, ...]
    #: float32 unit rows, shape (k, dim), in the same order.
    vectors: NDArray[np.float32]
    #: Fingerprint of the encoder that made them.
    encoder: str
    #: How many more there were that reserve data mining and were left out, and those that were allowed by name.
    left_out: int = 0
    reserved: tuple[str, ...] = ()
    #: Where they come from, asked again before they condition an image; None: they are in no archive.
    archive: Archive | None = field(default=None, repr=False, compare=False)
    #: float32 (k,), the lengths that the vectors had before they were normalised; None: not known.
    norms: NDArray[np.float32] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raise `GeneratorError` if there is none, or if ids, vectors and lengths do not match."""
        if not self.ids or self.vectors.shape[:1] != (len(self.ids),) or self.vectors.ndim != 2:
            message = f"works to generate from: {len(self.ids)} ids and vectors of shape {self.vectors.shape}; "
            message += "at least one is needed, and one row of a matrix for each"
            raise GeneratorError(message)
        if self.norms is not None and self.norms.shape != (len(self.ids),):
            message = f"works to generate from: {len(self.ids)} ids and lengths of shape {self.norms.shape}"
            raise GeneratorError(message)


@dataclass(frozen=True)
class Point:
    """One point of an encoder's space: the vector of a work, the centroid of several, or any other."""

    #: float32 (dim,), of unit length.
    vector: NDArray[np.float32]
    #: Length of a raw vector there; None: not known.
    norm: float | None
    #: Fingerprint of the encoder whose space it is.
    encoder: str
    #: How it was found, for the record: "centroid", "blend at 0.5".
    made: str
    #: The works that it was made of, and the weight of each.
    ids: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    left_out: int = 0
    reserved: tuple[str, ...] = ()
    archive: Archive | None = field(default=None, repr=False, compare=False)
    #: What is said beside it, to generators that take both.
    words: Words | None = None

    def __post_init__(self) -> None:
        """Raise `GeneratorError` for what is no direction."""
        length = float(np.linalg.norm(self.vector)) if self.vector.ndim == 1 else 0.0
        if not abs(length - 1) < 0.01:
            message = f"a point ({self.made}) needs one vector of unit length, got shape {self.vector.shape}, "
            message += f"length {length:.3g}"
            raise GeneratorError(message)
        if len(self.weights) != len(self.ids):
            message = f"a point ({self.made}) has {len(self.ids)} works and {len(self.weights)} weights"
            raise GeneratorError(message)

    @property
    def raw(self) -> NDArray[np.float32]:
        """float32 (dim,): the vector at the length that an encoder would have given it.

        Raises:
            GeneratorError: That length is not known, or the vectors were published at unit length.
        """
        if self.norm is None or abs(self.norm - 1) < UNIT:
            message = (
                f"a point ({self.made}): this generator is told raw vectors, and their lengths were not kept "
                "(published vectors often have unit length); build the archive from the images themselves"
            )
            raise GeneratorError(message)
        return (self.vector * np.float32(self.norm)).astype(np.float32)


@dataclass(frozen=True)
class FromImage:
    """An image to begin from in place of noise alone, and how much of it is made anew (img2img)."""

    #: RGB, of any size: it is brought to the generator's whole, not cropped.
    image: Image.Image
    #: 0: the image through the autoencoder, no step of denoising; between: that share of the steps, from the image
    #: with the noise of the first of them; 1: all steps from noise alone.
    strength: float
    #: What the generator is told beside it.
    told: Words | Works | Point = field(default_factory=lambda: Words(""))
    #: Item id of the work shown; "" if it is none.
    item: str = ""
    #: Whether that work reserves data mining and was allowed by name.
    reserved: bool = False
    archive: Archive | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Raise `GeneratorError` for a strength that is none."""
        if not 0 <= self.strength <= 1:
            message = f"strength must be from 0 (the image itself) to 1 (none of it), got {self.strength}"
            raise GeneratorError(message)
        _check_inner(self.told)


@dataclass(frozen=True)
class FromNoise:
    """Noise to begin from in place of that of the seed: inverted from an image, or between that of two seeds."""

    #: float32, shape (channels, height, width) as `Generator.noise` gives it, of mean 0 and variance 1.
    noise: NDArray[np.float32]
    told: Words | Works | Point = field(default_factory=lambda: Words(""))
    #: How it was found, for the record.
    made: str = ""

    def __post_init__(self) -> None:
        """Raise `GeneratorError` for what is no noise."""
        if self.noise.ndim != 3 or not np.isfinite(self.noise).all():
            message = f"noise to begin from must be finite, of shape (channels, height, width); got {self.noise.shape}"
            raise GeneratorError(message)
        _check_inner(self.told)


Told = Words | Works | Point
"""What conditions each step."""

Condition = Told | FromImage | FromNoise
"""All that `Generator.generate` takes."""


def _check_inner(told: object) -> None:
    if not isinstance(told, Words | Works | Point):
        message = f"an image begins from one thing and is told Words, Works or a Point, got {type(told).__name__}"
        raise GeneratorError(message)

"""What every source promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from latentarchive.items import Record, Rejected


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """One upstream collection. The fields of a subclass are the keys of a recipe's ``[collection]`` table."""

    #: First half of every item id; the recipe's name unless it says otherwise.
    name: str
    #: Folder that relative paths start from (``--root``).
    root: Path
    #: Values for fields of `Item` that an input itself leaves empty, for example
    #: ``{medium = "watercolor", rights = "http://rightsstatements.org/vocab/NoC-US/1.0/"}``.
    defaults: Mapping[str, str] = field(default_factory=dict)

    @abstractmethod
    def records(self, start: int = 0) -> Iterator[Record | Rejected]:
        """The inputs in their fixed order, from the `start`-th on.

        The order does not depend on the machine, and every input is counted whether usable or not, so
        that a build can resume at any input. Skipping is cheap: no image is read for what is skipped.

        Raises:
            SourceError: Nothing can be read: the place is missing, empty, or of another format.
        """

    @abstractmethod
    def count(self) -> int | None:
        """How many inputs `records` will yield; None where only reading everything would tell."""

    @abstractmethod
    def locate(self, image: str) -> bytes:
        """The bytes of the image that an `Item.image` of this source names.

        Raises:
            SourceError: It is not there any more, or lies outside the collection's root.
        """

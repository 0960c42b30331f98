"""What a generator is told: words, or retrieved works."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from latentarchive.errors import GeneratorError
from latentarchive.rights import reserves_mining

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from latentarchive.archive import Archive


@dataclass(frozen=True)
class Words:
    """A text, and what the picture should keep away from."""

    prompt: str
    negative: str = ""

    def __post_init__(self) -> None:
        """Raise `GeneratorError` for what is no text, or no text that can be written down."""
        for name in ("prompt", "negative"):
            text = getattr(self, name)
            if not isinstance(text, str) or any("\ud800" <= letter <= "\udfff" for letter in text):
                message = f"{name} of a generation must be text, got {text!r}"[:200]
                raise GeneratorError(message)


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

    def __post_init__(self) -> None:
        """Raise `GeneratorError` if there is none, or if ids and vectors do not match."""
        if not self.ids or self.vectors.shape[:1] != (len(self.ids),) or self.vectors.ndim != 2:
            message = f"works to generate from: {len(self.ids)} ids and vectors of shape {self.vectors.shape}; "
            message += "at least one is needed, and one row of a matrix for each"
            raise GeneratorError(message)


def retrieved(archive: Archive, ids: Sequence[str], *, allow_reserved: bool = False) -> Works:
    """Works of an archive as a condition.

    Args:
        archive: Where the vectors come from.
        ids: Which works; one that is named twice counts once. The shipped generator was trained on up to four.
        allow_reserved: Take also works whose rights reserve data mining, which are otherwise left out.

    Raises:
        QueryError: No such item in the archive, or it is withheld: withheld works condition nothing.
        GeneratorError: No work is given, or all of them reserve data mining.
    """
    if isinstance(ids, str):
        message = f"ids of works must be a list, got the text {ids!r}; put it in brackets"
        raise GeneratorError(message)
    ids = list(dict.fromkeys(ids))
    rows = [archive.row(item_id) for item_id in ids]
    reserved = [reserves_mining(item.mining) and not allow_reserved for item in archive.collection.items(rows)]
    taken = [i for i, left_out in enumerate(reserved) if not left_out]
    if ids and not taken:
        message = f"all {len(ids)} works reserve data mining, and so condition no image unless that is allowed by name"
        raise GeneratorError(message)
    return Works(
        ids=tuple(ids[i] for i in taken),
        vectors=archive.embeddings.take([rows[i] for i in taken]),
        encoder=archive.manifest.fingerprint,
        left_out=sum(reserved),
        reserved=tuple(
            item.id for item in archive.collection.items([rows[i] for i in taken]) if reserves_mining(item.mining)
        ),
        archive=archive,
    )

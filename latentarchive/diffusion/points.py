"""Places in an archive's space that a generator can be told: of a work, an image file, words, and between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from latentarchive.diffusion.conditions import Point, Told, Words
from latentarchive.diffusion.from_archive import centroid, retrieved
from latentarchive.errors import GeneratorError, ImageError, QueryError
from latentarchive.images import decode
from latentarchive.measures.sphere import spherical_mean
from latentarchive.query import Term, parse_term
from latentarchive.terms import read_file

if TYPE_CHECKING:
    from latentarchive.archive import Archive
    from latentarchive.diffusion.capabilities import Capabilities

MEANT = 4
"""Works whose centroid stands for words: the shipped generator was trained on up to four."""


def read(archive: Archive, text: str | Term) -> Term:
    """An item id, an image file or words, without region or weight; see `query.parse_term`. Raises `QueryError`.

    Args:
        archive: Whose items may be named.
        text: As a person writes it; or a term as it stands, from those who may not name files.
    """
    if isinstance(text, Term):
        term = text
    else:
        prefix = archive.collection[0].id.partition(":")[0] if len(archive.collection) else ""
        term = parse_term(text, prefix=prefix, is_item=lambda item_id: archive.collection.row(item_id) is not None)
    if term.region is not None or term.weight != 1:
        message = f"{str(text)!r}: an experiment takes whole works and images, without region or weight"
        raise QueryError(message)
    if term.kind == "item":
        archive.row(term.value)
    return term


def point_of(archive: Archive, term: Term) -> Point:
    """Where a term lies among the images of an archive.

    Words lie apart from all images in the space of CLIP (Liang et al., 2022), where no generator was ever told
    anything: the centroid of the `MEANT` works that the archive finds for them stands for them.

    Raises:
        QueryError: The item is withheld, or the file cannot be decoded.
        GeneratorError: All works that words find reserve data mining.
    """
    if term.kind == "item":
        return centroid(retrieved(archive, [term.value]))
    if term.kind == "file":
        try:
            found = archive.encoder.encode_images([decode(read_file(term.value)).image])
        except ImageError as error:
            message = f"{term.value} cannot be used: {error}"
            raise QueryError(message) from error
        return Point(found.unit[0], float(found.norms[0]), archive.manifest.fingerprint, "an image file")
    near = archive.search(term.value, by="meaning", k=MEANT)
    works = retrieved(archive, [hit.item.id for hit in near.hits])
    found_point = centroid(works)
    return Point(
        found_point.vector, found_point.norm, found_point.encoder, f"centroid of what is nearest to {term.value!r}",
        ids=found_point.ids, weights=found_point.weights, left_out=works.left_out, reserved=works.reserved,
        archive=archive,
    )  # fmt: skip


def between(points: Sequence[Point], weights: Sequence[float], *, made: str) -> Point:
    """The spherical mean of points of one space, at their mean length; a weight of 1 is that point itself.

    Raises:
        GeneratorError: They are of different spaces, or cancel each other out.
    """
    share = np.asarray(weights, np.float64) / np.sum(weights)
    if len({point.encoder for point in points}) > 1:
        message = "points of different encoders have nothing between them; use one archive"
        raise GeneratorError(message)
    if share.max() == 1:
        return points[int(share.argmax())]
    try:
        vector = spherical_mean(np.stack([point.vector for point in points]), share.tolist())
    except ValueError as error:
        message = f"nothing lies between these: {error}"
        raise GeneratorError(message) from error
    works: dict[str, float] = {}
    for point, part in zip(points, share.tolist(), strict=True):
        for item_id, weight in zip(point.ids, point.weights, strict=True):
            works[item_id] = works.get(item_id, 0.0) + part * weight
    norms = [point.norm for point in points if point.norm is not None]
    return Point(
        vector=vector.astype(np.float32),
        norm=float(share @ norms) if len(norms) == len(points) else None,
        encoder=points[0].encoder,
        made=made,
        ids=tuple(works),
        weights=tuple(works.values()),
        left_out=sum(point.left_out for point in points),
        reserved=tuple(dict.fromkeys(item_id for point in points for item_id in point.reserved)),
        archive=points[0].archive or next((point.archive for point in points if point.archive), None),
    )


def told_of(archive: Archive, term: Term, capabilities: Capabilities) -> Told:
    """What a generator is told of a term: words as they stand, a work or a file as its vector.

    A generator that takes words alone is told a work's caption, as its catalogue has it.

    Raises:
        QueryError: The item is withheld.
        GeneratorError: It reserves data mining; or the generator takes words alone, and there is no caption.
    """
    if term.kind == "text":
        return Words(term.value)
    if capabilities.vector or capabilities.sequence:
        return retrieved(archive, [term.value]) if term.kind == "item" else point_of(archive, term)
    caption = ""
    if term.kind == "item":
        retrieved(archive, [term.value])  # for what it refuses
        item = archive.item(term.value)
        caption = item.text or item.title
    if not caption:
        message = f"this generator takes words only, and {term} has no caption; say in words what it should be told"
        raise GeneratorError(message)
    return Words(caption, described=(term.value,), archive=archive)


def said_instead(term: Term, told: Told) -> tuple[str, ...]:
    """A note where a generator was told a work's caption in its place."""
    if term.kind != "item" or not isinstance(told, Words):
        return ()
    return (f"This generator takes words only: of {term.value} it was told the caption.",)


def check_vectors(capabilities: Capabilities, what: str) -> None:
    """Raise `GeneratorError` for a generator that is told no vectors."""
    if not capabilities.vector and not capabilities.sequence:
        message = (
            f"{what} needs a generator that is told image vectors, and this one takes {capabilities}; the project's "
            "own generators, unCLIP, Kandinsky and Stable Diffusion with an IP-Adapter are"
        )
        raise GeneratorError(message)

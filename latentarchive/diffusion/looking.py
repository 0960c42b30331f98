"""What a contrast keeps of its images, and of the archive's own works: seen in the archive's space, and by pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from latentarchive.diffusion.conditions import Words
from latentarchive.diffusion.contrast import Background, Made, Placed, Seen
from latentarchive.diffusion.planning import Job
from latentarchive.diffusion.surroundings import Surroundings, alike, pixels_of
from latentarchive.images import decode
from latentarchive.rights import reserves_mining

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentarchive.archive import Archive
    from latentarchive.diffusion.generated import Generated
    from latentarchive.diffusion.generators import Generator

SAMPLE = 120
"""Works of the archive that say what is near, and alike, among its own."""

THROUGH = 12
"""Works that are sent through the generator's autoencoder: as alike as these to themselves can a copy be."""

FAR = 0.5
"""Likeness below which nobody asks whether an image is a copy."""

FACTS = ("creator", "medium", "place", "subjects", "year", "year_end")
"""What of a catalogue entry is kept, to be compared."""


def seen_of(
    around: Surroundings,
    generator: Generator,
    jobs: Sequence[Job],
    made: Sequence[Generated],
    question: NDArray[np.float32],
) -> list[Made]:
    """Images among the works of an archive, in the order of their jobs.

    Args:
        around: The works that may be shown.
        generator: What made them; its autoencoder says how like a work a copy of it would be.
        jobs: One for each image.
        made: The images.
        question: float32 (dim,), the vector of the query.
    """
    archive = around.archive
    vectors = archive.encoder.encode_images([one.image for one in made]).unit
    rows = [np.array([archive.row(item) for item in job.sources], np.int64) for job in jobs]
    names, images = [job.name for job in jobs], [one.image for one in made]
    # Told by words, an image has no works that it was made from: those that are near are looked at anyway.
    also = [
        own if len(own) == 1 or not isinstance(job.told, Words) else own[:0]
        for job, own in zip(jobs, rows, strict=True)
    ]
    seen = around.of_images(names, images, vectors, also)
    best = [
        (archive.embeddings.take(own).astype(np.float64) @ vector).max()
        for own, vector in zip(rows, vectors.astype(np.float64), strict=True)
    ]
    ranks = around.places(vectors, np.array(best))
    scores = vectors.astype(np.float64) @ question.astype(np.float64)
    places = around.places(np.repeat(question[None], len(made), axis=0), scores)
    kept = _through(archive, generator, {one.alike_to for one in seen if (one.alike or 0.0) >= FAR})
    return [
        Made(
            **vars(one),
            record=image.record,
            sources=job.sources,
            source_rank=int(rank),
            rank=int(place) + 1,
            kept=kept.get(one.alike_to),
        )
        for one, image, job, rank, place in zip(seen, made, jobs, ranks, places, strict=True)
    ]


def sampled(around: Surroundings) -> int:
    """How many of the archive's own works `background` looks at."""
    return min(SAMPLE, int(around.visible.sum()))


def background(around: Surroundings, generator: Generator) -> Background:
    """How the archive's own works lie to each other, and what the autoencoder leaves of some of them."""
    archive = around.archive
    rows = np.flatnonzero(around.visible)
    random = np.random.default_rng(0)
    chosen = random.choice(rows, sampled(around), replace=False)
    through = _through(archive, generator, [item.id for item in archive.collection.items(chosen[:THROUGH].tolist())])
    works = [
        Placed(id=one.id, scores=one.scores, own=one.own, alike=one.alike) for one in around.of_works(chosen.tolist())
    ]
    return Background(works=tuple(works), through=tuple(through.values()))


def _through(archive: Archive, generator: Generator, ids: Iterable[str]) -> dict[str, float]:
    """How alike works are to themselves after the autoencoder; without those that reserve data mining."""
    if not archive.manifest.counts["images"]:
        return {}
    free = [item_id for item_id in sorted(ids) if not reserves_mining(archive.item(item_id).mining)]
    before = {item_id: decode(data).image for item_id in free if (data := archive.thumbnail(item_id))}
    after: list[Image.Image] = [generator.decode(generator.encode(image)) for image in before.values()]
    found = alike([pixels_of(image) for image in before.values()], [pixels_of(image) for image in after])
    return {item_id: round(float(one), 4) for item_id, one in zip(before, found, strict=True)}


def catalogue(archive: Archive, seen: Sequence[Seen]) -> dict[str, dict[str, Any]]:
    """By id, the `FACTS` of all works that lie near to what was seen."""
    ids = sorted({name for one in seen for name in one.near})
    return {
        item.id: {name: item.record()[name] for name in FACTS}
        for item in archive.collection.items([archive.row(item_id) for item_id in ids])
    }

"""The whole idea in a minute: a cabinet is drawn, kept, searched and described, and a generator is asked the same.

Everything that it needs ships with the package: no network, no collection, no GPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from latentarchive import cards
from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.cabinet.truth import write_truth
from latentarchive.diffusion import Words, load_generator
from latentarchive.encoders import folder_of
from latentarchive.errors import EncoderError
from latentarchive.progress import silent
from latentarchive.recipes import load_recipe
from latentarchive.render import text
from latentarchive.render.demo import write_demo
from latentarchive.sources import Cabinet
from latentarchive.train.folder import digest_of

if TYPE_CHECKING:
    from latentarchive.description import Description
    from latentarchive.diffusion import Generated
    from latentarchive.progress import Progress
    from latentarchive.query import Results
    from latentarchive.recipes import Recipe

WORDS = "a large blue striped robe on a rose ground, woodcut"
SHOWN = 4
"""Works, and generated images, of each kind."""


@dataclass(frozen=True)
class Demo:
    """What the demo found and made, and where it lies."""

    archive: Path
    #: The truth about every work of the cabinet, one row each.
    truth: Path
    page: Path
    #: Folder of the generated images and their records.
    images: Path
    found: Results
    alike: Results
    described: Description
    made: list[Generated]


def run_demo(out: Path = Path("archives"), *, progress: Progress = silent) -> Demo:
    """Draw the cabinet into an archive, search it by words and by picture, describe a work, generate, write a page.

    An archive of an earlier demo is used again.

    Args:
        out: Folder for the archive ``cabinet``, its truth, the page and the images.
        progress: Told the stage and how much of it is done.

    Raises:
        EncoderError: The shipped encoder was trained by another recipe than the one that is here.
        GeneratorError: The shipped generator is damaged.
        WriteRefused: The disk is full, or we may not write there.
        MissingExtra: open_clip or diffusers is not installed.
    """
    recipe = load_recipe("cabinet")
    _check(recipe)
    generator = load_generator("tiny")
    built = build_archive(recipe, out=out / "cabinet", progress=progress)
    archive = Archive.open(built.path)
    _withhold(archive, recipe)
    found = archive.search(WORDS, by="meaning", k=SHOWN)
    first = found.hits[0].item.id
    alike = archive.search(like=[f"id:{first}"], by="meaning", k=SHOWN)
    described = archive.describe(f"id:{first}", k=6)
    made = []
    for seed in range(SHOWN):
        made += generator.generate(Words(WORDS), seeds=[seed])
        progress("generating", seed + 1, SHOWN)
    images, truth, page = out / "cabinet-demo", out / "cabinet-truth.parquet", out / "cabinet-demo.html"
    for image in made:
        image.save(images / name(image))
    assert isinstance(recipe.collection, Cabinet)
    write_truth(recipe.collection.entries, recipe.collection.name, truth)
    write_demo(page, archive, found=found, made=made, alike=alike, described=described)
    return Demo(built.path, truth, page, images, found, alike, described, made)


def summary(shown: Demo) -> str:
    """What the demo showed, for a terminal, and what to try next."""
    first, archive = shown.found.hits[0].item.id, shown.archive
    made = "\n".join(f"{image.record.seed}  {shown.images / name(image)}" for image in shown.made)
    return f"""{text.results(shown.found)}

{text.results(shown.alike)}

{text.description(shown.described)}

generated from the same words by {shown.made[0].record.generator!r}, which are no works and were never kept
{made}

The page of all this is {shown.page}; the truth about every work is {shown.truth}. Try next:
  latentarchive search {archive} "two gold medals with a ship" --html sheet.html
  latentarchive search {archive} --like {first} --unlike "text:a rose ground" --where "year < 1900"
  latentarchive describe {archive} {first}
  latentarchive info {archive}"""


def name(image: Generated) -> str:
    """File name of a generated image of the demo."""
    return f"seed-{image.record.seed}.png"


def _check(recipe: Recipe) -> None:
    """See that the encoder was trained on the cabinet as it is drawn now: what it has seen is then known."""
    folder = folder_of(recipe.encoder.id)
    card = cards.read(folder) if folder else None
    assert recipe.train is not None
    if card is None or card["recipe"]["digest"] != digest_of(recipe, recipe.train):
        message = (
            f"encoder {recipe.encoder.id!r} was not trained by recipe {recipe.name!r} as it is here: what it has seen "
            f"is unknown; install latentarchive anew, or train it: latentarchive train {recipe.name} --out {folder}"
        )
        raise EncoderError(message)


def _withhold(archive: Archive, recipe: Recipe) -> None:
    """Withhold the works that the cabinet wants withheld."""
    assert isinstance(recipe.collection, Cabinet)
    ids = [f"{recipe.collection.name}:{entry.number:05d}" for entry in recipe.collection.entries if entry.withhold]
    new = [
        item_id
        for item_id in ids
        if item_id not in archive.log.current() and archive.collection.row(item_id) is not None
    ]
    if new:
        archive.withhold(new, reason="planted in the cabinet: to be withheld", who="latentarchive demo")

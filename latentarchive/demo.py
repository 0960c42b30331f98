"""The whole idea in a minute: a cabinet is drawn, kept, searched, described, audited, contrasted with generations.

Everything that it needs ships with the package: no network, no collection, no GPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from latentarchive import cards
from latentarchive.archive import Archive
from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.build import build_archive
from latentarchive.cabinet.truth import write_truth
from latentarchive.diffusion import load_generator
from latentarchive.diffusion.contrasting import Plan, make_contrast
from latentarchive.diffusion.keeping import image_path, kept_image
from latentarchive.encoders.shipped import GENERATORS, MODELS, mend
from latentarchive.errors import EncoderError, GeneratorError
from latentarchive.progress import silent
from latentarchive.recipes import load_recipe
from latentarchive.render import contrasts, reports, text
from latentarchive.render.demo import held_in_words, write_demo
from latentarchive.sources import Cabinet
from latentarchive.train.folder import digest_of

if TYPE_CHECKING:
    from latentarchive.audit import Report
    from latentarchive.description import Description
    from latentarchive.diffusion import Generated
    from latentarchive.progress import Progress
    from latentarchive.query import Results
    from latentarchive.recipes import Recipe

WORDS = "a large blue striped robe on a rose ground, woodcut"
ASKED = ("robe", "blue", "rose", "striped", "woodcut", "large")
"""The same, as `Design.attributes`. The cabinet has blue robes on rose, but none of them is a woodcut: an archive can
only give what it has, and a generator makes what never was."""

SUITE, CONTRAST = "cabinet", "transformation"
"""The suites that audit it, and what was generated beside it; of the shipped ones."""

SHOWN, CONTRASTED = 4, 8
"""Works, and generated images, of each kind; and those that a contrast measures."""


@dataclass(frozen=True)
class Demo:
    """What the demo found and made, and where it lies."""

    archive: Path
    #: The truth about every work of the cabinet, one row each.
    truth: Path
    page: Path
    #: Works of the cabinet that are all that was asked for.
    held: int
    #: Folder of the contrast: generated images with their records, and what was measured.
    contrast: Path
    found: Results
    alike: Results
    described: Description
    made: list[Generated]
    #: What an audit found, and its page; and what was found of the contrast, and its page.
    audit: Report
    audit_page: Path
    transformation: Report
    contrast_page: Path


def run_demo(out: Path = Path("archives"), *, progress: Progress = silent) -> Demo:
    """Draw the cabinet into an archive, search, describe and audit it, contrast it with generations, write pages.

    An archive of an earlier demo is used again.

    Args:
        out: Folder for the archive ``cabinet``, its truth, the pages and the images.
        progress: Told the stage and how much of it is done.

    Raises:
        EncoderError: The shipped encoder is damaged, or was trained by another recipe than the one that is here.
        GeneratorError: The same of the generator.
        WriteRefused: The disk is full, or we may not write there.
        MissingExtra: open_clip or diffusers is not installed.
    """
    recipe = load_recipe("cabinet")
    _check(recipe)
    generator = load_generator("tiny")
    assert isinstance(recipe.collection, Cabinet)
    held = sum(entry.work.design.attributes == ASKED for entry in recipe.collection.entries if not entry.broken)
    built = build_archive(recipe, out=out / "cabinet", progress=progress)
    archive = Archive.open(built.path)
    _withhold(archive, recipe)
    found = archive.search(WORDS, by="meaning", k=SHOWN)
    first = found.hits[0].item.id
    alike = archive.search(like=[f"id:{first}"], by="meaning", k=SHOWN)
    described = archive.describe(f"id:{first}", k=6)
    with Subject.of(archive) as subject:
        audit = run_suite(subject, load_suite(SUITE), progress=progress)
    audit_page = reports.write(audit, out / "cabinet-audit", archive=archive)
    folder, truth, page = out / "cabinet-contrast", out / "cabinet-truth.parquet", out / "cabinet-demo.html"
    plan = Plan(query=archive.query(WORDS), n=CONTRASTED, k=CONTRASTED)
    contrast = make_contrast(archive, generator, plan, folder=folder, progress=progress)
    if not contrast.finished:
        raise KeyboardInterrupt
    with Subject.of_contrast(contrast, folder.name) as subject:
        transformation = run_suite(subject, load_suite(CONTRAST), progress=progress)
    contrast_page = contrasts.write(contrast, transformation, folder, archive=archive)
    made = [image for one in contrast.made[:SHOWN] if (image := kept_image(folder, one.id)) is not None]
    write_truth(recipe.collection.entries, recipe.collection.name, truth)
    write_demo(
        page,
        archive,
        held=held,
        found=found,
        made=made,
        alike=alike,
        described=described,
        reports={
            "Contrasted: what transformation did": (transformation, contrast_page.relative_to(out).as_posix()),
            "Audited: what the archive is made of": (audit, audit_page.relative_to(out).as_posix()),
        },
    )
    return Demo(
        archive=built.path,
        truth=truth,
        page=page,
        held=held,
        contrast=folder,
        found=found,
        alike=alike,
        described=described,
        made=made,
        audit=audit,
        audit_page=audit_page,
        transformation=transformation,
        contrast_page=contrast_page,
    )


def summary(shown: Demo) -> str:
    """What the demo showed, for a terminal, and what to try next."""
    first, archive = shown.found.hits[0].item.id, shown.archive
    names = (f"seed-{image.record.seed:04d}" for image in shown.made)
    made = "\n".join(f"{image_path(shown.contrast, name)}" for name in names)
    return f"""{text.results(shown.found)}

{held_in_words(shown.held)}

{text.results(shown.alike)}

{text.description(shown.described)}

generated from the same words by {shown.made[0].record.generator!r}: none of these is a work
{made}

contrasted with what the archive gives: {_counted(shown.transformation)}
{shown.contrast_page}

audited with suite {shown.audit.suite!r}: {_counted(shown.audit)}
{shown.audit_page}

The page of all this is {shown.page}; the truth about every work is {shown.truth}. Try next:
  latentarchive app {archive}
  latentarchive search {archive} "two gold medals with a ship" --html sheet.html
  latentarchive search {archive} --like {first} --unlike "text:a rose ground" --where "year < 1900"
  latentarchive describe {archive} {first}
  latentarchive audit {archive} quick
  latentarchive contrast {archive} "two gold medals with a ship" --tell image -n 6
  latentarchive info {archive}"""


def _counted(audit: Report) -> str:
    return f"{len(audit.findings)} findings: {', '.join(f'{n} {name}' for name, n in audit.outcomes.items() if n)}"


def _check(recipe: Recipe) -> None:
    """See that both models were trained on the cabinet as it is drawn now: what they have seen is then known."""
    other = load_recipe("cabinet-generator")
    assert recipe.train is not None
    assert other.generator is not None
    for kind, trained, table, folder, error in (
        ("encoder", recipe, recipe.train, MODELS / recipe.encoder.id, EncoderError),
        ("generator", other, other.generator, MODELS / GENERATORS["tiny"], GeneratorError),
    ):
        why = cards.problem(folder, needed=True)
        if not why and cards.told(folder, "recipe", "digest") != digest_of(trained, table):
            why = f"it was not trained by recipe {trained.name!r} as it is here, so what it has seen is unknown"
        if why:
            message = f"{kind} 'tiny': {why}; {mend(ships=True)}"
            raise error(message)


def _withhold(archive: Archive, recipe: Recipe) -> None:
    """Withhold the works that the cabinet wants withheld, but for those that somebody has decided about since."""
    assert isinstance(recipe.collection, Cabinet)
    ids = [f"{recipe.collection.name}:{entry.number:05d}" for entry in recipe.collection.entries if entry.withhold]
    decided = {entry.id for entry in archive.log.entries()}
    new = [item_id for item_id in ids if item_id not in decided and archive.collection.row(item_id) is not None]
    if new:
        archive.withhold(new, reason="planted in the cabinet: to be withheld", who="latentarchive demo")

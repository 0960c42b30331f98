"""Commands that transform: contrast."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from latentarchive.cli.bars import bar


def _strengths(ctx: click.Context, parameter: click.Parameter, value: str) -> tuple[float, ...]:
    """Numbers between commas. A usage error if they are none."""
    try:
        return tuple(float(one) for one in value.split(",") if one.strip())
    except ValueError as error:
        message = f"{value!r} is no list of numbers from 0 to 1, as 0,0.5,1"
        raise click.BadParameter(message, ctx, parameter) from error


@click.command()
@click.argument("archive")
@click.argument("words", required=False)
@click.option(
    "--like", multiple=True, metavar="X[@W]", help="Also like X: an item id, an image file, or words; weight W."
)
@click.option("--unlike", multiple=True, metavar="X[@W]", help="Not like X.")
@click.option("--where", default="", metavar="SQL", help='Only items for which this is true, e.g. "year < 1900".')
@click.option("--generator", default="tiny", show_default=True, metavar="ID|DIR", help="tiny, a folder, or a hub id.")
@click.option("--adapter", default="", metavar="DIR", help="A LoRA to put into the generator.")
@click.option(
    "--tell",
    type=click.Choice(["words", "works", "centroid", "captions", "image"]),
    help="What the generator is told: the words, the vectors of works found, the one point between these; or of each "
    "work its caption, or it itself as an image to begin from.  [default: words if there are some, else works]",
)
@click.option(
    "--strength",
    default="",
    callback=_strengths,
    metavar="S,S,...",
    help="How much of each work is made anew, from 0 to 1; only with --tell image.  [default: 0,0.25,0.5,0.75,1]",
)
@click.option("-n", default=16, show_default=True, help="Images to generate; with --tell captions or image, works.")
@click.option("-k", type=int, help="How many works to retrieve.  [default: as many]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the first image.")
@click.option("--steps", type=int, help="Steps of denoising.  [default: the generator's]")
@click.option(
    "--guidance", type=float, help="How much more the condition counts than nothing.  [default: the generator's]"
)
@click.option("--negative", default="", help="What the images should keep away from.")
@click.option("--allow-reserved", is_flag=True, help="Let works that reserve data mining condition images.")
@click.option("--device", default="cpu", show_default=True, help="Where the generator computes, as torch names it.")
@click.option("--encoder", help="Where the archive's encoder lies, if not where it was: local:DIR, openclip:ARCH/PATH.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder.  [default: ./contrast-ARCHIVE-QUERY]"
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def contrast(
    archive: str,
    words: str | None,
    like: tuple[str, ...],
    unlike: tuple[str, ...],
    where: str,
    generator: str,
    adapter: str,
    tell: str | None,
    strength: tuple[float, ...],
    n: int,
    k: int | None,
    seed: int,
    steps: int | None,
    guidance: float | None,
    negative: str,
    allow_reserved: bool,
    device: str,
    encoder: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Retrieve from ARCHIVE and generate under the same condition, and measure what transformation did.

    Leaves a page, a contact sheet, the images with their records, and all figures. Interrupted, it keeps what is done;
    the same command goes on.
    """
    import latentarchive
    from latentarchive.audit import Subject, load_suite, run_suite
    from latentarchive.diffusion import load_generator
    from latentarchive.diffusion.contrasting import Plan, make_contrast
    from latentarchive.render import contrasts, report_text, text

    opened = latentarchive.open(archive, encoder=encoder)
    query = opened.query(words, like=like, unlike=unlike, where=where)
    plan = Plan(
        query=query,
        told=tell or ("image" if strength else ""),
        n=n,
        k=n if k is None else k,
        strengths=strength,
        seed=seed,
        steps=steps,
        guidance=guidance,
        negative=negative,
        allow_reserved=allow_reserved,
    )
    folder = out or Path(f"contrast-{opened.name}-{_slug(str(query))}")
    with bar() as progress:
        made = make_contrast(
            opened, load_generator(generator, adapter=adapter, device=device), plan, folder=folder, progress=progress
        )
    with Subject.of_contrast(made, folder.resolve().name) as subject:
        report = run_suite(subject, load_suite("transformation"))
    page = contrasts.write(made, report, folder, archive=opened)
    click.echo(text.to_json(report.record()) if as_json else report_text.terminal(report, None))
    click.echo(page, err=as_json)
    if not made.finished:
        raise KeyboardInterrupt
    sys.exit(1 if report.outcomes["fail"] else 0)


def _slug(query: str) -> str:
    """A query as part of a folder's name."""
    return re.sub(r"[^a-z0-9]+", "-", query.lower()).strip("-")[:48].strip("-") or "query"

"""Commands that lay works out to be looked at: map, plate."""

from __future__ import annotations

from pathlib import Path

import click

from latentarchive.cli.bars import bar


@click.command("map")
@click.argument("archive")
@click.option("--method", default="umap", show_default=True, help="umap, tsne, pca or som.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help="A page (.html), a sheet to print (.png, .pdf) or the places (.parquet, .csv); may be given several times.  "
    "[default: ./map-ARCHIVE-METHOD.html, with --keep none]",
)
@click.option(
    "--keep", is_flag=True, help="Keep it beside the archive with tiles of pictures: `latentarchive app` shows it."
)
@click.option("--by", default="", metavar="FIELD", help="Colour the works by a field of the catalogue, e.g. medium.")
@click.option("--where", default="", metavar="SQL", help='Only items for which this is true, e.g. "year < 1900".')
@click.option("--grid", is_flag=True, help="One work a cell of a grid, so that none hides another.")
@click.option("--regions", default=12, show_default=True, help="How many clusters of the vectors are looked for.")
@click.option("--words", is_flag=True, help="Give the subjects nearest to each region, with their cosines.")
@click.option("-k", default=10, show_default=True, help="Neighbours that the map is judged by.")
@click.option("--seed", default=0, show_default=True, help="Of all that is random; the same seed, the same map.")
@click.option("--font", type=click.Path(path_type=Path), help="Font file for printed sheets.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def map_(
    archive: str,
    method: str,
    out: tuple[Path, ...],
    keep: bool,
    by: str,
    where: str,
    grid: bool,
    regions: int,
    words: bool,
    k: int,
    seed: int,
    font: Path | None,
    as_json: bool,
) -> None:
    """Lay the works of ARCHIVE out on two dimensions, and say how much of its space is kept there.

    A map is one view of many. It says which share of each work's nearest neighbours are its neighbours on the map too,
    beside what chance would give.
    """
    import latentarchive
    from latentarchive.maps import make_map
    from latentarchive.maps.stored import keep_map
    from latentarchive.render import maps, text

    opened = latentarchive.open(archive)
    files = out if out or keep else (Path(f"map-{opened.path.name}-{method}.html"),)
    maps.check_places(files)
    with bar() as progress:
        made = make_map(
            opened, method=method, where=where, by=by, grid=grid, k=k, regions=regions, words=words, seed=seed,
            progress=progress,
        )  # fmt: skip
        kept = (keep_map(made, opened, progress=progress),) if keep else ()
    unknown = [maps.write(made, opened, path, font=font) for path in files]
    _say(unknown)
    click.echo(text.to_json(made.record()) if as_json else "\n".join([made.sentence, *made.notes]))
    for path in (*files, *kept):
        click.echo(path, err=as_json)


@click.command()
@click.argument("archive")
@click.argument("what")
@click.option("-n", default=24, show_default=True, help="How many nearest works, at most.")
@click.option("--where", default="", metavar="SQL", help='Only items for which this is true, e.g. "year < 1900".')
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help="A .pdf or .png, A3 at 300 dots an inch; may be given several times.  [default: ./plate-ARCHIVE.pdf]",
)
@click.option("--font", type=click.Path(path_type=Path), help="Font file, for letters that this machine's has not.")
@click.option("--encoder", help="Where the archive's encoder lies, if not where it was: local:DIR, openclip:ARCH/PATH.")
def plate(
    archive: str, what: str, n: int, where: str, out: tuple[Path, ...], font: Path | None, encoder: str | None
) -> None:
    """Print WHAT and the works of ARCHIVE nearest to it on a sheet: whole pictures with captions, sources and rights.

    WHAT is an item id of the archive, else an existing image file, else words; id:, file: and text: force one. The
    pictures are the originals where these are at hand, else the thumbnails.
    """
    import latentarchive
    from latentarchive.maps import make_plate
    from latentarchive.render.lettering import Type
    from latentarchive.render.plate import write_plate
    from latentarchive.render.sheets import check_sheet

    opened = latentarchive.open(archive, encoder=encoder)
    files = out or (Path(f"plate-{opened.path.name}.pdf"),)
    for path in files:
        check_sheet(path)
    letters = Type(font)
    made = make_plate(opened, what, n=n, where=where)
    _say([write_plate(made, opened, path, letters=letters) for path in files])
    for path in files:
        click.echo(path)


def _say(unknown: list[str]) -> None:
    """Name the letters that could not be written."""
    letters = "".join(sorted({letter for found in unknown for letter in found}))
    if letters:
        click.echo(f"note: the font has no {letters[:40]}; give one that has with --font FILE", err=True)

"""The smallest whole round: draw some swatches, build an archive of them, search it by words and by picture.

    python -m latentarchive.demo --out archives/swatches

The swatches are synthetic, and the encoder is the toy that knows eleven colour words and nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from PIL import Image, ImageDraw

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.encoders.toy import COLOURS
from latentarchive.errors import ArchiveError
from latentarchive.recipes import Recipe, parse_text
from latentarchive.render import pages, text

SIDE = 192
RECIPE = """
title = "Drawn swatches, synthetic"
[collection]
source = "folder"
name = "swatch"
[collection.defaults]
creator = "latentarchive"
medium = "drawn by the program"
source = "latentarchive demo"
rights = "CC0-1.0"
[encoder]
id = "toy"
"""


def _plain(draw: ImageDraw.ImageDraw, colour: tuple[int, int, int]) -> None:
    draw.rectangle((24, 24, SIDE - 25, SIDE - 25), fill=colour)


def _stripes(draw: ImageDraw.ImageDraw, colour: tuple[int, int, int]) -> None:
    for x in range(24, SIDE - 24, 24):
        draw.rectangle((x, 24, x + 11, SIDE - 25), fill=colour)


def _dots(draw: ImageDraw.ImageDraw, colour: tuple[int, int, int]) -> None:
    for x in range(36, SIDE - 24, 30):
        for y in range(36, SIDE - 24, 30):
            draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=colour)


def _disc(draw: ImageDraw.ImageDraw, colour: tuple[int, int, int]) -> None:
    draw.ellipse((30, 30, SIDE - 31, SIDE - 31), fill=colour)


PATTERNS: dict[str, Callable[[ImageDraw.ImageDraw, tuple[int, int, int]], None]] = {
    "plain": _plain,
    "striped": _stripes,
    "dotted": _dots,
    "disc": _disc,
}


def draw_swatches(folder: Path) -> int:
    """Draw one swatch for each colour, pattern and of two grounds, each with a side file; how many there are.

    Raises:
        WriteRefused: The disk is full, or we may not write there.
    """
    grounds = {"white": COLOURS["white"], "black": COLOURS["black"]}
    drawn = 0
    for ground, paper in grounds.items():
        for colour, ink in COLOURS.items():
            if colour == ground:
                continue
            for pattern, paint in PATTERNS.items():
                image = Image.new("RGB", (SIDE, SIDE), paper)
                paint(ImageDraw.Draw(image), ink)
                stem = folder / ground / f"{colour}-{pattern}"
                storage.write_stream(stem.with_suffix(".png"), partial(image.save, format="PNG"))
                side = {"title": f"{pattern.capitalize()} {colour} on {ground}", "subjects": [pattern, colour, ground]}
                storage.write_bytes(stem.with_suffix(".json"), json.dumps(side).encode())
                drawn += 1
    return drawn


def recipe(root: Path) -> Recipe:
    """The recipe of the swatches that were drawn into a folder."""
    return parse_text(RECIPE, name="swatches", where="demo", root=root)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("archives/swatches"), show_default=True)
def demo(out: Path) -> None:
    """Draw swatches, build an archive of them, search it, and write a contact sheet."""
    originals = out.with_name(out.name + "-originals")
    click.echo(f"{draw_swatches(originals)} swatches drawn in {originals}")
    built = build_archive(recipe(originals), out=out)
    click.echo(text.built(built) + "\n")
    archive = Archive.open(built.path)
    red = archive.search("red", like=["text:orange@0.6"], unlike=["black"], by="meaning", k=8)
    click.echo(text.results(archive.search("a dotted blue swatch", k=3)) + "\n")
    click.echo(text.results(red) + "\n")
    sheet = out.with_name(out.name + "-red.html")
    pages.write_results(red, archive, sheet)
    first = red.hits[0].item.id
    click.echo(f"The contact sheet of the last search is {sheet}. Try next:")
    click.echo(f"  latentarchive search {out} green --where \"list_contains(subjects, 'disc')\"")
    click.echo(f"  latentarchive search {out} --like id:{first} --unlike striped")
    click.echo(f"  latentarchive describe {out} {first}")


if __name__ == "__main__":
    try:
        demo()
    except ArchiveError as error:
        sys.exit(f"latentarchive: {error}")

"""Commands that show the whole: demo."""

from __future__ import annotations

from pathlib import Path

import click

from latentarchive.cli.bars import bar


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("archives"), show_default=True,
    help="Folder for the archive, its truth, the page and the images.",
)  # fmt: skip
def demo(out: Path) -> None:
    """Draw the cabinet, keep and search it, generate from the same words, and write a page of it all.

    Needs no network: the cabinet is drawn by the program, and its small models ship with it.
    """
    from latentarchive.demo import run_demo, summary

    with bar() as progress:
        shown = run_demo(out, progress=progress)
    click.echo(summary(shown))

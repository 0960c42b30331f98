"""Commands that make something: build, train."""

from __future__ import annotations

from pathlib import Path

import click

from latentarchive.cli.bars import bar


@click.command()
@click.argument("recipe")
@click.option("--root", type=click.Path(path_type=Path), help="Folder that the collection's relative paths start from.")
@click.option("--name", help="Name of the archive, and first half of its item ids.  [default: the recipe's name]")
@click.option("--out", type=click.Path(path_type=Path), help="Directory of the archive.  [default: archives/NAME]")
@click.option("--encoder", help="Encoder id in place of the recipe's.")
@click.option("--factory", help="FAISS factory string in place of the recipe's.")
@click.option("--limit", type=click.IntRange(min=1), help="Read at most this many inputs.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Threads that decode, or with ray processes that encode.  [default: one a processor]",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Work in this process, or in those of Ray: here, or on the cluster at RAY_ADDRESS.",
)
def build(
    recipe: str,
    root: Path | None,
    name: str | None,
    out: Path | None,
    encoder: str | None,
    factory: str | None,
    limit: int | None,
    workers: int | None,
    engine: str,
) -> None:
    """Build an archive from RECIPE: a shipped recipe's name, or the path of a .toml file.

    An interrupted build goes on where it stopped. An archive that is there becomes what the collection is now:
    works are added and dropped, only new images are encoded. The path of the archive is printed last.
    """
    from latentarchive.build import build_archive
    from latentarchive.recipes import load_recipe
    from latentarchive.render import text

    loaded = load_recipe(recipe, root=root, name=name)
    with bar() as progress:
        built = build_archive(
            loaded,
            out=out,
            encoder=encoder,
            factory=factory,
            limit=limit,
            workers=workers,
            engine=engine,
            progress=progress,
        )
    click.echo(text.built(built), err=True)
    click.echo(built.path)


@click.command()
@click.argument("recipe")
@click.option("--root", type=click.Path(path_type=Path), help="Folder that the collection's relative paths start from.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the model.  [default: models/NAME]")
def train(recipe: str, root: Path | None, out: Path | None) -> None:
    """Train the small model that RECIPE describes: [train], [generator] or [lora].

    An interrupted training goes on from its last checkpoint. The folder of the model is printed last.
    """
    from latentarchive.recipes import load_recipe
    from latentarchive.render import text
    from latentarchive.train import train_model

    loaded = load_recipe(recipe, root=root)
    with bar() as progress:
        trained = train_model(loaded, out=out or Path("models") / loaded.name, progress=progress)
    click.echo(text.trained(trained), err=True)
    click.echo(trained.path)

"""Commands that experiment: darkroom, walk, blend, seeds, default, drift, swap, telephone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from latentarchive.cli.bars import bar

if TYPE_CHECKING:
    from latentarchive.archive import Archive
    from latentarchive.diffusion.bench import Bench
    from latentarchive.diffusion.experiment import Experiment
    from latentarchive.diffusion.generated import Generated


@dataclass(frozen=True)
class Setting:
    """What every experiment is asked beside its own question: what loads the generator, and how it is asked."""

    generator: str
    adapter: str
    image_adapter: str
    prior: str
    device: str
    encoder: str | None
    steps: int | None
    guidance: float | None
    out: Path | None
    as_json: bool


OPTIONS = (
    click.option(
        "--generator", default="tiny", show_default=True, metavar="ID|DIR", help="tiny, a folder, or a hub id."
    ),
    click.option("--adapter", default="", metavar="DIR", help="A LoRA to put into the generator."),
    click.option(
        "--image-adapter", default="", metavar="FILE", help="An IP-Adapter, by which it is told image vectors."
    ),
    click.option("--prior", default="", metavar="DIR", help="The prior of Kandinsky, by which it is told words."),
    click.option("--device", default="cpu", show_default=True, help="Where the generator computes, as torch names it."),
    click.option("--encoder", help="Where the archive's encoder lies, if not where it was."),
    click.option("--steps", type=click.IntRange(min=1), help="Denoising steps.  [default: the generator's own]"),
    click.option("--guidance", type=click.FloatRange(min=1), help="1: the condition alone.  [default: its own]"),
    click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder for the page, the images and their records.  [default: ./COMMAND-ARCHIVE]",
    ),
    click.option("--json", "as_json", is_flag=True, help="One JSON object."),
)


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `Setting`, as its last argument."""

    @wraps(command)
    def given(*args: Any, **named: Any) -> None:
        setting = Setting(**{one.name: named.pop(one.name) for one in fields(Setting)})
        command(*args, **named, setting=setting)

    decorated: Callable[..., None] = given
    for option in reversed(OPTIONS):
        decorated = option(decorated)
    return decorated


def run(kind: str, archive: str, setting: Setting, ask: Callable[[Bench], Experiment], *, other: str = "") -> None:
    """Ask, write the files, say what was found; images are kept as they are made."""
    import latentarchive
    from latentarchive.diffusion import load_generator
    from latentarchive.diffusion.bench import Bench
    from latentarchive.diffusion.experiment import IMAGES
    from latentarchive.render import experiments, pages, text

    opened = [latentarchive.open(name, encoder=setting.encoder) for name in (archive, other) if name]
    folder = setting.out or Path(f"{kind}-{opened[0].name}")
    if folder.is_dir():
        pages.check_place(folder / f"{kind}.html")
    generator = load_generator(
        setting.generator,
        adapter=setting.adapter,
        image_adapter=setting.image_adapter,
        prior=setting.prior,
        device=setting.device,
    )
    kept: list[str] = []

    def keep(name: str, image: Generated) -> None:
        image.save(folder / IMAGES / f"{name}.png")
        kept.append(name)

    with bar() as progress, _kept(kept, folder / IMAGES):
        bench = Bench(
            opened[0], generator, steps=setting.steps, guidance=setting.guidance, keep=keep, progress=progress
        )
        found = ask(bench)
    page = experiments.write_experiment(found, folder, _by_name(opened))
    click.echo(text.to_json(found.values()) if setting.as_json else experiments.terminal(found))
    click.echo(page, err=setting.as_json)


@contextmanager
def _kept(names: list[str], folder: Path) -> Iterator[None]:
    """Say where the images are, if somebody stops the experiment."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"latentarchive: interrupted; {len(names)} images so far are in {folder}", err=True)
        sys.exit(130)


def _by_name(archives: list[Archive]) -> dict[str, Archive]:
    return {archive.name: archive for archive in archives}


def _one(words: str | None, like: str | None) -> str:
    """TEXT, or what --like names."""
    if (words is None) == (like is None):
        message = "give either TEXT or --like ID"
        raise click.UsageError(message)
    return like if like is not None else f"text:{words}"


SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the noise.")


@click.command()
@click.argument("archive")
@click.argument("words", metavar="[TEXT]", required=False)
@click.option("--like", metavar="ID", help="A work (or an image file) in place of words; it is also drowned in noise.")
@SEED
@click.option("-k", type=click.IntRange(min=1), default=10, show_default=True, help="Nearest works that are compared.")
@common
def darkroom(archive: str, words: str | None, like: str | None, seed: int, k: int, setting: Setting) -> None:
    """Watch an image come up out of noise, and what the archive recognises at each step.

    With --like ID also the reverse: at which step of added noise the archive finds that work no more.
    """
    from latentarchive.diffusion.darkroom import darkroom as ask

    asked = _one(words, like)
    run("darkroom", archive, setting, lambda bench: ask(bench, asked, seed=seed, k=k))


@click.command()
@click.argument("archive")
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="TO")
@click.option("--pictures", type=click.IntRange(min=3), default=9, show_default=True, help="Both ends counted.")
@SEED
@common
def walk(archive: str, start: str, end: str, pictures: int, seed: int, setting: Setting) -> None:
    """Walk from FROM to TO: item ids, image files or words.

    Of the points that are tried, those are shown between which the archive's encoder sees the most even steps; the
    works nearest to the same points stand beside them.
    """
    from latentarchive.diffusion.walk import walk as ask

    run("walk", archive, setting, lambda bench: ask(bench, start, end, pictures=pictures, seed=seed))


@click.command()
@click.argument("archive")
@click.argument("things", metavar="X X [X...]", nargs=-1, required=True)
@SEED
@common
def blend(archive: str, things: tuple[str, ...], seed: int, setting: Setting) -> None:
    """Blend two to five item ids, image files or words.

    In the encoder's space, in that of the autoencoder and in inverted noise, beside the works that lie nearest to the
    middle. Words stand for the works that the archive finds for them.
    """
    from latentarchive.diffusion.blend import blend as ask

    run("blend", archive, setting, lambda bench: ask(bench, things, seed=seed))


@click.command()
@click.argument("archive")
@click.argument("words", metavar="[TEXT]", required=False)
@click.option("--like", metavar="ID", help="A work (or an image file) in place of words.")
@click.option("-n", type=click.IntRange(min=2), default=16, show_default=True, help="Images, and works beside them.")
@SEED
@common
def seeds(archive: str, words: str | None, like: str | None, n: int, seed: int, setting: Setting) -> None:
    """Make one prompt with N seeds, and measure how different the images are beside N works for the same."""
    from latentarchive.diffusion.seeds import seeds as ask

    asked = _one(words, like)
    run("seeds", archive, setting, lambda bench: ask(bench, asked, n=n, seed=seed))


@click.command()
@click.argument("archive")
@click.option("--prompt", "prompts", multiple=True, help="In place of the empty and under-specified ones.")
@click.option("-n", type=click.IntRange(min=1), default=12, show_default=True, help="Images of each prompt.")
@SEED
@common
def default(archive: str, prompts: tuple[str, ...], n: int, seed: int, setting: Setting) -> None:
    """Make images of nothing and next to nothing; say what they resemble too often, against ARCHIVE."""
    from latentarchive.diffusion.default import PROMPTS
    from latentarchive.diffusion.default import default as ask

    run("default", archive, setting, lambda bench: ask(bench, prompts or PROMPTS, n=n, seed=seed))


@click.command()
@click.argument("archive")
@click.option("--sample", type=click.IntRange(min=1), default=32, show_default=True, help="Works, drawn at random.")
@click.option(
    "--by", type=click.Choice(["vector", "image"]), help="What the generator is told of them.  [default: the vector]"
)
@click.option("--map", "method", default="pca", show_default=True, help="Below the arrows: pca, som, tsne or umap.")
@SEED
@common
def drift(archive: str, sample: int, by: Any, method: str, seed: int, setting: Setting) -> None:
    """Send works of ARCHIVE through a generator: how far, which way, and towards what they are moved."""
    from latentarchive.diffusion.drift import drift as ask

    run("drift", archive, setting, lambda bench: ask(bench, sample=sample, seed=seed, by=by, method=method))


@click.command()
@click.argument("archive")
@click.argument("other")
@click.argument("words", metavar="TEXT")
@click.option("-n", type=click.IntRange(min=2), default=8, show_default=True, help="Images of each archive.")
@SEED
@common
def swap(archive: str, other: str, words: str, n: int, seed: int, setting: Setting) -> None:
    """Tell the same generator what ARCHIVE, and then what OTHER, has for the same words, with the same noise."""
    import latentarchive
    from latentarchive.diffusion.swap import swap as ask

    second = latentarchive.open(other, encoder=setting.encoder)
    run("swap", archive, setting, lambda bench: ask(bench, second, words, n=n, seed=seed), other=other)


@click.command()
@click.argument("archive")
@click.argument("item", metavar="ID")
@click.option("--cycles", type=click.IntRange(min=1), default=6, show_default=True)
@click.option(
    "--chains", type=click.IntRange(min=1), default=5, show_default=True, help="Games with seeds of their own."
)
@SEED
@common
def telephone(archive: str, item: str, cycles: int, chains: int, seed: int, setting: Setting) -> None:
    """Describe a work with the archive's own subjects, make an image of the words, describe that, and so on."""
    from latentarchive.diffusion.telephone import telephone as ask

    run("telephone", archive, setting, lambda bench: ask(bench, item, cycles=cycles, chains=chains, seed=seed))

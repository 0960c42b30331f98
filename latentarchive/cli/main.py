"""The group of all commands, loaded one at a time, and the one place where errors become a line."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from latentarchive.errors import ArchiveError

COMMANDS = {
    "app": ("serving", "Open the reading room in a browser: search, maps, audits, transformation."),
    "audit": ("auditing", "Run the checks of a suite over an archive or a table, and write a report."),
    "blend": ("experimenting", "Blend two to five works or words in three spaces, beside what lies between them."),
    "build": ("making", "Build an archive from a recipe, or go on with a build that was interrupted."),
    "compare": ("auditing", "Hold an archive beside another: two encoders, two collections, two versions."),
    "contrast": ("transforming", "Generate beside what is retrieved, and measure what transformation did."),
    "darkroom": ("experimenting", "Watch an image come up out of noise, and a work vanish in it."),
    "default": ("experimenting", "What a generator makes when it is told next to nothing."),
    "demo": ("showing", "Draw a cabinet of works, keep it, search it, generate beside it."),
    "describe": ("asking", "Show which words of a vocabulary are nearest to an image."),
    "drift": ("experimenting", "Where a generator moves the works of a whole collection."),
    "export": ("keeping", "Write the items, or some of them, to a file or a copy."),
    "info": ("keeping", "Show what an archive holds and how it was made."),
    "items": ("asking", "List items, all or those that satisfy a filter."),
    "map": ("drawing", "Lay the works out on two dimensions, with how much of the space is kept."),
    "member": ("auditing", "Ask whether a work, or each of a list, is in an archive or a table."),
    "neighbors": ("asking", "Show what lies nearest to an item, and its neighbours by shelf, maker, place and decade."),
    "plate": ("drawing", "Print a work, or words, and the works nearest to it on a sheet."),
    "report": ("auditing", "Write the pages of a report anew, without what was withheld since."),
    "restore": ("keeping", "Show withheld items again."),
    "search": ("asking", "Find items by words, by image, by item, or by several of them."),
    "seeds": ("experimenting", "One prompt, many seeds: how different are the images?"),
    "swap": ("experimenting", "The same weights and words, told the works of two archives."),
    "telephone": ("experimenting", "Describe, generate, describe again: what survives?"),
    "train": ("making", "Train a small encoder, generator or LoRA of one's own on one collection."),
    "verify": ("keeping", "Recompute all checksums and promises of an archive."),
    "walk": ("experimenting", "Walk from one work or word to another in even steps."),
    "withhold": ("keeping", "Withhold items from everything the program shows."),
}
"""Every command: the module of this package that holds it, and its line in the help."""


TRACEBACK = "LATENTARCHIVE_TRACEBACK"
"""Environment variable: if set, an error that nobody foresaw is shown with its traceback."""


class Commands(click.Group):
    """Commands are imported when they are used, so that ``--help`` loads nothing; errors are one line and exit 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"latentarchive.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, "map_" if cmd_name == "map" else cmd_name)  # `map` is Python's own
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, from `COMMANDS` alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])

    def invoke(self, ctx: click.Context) -> Any:
        """Run; an `ArchiveError` becomes one line on stderr and exit code 1."""
        # The threads of a model sleep while they wait for each other, as those that decode images want the processor.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read once, when torch or faiss is loaded
        try:
            return super().invoke(ctx)
        except ArchiveError as error:
            click.echo(f"latentarchive: {error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("latentarchive: interrupted; run the same command again and it goes on", err=True)
            sys.exit(130)
        except BrokenPipeError:
            sys.stderr.close()  # whoever read our output has stopped; Python would complain on exit
            sys.exit(0)
        except MemoryError:
            message = "there is too little memory; close other programs, then run the same command again"
            click.echo(f"latentarchive: {message}", err=True)
            sys.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get(TRACEBACK):
                raise
            reason = " ".join(str(error).split()) or "without a message"
            click.echo(
                f"latentarchive: {type(error).__name__}: {reason}; this should not happen: please report it", err=True
            )
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="latentarchive", prog_name="latentarchive")
def main() -> None:
    """Build archives of images, search them by words and by image, and look after them.

    An ARCHIVE is a directory, or the name of one under ./archives.
    """

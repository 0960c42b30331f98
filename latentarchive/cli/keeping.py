"""Commands that look after an archive: info, verify, withhold, restore, export."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from latentarchive.cli.bars import bar


@click.command()
@click.argument("archive")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def info(archive: str, as_json: bool) -> None:
    """Show what ARCHIVE holds, how it was made, and what is withheld or was rejected."""
    import latentarchive
    from latentarchive.render import text
    from latentarchive.summary import summarize

    facts = summarize(latentarchive.open(archive))
    click.echo(text.to_json(facts) if as_json else text.facts(facts))


@click.command()
@click.argument("archive")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verify(archive: str, as_json: bool) -> None:
    """Recompute all checksums and promises of ARCHIVE; exit 1 and name the first difference if there is one."""
    from latentarchive.render import text
    from latentarchive.verify import verify_archive

    with bar() as progress:
        found = verify_archive(archive, progress=progress)
    click.echo(text.to_json(found.record()) if as_json else text.verification(found))
    sys.exit(0 if found.sound else 1)


@click.command()
@click.argument("archive")
@click.argument("ids", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; kept in the log.")
@click.option("--who", default="", help="Who decided; kept in the log.  [default: your account]")
def withhold(archive: str, ids: tuple[str, ...], reason: str, who: str) -> None:
    """Withhold the items with these IDS from everything the program shows."""
    import latentarchive

    copies = latentarchive.open(archive).withhold(ids, reason=reason, who=who)
    click.echo(f"withheld: {', '.join(ids)}")
    if copies:
        click.echo(f"still shown, although their image is the same file: {', '.join(copies)}", err=True)


@click.command()
@click.argument("archive")
@click.argument("ids", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; kept in the log.")
@click.option("--who", default="", help="Who decided; kept in the log.  [default: your account]")
def restore(archive: str, ids: tuple[str, ...], reason: str, who: str) -> None:
    """Show the items with these IDS again."""
    import latentarchive

    latentarchive.open(archive).restore(ids, reason=reason, who=who)
    click.echo(f"restored: {', '.join(ids)}")


@click.command()
@click.argument("archive")
@click.argument("format_name", metavar="FORMAT")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write.")
@click.option(
    "--ids",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Only these: a text file with one item id a line, or a saved selection.",
)
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="report.json of an audit, for figures in papers."
)
@click.option(
    "--base", metavar="URL", help="iiif: where the files will be published.  [default: http://localhost:8000/]"
)
def export(
    archive: str, format_name: str, out: Path | None, ids: Path | None, report: Path | None, base: str | None
) -> None:
    """Write ARCHIVE, or some of its items, as FORMAT.

    \b
    csv, jsonl, parquet   the items as a table
    csl, bibtex, ris      the items as citations, for Zotero and its like
    iiif                  a IIIF Presentation 3 manifest, a canvas a work, for viewers such as Mirador
    copy                  a whole archive without the withheld items, fit to be given away
    croissant             such a copy with croissant.json inside: a data set that can be published
    datasheet             what users should know, for digital heritage (Europeana), in Markdown
    datasheet-classic     the same in the sections of "Datasheets for Datasets"

    Papers say what can be measured and leave blanks for what only people know.
    """  # noqa: D301 - click wants this character
    import latentarchive
    from latentarchive.export import chosen_ids, export_archive

    opened = latentarchive.open(archive)
    chosen, missing = chosen_ids(opened, ids) if ids is not None else (None, "")
    if missing:
        click.echo(missing, err=True)
    path, n = export_archive(opened, format_name, out=out, ids=chosen, report=report, base=base)
    click.echo(f"{n} items", err=True)
    click.echo(path)

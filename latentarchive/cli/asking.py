"""Commands that ask: search, neighbors, describe, items."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("archive")
@click.argument("words", required=False)
@click.option(
    "--like", multiple=True, metavar="X[@W]", help="Also like X: an item id, an image file, or words; weight W."
)
@click.option("--unlike", multiple=True, metavar="X[@W]", help="Not like X.")
@click.option("--by", type=click.Choice(["meaning", "words", "both"]), default="both", show_default=True)
@click.option("--where", default="", metavar="SQL", help='Only items for which this is true, e.g. "year < 1900".')
@click.option("-k", default=10, show_default=True, help="How many items to show, at most.")
@click.option("--diverse", default=0.0, metavar="L", help="From 0, by relevance alone, to 1, as different as possible.")
@click.option(
    "--rerank",
    metavar="METHOD[:FIELD][@L]",
    help="Another order than that of relevance, at a cost that is told: mmr, dpp, facility; calibrated:FIELD, "
    "det-greedy:FIELD, det-const-sort:FIELD (FIELD,even: all values alike); fa-ir:FIELD=VALUE. L: strength, 0 to 1.",
)
@click.option("--encoder", help="Where the archive's encoder lies, if not where it was: local:DIR, openclip:ARCH/PATH.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="A table with one row a hit.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.html",
    help="Also write a contact sheet; only an earlier one is replaced.",
)
@click.option(
    "--iiif",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.json",
    help="Also write a IIIF manifest of the hits, pictures in a folder beside it; nothing is replaced.",
)
def search(
    archive: str,
    words: str | None,
    like: tuple[str, ...],
    unlike: tuple[str, ...],
    by: str,
    where: str,
    k: int,
    diverse: float,
    rerank: str | None,
    encoder: str | None,
    as_json: bool,
    as_csv: bool,
    html: Path | None,
    iiif: Path | None,
) -> None:
    """Find items of ARCHIVE by WORDS, by image, by item, or by several of them with weights.

    X is an item id of the archive, else an existing image file, else words; id:, file: and text: force
    one. An id or a file may carry a region: plate.jpg#xywh=percent:25,25,50,50.
    """
    import latentarchive
    from latentarchive.render import pages, text

    if html is not None:
        pages.check_place(html)
    if iiif is not None:
        from latentarchive.export import iiif_place

        iiif_place(iiif)
    opened = latentarchive.open(archive, encoder=encoder)
    found = opened.search(words, like=like, unlike=unlike, by=by, where=where, k=k, diverse=diverse, rerank=rerank)
    if html is not None:
        pages.write_results(found, opened, html)
    if iiif is not None:
        from latentarchive.export import iiif_place, manifest_of, write_iiif

        hits = [hit.item for hit in found.hits]
        write_iiif(manifest_of(opened, hits, name=iiif_place(iiif).stem, label=found.query), iiif)
    if as_csv:
        from latentarchive.render import tables

        click.echo(tables.results(found), nl=False)
    else:
        click.echo(text.to_json(found.record()) if as_json else text.results(found))


@click.command()
@click.argument("archive")
@click.argument("item")
@click.option(
    "--by",
    multiple=True,
    metavar="FIELD",
    help="Also those beside it by this: shelf (the order of the catalogue), creator, place, decade, century, medium, "
    "source, extra.NAME.  [default: what the item states of shelf, creator, place, decade, extra.credit_line]",
)
@click.option("-k", default=5, show_default=True, help="How many of each kind, at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def neighbors(archive: str, item: str, by: tuple[str, ...], k: int, as_json: bool) -> None:
    """Show what lies nearest to ITEM in the space, beside its neighbours of other kinds.

    How many of the nearest share its maker, place or decade is told, beside how many of all items do.
    """
    import latentarchive
    from latentarchive.render import text

    found = latentarchive.open(archive).neighborhood(item, by=by, k=k)
    click.echo(text.to_json(found.record()) if as_json else text.neighborhood(found))


@click.command()
@click.argument("archive")
@click.argument("image")
@click.option("--vocabulary", type=click.Path(path_type=Path), help="Text file with one term a line.")
@click.option("-k", default=10, show_default=True, help="How many terms to show, at most.")
@click.option("--encoder", help="Where the archive's encoder lies, if not where it was: local:DIR, openclip:ARCH/PATH.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def describe(archive: str, image: str, vocabulary: Path | None, k: int, encoder: str | None, as_json: bool) -> None:
    """Show which terms are nearest to IMAGE, an item id of ARCHIVE or an image file.

    Without a vocabulary the archive's own subjects are used.
    """
    import latentarchive
    from latentarchive.render import text

    found = latentarchive.open(archive, encoder=encoder).describe(image, vocabulary=vocabulary, k=k)
    click.echo(text.to_json(found.record()) if as_json else text.description(found))


@click.command()
@click.argument("archive")
@click.option("--where", default="", metavar="SQL", help='Only items for which this is true, e.g. "year < 1900".')
@click.option("-k", default=20, show_default=True, help="How many items to show, at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def items(archive: str, where: str, k: int, as_json: bool) -> None:
    """List the items of ARCHIVE in row order."""
    import latentarchive
    from latentarchive.errors import QueryError
    from latentarchive.render import text

    if k < 1:
        message = f"k must be 1 or more, got {k}"
        raise QueryError(message)
    opened = latentarchive.open(archive)
    rows = opened.rows(where)
    found = opened.collection.items(rows[:k])
    record = {"archive": opened.name, "total": len(rows), "items": [item.record() for item in found]}
    click.echo(text.to_json(record) if as_json else text.items(found, len(rows)))

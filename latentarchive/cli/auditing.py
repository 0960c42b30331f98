"""Commands that audit: audit, compare, member, report."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from latentarchive.cli.bars import bar


@click.command()
@click.argument("archive")
@click.argument("suite")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the report.  [default: ./audit-ARCHIVE-SUITE]",
)
@click.option(
    "--against", type=click.Path(path_type=Path, dir_okay=False), help="An earlier report.json: say what changed."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def audit(archive: str, suite: str, out: Path | None, against: Path | None, as_json: bool) -> None:
    """Run SUITE over ARCHIVE, or over a table of image-text pairs; exit 1 if a check fails.

    SUITE is the name of a shipped one or a TOML file. ARCHIVE may also be a Parquet, CSV or JSONL file, or a folder of
    them, as data sets are published.
    """
    from latentarchive.audit import Subject, load_suite, run_suite
    from latentarchive.audit.comparison import compare
    from latentarchive.audit.report import load_report
    from latentarchive.render import report_text, reports, text

    chosen = load_suite(suite)
    earlier = load_report(against) if against is not None else None
    with Subject.open(archive) as subject:
        if earlier is not None and subject.archive is not None:
            earlier = earlier.without(set(subject.archive.log.current()))
        folder = out or Path(f"audit-{subject.name}-{chosen.name}")
        reports.check_place(folder)
        with bar() as progress:
            found = run_suite(subject, chosen, progress=progress)
        since = compare(earlier, found) if earlier is not None else None
        page = reports.write(found, folder, archive=subject.archive, since=since)
    record = found.record() | ({"since": since.record()} if since is not None else {})
    click.echo(text.to_json(record) if as_json else report_text.terminal(found, since))
    click.echo(page, err=as_json)
    sys.exit(1 if found.outcomes["fail"] else 0)


@click.command()
@click.argument("archive")
@click.argument("other")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the report.  [default: ./compare-ARCHIVE-OTHER]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def compare(archive: str, other: str, out: Path | None, as_json: bool) -> None:
    """Hold ARCHIVE beside OTHER, which has the same works in another space, or other works.

    Works are matched by id. Asked are the share of works in only one of the two, the neighbours that they agree on, the
    shape that they share, whether one can be translated into the other, which works move most, and how well each
    collection covers the other: the suite plurality, as a report like that of audit.
    """
    import latentarchive
    from latentarchive.audit.comparing import compare_archives
    from latentarchive.render import report_text, reports, text

    opened, beside = latentarchive.open(archive), latentarchive.open(other)
    folder = out or Path(f"compare-{opened.path.name}-{beside.path.name}")
    reports.check_place(folder)
    with bar() as progress:
        found = compare_archives(opened, beside, progress=progress)
    page = reports.write(found, folder, archive=opened, beside=beside)
    click.echo(text.to_json(found.record()) if as_json else report_text.terminal(found, None))
    click.echo(page, err=as_json)
    sys.exit(1 if found.outcomes["fail"] else 0)


@click.command()
@click.argument("archive")
@click.argument("work", required=False)
@click.option(
    "--list",
    "listed",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Ask about each work of a CSV file: columns work, file, url, text, id, sha256, md5, as far as known.",
)
@click.option("--text", default="", help="The caption of WORK, for the exact pair.")
@click.option("--url", default="", help="The address of WORK, where WORK is a file or an id.")
@click.option(
    "--radius",
    type=int,
    help="In how many of 64 bits perceptual hashes may differ.  [default: at most 10, "
    "fewer where images of the archive look alike]",
)
@click.option("--edition", default="", help="Which edition of the list this is; stands in every answer.")
@click.option("--filter", "selection", default="", help="What was filtered out of the list; stands in every answer.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="A table with one row a work.")
def member(
    archive: str,
    work: str | None,
    listed: Path | None,
    text: str,
    url: str,
    radius: int | None,
    edition: str,
    selection: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Ask whether WORK is in ARCHIVE, or in a table of image-text pairs.

    WORK is an image file, else an address, else an id; file:, url: and id: force one. Asked are the exact pair, the
    address, host and domain, the bytes, what looks the same, and what is similar; each answer says what it cannot show.
    Nothing is fetched. That a work is in a list does not show that a model was trained on it.
    """
    from latentarchive.audit import Subject
    from latentarchive.audit.answers import member as ask
    from latentarchive.audit.works import read_list, read_work
    from latentarchive.render import membership
    from latentarchive.render.text import to_json

    if (work is None) == (listed is None):
        message = "give one WORK, or --list FILE.csv"
        raise click.UsageError(message)
    works = read_list(listed) if listed is not None else [read_work(str(work), text=text, url=url)]
    with Subject.open(archive) as subject, bar() as progress:
        found = ask(subject, works, radius=radius, edition=edition, selection=selection, progress=progress)
    if as_csv:
        click.echo(membership.table(found), nl=False)
    else:
        click.echo(to_json(found.record()) if as_json else membership.text(found))


@click.command()
@click.argument("report", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--archive",
    "archives",
    multiple=True,
    help="Where the pictures come from, and what is withheld now; of two archives (compare, swap) both, each with an "
    "--archive of its own.",
)
@click.option(
    "--against", type=click.Path(path_type=Path, dir_okay=False), help="An earlier report.json: say what changed."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder.  [default: that of the report]")
def report(report: Path, archives: tuple[str, ...], against: Path | None, out: Path | None) -> None:
    """Write the files of REPORT (report.json) anew: what was withheld since stands in none of them.

    REPORT may also be the JSON file of a contrast (contrast.json) or of an experiment (darkroom.json, walk.json, ...).
    """
    import latentarchive
    from latentarchive.audit.comparison import compare
    from latentarchive.audit.report import load_report
    from latentarchive.diffusion.experiment import KINDS
    from latentarchive.render import reports

    opened_all = {one.name: one for one in map(latentarchive.open, archives)}
    if report.stem in KINDS:
        from latentarchive.diffusion.experiment import load_experiment
        from latentarchive.render.experiments import write_experiment

        click.echo(write_experiment(load_experiment(report), out or report.parent, opened_all))
        return
    if report.name == "contrast.json":
        from latentarchive.diffusion.contrast import Contrast
        from latentarchive.errors import ArchiveError
        from latentarchive.render.contrasts import REPORT, write

        contrast = Contrast.load(report.parent)
        if set(opened_all) != {contrast.archive}:
            message = f"this contrast shows works of archive {contrast.archive}, which must be opened beside it"
            raise ArchiveError(message)
        judged = load_report(report.parent / REPORT)
        click.echo(write(contrast, judged, report.parent, archive=opened_all[contrast.archive]))
        return
    found = load_report(report)
    since = compare(load_report(against), found) if against is not None else None
    first, second, *_ = [*opened_all.values(), None, None]
    click.echo(reports.write(found, out or report.parent, archive=first, since=since, beside=second))

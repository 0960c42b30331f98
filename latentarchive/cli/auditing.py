"""Commands that audit: audit, report."""

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
@click.argument("report", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--archive", help="Where the pictures come from, and what is withheld now.")
@click.option(
    "--against", type=click.Path(path_type=Path, dir_okay=False), help="An earlier report.json: say what changed."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder.  [default: that of the report]")
def report(report: Path, archive: str | None, against: Path | None, out: Path | None) -> None:
    """Write the files of REPORT (report.json) anew: what was withheld since stands in none of them."""
    import latentarchive
    from latentarchive.audit.comparison import compare
    from latentarchive.audit.report import load_report
    from latentarchive.render import reports

    found = load_report(report)
    since = compare(load_report(against), found) if against is not None else None
    opened = latentarchive.open(archive) if archive is not None else None
    click.echo(reports.write(found, out or report.parent, archive=opened, since=since))

"""Commands that serve: app."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("archives", nargs=-1, metavar="[ARCHIVE]...")
@click.option(
    "--generator", default="tiny", show_default=True, metavar="DIR", help="What transforms: tiny, a folder, a hub id."
)
@click.option("--kiosk", type=click.Path(path_type=Path, dir_okay=False), metavar="PROFILE.toml", help="An exhibition.")
@click.option(
    "--selections",
    type=click.Path(path_type=Path, file_okay=False),
    default="selections",
    show_default=True,
    help="Where visitors' saved selections lie.",
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default="reports",
    show_default=True,
    help="Where reports of audits are written and read.",
)
@click.option(
    "--suites",
    type=click.Path(path_type=Path, file_okay=False),
    default="suites",
    show_default=True,
    help="Where audits of your own lie, as .toml files.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 for the whole network.")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Where it answers.")
@click.option(
    "--allow-host", multiple=True, metavar="NAME", help="A name under which visitors reach it, beside localhost."
)
@click.option("--open", "opened", is_flag=True, help="Open it in a browser.")
def app(
    archives: tuple[str, ...],
    generator: str,
    kiosk: Path | None,
    selections: Path,
    reports: Path,
    suites: Path,
    host: str,
    port: int,
    allow_host: tuple[str, ...],
    opened: bool,
) -> None:
    """Open the reading room: search, maps, audits and transformation of ARCHIVES in a browser.

    Without ARCHIVES, those under ./archives. It listens on this machine alone unless --host says otherwise.
    """
    from latentarchive import serving

    serving.serve(
        archives,
        generator=generator,
        kiosk=kiosk,
        selections=selections,
        reports=reports,
        suites=suites,
        host=host,
        port=port,
        allowed=allow_host,
        browser=opened,
    )

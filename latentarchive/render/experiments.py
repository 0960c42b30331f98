"""The page of an experiment, and all its files: sentences with their figures, works and generated images in rows."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.audit.finding import Finding, Picture, Table
from latentarchive.diffusion.experiment import Chart, Experiment, Frame, Measure, Strip, save_experiment
from latentarchive.diffusion.generated import discard, png
from latentarchive.errors import ArchiveError
from latentarchive.plaintext import plain
from latentarchive.render.arrows import arrows
from latentarchive.render.charts import chart
from latentarchive.render.contact_sheet import Wall, write_sheet
from latentarchive.render.figures import measured
from latentarchive.render.films import Film, can_write_video, film, write_gif, write_video
from latentarchive.render.pages import check_place, page, shown
from latentarchive.render.report_page import html_table
from latentarchive.render.report_style import STYLE as REPORT_STYLE
from latentarchive.render.text import title
from latentarchive.render.works import work

STYLE = (
    REPORT_STYLE
    + """
body { max-width: 76rem; }
main > section:first-child h2, footer h2 { border: 0; margin-top: 0; padding-top: 0; }
ol.strip { display: grid; gap: 1.25rem 1rem; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
ol.strip.paired { grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); }
ol.strip.paired > li { display: grid; gap: 1rem; grid-template-columns: 1fr 1fr; }
ol.strip .mat { height: 8.5rem; padding: .5rem; }
ol.strip .mat img { image-rendering: auto; }
ol.strip .generated .mat { background: none; border: 1px dashed var(--quiet); }
ol.strip .generated .title { font-style: italic; }
ol.strip .generated .mat img { image-rendering: pixelated; min-height: 7rem; }
ol.strip figcaption { font-size: .8rem; }
ol.strip .title { font-size: .86rem; }
ol.strip .quiet { font-size: .76rem; }
.said { font-variant-numeric: tabular-nums; }
.film img, .film video { display: block; height: auto; margin-top: .75rem; max-width: min(100%, 24rem); }
.film :focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
@media print { .film { display: none; } }
"""
)

SHEET, FILM, VIDEO = "sheet.png", "film.gif", "film.mp4"
"""Ends of the names of an experiment's files, after its kind."""

ACROSS = 5
"""Images in a row of the contact sheet."""

SHORT = 16
"""Rows of a table that stands open."""

CAVEAT = """A generated image is a could-have-been: it stands in a dashed frame and is no work of the archive. Nearest
is not source: that a work is near says what an image looks like, not what it was made from."""


def write_experiment(one: Experiment, folder: Path, archives: Mapping[str, Archive]) -> Path:
    """Write all files of an experiment: JSON, page, images with their records, contact sheet, film.

    What was withheld since it was made, and what was made of it, stands in none of them.

    Args:
        one: What was found.
        folder: Made if missing; an earlier experiment of this kind there is replaced.
        archives: By name: where the works come from.

    Returns:
        The page.

    Raises:
        ArchiveError: There is a file in the way that this program did not write.
        WriteRefused: The disk is full, or we may not write there.
    """
    named = {one.archive, *(frame.archive for strip in one.strips for frame in strip.frames if frame.archive)}
    if missing := sorted(named - set(archives)):
        message = f"this {one.kind} shows works of archive {missing[0]}, which must be opened beside it"
        raise ArchiveError(message)
    withheld = {item_id for archive in archives.values() for item_id in archive.log.current()}
    one = one.without(withheld)
    path = folder / f"{one.kind}.html"
    with storage.refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
    check_place(path)
    save_experiment(one, folder)
    captions = {frame.name: frame.caption for strip in one.strips for frame in strip.frames if frame.name}
    names = [name for name in captions if name in one.records]
    sheet, gif, video = (folder / f"{one.kind}-{name}" for name in (SHEET, FILM, VIDEO))
    for earlier in (sheet, gif, video):
        discard(earlier)
    if names:
        pictures = [(one.generated(name).png(), captions[name]) for name in names]
        wall = Wall("Generated, none of them a work", pictures, generated=True, across=ACROSS)
        write_sheet(sheet, one.title, [wall], [one.records[name] for name in names])
    made = _film_of(one, captions)
    if made is not None:
        write_gif(made, gif)
        if can_write_video():
            write_video(made, video)
    storage.write_bytes(path, experiment_page(one, archives, made, folder).encode())
    return path


def _film_of(one: Experiment, captions: Mapping[str, str]) -> Film | None:
    """The film of an experiment, None if nothing follows another in it."""
    if not one.film:
        return None
    said = [captions.get(name, f"{number} of {len(one.film)}") for number, name in enumerate(one.film, 1)]
    return film([one.images[name] for name in one.film], said, [one.records[name] for name in one.film])


def experiment_page(one: Experiment, archives: Mapping[str, Archive], made: Film | None, folder: Path) -> str:
    """The page as one file that needs no other.

    Args:
        one: What was found.
        archives: By name: where the works come from.
        made: Its film, None if it has none.
        folder: Where the film lies: as GIF, and as video where that could be written.
    """
    heading = _named(one.title, list(archives.values()))
    body = f"""<header>
<h1>{shown(heading)}</h1>
<p class=lead>{shown(one.about)}</p>
<p class=quiet>{"; ".join(f"{shown(each.manifest.title)}: {len(each):,} works" for each in archives.values())};
generator {shown(str(one.settings["generator"]))}. {CAVEAT}</p>
</header>
<main>
<section><h2>What was found</h2>{"".join(map(_measure, one.measures))}
{"".join(f"<p class=quiet>{shown(note)}</p>" for note in (*one.cautions(), *one.notes))}</section>
{"".join(_strip(strip, one, archives) for strip in one.strips)}
{_film(one, made, folder)}
{"".join(_chart(number, each, list(archives.values())) for number, each in enumerate(one.charts, 1))}
</main>
{_made(one)}"""
    return page(plain(heading), body, style=STYLE)


def _named(text: str, archives: Sequence[Archive]) -> str:
    """A text with the title of each work before its id, where an archive shows that work."""

    def named(found: re.Match[str]) -> str:
        item_id = found[1]
        for archive in archives:
            row = archive.collection.row(item_id)
            if row is not None and archive.visible[row]:
                return f"“{title(archive.collection.items([row])[0])}” ({item_id})"
        return found[0]

    return re.sub(r"(?:item )?([^\s“”:]+:[^\s“”,]+)", named, text)


def terminal(one: Experiment) -> str:
    """Title and sentences with their figures, for a terminal."""
    lines = [one.title, ""]
    for measure in one.measures:
        lines.append(measure.sentence)
        lines += [f"    {said}" for said in [*facts(measure), *measure.notes]]
    return "\n".join(plain(line) for line in [*lines, *one.cautions(), *one.notes])


def facts(one: Measure) -> list[str]:
    """The figures behind a sentence, in words; empty where there are none."""
    return measured(
        Finding(
            sentence=one.sentence,
            value=one.value,
            unit=one.unit,
            n=one.n,
            denominator=one.denominator,
            interval=one.interval,
            interval_by=one.interval_by,
            null=one.null,
            null_by=one.null_by,
        )
    )


def _measure(one: Measure) -> str:
    figures = "; ".join(map(shown, facts(one)))
    notes = "".join(f"<li>{shown(note)}</li>" for note in one.notes)
    return f"""<article><p class=sentence>{shown(one.sentence)}</p>
{f"<p class=facts>{figures}</p>" if figures else ""}{f"<ul class=notes>{notes}</ul>" if notes else ""}</article>"""


def _strip(strip: Strip, one: Experiment, archives: Mapping[str, Archive]) -> str:
    figures = [_frame(frame, one, archives) for frame in strip.frames]
    beside = 2 if strip.paired else 1
    frames = "".join(f"<li>{''.join(figures[i : i + beside])}</li>" for i in range(0, len(figures), beside))
    kind = '"strip paired"' if strip.paired else "strip"
    note = f"<p class=quiet>{shown(strip.note)}</p>" if strip.note else ""
    return f"<section><h2>{shown(strip.heading)}</h2>{note}<ol class={kind}>{frames}</ol></section>"


def _frame(frame: Frame, one: Experiment, archives: Mapping[str, Archive]) -> str:
    if not frame.name:
        archive = archives[frame.archive or one.archive]
        caption = f'<p class="quiet said">{shown(frame.caption)}</p>' if frame.caption else ""
        figure = work(frame.item, [archive])
        return figure.replace("<figcaption>", f"<figcaption>{caption}", 1)
    image = one.generated(frame.name)
    data = base64.b64encode(image.png()).decode()
    caption = shown(_named(frame.caption, [archives[one.archive]]))
    return f"""<figure class=generated>
<div class=mat><img alt="Generated image, not a work: {caption}" src="data:image/png;base64,{data}"></div>
<figcaption><p class=title>Generated, not a work</p>
<p class="quiet said">{_with_seed(caption, image.record.seed)}</p></figcaption>
</figure>"""


def _with_seed(caption: str, seed: int) -> str:
    """What tells an image from those beside it, and its seed, once."""
    said = f"seed&nbsp;{seed}"
    return said if caption in ("", f"seed {seed}") else f"{caption}; {said}"


def _film(one: Experiment, made: Film | None, folder: Path) -> str:
    """A film with something to stop it by: the controls of a video, or the line that opens and closes a GIF."""
    if made is None:
        return ""
    gif, video = (folder / f"{one.kind}-{name}" for name in (FILM, VIDEO))
    alt = f"Film of {len(made.frames)} generated images, none a work"
    width, height = made.frames[0].size
    links = ", ".join(f'<a href="{path.name}">{path.name}</a>' for path in (video, gif) if path.exists())
    if video.exists():
        poster = base64.b64encode(png(made.frames[0], made.records[:1])).decode()
        data = base64.b64encode(video.read_bytes()).decode()
        shows = f"""<video controls loop muted playsinline preload=metadata width={width} height={height}
aria-label="{alt}" poster="data:image/png;base64,{poster}" src="data:video/mp4;base64,{data}"></video>"""
    else:
        data = base64.b64encode(gif.read_bytes()).decode()
        shows = f"""<details><summary>Play, and close to stop</summary>
<img alt="{alt}" width={width} height={height} src="data:image/gif;base64,{data}"></details>"""
    return f"""<section class=film><h2>As a film</h2>
<p class=quiet>{len(made.frames)} generated images, {made.seconds:.1f} seconds, without sound. Beside this page:
{links}, and <a href="{gif.with_suffix(".json").name}">the records of its frames</a>.</p>
{shows}</section>"""


def _chart(number: int, one: Chart, archives: Sequence[Archive]) -> str:
    if not one.rows:
        return ""
    kept = Table(columns=one.columns, rows=one.rows, ids=one.ids)
    drawn, heading = "", f"chart{number}"
    if one.kind == "arrows":
        said = f"{one.alt} {one.note}"
        drawn = f"<figure class=picture>{arrows(one)}<figcaption class=quiet>{shown(said)}</figcaption></figure>"
    elif one.kind:
        picture = Picture(kind="bars" if one.kind == "bars" else "curve", x=one.x, y=one.y, alt=one.alt)
        drawn = f"<figure class=picture>{chart(picture, kept, labelled_by=heading)}</figure>"
    stands = " open" if not one.kind and len(one.rows) <= SHORT else ""
    table = html_table(kept, [archives] * len(kept.ids))
    return f"""<section><h2 id={heading}>{shown(one.heading)}</h2>{drawn}
<details{stands}><summary>{len(one.rows)} rows</summary>{table}</details></section>"""


def _setting(value: Any) -> str:
    """A setting as a reader writes it: several of them between commas."""
    if isinstance(value, list | tuple):
        return ", ".join(str(each) or "(nothing)" for each in value)
    return str(value)


def _made(one: Experiment) -> str:
    facts = "".join(
        f"<dt>{shown(name.replace('_', ' '))}</dt><dd>{shown(_setting(value))}</dd>"
        for name, value in one.settings.items()
    )
    return f"""<footer><h2>How this was made</h2><dl>{facts}</dl>
<p class=quiet>Every image lies in the folder images with its record inside and beside it: prompts, seed, conditioning
works, lineage of the weights. The archive’s own encoder measured all of it. Figures hold for this generator and this
encoder.</p></footer>"""

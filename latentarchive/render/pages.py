"""Pages that stand alone: one HTML file, no network, whole images, light and dark, printable."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError
from latentarchive.plaintext import plain
from latentarchive.query import Hit, Results
from latentarchive.wording import credit, rights, title

GENERATOR = '<meta name="generator" content="latentarchive">'
"""Stands at the beginning of every page, so that we know our own again and overwrite nothing else."""

STYLE = """
:root { color-scheme: light dark;
  --ground: #faf9f6; --ink: #1d1b18; --quiet: #68635b; --line: #ddd8cf; --mat: #f0ede6; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #171614; --ink: #ece8e1; --quiet: #a49d92; --line: #37342f; --mat: #211f1c; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 3rem clamp(1rem, 4vw, 3rem);
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif; }
header { border-bottom: 1px solid var(--line); margin-bottom: 2rem; padding-bottom: 1.25rem; }
h1 { font-size: 1.6rem; font-weight: 500; line-height: 1.25; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; font-weight: 500; margin: 2.5rem 0 1rem; }
p { margin: .2rem 0; }
.quiet { color: var(--quiet); font-size: .9rem; }
h2 + .quiet { margin-bottom: 1rem; }
ol { display: grid; gap: 2rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); list-style: none;
  margin: 0; padding: 0; }
figure { margin: 0; break-inside: avoid; }
.mat { align-items: center; background: var(--mat); display: flex; height: 16rem; justify-content: center;
  padding: .75rem; }
.mat img { max-height: 100%; max-width: 100%; }
figcaption { font-size: .9rem; margin-top: .6rem; overflow-wrap: anywhere; }
.generated .mat { border: 1px dashed var(--quiet); }
.generated .mat img { min-height: 12rem; }
.title { font-size: 1rem; }
footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1rem; }
.meter { font-variant-numeric: tabular-nums; }
a { color: inherit; }
a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
@media print { body { padding: 0; } ol { grid-template-columns: repeat(4, 1fr); } .mat { height: 11rem; } }
"""


def check_place(path: Path) -> None:
    """See to it that writing a page there destroys nothing but an earlier page.

    Raises:
        ArchiveError: The name does not end in .html or .htm, its folder does not exist, or there is
            something that this program did not write.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        message = f"{path} is not the name of a page: it must end in .html or .htm"
        raise ArchiveError(message)
    if not path.parent.is_dir():
        message = f"cannot write {path}: there is no folder {path.parent}; make it or choose another place"
        raise ArchiveError(message)
    if path.exists() and not _is_ours(path):
        message = f"{path} exists and is no page that latentarchive wrote; remove it or choose another name"
        raise ArchiveError(message)


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return path.is_file() and GENERATOR.encode() in file.read(2000)
    except OSError:
        return False


def write_results(found: Results, archive: Archive, path: Path) -> None:
    """Write the hits of a search as a contact sheet.

    Args:
        found: What to show.
        archive: Where the thumbnails come from; items withheld since the search are left out.
        path: The HTML file, written whole or not at all; an earlier page there is replaced.

    Raises:
        ArchiveError: There is no place for a page; see `check_place`.
        WriteRefused: The disk is full, or we may not write there.
    """
    check_place(path)
    withheld = archive.log.current()
    figures = [figure(hit, archive) for hit in found.hits if hit.item.id not in withheld]
    nothing = "" if figures else "<p>Nothing was found. Change the words, or take away a filter.</p>"
    notes = "".join(f"<p class=quiet>{shown(note)}</p>" for note in found.notes)
    body = f"""<header>
<h1>{shown(found.query)}</h1>
<p class=quiet>{len(figures)} items of {shown(archive.name)} ({shown(archive.manifest.title)}), {_ranking(found)}</p>
{notes}
</header>
<main>{nothing}<ol>
{"".join(figures)}
</ol></main>"""
    storage.write_bytes(path, page(f"{found.query} · {archive.manifest.title}", body).encode())


def _ranking(found: Results) -> str:
    """How the hits were put in order, and what their figures mean."""
    ways = {way for hit in found.hits for way in hit.found}
    if ways == {"words"}:
        said = "ranked by the catalogue’s words."
    elif "words" in ways:
        said = """ranked by the catalogue’s words and by likeness together,
so that a work may stand before another of higher figure; --by words or --by meaning ranks by one alone."""
    else:
        said = "ranked by likeness, best first."
    if any(hit.plain_rank != hit.rank for hit in found.hits):
        said += " Then they were re-ranked and some moved back; the plain rank is the one they had."
    if any(hit.score is not None for hit in found.hits):
        said += """
The figure under each work is its cosine to the query: higher is nearer.
“Close” means nearer than 999 of 1,000 random pairs of this archive,
“similar” than 99 of 100, “related” than 19 of 20."""
    return said


def page(heading: str, body: str, *, style: str = "") -> str:
    """A whole HTML document around a body, with the house style and what a page adds to it."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{GENERATOR}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{shown(heading)}</title>
<style>{STYLE}{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def figure(hit: Hit, archive: Archive) -> str:
    """One hit with its picture, source and rights, as an entry of a list."""
    item, thumb = hit.item, archive.thumbnail(hit.item.id)
    name = shown(title(item))
    if thumb:
        # a title that only says "untitled" would tell a blind reader nothing: the id does
        alt = name if item.title or item.text else shown(item.id)
        picture = f'<img alt="{alt}" loading="lazy" src="data:image/webp;base64,{base64.b64encode(thumb).decode()}">'
    else:
        picture = "<span class=quiet>no image in this archive</span>"
    linked = f'<a href="{escape(item.url)}">{name}</a>' if item.url.startswith(("http://", "https://")) else name
    score = "" if hit.score is None else f"{hit.score:+.3f} {hit.band}, "
    moved = f", plain rank {hit.plain_rank}" if hit.plain_rank != hit.rank else ""
    copy = ", the same file as in the query" if hit.copy else ""
    return f"""<li><figure{" class=generated" if item.generated else ""}>
<div class=mat>{picture}</div>
<figcaption><p class=title>{hit.rank}. {linked}</p>
<p>{shown(credit(item))}</p>
<p class=quiet>Rights: {shown(rights(item))}</p>
<p class="quiet meter">{score}found by {" and ".join(hit.found)}{moved}{copy}</p>
<p class=quiet>{shown(item.id)}</p></figcaption>
</figure></li>
"""


def shown(text: str) -> str:
    """Text from anywhere, fit to stand in a page."""
    return escape(plain(text))

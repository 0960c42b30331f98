"""The page of the demo: what the archive keeps, and beside it what a generator makes of the same words."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

from latentarchive import storage
from latentarchive.render.pages import check_place, figure, page, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from latentarchive.archive import Archive
    from latentarchive.audit import Report
    from latentarchive.description import Description
    from latentarchive.diffusion import Generated
    from latentarchive.query import Results


def write_demo(
    path: Path,
    archive: Archive,
    *,
    held: int,
    found: Results,
    made: Sequence[Generated],
    alike: Results,
    described: Description,
    reports: Mapping[str, tuple[Report, str]],
) -> None:
    """Write the page; an earlier one there is replaced.

    Args:
        path: The HTML file.
        archive: Where the thumbnails come from; items withheld since are left out.
        held: How many works of the archive are all that the words say.
        found: Works found by words.
        made: Images generated from the same words.
        alike: Works found by a picture.
        described: The words nearest to that picture.
        reports: What audits found, by the heading of each, and where its page lies, relative to this one.

    Raises:
        ArchiveError: There is no place for a page; see `pages.check_place`.
        WriteRefused: The disk is full, or we may not write there.
    """
    check_place(path)
    record = made[0].record
    words = ", ".join(f"{shown(term.term)} ({term.score:+.2f})" for term in described.terms)
    body = f"""<header>
<h1>“{shown(record.asked)}”</h1>
<p>An archive keeps: it gives back what was put in. A generative model compresses and transforms: what went in is not
found again as it is.</p>
<p class=quiet>{shown(archive.manifest.title)}: {len(archive):,} works. The generator has seen works of
this cabinet and nothing else.</p>
</header>
<main>
<h2>Kept: the works nearest to these words</h2>
<p class=quiet>{held_in_words(held)}</p>
<ol>{_works(found, archive)}</ol>
<h2>Made: generated from the same words</h2>
<p class=quiet>None of these is a work of the archive. Each has {made[0].image.width} by {made[0].image.height} pixels
and is shown enlarged.</p>
<ol>{"".join(_generated(image) for image in made)}</ol>
<h2>Kept: the works nearest to the first picture above</h2>
<p class=quiet>Its nearest words, of the archive’s own subjects: {words}.</p>
<ol>{_works(alike, archive)}</ol>
{"".join(_report(heading, *one) for heading, one in reports.items())}
</main>
<footer class=quiet><p>Generator {shown(record.generator)}, {record.steps} steps, guidance {record.guidance:g},
fingerprint {record.fingerprint[:12]}; encoder {shown(archive.manifest.encoder_name)}, fingerprint
{record.encoder[:12]}.
The figure under each work is its cosine to the query: higher is nearer. Titles link to example domains, where
nothing is: the collection is made up.</p></footer>"""
    storage.write_bytes(path, page(f"“{record.asked}”, kept and made", body).encode())


def held_in_words(held: int) -> str:
    """How many works are all that was asked for, and what follows for the two sides."""
    count = {0: "No work of the cabinet is", 1: "One work of the cabinet is"}.get(
        held, f"{held} works of the cabinet are"
    )
    then = (
        "gives the nearest that it has; the generator makes it all the same"
        if not held
        else "gives them back as they are"
    )
    return f"{count} all of this. The archive {then}."


def _report(heading: str, report: Report, link: str) -> str:
    return f"""<h2>{shown(heading)}</h2>
<p class=quiet>{len(report.findings)} findings; <a href="{escape(link)}">their page</a> has all of them.</p>
<ul>{_first_sentences(report)}</ul>
"""


def _first_sentences(audit: Report) -> str:
    """What each check found first, of what is not nothing."""
    told = [one for one in audit.findings if one.value]
    first = {(one.check, str(one.options)): one.sentence for one in reversed(told)}
    return "".join(f"<li>{shown(sentence)}</li>" for sentence in reversed(first.values()))


def _works(found: Results, archive: Archive) -> str:
    withheld = archive.log.current()
    return "".join(figure(hit, archive) for hit in found.hits if hit.item.id not in withheld)


def _generated(image: Generated) -> str:
    data = base64.b64encode(image.png()).decode()
    asked = shown(image.record.asked)
    return f"""<li><figure class=generated>
<div class=mat><img alt="Generated image, not a work: {asked}" src="data:image/png;base64,{data}"></div>
<figcaption><p class=title>Generated, not a work</p>
<p class=quiet>by {shown(image.record.generator)} from “{asked}”, seed {image.record.seed}</p></figcaption>
</figure></li>
"""

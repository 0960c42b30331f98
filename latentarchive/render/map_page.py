"""A map as one page that needs no network: pictures or points to move among, and a list for those who see no canvas."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from latentarchive import storage
from latentarchive.archive import Archive
from latentarchive.images import decode
from latentarchive.items import Item
from latentarchive.maps.making import Map
from latentarchive.maps.regions import Region
from latentarchive.render.map_sheet import colours_of, rights_of
from latentarchive.render.pages import check_place, page, shown
from latentarchive.wording import credit, rights, title

TOLD = 5_000
"""Works with picture, title and rights in the page; of a larger map these are a seeded sample and the works that stand
for regions, and all others are points. More would make a page that no one can open."""

POINTS = 500_000
"""Points in the page, a seeded sample of a larger map."""

SIDE, COLUMNS, EACH = 64, 32, 1024
"""Pixels a side of a picture on the map; pictures in a row of a sheet of them, and on a sheet."""

SCRIPT = Path(__file__).with_name("map.js")

STYLE = """
body { max-width: 110rem; }
.view { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 3fr) minmax(16rem, 1fr); }
.field { position: relative; }
#map { background: var(--mat); color: var(--ink); cursor: grab; display: none; height: min(78vh, 60rem);
  touch-action: none; width: 100%; }
.drawn #map { display: block; } body:not(.drawn) .tools { display: none; }
#map:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
#tip { background: var(--ground); border: 1px solid var(--line); font-size: .85rem; max-width: 16rem;
  padding: .4rem .6rem;  pointer-events: none; position: absolute; }
.tools { align-items: center; display: flex; flex-wrap: wrap; gap: .5rem 1rem; margin: .6rem 0; font-size: .9rem; }
button { background: none; border: 1px solid var(--line); border-radius: 0; color: inherit; cursor: pointer;
  font: inherit; padding: .15rem .6rem; }
button:disabled { color: var(--quiet); cursor: default; opacity: .5; }
button:focus-visible, summary:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
ul.legend { display: flex; flex-wrap: wrap; gap: .3rem .5rem; list-style: none; margin: .5rem 0; padding: 0; }
.legend button { align-items: center; border: 0; display: flex; gap: .4rem; padding: .1rem .3rem; }
.legend button[aria-pressed=false] { opacity: .4; text-decoration: line-through; }
.legend i { display: inline-block; height: .8rem; width: .8rem; }
.list { max-height: min(78vh, 60rem); overflow-y: auto; }
ol#works { display: block; } #works li { border-bottom: 1px solid var(--line); font-size: .85rem; padding: .35rem 0; }
#works button { border: 0; display: block; padding: 0; text-align: left; text-decoration: underline;
  text-decoration-color: var(--line); }
ol.regions { gap: 1.25rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
.regions .row { display: grid; gap: .4rem; grid-template-columns: repeat(3, 1fr); }
.regions .mat { height: 6rem; padding: .3rem; }
.lead { font-size: 1.1rem; max-width: 60rem; } .notes { color: var(--quiet); font-size: .9rem; max-width: 60rem; }
@media (max-width: 52rem) { .view { grid-template-columns: 1fr; }
  #map { height: min(65vh, 100vw); } .list { max-height: none; } }
@media print { .tools, .list { display: none; } .view { grid-template-columns: 1fr; } #map { height: 16cm; } }
"""


def write_map_page(view: Map, archive: Archive, path: Path) -> None:
    """Write a map as a page.

    Args:
        view: What to show; works that were withheld since are left out.
        archive: Where pictures and words come from.
        path: The HTML file, written whole or not at all; an earlier page there is replaced.

    Raises:
        ArchiveError: There is no place for a page; see `pages.check_place`.
        WriteRefused: The disk is full, or we may not write there.
    """
    check_place(path)
    view = view.without(set(archive.log.current()))
    storage.write_bytes(path, map_page(view, archive).encode())


def map_page(view: Map, archive: Archive) -> str:
    """The whole page of a map in which nothing is withheld."""
    told, points, order = _chosen(view)
    items = dict(zip(told, archive.collection.items(view.rows[told]), strict=True))
    place = {at: k for k, at in enumerate(points.tolist())}
    sheets, sizes, sprites = _sprites(view, archive, told)
    groups = view.groups
    data = {
        "places": _base64(np.round(view.xy[points] * 65535).astype("<u2")),
        "groups": _base64((groups.of[points] if groups is not None else np.zeros(len(points))).astype(np.uint8)),
        "colours": colours_of(groups),
        "sheets": sheets,
        "sizes": sizes,
        "sprites": [place[at] for at in sprites],
        "order": [place[at] for at in order],
        "side": SIDE,
        "columns": COLUMNS,
        "each": EACH,
        "cell": 1 / max(view.grid) if view.grid else 0,
    }
    works = "".join(_work(place[at], items[at], int(view.regions.of[at])) for at in told)
    left = _left_out(view, len(told), len(points))
    regions = "".join(_region(one, view, archive, place) for one in view.regions.regions if one.shown)
    notes = "".join(
        f"<li>{shown(note)}</li>"
        for note in (*view.notes, *left, f"{rights_of(view, archive)} They stand beside each work.")
    )
    script = SCRIPT.read_text(encoding="utf-8")
    body = f"""<header><h1>{shown(archive.manifest.title)}</h1>
<p>A map of {len(view):,} works of {shown(view.archive)} in the space of the encoder {shown(view.encoder)}.</p>
<p class=lead>{shown(view.sentence)}</p><ul class=notes>{notes}</ul></header>
<main><div class=view><div class=field>
<canvas id=map tabindex=0 role=img aria-label="Map of the works. What is in view stands in the list beside it;
 arrow keys move it, plus and minus change its size."></canvas><div id=tip hidden></div>
<div class=tools><button id=in>Larger</button><button id=out>Smaller</button><button id=all>All</button>
<label><input type=checkbox id=pictures checked> pictures</label></div>{_legend(view)}</div>
<section class=list aria-label="Works"><h2>Works</h2>
<p class=tools><span id=count role=status></span><button id=earlier>Earlier</button><button id=later>Later</button></p>
<ol id=works>{works}</ol></section></div>
<section><h2>Regions</h2>
<p class=quiet>Each by the works nearest to its middle; a name would say more than is known.</p>
<ol class=regions>{regions}</ol></section></main>
<script type="application/json" id=data>{json.dumps(data, separators=(",", ":"))}</script>
<script>{script}</script>"""
    return page(f"Map of {archive.manifest.title}", body, style=STYLE)


def _chosen(view: Map) -> tuple[list[int], NDArray[np.int64], list[int]]:
    """Places of the works that are told of, of those that are points, and the order in which pictures take room."""
    firsts = [one.shown[0] for one in view.regions.regions if one.shown]
    order = np.random.default_rng(view.seed).permutation(len(view))
    known = {at for one in view.regions.regions for at in one.shown}
    others = [at for at in order.tolist() if at not in known]
    told = sorted([*known, *others[: max(0, TOLD - len(known))]])
    points = np.arange(len(view)) if len(view) <= POINTS else np.union1d(told, order[:POINTS])
    among = set(told)
    return told, points, [*firsts, *(at for at in order.tolist() if at in among and at not in firsts)]


def _sprites(view: Map, archive: Archive, told: list[int]) -> tuple[list[str], list[tuple[int, int]], list[int]]:
    """Small pictures on sheets as data addresses, the size of each, and whose they are."""
    sheets: list[Image.Image] = []
    sizes: list[tuple[int, int]] = []
    whose: list[int] = []
    for at in told:
        thumb = archive.thumbnail(view.ids[at])
        if not thumb:
            continue
        place = len(whose) % EACH
        if place == 0:
            sheets.append(Image.new("RGB", (SIDE * COLUMNS, SIDE * (EACH // COLUMNS)), "#888"))
        picture = decode(thumb).image
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        sheets[-1].paste(picture, (place % COLUMNS * SIDE, place // COLUMNS * SIDE))
        whose.append(at)
        sizes.append(picture.size)
    if sheets:
        rows = -(-(len(whose) % EACH or EACH) // COLUMNS)
        sheets[-1] = sheets[-1].crop((0, 0, SIDE * COLUMNS, SIDE * rows))
    return [_webp(one) for one in sheets], sizes, whose


def _webp(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=72, method=4)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _base64(values: NDArray[np.generic]) -> str:
    return base64.b64encode(values.tobytes()).decode()


def _work(place: int, item: Item, region: int) -> str:
    return (
        f"<li data-i={place}><button data-at={place}>{shown(title(item))}</button> <span>{shown(credit(item))}</span>"
        f" <span class=quiet>Rights: {shown(rights(item))} · {shown(item.id)} · region {region}</span></li>\n"
    )


def _legend(view: Map) -> str:
    groups = view.groups
    if groups is None:
        return ""
    entries = "".join(
        f'<li><button data-group={at} aria-pressed=true><i style="background:{colour}"></i>{shown(name)}'
        f" <span class=quiet>{count:,}</span></button></li>"
        for at, (name, colour, count) in enumerate(zip(groups.names, colours_of(groups), groups.counts, strict=True))
    )
    return f"<p class=quiet>Colours: {shown(groups.field)}, as recorded.</p><ul class=legend>{entries}</ul>"


def _region(one: Region, view: Map, archive: Archive, place: dict[int, int]) -> str:
    works = []
    for at in one.shown[:3]:
        item, thumb = archive.item(view.ids[at]), archive.thumbnail(view.ids[at])
        if thumb:
            data = base64.b64encode(thumb).decode()
            alt = shown(title(item)) if item.title or item.text else shown(item.id)
            works.append(f'<div class=mat><img alt="{alt}" loading=lazy src="data:image/webp;base64,{data}"></div>')
    words = "; ".join(f"{shown(word)} {score:.2f}" for word, score in one.words)
    named = f"<p class=quiet>Nearest words, with their cosines: {words}</p>" if words else ""
    item = archive.item(view.ids[one.shown[0]])
    button = f"<button data-at={place[one.shown[0]]}>Show on the map</button>"
    return f"""<li><figure><div class=row>{"".join(works)}</div><figcaption><p class=title>Region {one.number}:
{one.n:,} works</p><p class=quiet>Mean likeness to its middle {one.alike:.2f}. In the middle: {shown(title(item))} ·
{shown(credit(item))} · Rights: {shown(rights(item))}</p>{named}<p class=tools>{button}</p></figcaption></figure></li>
"""


def _left_out(view: Map, told: int, points: int) -> tuple[str, ...]:
    said = []
    if told < len(view):
        said.append(
            f"{told:,} works have picture, title and rights in this page, a seeded sample and those in the middle of "
            "regions; the others are points. The table of the map has all ids."
        )
    if points < len(view):
        said.append(f"{points:,} of {len(view):,} works are in this page at all, a seeded sample.")
    return tuple(said)

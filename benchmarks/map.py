"""How soon a map can be used, how many frames a second it gives while it is moved, and what it sends.

    python -m benchmarks.map [--archive DIR] [--works 100000 1000000] [--work DIR] [--regl DIR]

The real app in headless Chromium, at 1440 x 1000: opened, then dragged to and fro for some seconds, by each way to draw
points that the app has. Coordinates of the large maps are synthetic, a hundred clouds of uneven size, and so are the
pictures on their tiles; `--archive` is a real archive with a kept map. `--regl` is a folder with the unpacked npm
packages regl-scatterplot, regl and pub-sub-es, drawn on a page of their own with the same coordinates. Which renderer
drew is named beside every figure. Seconds since the page was asked for: until the script of the map runs (all before it
is Streamlit's), until it has the places, until it can be used. Writes ``results/map.json``.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.machine import machine, save
from latentarchive import images
from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.maps.making import Map
from latentarchive.maps.regions import Region, Regions
from latentarchive.maps.stored import TILES, keep_map, places
from latentarchive.maps.tiles import levels_for, representatives, tiles
from latentarchive.measures.fidelity import Fidelity
from latentarchive.recipes import load_recipe

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CLOUDS, REGIONS = 100, 12
SECONDS = 5
"""Seconds of dragging."""

RECIPE = 'title = "Synthetic"\n[collection]\nsource = "embeddings"\nname = "e"\n[encoder]\nid = "openclip:A/one"\n'

FRAMES = """() => { window.frames_ = [];
const next = (now) => { window.frames_.push(now); requestAnimationFrame(next); };
requestAnimationFrame(next); }"""

REGL = """<!doctype html><meta charset=utf-8><style>body{margin:0}canvas{width:900px;height:640px}</style>
<canvas id=c></canvas>
<script src=regl/dist/regl.js></script>
<script type=importmap>{"imports": {"regl": "./regl.mjs", "pub-sub-es": "./pub-sub-es/dist/index.js"}}</script>
<script type=module>
import create from "./regl-scatterplot/dist/regl-scatterplot.esm.js";

const n = Number(new URLSearchParams(location.search).get("n"));
const bytes = await (await fetch(`points-${n}`)).arrayBuffer();
const scale = (from) => new Float32Array(bytes, from, n).map((v) => v * 2 - 1);
const plot = create({canvas: document.getElementById("c"), width: 900, height: 640, pointSize: 3, opacity: 0.85});
await plot.draw({x: scale(0), y: scale(4 * n)});
document.body.dataset.ready = performance.now();
</script>"""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, help="a real archive with a kept map")
    parser.add_argument("--works", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--work", type=Path, default=Path("models/maps"), help="where synthetic archives lie")
    parser.add_argument("--regl", type=Path, help="folder of unpacked npm packages")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    figures: list[dict[str, object]] = []
    archives = {n: synthetic(given.work / str(n), n) for n in given.works}
    held = [*([given.archive] if given.archive else []), *(archive.path for archive in archives.values())]
    with sync_playwright() as playwright, served(held) as address:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        renderer = browser.new_page().evaluate(
            """() => { const gl = document.createElement("canvas").getContext("webgl");
            const told = gl?.getExtension("WEBGL_debug_renderer_info");
            return gl ? gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : "none"; }"""
        )
        browser.new_page().goto(address)  # the first page of a new process loads the app's own modules
        time.sleep(5)
        for place, path in enumerate(held):
            for painter in ("plain", "webgl"):
                url = f"{address}/map?archive={named(held)[place]}&painter={painter}&profile"
                works = {"works": len(Archive.open(path)), "real": path == given.archive}
                figures.append(works | opened(browser, url))
                print(json.dumps(figures[-1]), flush=True)
        if given.regl:
            for n, archive in archives.items():
                figures.append({"works": n, "real": False, **by_regl(browser, given.regl, archive, n)})
                print(json.dumps(figures[-1]), flush=True)
        version = browser.version
        browser.close()
    facts = {"browser": f"Chromium {version}", "webgl renderer": renderer, "seconds": SECONDS}
    print(f"written: {save('map', facts | {'figures': figures, 'machine': machine()})}")


def opened(browser: Browser, url: str) -> dict[str, object]:
    """The app's page: until it can be used, while it is dragged, and what was sent."""
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.set_default_timeout(120_000)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(url)
    page.wait_for_selector(".field[data-ready]")
    ready = page.evaluate("() => performance.getEntriesByName('map:ready')[0].startTime")
    first = page.evaluate("() => performance.getEntriesByName('map:points')[0].startTime")
    script = page.evaluate("() => performance.getEntriesByName('map:script')[0].startTime")
    page.wait_for_timeout(2000)
    sent = page.evaluate(
        "() => performance.getEntriesByType('resource').map((one) => [new URL(one.name).pathname, one.transferSize])"
    )
    moved = dragged(page, page.locator(".field").bounding_box())
    told = page.locator(".field").evaluate("(field) => ({...field.dataset})")
    profile = page.evaluate("() => window.mapFrames.slice(-100)")
    page.context.close()
    kinds = {"points": "/points", "groups": "/codes", "tiles": "/tiles/", "cells": "/cells/", "scripts": "/scripts/"}
    drawn = [frame for frame in profile if frame["points"] > 0]
    return {
        "painter": told["painter"],
        "renderer": told["renderer"],
        "script_s": round(script / 1000, 2),
        "points_s": round(first / 1000, 2),
        "ready_s": round(ready / 1000, 2),
        **moved,
        "one_point_in": int(told.get("step", 1)),
        "pictures": int(told.get("hung", 0)),
        "ms_a_frame": {
            what: round(float(np.median([frame[what] for frame in drawn])), 1) for what in ("points", "pictures")
        },
        "kB": {kind: round(sum(size for path, size in sent if part in path) / 1000) for kind, part in kinds.items()},
        "errors": failed,
    }


def dragged(page: Page, box: dict[str, float]) -> dict[str, object]:
    """Frames a second while a pointer drags the middle of a box to and fro."""
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 5, y + 5)
    page.wait_for_timeout(300)
    page.evaluate(FRAMES)
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < SECONDS:
        angle = passed * 2
        page.mouse.move(x + 90 * np.sin(angle), y + 60 * np.sin(angle * 1.7))
    frames = np.diff(page.evaluate("() => window.frames_"))
    page.mouse.up()
    return {
        "frames_a_second": round(1000 / float(frames.mean()), 1),
        "frame_ms": {f"p{q}": round(float(np.percentile(frames, q)), 1) for q in (50, 95, 99)},
    }


def by_regl(browser: Browser, packages: Path, archive: Archive, n: int) -> dict[str, object]:
    """The same coordinates, by regl-scatterplot on a page of its own: no groups, no pictures, no app around it."""
    [path] = list(places(archive)[0].glob("*/xy.npy"))
    (packages / f"points-{n}").write_bytes(np.ascontiguousarray(np.load(path).T, "<f4").tobytes())
    (packages / "regl.html").write_text(REGL)
    (packages / "regl.mjs").write_text("export default window.createREGL;\n")
    handler = functools.partial(Quiet, directory=str(packages))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        page.set_default_timeout(120_000)
        page.goto(f"http://127.0.0.1:{server.server_port}/regl.html?n={n}")
        page.wait_for_selector("body[data-ready]")
        ready = float(page.locator("body").get_attribute("data-ready"))
        page.wait_for_timeout(1000)
        moved = dragged(page, page.locator("canvas").first.bounding_box())
        page.context.close()
        server.shutdown()
    scripts = ("regl-scatterplot/dist/regl-scatterplot.esm.js", "regl/dist/regl.min.js", "pub-sub-es/dist/index.js")
    size = round(sum((packages / one).stat().st_size for one in scripts) / 1000)
    return {"painter": "regl-scatterplot 1.16", "ready_s": round(ready / 1000, 2), **moved, "kB": {"scripts": size}}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, without a word."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the class it comes from
        """Say nothing."""


def synthetic(folder: Path, n: int) -> Archive:
    """An archive of so many works with a kept map whose coordinates and pictures are made up; kept for the next run."""
    path = folder / "archive"
    if not (path / "archive.json").is_file():
        for name in ("img_emb", "metadata"):
            (folder / "published" / name).mkdir(parents=True, exist_ok=True)
        vectors = np.random.default_rng(0).normal(size=(n, 8)).astype(np.float32)
        np.save(folder / "published" / "img_emb" / "img_emb_0.npy", vectors / np.linalg.norm(vectors, axis=1)[:, None])
        table = {"image_path": [str(at) for at in range(n)], "caption": [f"Work {at}" for at in range(n)]}
        pq.write_table(pa.table(table), folder / "published" / "metadata" / "metadata_0.parquet")
        (folder / "e.toml").write_text(RECIPE)
        build_archive(load_recipe(str(folder / "e.toml"), root=folder / "published"), out=path)
    archive = Archive.open(path)
    if not (places(archive)[0] / "umap" / "map.json").is_file():
        rng = np.random.default_rng(1)
        share = rng.dirichlet(np.full(CLOUDS, 0.7))
        of = rng.choice(CLOUDS, n, p=share)
        middles, widths = rng.uniform(0.1, 0.9, (CLOUDS, 2)), rng.uniform(0.005, 0.05, CLOUDS)
        xy = np.clip(middles[of] + rng.normal(size=(n, 2)) * widths[of, None], 0, 1)
        kept = Fidelity(10, n, 0, 0.0, 0.0, 10 / (n - 1), 0.5, 0.5, 0.5)
        found = Regions(
            of % REGIONS + 1, [Region(at + 1, int((of % REGIONS == at).sum()), (), 0.0) for at in range(REGIONS)],
            np.zeros((0, 8), np.float32), 0.0, 0,
        )  # fmt: skip
        rows = archive.rows()
        ids = tuple(archive.collection.take(rows, ["id"])["id"].to_pylist())
        notes = ("Synthetic coordinates, for measuring.",)
        view = Map(archive.name, archive.manifest.encoder, "umap", "", 0, rows, ids, xy, n, kept, found, notes=notes)
        place = keep_map(view, archive)
        cells = representatives(xy, levels_for(n))
        swatches = [swatch(rng) for _ in range(64)]
        for (level, column, row), webp in tiles(cells, {at: swatches[at % 64] for at in cells[:, 3].tolist()}):
            (place / TILES / str(level)).mkdir(parents=True, exist_ok=True)
            (place / TILES / str(level) / f"{column}-{row}.webp").write_bytes(webp)
    return archive


def swatch(rng: np.random.Generator) -> bytes:
    """A picture of blurred noise."""
    noise = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return images.thumbnail(Image.fromarray(noise).resize((58, 44), Image.Resampling.BICUBIC), side=58)


def named(held: list[Path]) -> list[str]:
    """Names of archives in addresses: as the app gives them."""
    names: list[str] = []
    for path in held:
        name, number = path.resolve().name, 2
        while name in names:
            name, number = f"{path.resolve().name}-{number}", number + 1
        names.append(name)
    return names


@contextmanager
def served(archives: list[Path]) -> Iterator[str]:
    """The app on these archives; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "latentarchive", "app", *map(str, archives), "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])})
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()

"""How much a page of results takes beyond the search itself: the front end on 100,000 works, in headless Chromium.

    python -m benchmarks.app [--rows 100000] [--archive DIR] [--chromium PATH]

The works are synthetic: drawn coloured shapes with a catalogue entry each, kept in an archive with the shipped encoder
(DIR, which is made at the first run and taken as it is afterwards). A visitor types a question and presses Enter. Timed
are: until all cards of the answer stand in the page, and until the pictures on the screen are loaded. The same
questions are put to `Archive.search` in a process of its own. They differ, so that nothing is answered from a cache;
the first ones warm up. Writes ``results/app.json``.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.machine import machine, save
from benchmarks.memory import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

SIDE, SHARD = 96, 5_000
COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "brown", "black", "white", "grey")
SHAPES = ("circle", "square", "triangle", "cross", "ring", "stripe")
MEDIA = ("Woodcut", "Watercolour", "Engraving", "Screenprint", "Photograph")
PLACES = ("Northport", "Old Harbour", "Saltmarsh", "Lake Town", "Red Hills", "High Vale", "The Isles")
WARM = 5

LISTS = """(() => [...document.querySelectorAll('*')].flatMap(
  one => one.shadowRoot ? [...one.shadowRoot.querySelectorAll('ul.cards')] : []))()"""
"""Lists of cards; each run of the page draws a new one."""

MARK = f"() => {LISTS}.forEach(list => {{ list.dataset.before = 'yes'; }})"

CARDS = f"""question => {{
  const [list] = {LISTS};
  return list && !list.dataset.before && list.children.length > 0
    && document.body.innerText.includes(`“${{question}}” —`);
}}"""
"""Whether the answer to a question stands there, in a list that was not there before it was asked."""

SEEN = f"""() => {{
  const [list] = {LISTS};
  const seen = [...list.querySelectorAll('.mat img')].filter(one => one.getBoundingClientRect().top < innerHeight);
  return seen.length && seen.every(one => one.complete && one.naturalWidth) ? seen.length : 0;
}}"""
"""How many pictures are on the screen once all are there; a list may be drawn anew while they are waited for."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--archive", type=Path, default=ROOT / "build" / "bench" / "shapes")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--questions", type=int, default=30)
    given = parser.parse_args()
    facts = machine()
    archive = made(given.archive, given.rows)
    asked = questions(given.questions + WARM)
    with served(archive) as address:
        pages = typed(address, asked, given.chromium)
        filtered = typed(address, asked, given.chromium, params="&f.place=Saltmarsh&from=1850")
    calls = called(archive, asked)
    figures: dict[str, Any] = {
        "rows": given.rows,
        "works": "synthetic: coloured shapes drawn by this program, a catalogue entry each",
        "questions": given.questions,
        "library_ms": spread(calls["plain"]),
        "cards_ms": spread(pages["cards"]),
        "pictures_ms": spread(pages["pictures"]),
        "cards_beyond_library_ms": round(float(np.median(pages["cards"]) - np.median(calls["plain"])), 1),
        "narrowed_down": {
            "library_ms": spread(calls["filtered"]),
            "cards_ms": spread(filtered["cards"]),
            "pictures_ms": spread(filtered["pictures"]),
            "cards_beyond_library_ms": round(float(np.median(filtered["cards"]) - np.median(calls["filtered"])), 1),
        },
        "pictures_on_screen": pages["seen"],
        "machine": facts,
    }
    print(json.dumps(figures, indent=1))
    print(f"written: {save('app', figures)}")


def made(folder: Path, rows: int) -> Path:
    """The archive; drawn and built if it is not there."""
    archive = folder / f"archive-{rows}"
    if not (archive / "archive.json").is_file():
        source = folder / f"works-{rows}"
        source.mkdir(parents=True, exist_ok=True)
        for start in range(0, rows, SHARD):
            write_shard(source / f"{start:07d}.tar", start, min(start + SHARD, rows))
        recipe = folder / "shapes.toml"
        recipe.write_text('title = "Shapes (synthetic)"\n[collection]\nsource = "webdataset"\npath = "*.tar"\n'
                          '[encoder]\nid = "tiny"\n')  # fmt: skip
        command = [sys.executable, "-m", "latentarchive", "build", recipe, "--root", source, "--out", archive]
        subprocess.run(list(map(str, command)), cwd=ROOT, check=True)
    return archive


def write_shard(path: Path, start: int, stop: int) -> None:
    """A shard of drawn works; one that is there is taken as it is."""
    if path.exists():
        return
    partial = path.with_suffix(".partial")
    with tarfile.open(partial, "w") as tar:
        for row in range(start, stop):
            image, record = work(row)
            for suffix, data in ((".jpg", image), (".json", json.dumps(record).encode())):
                member = tarfile.TarInfo(f"{row:09d}{suffix}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    partial.rename(path)


def work(row: int) -> tuple[bytes, dict[str, Any]]:
    """One work: a JPEG of one to four shapes, and its catalogue entry."""
    drawn = random.Random(row)
    ground, colour, shape = drawn.choice(COLOURS), drawn.choice(COLOURS), drawn.choice(SHAPES)
    image = Image.new("RGB", (SIDE, SIDE), ground)
    pen = ImageDraw.Draw(image)
    for _ in range(drawn.randint(1, 4)):
        x, y, size = drawn.randrange(SIDE), drawn.randrange(SIDE), drawn.randrange(10, SIDE)
        draw_shape(pen, shape, colour, (x - size // 2, y - size // 2, x + size // 2, y + size // 2))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    place = drawn.choice(PLACES)
    record = {
        "title": f"{colour.capitalize()} {shape} on {ground}, no. {row}",
        "creator": f"Workshop {drawn.randrange(400)}, {place}",
        "date": str(1700 + drawn.randrange(300)),
        "medium": drawn.choice(MEDIA),
        "place": place,
        "subjects": [colour, shape],
        "rights": drawn.choice(["CC0-1.0", "In Copyright", ""]),
        "url": f"https://example.org/{row}",
        "repository": "Nobody (synthetic)",
    }
    return buffer.getvalue(), record


def draw_shape(pen: ImageDraw.ImageDraw, shape: str, colour: str, box: tuple[int, int, int, int]) -> None:
    """One shape inside a box."""
    left, top, right, bottom = box
    middle, height = (left + right) // 2, (top + bottom) // 2
    match shape:
        case "circle":
            pen.ellipse(box, fill=colour)
        case "ring":
            pen.ellipse(box, outline=colour, width=6)
        case "square":
            pen.rectangle(box, fill=colour)
        case "triangle":
            pen.polygon([(left, bottom), (right, bottom), (middle, top)], fill=colour)
        case "stripe":
            pen.line([left, top, right, bottom], fill=colour, width=8)
        case _:
            pen.line([left, height, right, height], fill=colour, width=8)
            pen.line([middle, top, middle, bottom], fill=colour, width=8)


def questions(count: int) -> list[str]:
    """Different questions, the same at every run."""
    every = [f"a {colour} {shape} on {ground}" for colour, shape, ground in product(COLOURS, SHAPES, COLOURS)]
    return random.Random(0).sample(every, count)


@contextmanager
def served(archive: Path) -> Iterator[str]:
    """The front end on an archive, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "latentarchive", "app", str(archive), "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=archive.parent, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def typed(address: str, asked: list[str], chromium: str, *, params: str = "") -> dict[str, Any]:
    """Milliseconds from Enter until the cards, and the pictures on the screen, are there."""
    from playwright.sync_api import sync_playwright

    cards, pictures, seen = [], [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/?q=begin{params}")
        page.locator("ul.cards > li, [data-testid=stAlert]").first.wait_for()
        for question in asked:
            both = one(page, question)
            cards.append(both[0])
            pictures.append(both[1])
            seen.append(both[2])
        browser.close()
    return {"cards": cards[WARM:], "pictures": pictures[WARM:], "seen": int(np.median(seen))}


def one(page: Page, question: str) -> tuple[float, float, int]:
    """One question: milliseconds until its cards and its pictures, and how many of these are on the screen."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    box = page.get_by_label("Search for")
    box.fill(question)
    page.evaluate(MARK)
    began = time.perf_counter()
    box.press("Enter")
    page.wait_for_function(CARDS, arg=question, polling="raf")
    there = time.perf_counter()
    seen = page.wait_for_function(SEEN, polling="raf").json_value()
    return (there - began) * 1e3, (time.perf_counter() - began) * 1e3, int(seen)


CALLS = """
import json, sys, time
import latentarchive
from reading_room.answers import MOST
archive, asked, where = latentarchive.open(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
took = []
for question in asked:
    began = time.perf_counter()
    archive.search(question, k=MOST, where=where)
    took.append((time.perf_counter() - began) * 1e3)
print(json.dumps(took))
"""


def called(archive: Path, asked: list[str]) -> dict[str, list[float]]:
    """Milliseconds of the same questions put to the library, in another process, as the app puts them."""
    years = "place = 'Saltmarsh' AND coalesce(year_end, year) >= 1850"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'apps'}"}
    found = {}
    for name, where in (("plain", ""), ("filtered", years)):
        command = [sys.executable, "-c", CALLS, str(archive), json.dumps(asked), where]
        told = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
        found[name] = json.loads(told.splitlines()[-1])[WARM:]
    return found


def spread(took: list[float]) -> dict[str, float]:
    """Median and the 95th percentile."""
    return {"median": round(float(np.median(took)), 1), "p95": round(float(np.quantile(took, 0.95)), 1)}


if __name__ == "__main__":
    main()

"""Known images: plain swatches whose answers under the toy encoder can be worked out by hand."""

import contextlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit import Subject
from latentarchive.build import build_archive
from latentarchive.encoders import toy
from latentarchive.recipes import load_recipe
from latentarchive.storage import locked

settings.register_profile(
    "untimed", deadline=None
)  # speed is measured in benchmarks, on a machine that does nothing else
settings.load_profile("untimed")

LONG = {"visitor", "cluster", "wheel"}
"""What a file that takes long asks for: a browser, Ray, a wheel."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Files that take long are begun first, so that no process is left alone with one at the end.

    Before them the first that needs the demo: whatever else needs it comes late enough not to wait for it.
    """
    demo = next((item.path for item in items if "demo_folder" in item.fixturenames), None)
    long = {item.path for item in items if LONG & set(item.fixturenames)}
    items.sort(key=lambda item: (item.path != demo, item.path not in long))


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """What is made once for all processes of a run: `shared(name, make)` gives the path that `make(folder)` gave."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent

    def made(name, make):
        place = common / "shared" / name
        place.mkdir(parents=True, exist_ok=True)
        told = place / "path.txt"
        with locked(place, wait=True):
            if not told.is_file():
                told.write_text(str(make(tmp_path_factory.mktemp(name))))
        return Path(told.read_text())

    return made


COLOURS = {name: toy.COLOURS[name] for name in ("red", "green", "blue", "yellow", "white", "black")}


def swatch(left, right=None, size=(64, 64)):
    """An image of one colour, or of two halves."""
    image = Image.new("RGB", size, COLOURS[left])
    if right:
        image.paste(COLOURS[right], (size[0] // 2, 0, size[0], size[1]))
    return image


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def swatches(tmp_path):
    """A folder of ten swatches with side files, and one file that is not an image."""
    folder = tmp_path / "swatches"
    folder.mkdir()
    pairs = [(c, None) for c in COLOURS] + [("red", "blue"), ("red", "white"), ("green", "yellow")]
    for number, (left, right) in enumerate(pairs):
        name = left + (f"-{right}" if right else "")
        (folder / f"{name}.png").write_bytes(png(swatch(left, right)))
        side = {
            "title": f"Plate {number}: {name}",
            "creator": "Newton, Amanda Almira" if number % 2 else "Schutt, Ellen Isham",
            "date": str(1900 + number),
            "rights": "http://rightsstatements.org/vocab/NoC-US/1.0/" if number % 3 else "All rights reserved",
            "subjects": [left, right] if right else [left],
            "accession_number": f"79.66.{number}",
        }
        (folder / f"{name}.json").write_text(json.dumps(side))
    (folder / "red-copy.png").write_bytes((folder / "red.png").read_bytes())
    (folder / "torn.png").write_bytes((folder / "blue.png").read_bytes()[:40])
    return folder


RECIPE = """
title = "Swatches"
[collection]
source = "folder"
name = "s"
[encoder]
id = "toy"
"""


def write_recipe(folder: Path, text: str = RECIPE, name: str = "swatches") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


@pytest.fixture
def recipe(tmp_path, swatches):
    return load_recipe(str(write_recipe(tmp_path)), root=swatches)


@pytest.fixture
def archive(tmp_path, recipe):
    return Archive.open(build_archive(recipe, out=tmp_path / "archive").path)


ROOT = Path(__file__).parent.parent

OFFLINE = """
import resource, socket, sys

def refuse(*_):
    raise OSError("the network is blocked")

socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
from latentarchive.__main__ import main
try:
    main(sys.argv[1:], standalone_mode=False)
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""
"""A program that runs the command line without a network and tells its peak memory in MiB."""


FEATURES = Path(
    os.environ.get("LATENTARCHIVE_FEATURES", Path(__file__).parents[2] / "shared/fixtures/features_clip.npy")
)
"""500 COCO photographs and a caption of each in CLIP: features_clip.npy of Weixin-Liang/Modality-Gap (MIT)."""


@pytest.fixture(scope="session")
def features():
    if not FEATURES.is_file():
        pytest.skip(f"there is no {FEATURES.name}; name its place in LATENTARCHIVE_FEATURES")
    both = np.load(FEATURES, allow_pickle=False).astype(np.float64)
    return both / np.linalg.norm(both, axis=2, keepdims=True)


def run_demo(folder):
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, "demo"],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder / "demo.txt").write_text(done.stdout)
    (folder / "peak.txt").write_text(done.stderr.split("peak ")[-1])
    return folder


@pytest.fixture(scope="session")
def demo_folder(shared, tmp_path_factory):
    """A working directory in which `latentarchive demo` ran without a network; `demo.txt` is what it said.

    A copy for each process: commands of the documentation write there.
    """
    return shutil.copytree(shared("demo", run_demo), tmp_path_factory.mktemp("demo"), dirs_exist_ok=True)


SMALL_WORKS, SMALL_SEED = 700, 3
"""How many works `small_cabinet` has, and by which seed: another than that of the shipped cabinet, so that no model
that ships has seen any of them."""


def build_small_cabinet(folder):
    from tests.model_helpers import one_thread

    text = f'title = "C"\n[collection]\nsource = "cabinet"\nworks = {SMALL_WORKS}\nseed = {SMALL_SEED}\n'
    with one_thread():
        recipe = load_recipe(str(write_recipe(folder, text + '[encoder]\nid = "tiny"\n', "cabinet")), root=folder)
        return build_archive(recipe, out=folder / "archive").path


@pytest.fixture(scope="session")
def small_cabinet(shared):
    """An archive of a small cabinet with its planted faults, for tests that only read it."""
    return Archive.open(shared("cabinet", build_small_cabinet))


@pytest.fixture(scope="session")
def other_cabinet(small_cabinet):
    """The small cabinet as a subject of audits."""
    with Subject.of(small_cabinet) as subject:
        yield subject


@pytest.fixture(scope="session")
def small_truth():
    """The truth about the works of the small cabinet, one record each."""
    from latentarchive.cabinet.faults import entries
    from latentarchive.cabinet.truth import truth_table

    return truth_table(entries(SMALL_WORKS, SMALL_SEED)).to_pylist()


@pytest.fixture(scope="session")
def small_encoder(shared):
    """The folder of a CLIP that was trained for seconds on sixty works of the cabinet."""
    from latentarchive.train import train_encoder
    from tests.model_helpers import encoder_recipe, one_thread

    with one_thread():
        return shared("encoder", lambda folder: train_encoder(encoder_recipe(), out=folder / "encoder").path)


@pytest.fixture(scope="session")
def small_generator(shared, small_encoder):
    """The folder of a generator that was trained for seconds on the same works, told by that CLIP."""
    from latentarchive.train import train_generator
    from tests.model_helpers import generator_recipe, one_thread

    recipe = generator_recipe(f"local:{small_encoder}")
    with one_thread():
        return shared("generator", lambda folder: train_generator(recipe, out=folder / "generator").path)


@pytest.fixture(scope="session")
def small_adapter(shared, small_generator):
    """The folder of a LoRA that was trained for seconds on sixty cyanotypes, for that generator."""
    from latentarchive.train import train_lora
    from tests.model_helpers import lora_recipe, one_thread

    with one_thread():
        return shared("adapter", lambda folder: train_lora(lora_recipe(small_generator), out=folder / "adapter").path)


@pytest.fixture(scope="session")
def families(shared):
    """A folder with a tiny pipeline of every family, randomly initialised; see `tests.family_helpers`."""
    from tests.family_helpers import save_all
    from tests.model_helpers import one_thread

    with one_thread():
        return shared("families", save_all)


SECRET = "the withheld title"
"""Of a work of `hostile` that is withheld."""


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """An archive whose catalogue says what no page may act on; one work is withheld, the file of another is gone."""
    from tests.page_helpers import HOSTILE, STARTS

    folder = tmp_path_factory.mktemp("hostile")
    pictures = folder / "pictures"
    pictures.mkdir()
    long = ["x" * 5000, "word " * 1000, "كتاب مصوَّر من القرن العاشر " * 100, "\u202e" + "turned " * 20, ""]
    titles = [*HOSTILE, *STARTS, *long, SECRET, "The file is gone"]
    fields = ("title", "creator", "date", "medium", "place", "rights", "text", "source", "url", "donor")
    for number, title in enumerate(titles):
        name = f"{number:02d}'\"><img src=x onerror=window.ran=1> [a](b) .. &id=%2e"
        (pictures / f"{name}.png").write_bytes(
            png(swatch(list(COLOURS)[number % len(COLOURS)], size=(40 + number, 64)))
        )
        side = dict.fromkeys(fields, title) | {"subjects": [title], "date": f"{1900 + number} {title}"}
        (pictures / f"{name}.json").write_text(json.dumps(side))
    recipe = write_recipe(folder, RECIPE.replace("Swatches", HOSTILE[0].replace('"', "'")), "hostile")
    made = Archive.open(build_archive(load_recipe(str(recipe), root=pictures), out=folder / "archive").path)
    secret, gone = (next(item for item in made.shown() if item.title == title).id for title in titles[-2:])
    made.withhold([secret], reason="a secret reason")
    next(path for path in pictures.glob("*.png") if path.name.startswith(gone[2:4])).unlink()
    return made


@pytest.fixture
def room(monkeypatch):
    """Opens a page of the front end on archives, without a browser: `room(path, page="item", id=...)`."""
    from streamlit.testing.v1 import AppTest

    def opened(*archives, page="search", settings=(), **params):
        told = {"archives": [str(path) for path in archives]} | dict(settings)
        monkeypatch.setenv("LATENTARCHIVE_APP", json.dumps(told))
        test = AppTest.from_file(ROOT / "apps" / "streamlit_app.py", default_timeout=60)
        for name, value in params.items():
            test.query_params[name] = value
        if page != "search":
            test.switch_page(f"reading_room/views/{page}.py")
        return test.run()

    return opened


class Server:
    """A real server in a process of its own, without a network; at `address` once it answers."""

    def __init__(self, folder, *command, paths=(ROOT, ROOT / "apps"), **environment):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.log, self.outside = folder / "log.txt", folder / "outside.txt"
        self.outside.touch()
        paths = os.pathsep.join(map(str, (ROOT / "tests" / "offline", *paths)))
        environment |= {"PYTHONPATH": paths, "OFFLINE_LOG": str(self.outside)}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *(str(part).replace("PORT", str(port)) for part in command)],
                cwd=folder,
                env=os.environ | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        assert not self.outside.read_text(), "the server asked for another machine"


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """Gives the address of a real server on archives. One serves all tests that ask for the same archives."""
    running = {}

    def served(*archives, options=()):
        asked = (*map(str, archives), *map(str, options))
        if asked not in running:
            folder = tmp_path_factory.mktemp("served")
            running[asked] = Server(folder, "latentarchive", "app", *asked, "--port", "PORT")
        return running[asked].address

    yield served
    for server in running.values():
        server.stop()


WITHOUT = "--disable-features=" + ",".join(
    [
        *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
        *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
        *("DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay"),
        *("MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
        "ThirdPartyStoragePartitioning",
    ]
)
"""The first two load pages of Chromium's own, unseen, beside every window: most of a second of the processor.

The others are those that Playwright switches off: of two such options the last counts alone.
"""


@pytest.fixture(scope="session")
def chromium():
    """The distribution's Chromium, without a window and without any name but this machine's."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("there is no Chromium: install the distribution's package, for example apt-get install chromium")
    blocked = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", blocked, WITHOUT])
        yield browser
        browser.close()


ROOTS = re.compile(r"127\.0\.0\.1:\d+/\w+/_stcore/(health|host-config)$")
"""Where Streamlit looks for itself first when a page is opened that is not the first one: this cannot be found."""


@pytest.fixture
def visitor(chromium):
    """Opens pages in a browser of their own. What asks for another machine, is missing, or complains, fails the test.

    `visitor(url, width=390, dark=True)` gives Playwright's page.
    """
    contexts, faults = [], []

    def answered(response):
        if response.status >= 400 and not ROOTS.search(response.url):
            faults.append(f"{response.status} {response.url}")

    def failed(request):
        if "ERR_ABORTED" not in (request.failure or ""):  # a page that was left
            faults.append(f"{request.failure} {request.url}")

    def said(message):
        if message.type == "error" and not ROOTS.search(message.location["url"]):
            faults.append(message.text)

    def asked(url):
        if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
            faults.append(f"asked for {url}")

    def dialog(shown):
        faults.append(f"dialog {shown.message}")
        shown.dismiss()

    def opened(url, *, width=1280, height=900, dark=False, motion="no-preference"):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion=motion,
        )
        contexts.append(context)
        context.on("request", lambda request: asked(request.url))  # of workers too
        context.on("response", answered)
        context.on("requestfailed", failed)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.on("console", said)
        context.on("dialog", dialog)
        page = context.new_page()
        page.on("websocket", lambda socket: asked(socket.url))
        page.set_default_timeout(60_000)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults

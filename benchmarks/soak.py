"""A kiosk driven by visitors for as long as is said, and whether the memory of its server grows.

    python -m benchmarks.soak ARCHIVE [--profile FILE] [--minutes 120]

Visitors come one after another in a browser without a window: they touch questions, works and images, change the
language, leave in the middle or are forgotten by the countdown. Every few seconds the memory of the server is read.
Writes ``results/soak.json``: megabytes per hour after the warm-up, with an interval.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.machine import machine, save
from benchmarks.memory import ROOT, now

if TYPE_CHECKING:
    from playwright.sync_api import Page

EVERY = 5.0
"""Seconds between two readings of the memory."""

WARM = 0.25
"""Share of the time that counts as warm-up: caches fill until each question was asked and each image made."""

BLOCK = 300.0
"""Seconds of readings that are drawn together: readings near to each other are alike."""

SEED, DRAWS = 0, 2000

QUICK = {"ask_after": 8, "reset_after": 2}
"""Seconds of the countdown, so that more visitors are forgotten in an hour."""


def slope(seconds: np.ndarray, megabytes: np.ndarray) -> dict[str, object]:
    """Growth in MB an hour, by least squares, with an interval of 95 % from drawing blocks of time anew."""
    hours = seconds / 3600
    fitted = np.polyfit(hours, megabytes, 1)
    rest = megabytes - np.polyval(fitted, hours)
    blocks = [rest[seconds // BLOCK == one] for one in np.unique(seconds // BLOCK)]
    chance = np.random.default_rng(SEED)
    drawn = []
    for _ in range(DRAWS):
        noise = np.concatenate([blocks[i] for i in chance.integers(len(blocks), size=2 * len(blocks))])
        noise = np.resize(noise, len(rest))
        drawn.append(np.polyfit(hours, np.polyval(fitted, hours) + noise, 1)[0])
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {"mb_per_hour": round(float(fitted[0]), 2), "interval": [round(float(low), 2), round(float(high), 2)]}


def visit(page: Page, chance: random.Random, counted: Counter[str], forgotten: float, read: Callable[[], None]) -> None:
    """One visitor, from the attract loop until they are forgotten or begin anew themselves."""
    page.locator(".stage.attract .touch").click()
    page.locator(".stage.start").wait_for()
    counted["visits"] += 1
    for _ in range(chance.randint(2, 9)):
        choices = page.locator(".tiles button, .bar button")
        count = choices.count()
        if not count:
            break
        choices.nth(chance.randrange(count)).click(timeout=10_000)
        counted["touches"] += 1
        read()
        page.wait_for_timeout(chance.uniform(100, 900))
        if page.locator(".stage.contrast").count() and chance.random() < 0.7:
            page.wait_for_timeout(2000)
            counted["images looked at"] += 1
    if chance.random() < 0.3:  # waits for the countdown; the others are gone with a new page
        page.locator(".stage.attract").wait_for(timeout=1000 * (forgotten + 60))
        counted["forgotten by the countdown"] += 1
    else:
        page.goto(page.url.partition("?")[0])
        page.locator(".stage.attract").wait_for()


def drive(url: str, pid: int, minutes: float, forgotten: float) -> tuple[list[tuple[float, int, int]], Counter[str]]:
    """Readings (seconds, resident kB, anonymous kB) and what visitors did."""
    from playwright.sync_api import Error, sync_playwright

    chance, counted, readings = random.Random(SEED), Counter(), []
    began = time.monotonic()

    def read() -> None:
        if not readings or time.monotonic() - began - readings[-1][0] >= EVERY:
            kilobytes = now(pid)
            readings.append((time.monotonic() - began, kilobytes["resident_mb"], kilobytes["anonymous_mb"]))

    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1080, "height": 1920})
        page.set_default_timeout(120_000)  # the machine may do other things
        page.on("pageerror", lambda error: counted.update([f"error: {error}"[:80]]))
        page.goto(url)
        page.locator(".stage.attract").wait_for()
        read()
        while time.monotonic() - began < 60 * minutes:
            try:
                visit(page, chance, counted, forgotten, read)
            except Error as error:
                counted[f"failed: {str(error).splitlines()[0][:80]}"] += 1
                with contextlib.suppress(Error):  # the next visitor will say so
                    page.goto(url)
            if counted["visits"] % 20 == 1:
                minutes_done, megabytes = (time.monotonic() - began) / 60, readings[-1][2] // 1024
                print(f"{minutes_done:.0f} min, {dict(counted)}, {megabytes} MB", flush=True)
        browser.close()
    return readings, counted


def main() -> None:
    """Serve, drive, write down."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("archive")
    asked.add_argument("--profile", type=Path, default=ROOT / "apps" / "kiosk" / "cabinet.toml")
    asked.add_argument("--minutes", type=float, default=120)
    told = asked.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        text = told.profile.read_text("utf-8")
        for key, value in QUICK.items():
            text = re.sub(rf"(?m)^{key} = [\d.]+", f"{key} = {value}", text)
        (folder / "profile.toml").write_text(text, "utf-8")
        command = [sys.executable, "-m", "latentarchive", "app", told.archive, "--kiosk", folder / "profile.toml"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = stack.enter_context((folder / "log.txt").open("w"))
        server = subprocess.Popen([*command, "--port", str(port)], cwd=ROOT, env=os.environ, stdout=log, stderr=log)
        stack.callback(server.wait)
        stack.callback(server.terminate)
        for _ in range(120):
            if server.poll() is not None:
                raise SystemExit((folder / "log.txt").read_text())
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(1)
        readings, counted = drive(f"http://127.0.0.1:{port}", server.pid, told.minutes, sum(QUICK.values()))
        complaints = [
            line for line in (folder / "log.txt").read_text().splitlines() if "Traceback" in line or "Error" in line
        ]
    seconds, resident, anonymous = np.array(readings, np.float64).T
    curve = [[round(at / 60, 1), round(kb / 1024)] for at, kb in zip(seconds, anonymous, strict=True)]
    late = seconds >= WARM * seconds[-1]
    figures = {
        "machine": machine(),
        "minutes": round(seconds[-1] / 60, 1),
        "warm_up_minutes": round(WARM * seconds[-1] / 60, 1),
        "readings": int(late.sum()),
        "did": dict(counted),
        "log_errors": complaints[:10],
        "anonymous": slope(seconds[late], anonymous[late] / 1024)
        | {"first_mb": round(anonymous[late][0] / 1024), "last_mb": round(anonymous[-1] / 1024)},
        "resident": slope(seconds[late], resident[late] / 1024)
        | {"first_mb": round(resident[late][0] / 1024), "last_mb": round(resident[-1] / 1024)},
        "curve": curve[:: max(1, len(curve) // 60)],
    }
    print(save("soak", figures).read_text())


if __name__ == "__main__":
    main()

"""Visitors of the reading room, all at once on one process: errors, times of response, and what becomes of its memory.

    python -m benchmarks.visitors ARCHIVE [--visitors 30] [--minutes 10] [--warm-up 3]

Visitors speak Streamlit's own protocol over a WebSocket, as its pages do, and fetch the pictures that a page names:
thirty browsers would need more than the machine has. Each opens a session, goes from page to page for a while with
pauses between, leaves, and comes back as somebody new. Who asks for a contrast waits for it, looking at it as
often as the page says. Writes ``results/visitors.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import random
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import psutil
from scipy import stats
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

import latentarchive
from benchmarks.machine import machine, save
from benchmarks.memory import ROOT

STAY, PAUSE_S = 8, 3.0
"""Pages of one visit, and seconds between them: means of a geometric and an exponential distribution."""

PATIENCE_S = 120.0
"""After so many seconds without an end, a page counts as an error."""

BLOCK_S = 30.0
"""Memory is averaged over so many seconds before a line is laid through: neighbouring samples tell the same."""

SHARES = {"search": 0.5, "item": 0.25, "map": 0.1, "contrast": 0.1, "about": 0.05}
"""How often each page is asked for, of those that there are."""

WORDS = (
    "a blue jug",
    "harbour",
    "etching",
    "a red apple",
    "portrait of a woman",
    "mountains",
    "1890s",
    "cat",
    "ship at sea",
)
_PICTURES = re.compile(rb"/(?:thumbs|views|made)/[^\"\\ ]+")
_BEFORE = re.compile(rb"(\d+) before you")


@dataclass
class Told:
    """What was seen by all visitors."""

    #: Seconds from asking to the end of the run, by page; of pictures under "picture".
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    #: Of each contrast that was waited for: seconds until its first image, and the most others before it in the line.
    waits: list[tuple[float, int]] = field(default_factory=list)
    #: Contrasts that were not begun within the patience of their visitors.
    given_up: int = 0
    sessions: int = 0
    bytes: int = 0


@dataclass
class Memory:
    """Resident memory of the server, sampled: seconds since the start, and MB."""

    at_s: list[float] = field(default_factory=list)
    mb: list[float] = field(default_factory=list)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--warm-up", type=float, default=3)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    facts = machine()
    archive = latentarchive.open(given.archive)
    ask = asked(archive.path.name, [item.id for item in archive.shown()], pages())
    server, port = started(given.archive)
    told, memory = Told(), Memory()
    try:
        asyncio.run(visited(port, given.visitors, 60 * given.minutes, ask, given.seed, told, memory, server.pid))
    finally:
        server.terminate()
        server.wait(30)
    figures: dict[str, Any] = {
        "items": len(archive),
        "visitors": given.visitors,
        "minutes": given.minutes,
        "warm_up_minutes": given.warm_up,
        "pause_s": PAUSE_S,
        "sessions": told.sessions,
        "errors": sum(told.errors.values()),
        "first_errors": dict(told.errors.most_common(10)),
        "pages": {name: times(seconds) for name, seconds in sorted(told.seconds.items())},
        "contrasts": {
            "seen": len(told.waits),
            "given_up": told.given_up,
            "first_image": times([seconds for seconds, _ in told.waits]) if told.waits else None,
            "most_before": max((before for _, before in told.waits), default=0),
        },
        "sent_mb": round(told.bytes / 1e6, 1),
        "memory": grown(memory, 60 * given.warm_up),
        "machine": facts,
    }
    print(json.dumps(figures, indent=1))
    print(f"written: {save('visitors', figures)}")


def pages() -> list[str]:
    """Pages that there are, of those that visitors ask for."""
    return [name for name in SHARES if (ROOT / "apps" / "reading_room" / "views" / f"{name}.py").is_file()]


Ask = Callable[[random.Random], tuple[str, dict[str, str]]]


def asked(archive: str, works: Sequence[str], names: Sequence[str]) -> Ask:
    """What a visitor asks for next: a page and what it is asked."""

    def ask(chance: random.Random) -> tuple[str, dict[str, str]]:
        page = chance.choices(names, [SHARES[name] for name in names])[0]
        own = {
            "search": {"q": f"{chance.choice(WORDS)} {chance.choice(WORDS)}"},
            "item": {"id": chance.choice(works)},
            "contrast": {"q": chance.choice(WORDS), "n": "2", "steps": "10", "seed": str(chance.randrange(1000))},
        }
        return page, {"archive": archive} | own.get(page, {})

    return ask


def started(archive: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The server on one archive, once it answers; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "latentarchive", "app", str(archive.resolve()), "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return server, port
        time.sleep(0.1)
    server.kill()
    raise TimeoutError(f"the server did not answer on port {port}")


async def visited(
    port: int, visitors: int, seconds: float, ask: Ask, seed: int, told: Told, memory: Memory, pid: int
) -> None:
    """Have so many visitors come for so many seconds, and watch the server meanwhile."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(watched(pid, began, memory))
        visits = [
            group.create_task(visitor(port, began + seconds, ask, random.Random(seed * 1000 + n), told))
            for n in range(visitors)
        ]
        await asyncio.wait(visits)
        watch.cancel()


async def watched(pid: int, began: float, memory: Memory) -> None:
    """Sample the memory of the server every two seconds."""
    process = psutil.Process(pid)
    while True:
        memory.at_s.append(time.perf_counter() - began)
        memory.mb.append(process.memory_info().rss / 1e6)
        await asyncio.sleep(2)


async def visitor(port: int, until: float, ask: Ask, chance: random.Random, told: Told) -> None:
    """One visitor after the other, until the time is over; what goes wrong is counted."""
    while time.perf_counter() < until:
        told.sessions += 1
        try:
            async with connect(
                f"ws://127.0.0.1:{port}/_stcore/stream",
                origin=f"http://127.0.0.1:{port}",
                subprotocols=["streamlit"],
                max_size=None,
                proxy=None,
            ) as line:
                while time.perf_counter() < until:
                    await asyncio.sleep(chance.expovariate(1 / PAUSE_S))
                    page, params = ask(chance)
                    run = await shown(line, page, params, told)
                    await pictures(port, run.said, told)
                    if page == "contrast":
                        await waited(line, port, run, told)
                    if chance.random() < 1 / STAY:
                        break
        except Exception as error:  # noqa: BLE001  # whatever it was, it is counted by its name
            told.errors[f"{type(error).__name__}: {error}"[:200]] += 1


@dataclass
class Run:
    """What a page said in one run, and how often it wants to be looked at again."""

    said: bytes
    #: What stands in its address after "?".
    asked: str
    #: Its script and the part of it that runs by itself; "": none does.
    script: str = ""
    again: str = ""
    every_s: float = 0.0


async def shown(line: ClientConnection, page: str, params: dict[str, str], told: Told) -> Run:
    """Ask for a page and read until it was run through."""
    asked = BackMsg()
    asked.rerun_script.query_string = urlencode(params)
    asked.rerun_script.page_name = "" if page == "search" else page
    began = time.perf_counter()
    run = await heard(line, asked, page, told)
    told.seconds[page].append(time.perf_counter() - began)
    return run


async def heard(line: ClientConnection, asked: BackMsg, page: str, told: Told) -> Run:
    """Send a message and read until the run that it begins is over."""
    await line.send(asked.SerializeToString())
    run = Run(b"", asked.rerun_script.query_string)
    parts: list[bytes] = []
    async with asyncio.timeout(PATIENCE_S):
        while True:
            data = await line.recv()
            assert isinstance(data, bytes)
            told.bytes += len(data)
            parts.append(data)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "navigation":  # of a whole run: what ran by itself before is gone
                run.script, run.again = message.navigation.page_script_hash, ""
            elif kind == "auto_rerun":
                run.again, run.every_s = message.auto_rerun.fragment_id, message.auto_rerun.interval
            elif kind == "delta":
                noted(page, message, told)
            elif kind == "page_not_found":
                told.errors[f"{page}: there is no such page"] += 1
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                run.said = b"".join(parts)
                return run


async def waited(line: ClientConnection, port: int, run: Run, told: Told) -> None:
    """Look at what is being made until its first image is there, as often as the page says."""
    began, most = time.perf_counter(), 0
    while b"/made/" not in run.said:
        most = max([most, *(int(number) for number in _BEFORE.findall(run.said))])
        if not run.again or time.perf_counter() - began > PATIENCE_S:
            told.given_up += 1
            return
        await asyncio.sleep(run.every_s)
        asked = BackMsg()
        asked.rerun_script.query_string = run.asked
        asked.rerun_script.fragment_id = run.again
        asked.rerun_script.page_script_hash = run.script
        asked.rerun_script.is_auto_rerun = True
        seen = await heard(line, asked, "contrast", told)
        run = seen if seen.script else replace(run, said=seen.said)  # the whole page ran, or that part of it
    told.waits.append((time.perf_counter() - began, most))
    await pictures(port, run.said, told)


def noted(page: str, message: ForwardMsg, told: Told) -> None:
    """Count what a page says went wrong."""
    element = message.delta.new_element
    kind = element.WhichOneof("type")
    if kind == "exception":
        told.errors[f"{page}: {element.exception.message}"[:200]] += 1
    elif kind == "alert" and element.alert.format == element.alert.ERROR:
        told.errors[f"{page}: {element.alert.body}"[:200]] += 1


async def pictures(port: int, said: bytes, told: Told) -> None:
    """Fetch the pictures that a page named, as a browser does: up to 24, six at a time."""
    gate = asyncio.Semaphore(6)

    async def fetched(path: str) -> None:
        async with gate:
            began = time.perf_counter()
            try:
                size = await asyncio.to_thread(read, f"http://127.0.0.1:{port}{path}")
                told.bytes += size
            except OSError as error:
                told.errors[f"{path.split('/')[1]}: {error}"[:200]] += 1
            told.seconds["picture"].append(time.perf_counter() - began)

    paths = dict.fromkeys(html.unescape(path.decode()) for path in _PICTURES.findall(said))
    await asyncio.gather(*(fetched(path) for path in list(paths)[:24]))


def read(address: str) -> int:
    """Bytes behind an address."""
    with urllib.request.urlopen(address, timeout=60) as answer:  # of this machine
        return len(answer.read())


def times(seconds: Sequence[float]) -> dict[str, float]:
    """Count, and times of response in seconds."""
    return {
        "n": len(seconds),
        "median_s": round(float(np.median(seconds)), 3),
        "p95_s": round(float(np.quantile(seconds, 0.95)), 3),
        "max_s": round(max(seconds), 3),
    }


def grown(memory: Memory, warm_up_s: float) -> dict[str, Any]:
    """Memory at the start, after the warm-up and at the end, in MB; its slope since, in MB an hour with 95 %.

    The slope is that of Theil and Sen through means of blocks: one great garbage collection moves no line.
    """
    at, mb = np.array(memory.at_s), np.array(memory.mb)
    warm = at >= warm_up_s
    figures: dict[str, Any] = {"first_mb": round(mb[0]), "most_mb": round(mb.max()), "last_mb": round(mb[-1])}
    blocks = (at[warm] // BLOCK_S).astype(int)
    if len(set(blocks.tolist())) < 4:
        return figures | {"slope": "too short a time after the warm-up"}
    means = [(at[warm][blocks == b].mean() / 3600, mb[warm][blocks == b].mean()) for b in sorted(set(blocks.tolist()))]
    hours, heights = zip(*means, strict=True)
    slope = stats.theilslopes(heights, hours, 0.95)
    return figures | {
        "after_warm_up_mb": round(heights[0]),
        "slope_mb_per_hour": round(float(slope.slope), 1),
        "slope_95": [round(float(slope.low_slope), 1), round(float(slope.high_slope), 1)],
        "blocks": len(means),
    }


if __name__ == "__main__":
    main()

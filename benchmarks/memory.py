"""Time and memory of a command in a process of its own, its memory parted in own pages and pages mapped from files.

Read from /proc while it works. What `wait4` and `getrusage` call the peak (`ru_maxrss`) will not do: on Linux a process
begins with the peak of the one that started it. Processes that it starts in turn are not counted.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
"""Where commands run: the checkout."""

EVERY = 0.005
"""Seconds between two looks."""

PEAKS = {"VmHWM": "resident_mb", "RssAnon": "anonymous_mb", "RssFile": "mapped_mb"}
"""Lines of /proc/PID/status. The kernel keeps the first peak; the other two are the largest that were seen.

Anonymous pages are the process's alone. Mapped ones are the system's copy of files: code, an index, stored vectors;
it takes them back when memory is short."""


class Watched(NamedTuple):
    """What a command wrote and took."""

    output: str
    seconds: float
    #: Seconds of processor; those of processes that it waited for are in it.
    cpu: float
    #: Peaks in MB (2^20 bytes) under the names of `PEAKS`.
    memory: dict[str, int]
    #: Those before the turn that was asked for; all of them if none was, or if it never came.
    before: dict[str, int]


def watched(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    turned: Callable[[], bool] = lambda: False,
) -> Watched:
    """Run a command to its end.

    Args:
        command: What is run.
        cwd: Where.
        environment: What its environment has more than this one.
        turned: Whether the work has come to another stage, from whose beginning on peaks are told apart from those
            before. Asked at each look until it says so.

    Raises:
        SystemExit: It failed; with its last words.
    """
    peaks = dict.fromkeys(PEAKS.values(), 0)
    before: dict[str, int] | None = None
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as complaints:
        began = time.perf_counter()
        more = os.environ | dict(environment or {})
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=complaints, env=more)
        ended, status, usage = 0, 0, None
        while not ended:
            if before is None and turned():
                before = dict(peaks)
            for name, kilobytes in now(process.pid).items():
                peaks[name] = max(peaks[name], kilobytes)
            time.sleep(EVERY)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        complaints.seek(0)
        if process.returncode:
            message = f"{command[0]} failed: {complaints.read()[-2000:]}"
            raise SystemExit(message)
        memory, earlier = (
            {name: round(kilobytes / 1024) for name, kilobytes in found.items()} for found in (peaks, before or peaks)
        )
        return Watched(output.read(), seconds, usage.ru_utime + usage.ru_stime, memory, earlier)


def now(pid: int) -> dict[str, int]:
    """Kilobytes of a process by name, as in `PEAKS`; nothing of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    said = (line.split() for line in lines)
    return {PEAKS[words[0][:-1]]: int(words[1]) for words in said if words and words[0][:-1] in PEAKS}

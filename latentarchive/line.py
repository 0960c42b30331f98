"""A line of jobs that wait for their turn: one is at work, in a thread of its own, whoever asked for it.

For a process that many people use at once: what takes long is done one after the other, each job knows how many are
before it, and what two people ask for in the same words is done once.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, Literal

from latentarchive.errors import ArchiveError
from latentarchive.progress import Progress

_log = logging.getLogger("latentarchive.line")

State = Literal["waiting", "working", "done", "failed", "cancelled"]

Work = Callable[[Progress], Any]
"""What a job does. It calls its `Progress` often: there it ends if nobody waits for it any more."""


class LineFull(ArchiveError):
    """So many jobs wait that no more are taken."""


class Cancelled(Exception):  # not an error: nobody waits for the job any more
    """Raised inside a job, where it tells how far it is."""


class Job:
    """One job of a line. Its attributes may be read at any time, by anybody."""

    def __init__(self, key: Any, title: str, work: Work) -> None:
        """A job that has not begun; `Line.join` makes them."""
        #: What its askers know it by; nobody guesses it.
        self.name = secrets.token_urlsafe(9)
        self.key, self.title, self._work = key, title, work
        self.state: State = "waiting"
        #: How many ask for it.
        self.askers = 1
        #: As in `Progress`: units done, out of how many (None: not known), what is being done now.
        self.done: int = 0
        self.total: int | None = None
        self.note = ""
        #: When it began, when the unit that is being done began, and when it ended: `time.monotonic`, 0.0 before.
        self.began = self.turned = self.ended = 0.0
        #: What it made; None until it is done.
        self.result: Any = None
        #: Why it failed; None unless it did.
        self.error: Exception | None = None

    @property
    def over(self) -> bool:
        """Whether it will not change any more."""
        return self.state in ("done", "failed", "cancelled")

    def progress(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """What the job calls; see `Progress`. Raises `Cancelled` once nobody waits for it."""
        if not self.askers:
            raise Cancelled
        if done != self.done:
            self.turned = time.monotonic()
        self.done, self.total, self.note = done, total, note

    def run(self) -> None:
        """Do it. What it raises is kept, never thrown."""
        self.state, self.began = "working", time.monotonic()
        self.turned = self.began
        try:
            self.result = self._work(self.progress)
            self.state = "done"
        except Cancelled:
            self.state = "cancelled"
        except Exception as error:  # noqa: BLE001 - one job must not end the line
            if not isinstance(error, ArchiveError):
                _log.exception("a job failed: %s", self.title, exc_info=error)
            self.error, self.state = error, "failed"
        self.ended = time.monotonic()


class Line:
    """Jobs in the order in which they were asked for, one at a time."""

    def __init__(self, *, most: int = 8, kept: int = 32) -> None:
        """An empty line.

        Args:
            most: So many jobs may wait or work at once.
            kept: So many that are over are remembered, the latest.
        """
        self._most, self._kept = most, kept
        self._waiting: deque[Job] = deque()
        self._working: Job | None = None
        self._over: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def join(self, key: Any, title: str, work: Work) -> Job:
        """Ask for a job.

        Args:
            key: What makes it the same as another, compared by ``==``: while one of this key waits or works, that is
                the one that is given.
            title: What it is called in the line.
            work: What is done, in a thread of the line's own.

        Raises:
            LineFull: Too many wait.
        """
        with self._lock:
            ahead = [*([self._working] if self._working else []), *self._waiting]
            for job in ahead:
                if job.key == key and job.askers:
                    job.askers += 1
                    return job
            if len(ahead) >= self._most:
                message = f"{len(ahead)} are waiting here already; ask again when one of them is done"
                raise LineFull(message)
            job = Job(key, title, work)
            self._waiting.append(job)
            if self._working is None:
                self._begin()
            return job

    def leave(self, name: str) -> None:
        """Do not wait for a job any more. It is called off if nobody else asks for it, at once or at its next step."""
        with self._lock:
            job = self._find(name)
            if job is None or job.over or not job.askers:
                return
            job.askers -= 1
            if not job.askers and job in self._waiting:
                self._waiting.remove(job)
                job.state = "cancelled"
                self._remember(job)

    def job(self, name: str) -> Job | None:
        """The job of that name; None if there is none, or it was forgotten since."""
        with self._lock:
            return self._find(name)

    def ahead(self, job: Job) -> int:
        """How many are done before it: 0 if it is at work, or over."""
        with self._lock:
            return self._waiting.index(job) + (self._working is not None) if job in self._waiting else 0

    def titles(self) -> list[str]:
        """What is at work and what waits, in order."""
        with self._lock:
            return [job.title for job in ([self._working] if self._working else []) + list(self._waiting)]

    def _find(self, name: str) -> Job | None:
        held = [*([self._working] if self._working else []), *self._waiting]
        return next((job for job in held if job.name == name), self._over.get(name))

    def _remember(self, job: Job) -> None:
        self._over[job.name] = job
        while len(self._over) > self._kept:
            self._over.popitem(last=False)

    def _begin(self) -> None:
        """Start the next job, if there is one; called with the lock held."""
        self._working = self._waiting.popleft() if self._waiting else None
        if self._working is not None:
            threading.Thread(target=self._run, args=(self._working,), daemon=True, name="line").start()

    def _run(self, job: Job) -> None:
        job.run()
        with self._lock:
            self._remember(job)
            self._begin()

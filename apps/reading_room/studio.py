"""Where images are made for visitors: one generator, one line for all, and what was made lately.

A making is known by the digest of all that decides it. Whoever asks the same question gets the same images, while they
are kept; a visitor who is not seen for a while has left, and what nobody waits for is stopped at its next step.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from latentarchive.errors import GeneratorError
from latentarchive.line import Job, Line
from reading_room import settings

if TYPE_CHECKING:
    from PIL import Image

    from latentarchive.archive import Archive
    from latentarchive.diffusion import Generated, Generator, Step
    from latentarchive.progress import Progress

PATIENCE = 60
"""Seconds after which a visitor who was not seen is taken to have left."""

LONGEST = 600
"""Seconds after which a making is stopped: nobody can ask for hours."""

FRESH, KEPT, KEPT_BYTES = 1800, 32, 256 * 2**20
"""How long, how many and how much of what was made is kept: seconds since it was last asked for, makings, and bytes of
their pixels."""

GLIMPSE = 192
"""Pixels of the longer side of a picture of a step."""

REST = 3
"""Pictures of steps take at most one part in so many, and one, of the time: decoding is not what one waits for."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What the model takes an image to be at one step, small, before it is one."""

    name: str
    step: int
    of: int
    #: A WebP as a data URL.
    picture: str
    #: Id of the work nearest to it, where that was looked for.
    near: str = ""


class Making:
    """What is made for one question: its images as they come, the steps of the one in hand, and what came of it."""

    job: Job

    def __init__(self, key: str, archive: Archive, check: Callable[[], None]) -> None:
        """Nothing yet.

        Args:
            key: Digest of the question.
            archive: What it is asked of.
            check: Called at each step; what it raises ends the making.
        """
        self.key, self.archive, self.asked = key, archive, 0.0
        #: By name, each with its record.
        self.images: dict[str, Generated] = {}
        #: Steps of the image in hand, those of which there was time for a picture.
        self.glimpses: tuple[Glimpse, ...] = ()
        #: Finds the id of the work nearest to a picture; None: it is not looked for.
        self.nearest: Callable[[Image.Image], str] | None = None
        #: How far it is: what is being done ("generating", "looking"), units done of it, and of how many.
        self.stage, self.done = "", 0
        self.total: int | None = None
        self._tell: Progress | None = None
        self._checked, self._next = check, 0.0

    @property
    def size(self) -> int:
        """Bytes of pixels that it holds."""
        return sum(3 * one.image.width * one.image.height for one in list(self.images.values()))

    def begin(self, progress: Progress) -> None:
        """The line calls it when its turn has come."""
        self._tell = progress

    def progress(self, stage: str, done: int, total: int | None, note: str = "") -> None:
        """See `latentarchive.progress`. Raises what stops it."""
        assert self._tell is not None
        self.stage, self.done, self.total = stage, done, total
        self._checked()
        self._tell(stage, done, total, note)

    def keep(self, name: str, image: Generated) -> None:
        """One image is done."""
        self.images[name] = image

    def watch(self, name: str, step: Step) -> None:
        """One step is done. Raises what stops the making."""
        self.progress(self.stage or "generating", self.done, self.total, name)
        began = time.monotonic()
        if began < self._next and step.number < step.total:
            return
        picture = step.image() if step.predicted is None else step.predicted_image()
        near = self.nearest(picture) if self.nearest is not None else ""
        seen = Glimpse(name, step.number, step.total, _small(picture), near)
        goes_on = bool(self.glimpses) and self.glimpses[-1].name == name and self.glimpses[-1].step < step.number
        self.glimpses = (*self.glimpses, seen) if goes_on else (seen,)
        self._next = time.monotonic() + REST * (time.monotonic() - began)


Work = Callable[[Making], Any]
"""What makes something, and tells the making how far it is; what it returns is the result of the job."""


class Studio:
    """The makings of all visitors."""

    def __init__(self, line: Line, *, clock: Callable[[], float] = time.monotonic) -> None:
        """With a line of its own."""
        self.line, self._clock = line, clock
        self._lock = threading.RLock()
        self._makings: OrderedDict[str, Making] = OrderedDict()  # the one asked for last is the last
        self._visitors: dict[str, tuple[Making, float]] = {}

    def ask(self, visitor: str, key: str, title: str, archive: Archive, work: Work) -> Making:
        """What is made for a question: what was made for it, or is being made, or a place at the end of the line.

        Who asks again still waits; who asks something else waits for what was asked before no more.

        Raises:
            LineFull: Too many wait.
        """
        with self._lock:
            now = self._clock()
            self._tidy(now)
            held = self._visitors.get(visitor)
            if held is not None and held[0].key != key:
                self.leave(visitor)
                held = None
            making = self._makings.get(key)
            if making is None or making.job.state == "cancelled" or not (held or making.job.over):
                fresh = Making(key, archive, self.check)
                job = self.line.join(key, title, lambda progress: _done(fresh, work, progress))
                if making is None or making.job is not job:
                    making, fresh.job = fresh, job
            self._makings[key] = making
            self._makings.move_to_end(key)
            self._visitors[visitor], making.asked = (making, now), now
            return making

    def find(self, key: str) -> Making | None:
        """What is or was made for a question; nobody is taken to wait for it."""
        return self._makings.get(key)

    def leave(self, visitor: str) -> None:
        """Somebody waits no more."""
        with self._lock:
            making, _ = self._visitors.pop(visitor, (None, 0.0))
            if making is not None:
                self.line.leave(making.job.name)

    def forget(self, key: str) -> None:
        """Drop what came of a question, so that it is made anew when it is asked again."""
        with self._lock:
            making = self._makings.get(key)
            if making is not None and making.job.over:
                del self._makings[key]

    def check(self) -> None:
        """Called by whatever is being made, at each step, in the thread of the line. Raises `GeneratorError`."""
        with self._lock:
            self._tidy(self._clock())
            working = [one.job for one in self._makings.values() if one.job.state == "working"]
        if any(time.monotonic() - job.began > LONGEST for job in working):
            message = f"this took longer than {LONGEST // 60} minutes and was stopped; ask for fewer images or steps"
            raise GeneratorError(message)

    def _tidy(self, now: float) -> None:
        for visitor in [one for one, (_, seen) in self._visitors.items() if now - seen > PATIENCE]:
            self.leave(visitor)
        held, count = 0, 0
        for making in reversed(list(self._makings.values())):
            if not making.job.over:
                continue
            held, count = held + making.size, count + 1
            stale = now - making.asked > FRESH or count > KEPT or held > KEPT_BYTES
            if stale or making.job.state == "cancelled":
                del self._makings[making.key]


def _done(making: Making, work: Work, progress: Progress) -> Any:
    making.begin(progress)
    return work(making)


STUDIO = Studio(Line(most=40, kept=KEPT))
"""That of this process."""


def key(kind: str, archive: Archive, generator: Generator, asked: Mapping[str, Any]) -> str:
    """Digest of all that decides what is made."""
    all_of_it = [kind, str(archive.path), archive.manifest.digest, generator.fingerprint, asked]
    return hashlib.sha256(json.dumps(all_of_it, sort_keys=True, default=str).encode()).hexdigest()[:40]


_generators: dict[str, Generator] = {}
_loading = threading.Lock()


def generator() -> Generator:
    """The generator that the app was started with, loaded at its first use and shared.

    Raises:
        GeneratorError: There is none of that name, or it cannot be loaded.
        MissingExtra: The packages that it needs are not installed.
    """
    from latentarchive.diffusion import load_generator

    asked = settings.current().generator
    with _loading:
        if asked not in _generators:
            _generators[asked] = load_generator(asked)
        return _generators[asked]


def _small(image: Image.Image) -> str:
    image = image.copy()
    image.thumbnail((GLIMPSE, GLIMPSE))
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"

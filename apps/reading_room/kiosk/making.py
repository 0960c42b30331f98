"""Images that a generator makes of the questions of a kiosk: one at a time, in a thread of their own.

Each question has a few images, one a seed, so that a kiosk that runs for weeks makes each of them once and then shows
it at once. What is withheld meanwhile conditions none: an image is made anew after every change of what is shown.
"""

from __future__ import annotations

import base64
import io
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from latentarchive.errors import ArchiveError
from reading_room import settings
from reading_room.kiosk import answers
from reading_room.shared import archive_named

if TYPE_CHECKING:
    from PIL import Image

    from latentarchive.diffusion import Generated, Generator, Step
    from latentarchive.diffusion.planning import Job
    from latentarchive.kiosk import Question

BESIDE = 6
"""Works that stand beside a generated image."""

KEPT = 48
"""Images that are kept in memory, each a PNG of some 20 to 500 kB with its record inside."""

LOOK = 700
"""Milliseconds between two looks at an image that is being made."""

PATIENCE = 20.0
"""Seconds after which an image that nobody looks for any more is not begun."""

SHOWN = 8
"""Steps of an image that are shown while it is made, at most: each has to be decoded."""

_log = logging.getLogger("latentarchive.app")


@dataclass(frozen=True, slots=True)
class State:
    """How far an image is."""

    #: Address of the picture (``data:``): the finished one, or what this step predicts; "": none yet.
    image: str = ""
    done: int = 0
    #: Steps; 0: not known yet.
    total: int = 0
    #: Images that are made before it.
    ahead: int = 0
    #: It cannot be made.
    error: bool = False

    @property
    def ended(self) -> bool:
        """Nothing more will come."""
        return self.error or 0 < self.total == self.done


@dataclass(slots=True)
class _Work:
    name: str
    question: Question
    seed: int
    state: State
    looked: float


_works: OrderedDict[object, _Work] = OrderedDict()
_waiting: list[object] = []
_lock = threading.Lock()
_loaded: dict[str, Generator] = {}
_loading = threading.Lock()
_thread: threading.Thread | None = None


def state(name: str, question: Question, seed: int) -> State:
    """How far the image of a question and a seed is; it is begun if it was not yet. Raises `ArchiveError`."""
    global _thread  # one worker for the process
    asked = (name, question.words, question.work, seed)
    key = (*asked, settings.current().generator, answers.stamp(archive_named(name)))
    with _lock:
        work = _works.get(key)
        if work is None:
            work = _works[key] = _Work(name, question, seed, State(), 0.0)
            _waiting.append(key)
        work.looked = time.monotonic()
        _works.move_to_end(key)
        for old in [one for one in _works if _works[one].state.ended][: max(0, len(_works) - KEPT)]:
            del _works[old]
        if _waiting and (_thread is None or not _thread.is_alive()):
            _thread = threading.Thread(target=_work_off, name="kiosk-making", daemon=True)
            _thread.start()
        return replace(work.state, ahead=_waiting.index(key) if key in _waiting else 0)


def load() -> None:
    """Load the generator, so that no visitor waits for it. Raises `ArchiveError`."""
    _generator(settings.current().generator)


def _work_off() -> None:
    """Make what is waited for, in turn, until there is nothing; leave out what nobody looks for any more."""
    while True:
        with _lock:
            while _waiting and time.monotonic() - _works[_waiting[0]].looked > PATIENCE:
                del _works[_waiting.pop(0)]
            if not _waiting:
                return
            work = _works[_waiting[0]]
        try:
            _make(work)
        except ArchiveError:
            work.state = State(error=True)
        except Exception as error:  # noqa: BLE001  # whatever it was, the next image is made
            _log.exception("an image failed", exc_info=error)
            work.state = State(error=True)
        with _lock:
            _waiting.pop(0)


def _make(work: _Work) -> None:
    generator, job = _generator(settings.current().generator), _job(work)

    def see(step: Step) -> None:
        shown = step.number % max(1, -(-step.total // SHOWN)) == 0 and step.number < step.total
        image = work.state.image
        if shown and step.predicted is not None:
            image = _address(_png(step.predicted_image()))
        # The last step is done when its image is there.
        work.state = State(image, min(step.number, step.total - 1), step.total)

    made: Generated = next(generator.generate(job.told, seeds=[job.seed], observe=see))
    total = max(work.state.total, 1)
    work.state = State(_address(made.png()), total, total)


def _job(work: _Work) -> Job:
    """What the generator is told: the words of the question, or the works that it finds."""
    from latentarchive.diffusion.planning import Plan, conditioning, jobs_of, way, works_found

    archive, generator = archive_named(work.name), _generator(settings.current().generator)
    query = answers.asked(words=work.question.words, work=work.question.work)
    plan = Plan(query=query, told=way(query, generator.capabilities), n=1, k=BESIDE, seed=work.seed)
    items, _ = conditioning(archive, works_found(archive, plan), plan, plan.told)
    return jobs_of(archive, generator, plan, items)[0]


def _generator(generator_id: str) -> Generator:
    from latentarchive.diffusion import load_generator

    with _loading:
        if generator_id not in _loaded:
            _loaded[generator_id] = load_generator(generator_id)
        return _loaded[generator_id]


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")

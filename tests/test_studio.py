"""Where images are made for visitors: questions shared, who left is noticed, what was made is kept a while."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from latentarchive.diffusion.generated import Generated
from latentarchive.errors import GeneratorError
from latentarchive.line import Line, LineFull
from reading_room import studio
from tests.test_watching import step


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def rooms(clock):
    """A studio whose works end when they are told to, and what tells them."""
    return studio.Studio(Line(most=3), clock=clock)


class Held:
    """Work that begins, tells a step each time it is let go, and ends with "made"."""

    def __init__(self, steps=1):
        self.began, self.steps = threading.Event(), steps
        self.gates = [threading.Semaphore(0) for _ in range(steps)]

    def __call__(self, making):
        self.began.set()
        for gate in self.gates:
            assert gate.acquire(timeout=20)
            making.progress("generating", 0, 1)
        return "made"

    def go(self):
        for gate in self.gates:
            gate.release()


def ended(making):
    for _ in range(2000):
        if making.job.over:
            return making.job.state
        threading.Event().wait(0.005)
    raise AssertionError(making.job.state)


def ask(rooms, visitor, key, work):
    return rooms.ask(visitor, key, key, None, work)


def test_two_who_ask_the_same_get_the_same_and_a_third_sees_who_is_before_them(rooms):
    first, second = Held(), Held()
    one = ask(rooms, "ann", "jug", first)
    assert first.began.wait(20)
    assert ask(rooms, "bob", "jug", first) is one
    other = ask(rooms, "eve", "vase", second)
    assert rooms.line.ahead(other.job) == 1
    first.go()
    second.go()
    assert (ended(one), ended(other)) == ("done", "done")
    assert one.job.result == "made"
    assert ask(rooms, "zoe", "jug", first) is one  # who comes later finds it


def test_who_asks_something_else_waits_for_the_first_no_more(rooms):
    busy, dropped, wanted = Held(), Held(), Held()
    now = ask(rooms, "ann", "jug", busy)
    assert busy.began.wait(20)
    late = ask(rooms, "bob", "vase", dropped)
    ask(rooms, "bob", "urn", wanted)
    assert late.job.state == "cancelled"
    busy.go()
    wanted.go()
    assert ended(now) == "done"
    assert not dropped.began.is_set()


def test_who_is_not_seen_has_left_and_the_next_step_is_the_last(rooms, clock):
    work = Held(steps=2)
    making = ask(rooms, "ann", "jug", work)
    assert work.began.wait(20)
    clock.now += studio.PATIENCE - 1
    ask(rooms, "ann", "jug", work)  # still there
    clock.now += studio.PATIENCE - 1
    work.gates[0].release()
    clock.now += 2
    work.gates[1].release()
    assert ended(making) == "cancelled"
    fresh = Held()
    again = ask(rooms, "ann", "jug", fresh)
    assert again is not making
    fresh.go()
    assert ended(again) == "done"


def test_a_full_line_says_so(rooms):
    works = [Held() for _ in range(4)]
    makings = [ask(rooms, f"visitor {k}", f"question {k}", work) for k, work in enumerate(works[:3])]
    with pytest.raises(LineFull, match="waiting"):
        ask(rooms, "one more", "question 3", works[3])
    for work in works:
        work.go()
    assert [ended(one) for one in makings] == ["done"] * 3


def test_what_takes_too_long_is_stopped_with_a_sentence(rooms, monkeypatch):
    monkeypatch.setattr(studio, "LONGEST", -1)
    work = Held()
    making = ask(rooms, "ann", "jug", work)
    work.go()
    assert ended(making) == "failed"
    assert isinstance(making.job.error, GeneratorError)
    assert "fewer images or steps" in str(making.job.error)
    assert ask(rooms, "ann", "jug", work) is making  # it is not tried again by itself
    rooms.forget("jug")
    monkeypatch.undo()
    again = Held()
    again.go()
    assert ended(ask(rooms, "ann", "jug", again)) == "done"


def picture(side):
    return Generated(Image.new("RGB", (side, side)), None)


def test_what_was_made_is_kept_for_a_while_and_not_more_than_there_is_room_for(rooms, clock, monkeypatch):
    def work(side):
        def makes(making):
            making.keep("one", picture(side))
            return side

        return makes

    small = ask(rooms, "ann", "small", work(10))
    assert ended(small) == "done"
    assert small.size == 300
    clock.now += studio.FRESH
    assert rooms.find("small") is small
    ask(rooms, "ann", "small", work(10))
    clock.now += studio.FRESH + 1
    large = ask(rooms, "ann", "large", work(20))
    assert ended(large) == "done"
    assert rooms.find("small") is None
    monkeypatch.setattr(studio, "KEPT_BYTES", 1300)
    newer = ask(rooms, "ann", "newer", work(10))
    assert ended(newer) == "done"
    ask(rooms, "ann", "newer", work(10))
    assert rooms.find("large") is None
    assert rooms.find("newer") is newer


def test_thirty_visitors_at_once_wait_for_one_worker(clock):
    rooms = studio.Studio(Line(most=40), clock=clock)
    at_work, most = [], []

    def work(making):
        at_work.append(making)
        most.append(len(at_work))
        making.progress("generating", 0, 1)
        at_work.remove(making)
        return making.key

    makings = [None] * 30

    def visit(number):
        makings[number] = ask(rooms, f"visitor {number}", f"question {number}", work)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [ended(one) for one in makings] == ["done"] * 30
    assert [one.job.result for one in makings] == [f"question {number}" for number in range(30)]
    assert max(most) == 1


def test_glimpses_are_those_of_the_image_in_hand_and_small(rooms):
    def work(making):
        making.nearest = lambda image: "the nearest"
        for name in ("one", "two"):
            for number in (1, 2, 3):
                making._next = 0.0  # there is always time
                making.watch(name, step(number))
        return making.glimpses

    making = ask(rooms, "ann", "jug", work)
    assert ended(making) == "done"
    assert [(one.name, one.step, one.of, one.near) for one in making.job.result] == [
        ("two", number, 3, "the nearest") for number in (1, 2, 3)
    ]
    assert all(one.picture.startswith("data:image/webp;base64,") for one in making.job.result)


def test_decoding_steps_takes_but_a_share_of_the_time_and_the_last_is_always_there(rooms):
    slow = np.zeros((4, 4, 3), np.uint8)

    def decode(_):
        threading.Event().wait(0.05)
        return Image.fromarray(slow)

    def work(making):
        seen = []
        for number in range(1, 6):
            one = step(number, 5)
            slowly = {"predicted_image": lambda: decode(0)}
            making.watch("one", SimpleNamespace(**{**vars(one), **slowly}))
            seen.append(len(making.glimpses))
        return seen

    making = ask(rooms, "ann", "jug", work)
    assert ended(making) == "done"
    assert making.job.result == [1, 1, 1, 1, 2]


def test_the_key_of_a_question_tells_everything_that_decides_it():
    archive = SimpleNamespace(path="here", manifest=SimpleNamespace(digest="a"))
    generator = SimpleNamespace(fingerprint="g")
    keys = {
        studio.key("blend", archive, generator, {"seed": 1}),
        studio.key("blend", archive, generator, {"seed": 2}),
        studio.key("walk", archive, generator, {"seed": 1}),
        studio.key("blend", archive, SimpleNamespace(fingerprint="h"), {"seed": 1}),
    }
    assert len(keys) == 4
    assert studio.key("blend", archive, generator, {"seed": 1}) in keys

"""The load test: its slope on memory that is known, and that its visitors see what a page says."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from benchmarks.visitors import Memory, Told, asked, grown, visited


def memory(slope_mb_per_hour, minutes=10, noise=0.0):
    at = np.arange(0, 60 * minutes, 2.0)
    wave = noise * np.random.default_rng(0).standard_normal(len(at))
    warming = 300 * np.exp(-at / 20)
    return Memory(at.tolist(), (900 - warming + slope_mb_per_hour * at / 3600 + wave).tolist())


@pytest.mark.parametrize("slope", [0.0, 60.0, -30.0])
def test_a_slope_is_found_again_whatever_the_warm_up_was(slope):
    found = grown(memory(slope), 180)
    assert found["slope_mb_per_hour"] == pytest.approx(slope, abs=1)
    low, high = found["slope_95"]
    assert low <= found["slope_mb_per_hour"] <= high
    assert found["blocks"] == 14
    assert found["first_mb"] == 600


def test_what_is_flat_is_not_told_from_flat():
    low, high = grown(memory(0, noise=5), 180)["slope_95"]
    assert low < 0 < high
    low, _ = grown(memory(600, noise=5), 180)["slope_95"]
    assert low > 0


def test_too_short_a_time_has_no_slope():
    assert "slope_mb_per_hour" not in grown(memory(0, minutes=4), 180)


def test_pages_are_asked_for_as_often_as_was_said():
    ask = asked("cabinet", ["c:1", "c:2"], ["search", "item"])
    chance = random.Random(1)
    pages = [ask(chance) for _ in range(3000)]
    assert sum(page == "search" for page, _ in pages) / 3000 == pytest.approx(2 / 3, abs=0.03)
    assert {params["archive"] for _, params in pages} == {"cabinet"}
    assert {params["id"] for page, params in pages if page == "item"} == {"c:1", "c:2"}


def test_visitors_see_pages_and_their_pictures_and_count_what_goes_wrong(serve, small_cabinet):
    """On the real server: two visitors for some seconds, one of whom asks for a page that is not there."""
    import os

    port = int(serve(small_cabinet.path).rpartition(":")[2])
    told, watched = Told(), Memory()
    turn = iter(range(1000))

    def ask(_):
        return (
            ("nowhere", {}) if next(turn) == 1 else ("search", {"q": "a blue jug", "archive": small_cabinet.path.name})
        )

    visits = partial(visited, port, 2, 6, ask, 0, told, watched, os.getpid())
    with ThreadPoolExecutor(1) as own:  # where a browser is open in this process, its thread has a loop already
        own.submit(lambda: asyncio.run(visits())).result()
    assert told.sessions >= 2
    assert len(told.seconds["picture"]) >= 10
    assert set(told.errors) == {"nowhere: there is no such page"}
    assert told.seconds["search"]
    assert watched.mb

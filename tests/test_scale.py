"""Look-ahead in threads: in order, bounded, and stopped when nobody asks any more."""

import threading
import time

import pytest

from latentarchive.scale import ahead, default_workers


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("depth", [1, 3, 100])
def test_results_are_in_the_order_of_the_inputs(workers, depth):
    """Earlier inputs take longer, so that later ones are ready first."""

    def slow(n):
        time.sleep(0.002 * (5 - n % 5))
        return n * n

    assert list(ahead(slow, range(30), workers=workers, depth=depth)) == [n * n for n in range(30)]


def test_no_inputs_give_no_results():
    assert list(ahead(str, [], workers=2, depth=4)) == []


@pytest.mark.parametrize("depth", [1, 4])
def test_at_most_depth_results_are_in_flight(depth):
    """Inputs that were read, less results that were given: measured before each, with a slow consumer."""
    read, given, flight = 0, 0, []

    def source():
        nonlocal read
        for n in range(40):
            read += 1
            yield n

    for n in ahead(lambda n: n, source(), workers=8, depth=depth):
        given += 1
        assert n == given - 1
        flight.append(read - given)
    assert max(flight) == depth
    assert read == given == 40


@pytest.mark.parametrize(("workers", "depth"), [(2, 8), (8, 2)])
def test_what_runs_at_once_is_bounded_by_workers_and_depth(workers, depth):
    running, peak, lock = 0, 0, threading.Lock()

    def work(_):
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        time.sleep(0.003)
        with lock:
            running -= 1

    list(ahead(work, range(20), workers=workers, depth=depth))
    assert 1 <= peak <= 2


def test_an_exception_is_raised_at_its_turn():
    def fails_at_3(n):
        if n == 3:
            raise OSError("torn")
        return n

    results = ahead(fails_at_3, range(9), workers=4, depth=9)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="torn"):
        next(results)
    assert list(results) == []


def test_closing_stops_the_work():
    """What runs is waited for; the forty-eight inputs that wait for a thread are never begun."""
    started, gate = [], threading.Event()

    def work(n):
        started.append(n)
        assert n == 0 or gate.wait(60)
        return n

    before = threading.active_count()
    results = ahead(work, range(10_000), workers=2, depth=50)
    assert next(results) == 0
    threading.Timer(0.2, gate.set).start()
    results.close()
    assert len(started) <= 3
    assert threading.active_count() <= before + 1  # the timer may still be ending


def test_no_depth_would_lose_every_input():
    with pytest.raises(ValueError, match="depth must be 1 or more, got 0"):
        next(ahead(str, [1], workers=1, depth=0))


def test_there_is_a_worker():
    assert default_workers() >= 1

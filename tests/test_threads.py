"""Several threads on one archive: what one of them opens, the others wait for, and all find the same."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from latentarchive import holdings as holdings_module
from latentarchive.archive import Archive
from latentarchive.index.scan import Scan
from latentarchive.lazily import once

THREADS = 8


@pytest.fixture
def hasty():
    """Threads that change places every few microseconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def together(act):
    """What an act gives in several threads that begin at the same time."""
    barrier = threading.Barrier(THREADS)

    def begin(number):
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


def test_what_is_computed_once_is_computed_by_one_thread():
    class Thing:
        def __init__(self):
            self._opening = threading.RLock()
            self.times = 0

        @once
        def base(self):
            """A part."""
            self.times += 1
            time.sleep(0.02)
            return object()

        @once
        def whole(self):
            return [self.base]

    thing = Thing()
    found = together(lambda number: (thing.whole, thing.base)[number % 2])
    assert thing.times == 1
    assert all(one is found[0] for one in found[::2])
    assert all([one] == found[0] for one in found[1::2])
    assert Thing.base.__doc__ == "A part."


def test_a_scan_is_not_searched_before_its_rows_are_read():
    rows = np.eye(8, dtype=np.float32)

    class Slow:
        dim = 8

        def __len__(self):
            return 8

        def blocks(self):
            for row in range(8):
                time.sleep(0.005)
                yield row, rows[row : row + 1]

    scan = Scan(Slow())
    found = together(lambda number: scan.nearest(rows[number : number + 1], 1)[0].tolist())
    assert found == [[number] for number in range(8)]


def test_an_encoder_is_loaded_once_and_all_threads_find_the_same(archive, monkeypatch, hasty):
    loaded = []

    def load(encoder_id):
        loaded.append(encoder_id)
        time.sleep(0.02)
        return load_encoder(encoder_id)

    load_encoder = holdings_module.load_encoder
    monkeypatch.setattr(holdings_module, "load_encoder", load)
    expected = Archive.open(archive.path).search("red", k=5, where="year >= 1900").record()
    loaded.clear()
    shared = Archive.open(archive.path)
    ids = [item.id for item in archive.shown()]

    def ask(number):
        for turn in range(5):
            shared.neighbors(ids[(number + turn) % len(ids)], k=3)
            assert shared.thumbnail(ids[turn])
        return shared.search("red", k=5, where="year >= 1900").record()

    assert all(found == expected for found in together(ask))
    assert loaded == ["toy"]


def test_what_is_withheld_while_others_look_is_found_by_nobody_afterwards(archive, hasty):
    shared = Archive.open(archive.path)
    gone = shared.search("red", k=1).hits[0].item.id

    def ask(number):
        if number == 0:
            shared.withhold([gone], reason="asked for")
        for _ in range(20):
            shared.visible.sum()
        return gone in [hit.item.id for hit in shared.search("red", k=10).hits]

    together(ask)
    assert not any(together(lambda _: gone in [hit.item.id for hit in shared.search("red", k=10).hits]))

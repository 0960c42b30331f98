"""What is asked of the operating system holds all that was wanted, and whole pages."""

import mmap
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentarchive import mapping

PAGE = mmap.PAGESIZE


class Asked(list):
    """Stands for a mapped file of 100 pages and a bit."""

    def __len__(self):
        return 100 * PAGE + 7

    def madvise(self, advice, start, length):
        assert advice == mmap.MADV_WILLNEED
        assert start % PAGE == 0
        assert 0 < length <= len(self) - start
        self.append((start, start + length))


def asked(*ranges):
    file = Asked()
    begin, end = np.array(ranges, np.int64).reshape(-1, 2).T
    mapping.expect(file, begin, end)
    return list.copy(file)


BYTES = st.integers(0, 100 * PAGE)


@given(st.lists(st.tuples(BYTES, BYTES).map(lambda r: (min(r), max(r) + 1)), max_size=30))
def test_every_range_is_asked_for_once(ranges):
    found = asked(*ranges)
    assert all(any(start <= a and b <= stop for start, stop in found) for a, b in ranges)
    assert all(a[1] + mapping.NEAR * PAGE <= b[0] for a, b in pairwise(found))


def test_ranges_that_lie_near_are_one():
    assert asked((PAGE, PAGE + 1), (0, 9)) == [(0, 2 * PAGE)]
    assert asked((0, 1), (5 * PAGE, 5 * PAGE + 1)) == [(0, PAGE), (5 * PAGE, 6 * PAGE)]
    assert asked((0, 50 * PAGE), (PAGE, PAGE + 1), (52 * PAGE, 53 * PAGE)) == [(0, 53 * PAGE)]
    assert asked((100 * PAGE, 100 * PAGE + 7)) == [(100 * PAGE, 100 * PAGE + 7)]
    assert asked() == []


def test_a_system_that_takes_no_advice_is_given_none(monkeypatch, tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    monkeypatch.setattr(mapping, "ADVISED", False)
    mapped = mapping.map_file(tmp_path / "x")
    with mapping.scattered(mapped):
        assert mapped[:] == b"abc"
    assert asked((0, 1)) == []


def test_an_empty_file_cannot_be_mapped(tmp_path):
    (tmp_path / "x").touch()
    with pytest.raises(ValueError, match="empty"):
        mapping.map_file(tmp_path / "x")

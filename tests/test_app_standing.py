"""What was imported is looked at once, not by every garbage collection that Streamlit asks for."""

import gc
import sys
from types import ModuleType

import pytest

from reading_room import standing


class Circle:
    def __init__(self):
        self.own = self


@pytest.fixture
def thawed(monkeypatch):
    monkeypatch.setattr(standing, "_known", len(sys.modules))
    gc.collect()
    yield
    gc.unfreeze()


def imported(monkeypatch, many):
    for n in range(many):
        monkeypatch.setitem(sys.modules, f"imported_{n}", ModuleType(f"imported_{n}"))


def test_nothing_is_set_aside_while_few_modules_are_new(thawed, monkeypatch):
    before = gc.get_freeze_count()
    imported(monkeypatch, standing.MANY - 1)
    standing.set_aside()
    assert gc.get_freeze_count() == before


def test_many_new_modules_are_set_aside_once_and_garbage_is_not(thawed, monkeypatch):
    before = gc.get_freeze_count()
    imported(monkeypatch, standing.MANY)
    Circle()
    standing.set_aside()
    aside = gc.get_freeze_count()
    assert aside > before
    assert not any(isinstance(one, Circle) for one in gc.get_objects())
    standing.set_aside()
    assert gc.get_freeze_count() <= aside


def test_what_comes_later_is_collected(thawed, monkeypatch):
    imported(monkeypatch, standing.MANY)
    standing.set_aside()
    Circle()
    assert gc.collect() >= 1

"""The log of withheld items: it is followed, it is only appended to, and what cannot be read closes it."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict

import pytest

from latentarchive.errors import ArchiveDamaged, QueryError, WriteRefused
from latentarchive.withheld import Entry, WithheldLog

LINE = asdict(Entry("s:1", "withhold", "rights", "me", "2026-11-22T00:00:00+00:00"))


@pytest.fixture
def log(tmp_path):
    return WithheldLog(tmp_path / "withheld.jsonl")


def test_withheld_and_restored(log):
    assert dict(log.current()) == {}
    assert log.stamp == (0, 0)
    log.change("withhold", ["s:1", "s:2"], reason="a complaint", who="curator")
    log.change("restore", ["s:2", "s:3"], reason="settled", who="curator")
    log.change("withhold", ["s:1"], reason="again", who="curator")  # it is withheld already
    assert [(e.id, e.action, e.reason, e.who) for e in log.entries()] == [
        ("s:1", "withhold", "a complaint", "curator"),
        ("s:2", "withhold", "a complaint", "curator"),
        ("s:2", "restore", "settled", "curator"),
    ]
    assert list(log.current()) == ["s:1"]
    assert log.current()["s:1"].reason == "a complaint"
    log.change("restore", ["s:1"], reason="settled")
    log.change("withhold", ["s:1"], reason="again")
    assert log.current()["s:1"].reason == "again"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", log.entries()[-1].when)
    assert log.entries()[-1].who


def test_the_log_is_only_appended_to(log):
    log.change("withhold", ["s:1"], reason="r")
    before = log.path.read_bytes()
    log.change("withhold", ["s:1"], reason="nothing changes")
    assert log.path.read_bytes() == before
    log.change("restore", ["s:1"], reason="r")
    assert log.path.read_bytes().startswith(before)
    assert log.path.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_reason_is_needed(log, reason):
    with pytest.raises(QueryError, match="give a reason to withhold: it is kept in the log"):
        log.change("withhold", ["s:1"], reason=reason)
    assert not log.path.exists()


@pytest.mark.parametrize("reason", ["line\nbreak", "one\u2028two", "one\x85two\x1cthree", "“ü”", "caf\udce9", '"}\\'])
def test_any_reason_can_be_read_again(log, reason):
    log.change("withhold", ["s:1"], reason=reason, who=reason)
    assert WithheldLog(log.path).current()["s:1"] == log.entries()[0]
    assert (log.entries()[0].reason, log.entries()[0].who) == (reason, reason)


def test_what_another_process_withholds_counts_at_once(log):
    assert not log.current()
    other = "import sys, pathlib; from latentarchive.withheld import WithheldLog; " \
            "WithheldLog(pathlib.Path(sys.argv[1])).change(sys.argv[2], sys.argv[3:], reason='r')"  # fmt: skip
    stamp = log.stamp
    for action, expected in (("withhold", ["s:1", "s:2"]), ("restore", [])):
        subprocess.run([sys.executable, "-c", other, str(log.path), action, "s:1", "s:2"], check=True)
        assert log.stamp != stamp
        stamp = log.stamp
        assert list(log.current()) == expected


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "s:2", "action": "withh',
        "not json",
        "[]",
        '"s:2"',
        "null",
        '{"id": "s:2"}',
        json.dumps(LINE | {"more": 1}),
        json.dumps(LINE | {"action": "withold"}),  # must not pass for a restore
        json.dumps(LINE | {"id": 7}),
    ],
)
@pytest.mark.parametrize("end", ["", "\n"], ids=["torn", "whole"])
def test_a_line_that_cannot_be_read_closes_everything(log, line, end):
    """Which item it names is not known. It does so again at the next look, and after the next entry."""
    log.change("withhold", ["s:1"], reason="r")
    with log.path.open("a") as handle:
        handle.write(line + end)
    message = re.escape(f"{log.path} line 2 cannot be read; mend it by hand, nothing is shown until then")
    for _ in range(2):
        with pytest.raises(ArchiveDamaged, match=message):
            log.current()
    with pytest.raises(ArchiveDamaged, match=message):
        log.change("restore", ["s:1"], reason="r")


def test_bytes_that_are_no_text_close_everything(log):
    log.path.write_bytes(b"\n" + json.dumps(LINE).encode() + b"\n\xff\xfe\n")
    with pytest.raises(ArchiveDamaged, match="line 3 cannot be read"):
        log.current()


def test_a_log_that_cannot_be_read_closes_everything(log):
    log.path.mkdir()
    with pytest.raises(ArchiveDamaged, match=r"withheld.jsonl cannot be read \(Is a directory\)"):
        log.current()


def test_mended_it_is_read_again(log):
    log.path.write_text("torn")
    with pytest.raises(ArchiveDamaged):
        log.current()
    log.path.write_text("\n" + json.dumps(LINE) + "\n\n")
    assert list(log.current()) == ["s:1"]


def test_a_refused_write_withholds_nothing_and_says_so(log, monkeypatch):
    def refuse(descriptor):
        raise OSError(28, os.strerror(28))

    log.change("withhold", ["s:1"], reason="r")
    before = log.path.read_bytes()
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(WriteRefused, match=re.escape(f"cannot write {log.path}: No space left on device")):
        log.change("withhold", [f"s:{n}" for n in range(2, 99)], reason="r")
    assert log.path.read_bytes() == before
    assert list(log.current()) == ["s:1"]


def test_many_items_cost_one_flush(log, monkeypatch):
    flushed = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    log.change("withhold", [f"s:{n}" for n in range(5000)], reason="r")
    assert len(log.current()) == 5000
    assert len(flushed) <= 2  # the file, and its folder

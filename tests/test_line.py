"""A line of jobs: order, places, the same asked twice, calling off, failing."""

import threading
import time

import pytest

from latentarchive.errors import QueryError
from latentarchive.line import Line, LineFull


def until(holds):
    for _ in range(500):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError


class Gate:
    """Work that tells one step after the other, as it is let go on."""

    def __init__(self):
        self.steps, self.reached = threading.Semaphore(0), 0

    def __call__(self, progress):
        for step in range(3):
            progress("working", step, 3, f"step {step}")
            self.reached = step + 1
            assert self.steps.acquire(timeout=10)
        return "made"


@pytest.fixture
def line():
    return Line(most=3, kept=2)


def test_jobs_are_done_in_their_order_and_know_how_many_are_before_them(line):
    gate = Gate()
    first, second = line.join("a", "A", gate), line.join("b", "B", lambda progress: "too")
    third = line.join("c", "C", lambda progress: 3)
    until(lambda: gate.reached == 1)
    assert [line.ahead(job) for job in (first, second, third)] == [0, 1, 2]
    assert line.titles() == ["A", "B", "C"]
    assert (first.state, first.done, first.total, first.note) == ("working", 0, 3, "step 0")
    gate.steps.release(3)
    until(lambda: third.over)
    assert [job.result for job in (first, second, third)] == ["made", "too", 3]
    assert first.began <= first.turned <= first.ended <= second.began
    assert line.titles() == []


def test_what_is_asked_twice_is_done_once_and_called_off_only_when_nobody_waits(line):
    gate = Gate()
    job = line.join(("x", 1), "X", gate)
    assert line.join(("x", 1), "X", gate) is job
    until(lambda: gate.reached == 1)
    line.leave(job.name)
    gate.steps.release()
    until(lambda: gate.reached == 2)
    assert job.state == "working"
    line.leave(job.name)
    line.leave(job.name)  # once more than anybody asked
    assert line.join(("x", 1), "X", lambda progress: "anew") is not job
    gate.steps.release()
    until(lambda: job.over)
    assert (job.state, job.result, gate.reached) == ("cancelled", None, 2)


def test_one_that_waits_is_called_off_at_once(line):
    gate, ran = Gate(), []
    line.join("a", "A", gate)
    job = line.join("b", "B", lambda progress: ran.append(1))
    line.leave(job.name)
    assert (job.state, line.titles(), line.job(job.name)) == ("cancelled", ["A"], job)
    gate.steps.release(3)
    until(lambda: not line.titles())
    assert not ran


def test_a_full_line_takes_no_more_and_says_so(line):
    gate = Gate()
    for name in "abc":
        line.join(name, name, gate)
    with pytest.raises(LineFull, match="3 are waiting here already; ask again when one of them is done"):
        line.join("d", "d", gate)
    gate.steps.release(9)
    until(lambda: not line.titles())


def test_a_job_that_fails_keeps_why_and_the_next_one_is_done(line, caplog):
    def asked(progress):
        raise QueryError("nothing to ask")

    def broken(progress):
        raise ZeroDivisionError

    jobs = [line.join(str(work), "W", work) for work in (asked, broken)]
    last = line.join("last", "L", lambda progress: 1)
    until(lambda: last.over)
    assert [job.state for job in jobs] == ["failed", "failed"]
    assert str(jobs[0].error) == "nothing to ask"
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]  # only what nobody foresaw
    assert line.job(jobs[0].name) is None  # two are remembered
    assert line.job(last.name) is last

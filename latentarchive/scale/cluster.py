"""Work in the processes of Ray, on this machine or many: with `silence` the only module that names it.

Ray Data hands the jobs out and starts anew what dies with a process or a machine. It would do so for ever;
here every job, and the start of a worker, leaves a mark on the shared disk for each time it was begun, so that
one that kills whatever takes it up is named instead.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from latentarchive import storage
from latentarchive.errors import ArchiveError, require
from latentarchive.scale.ahead import default_workers
from latentarchive.scale.silence import hushed, keep_logs_off_the_screen, settings, unwarned

TRIES = 12
"""How often one job may be begun without an end before it is blamed; ten kills in a row by chance are no reason."""

KNOCK_S = 20
"""Seconds in which the head of a cluster must accept a connection."""

ANSWER_S = 120
"""Seconds in which every machine of a cluster must answer when the work begins."""


@dataclass(frozen=True, slots=True)
class Job:
    """One unit of work for one process; what it makes it writes to the shared disk, whole or not at all."""

    #: A file name, unique among the jobs.
    name: str
    #: What it is, for an error message: "part 7 (inputs 7,169 to 8,192)".
    what: str
    payload: Any


class Cluster:
    """Ray for as long as a ``with`` lasts: joined where ``RAY_ADDRESS`` says so, else started on this machine."""

    def __init__(self, workers: int | None = None) -> None:
        """Describe what is wanted; nothing is started yet.

        Args:
            workers: Processes that work at once; None: one for each processor.
        """
        self._asked = workers
        self._ours = False
        self._ray: Any = None

    def __enter__(self) -> Cluster:
        """Start or join. Raises `MissingExtra`, or `ArchiveError` if Ray does not start or has no processors."""
        ray = self._ray = require("ray", extra="scale")
        require("ray.data", extra="scale")
        if not ray.is_initialized():
            keep_logs_off_the_screen()
            options: dict[str, Any] = {"address": os.environ.get("RAY_ADDRESS") or "local"}
            if options["address"] == "local":
                options |= {"num_cpus": self._asked or default_workers(), "include_dashboard": False}
            try:
                _knock(options["address"])
                with unwarned(), hushed():
                    ray.init(**options, log_to_driver=False, configure_logging=False)
            except Exception as error:  # whatever its own start raises
                message = f"Ray at {options['address']} cannot be used ({_line(error)}); is RAY_ADDRESS right?"
                raise ArchiveError(message) from error
            self._ours = True
        if not self._processors:
            self.__exit__(None, None, None)
            message = "the Ray cluster has no processors to work with; start its nodes with --num-cpus"
            raise ArchiveError(message)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what was started here, or leave the cluster; what still runs in it for us is cancelled."""
        if self._ours:
            self._ray.shutdown()
            self._ours = False

    @property
    def _processors(self) -> int:
        return int(self._ray.cluster_resources().get("CPU", 0))

    def everywhere(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """What a function returns on each machine, by its address; it must not raise.

        Raises:
            ArchiveError: A machine does not answer, or cannot import what the function needs.
        """
        ray = self._ray
        pinned = require("ray.util.scheduling_strategies", extra="scale").NodeAffinitySchedulingStrategy
        remote = ray.remote(num_cpus=0)(function)
        asked = {
            node["NodeID"]: (
                node["NodeManagerAddress"],
                remote.options(scheduling_strategy=pinned(node["NodeID"], soft=False)).remote(*arguments),
            )
            for node in ray.nodes()
            if node["Alive"]
        }
        answers = {}
        for address, answer in asked.values():
            try:
                answers[address] = ray.get(answer, timeout=ANSWER_S)
            except ray.exceptions.RayError as error:
                message = f"the machine {address} of the Ray cluster cannot work for us: {_line(error)}"
                raise ArchiveError(message) from error
        return answers

    def map(
        self,
        make: Callable[..., Callable[[Any], Any]],
        arguments: Sequence[Any],
        jobs: Callable[[], Iterable[Job]],
        *,
        tries: Path,
        count: int | None = None,
        attempts: int = TRIES,
        gpus: float = 0,
    ) -> Generator[Any, None, None]:
        """What the workers return for each job, in the order in which they finish.

        A worker is a process with one processor. It calls ``make(*arguments)`` once, and what that gives once
        for each job. If it dies, its job is begun again, by another; so a job may be done twice.

        Args:
            make: Usually a class; it and all arguments can be pickled, their paths are absolute.
            arguments: For `make`.
            jobs: Called in a process of the cluster, which Ray lets run ahead as far as its object store has room.
            tries: A folder that all machines share and that is ours alone; it is cleared.
            count: How many jobs there are at most, so that no more workers are started; None: not known.
            attempts: How often a job may end its worker.
            gpus: For each worker.

        Raises:
            ArchiveError: A job ended its worker `attempts` times, or Ray itself gave up. Whatever a worker or `jobs`
                raises is raised here.
        """
        with storage.refusals(tries):
            shutil.rmtree(tries, ignore_errors=True)
            tries.mkdir(parents=True)
        ray, data = self._ray, require("ray.data", extra="scale")
        workers = self._asked or self._processors
        pool = data.ActorPoolStrategy(size=workers if count is None else max(1, min(workers, count)))
        loads = ray.cloudpickle.loads
        try:
            with unwarned(), settings(data.DataContext.get_current()):
                rows = data.read_datasource(_source(data, jobs), num_cpus=0, override_num_blocks=1)
                arguments = (make, tuple(arguments), tries, attempts)
                rows = rows.map(_Worker, fn_constructor_args=arguments, compute=pool, num_cpus=1, num_gpus=gpus)
                for batch in rows.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"):
                    for outcome in batch["outcome"].to_pylist():
                        value, error = loads(outcome)
                        if error is not None:
                            raise error
                        yield value
        except ray.exceptions.RayError as error:
            message = f"Ray gave up ({_line(error)}); run the same command again and it goes on"
            raise ArchiveError(message) from error
        finally:
            shutil.rmtree(tries, ignore_errors=True)


class _Worker:
    """What runs in a process: it marks what it begins, and gives back errors as values.

    Ray would wrap them in a traceback, and begin anew for ever what dies while it is made.
    """

    def __init__(
        self, make: Callable[..., Callable[[Any], Any]], arguments: Sequence[Any], tries: Path, attempts: int
    ) -> None:
        self._tries, self._attempts = tries, attempts
        self._problem: Exception | None = None
        try:
            with _marked(tries / f"worker-{_own_name()}", "the start of a worker", attempts):
                self._work = make(*arguments)
        except Exception as error:  # noqa: BLE001  # raised where the results are read
            self._problem = error

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        from ray import cloudpickle

        job, problem = cloudpickle.loads(row["job"])
        problem = problem or self._problem
        value = None
        if problem is None:
            try:
                with _marked(self._tries / job.name, job.what, self._attempts):
                    value = self._work(job.payload)
            except Exception as error:  # noqa: BLE001  # raised where the results are read
                problem = error
        return {"outcome": _dumped(value, problem)}


@contextmanager
def _marked(mark: Path, what: str, attempts: int) -> Iterator[None]:
    """Count how often something was begun and not ended. Raises `ArchiveError` once it was too often."""
    with storage.refusals(mark):
        with mark.open("ab") as handle:
            handle.write(b".")
        begun = mark.stat().st_size
    if begun > attempts:
        message = (
            f"{what} ended its worker process {attempts} times; has a worker too little memory for it? "
            "What is finished stays: the same command goes on, also with --engine local"
        )
        raise ArchiveError(message)
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def _own_name() -> str:
    """Of the worker that this process is, which it keeps when it is started anew."""
    from ray import get_runtime_context

    return str(get_runtime_context().get_actor_id())


def _source(data: Any, jobs: Callable[[], Iterable[Job]]) -> Any:
    """A Ray Data source of one row a job; what `jobs` raises is a row as well."""
    block = require("ray.data.block", extra="scale")

    def read() -> Iterator[pa.Table]:
        try:
            for job in jobs():
                yield pa.table({"job": [_dumped(job, None)]})
        except Exception as error:  # noqa: BLE001  # raised where the results are read
            yield pa.table({"job": [_dumped(None, error)]})

    class Jobs(data.Datasource):  # type: ignore[misc]  # Ray is imported when it is used
        def estimate_inmemory_data_size(self) -> None:
            return None

        def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[Any]:
            unknown = block.BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
            return [data.ReadTask(read, unknown)]

    return Jobs()


def _dumped(value: Any, problem: Exception | None) -> bytes:
    """A value and an error as bytes; an error that cannot travel is told in words."""
    from ray import cloudpickle

    try:
        dumped: bytes = cloudpickle.dumps((value, problem))
        cloudpickle.loads(dumped)
    except Exception:  # noqa: BLE001  # whatever their own methods raise
        dumped = cloudpickle.dumps((None, RuntimeError(f"{type(problem or value).__name__}: {problem or value}")))
    return dumped


def _knock(address: str) -> None:
    """Raise `OSError` if nobody listens at ``host:port``; Ray itself would try for minutes."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=KNOCK_S).close()


def _line(error: BaseException) -> str:
    """The last line of an error that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__

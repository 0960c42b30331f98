"""Writing files so that what looks whole is whole.

Every file of an archive or a model is written here: to a temporary name beside its place, flushed to
the disk, then renamed. A reader therefore sees the old file, the new file, or none.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from latentarchive.errors import ArchiveError, WriteRefused

PARTIAL = ".partial"
"""Suffix of files that are being written; whatever still carries it is the trace of an interrupted run."""


EDGE = 4096
"""Bytes of a file's beginning, and of its end, that its `mark` looks at: a page, several vectors."""


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turn a refused write anywhere inside into one clear `WriteRefused` that names the path."""
    try:
        yield
    except ArchiveError:  # some are also an OSError; they say better what happened
        raise
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            try:
                free = f"; {free_bytes(path) / 1e9:.2f} GB are free there"
            except OSError:
                free = ""
            message = (
                f"cannot write {path}: {why}{free}; make room or choose another place, then run the same command again"
            )
        else:
            message = f"cannot write {path}: {why}; choose a place where you may write, then run the same command again"
        raise WriteRefused(message) from error


def write_with(path: Path, write: Callable[[Path], None]) -> None:
    """Let a library write a file by name, whole or not at all.

    Args:
        path: Where the file will be. Its folder is made if missing.
        write: Called once with the temporary path that it must fill.

    Raises:
        WriteRefused: The operating system refused; nothing is left behind.
    """
    partial = path.with_name(path.name + PARTIAL)
    with refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(partial)
            with partial.open("rb") as handle:
                os.fsync(handle.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes, whole or not at all. Raises `WriteRefused`."""
    write_with(path, lambda partial: _fill(partial, lambda handle: handle.write(data)))


def write_stream(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let a function write to an open file, whole or not at all. Raises `WriteRefused`."""
    write_with(path, lambda partial: _fill(partial, write))


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable UTF-8 JSON with a final newline, whole or not at all."""
    write_bytes(path, (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())


@contextmanager
def locked(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a folder alone among all processes that do so. Where the system has no such locks nothing is held.

    Args:
        folder: It must exist.
        wait: Until another process lets it go, where that is a matter of moments.

    Raises:
        ArchiveError: Another process holds it, and `wait` is False.
        WriteRefused: It is not there, or cannot be locked.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        yield
        return
    held = -1
    try:
        with refusals(folder):
            while held < 0:
                held = os.open(folder, os.O_RDONLY)
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                except BlockingIOError as error:
                    message = f"another process is working in {folder}; wait until it has finished"
                    raise ArchiveError(message) from error
                except OSError:  # a network file system without such locks
                    break
                if not os.path.samestat(os.fstat(held), folder.stat()):
                    os.close(held)  # while we waited another folder was put in its place
                    held = -1
        yield
    finally:
        if held >= 0:
            os.close(held)


def move(path: Path, to: Path) -> None:
    """Rename a file or folder within its file system, for good. Raises `WriteRefused`."""
    with refusals(to):
        path.rename(to)
        _sync_folder(to.parent)


def clear(folder: Path, *, last: str) -> None:
    """Remove all that a folder holds.

    Args:
        folder: It stays, empty.
        last: The file by which the folder is known for what it is; it goes last, so that a removal which
            was interrupted can be gone on with.

    Raises:
        WriteRefused: We may not write there.
    """
    with refusals(folder):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != last:
                path.unlink()
        (folder / last).unlink(missing_ok=True)


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as ``.npy``, whole or not at all. Raises `WriteRefused`."""
    array = np.ascontiguousarray(array)

    def fill(handle: IO[bytes]) -> None:
        # What `np.save` writes; that goes through C's stdio, which does not say why a write was refused.
        np.lib.format.write_array_header_1_0(handle, np.lib.format.header_data_from_array_1_0(array))
        handle.write(array.data)

    write_stream(path, fill)


def write_parquet(path: Path, table: pa.Table, *, group: int | None = None, compression: str = "zstd") -> None:
    """Write a table as Parquet, whole or not at all.

    Args:
        path: Where.
        table: What.
        group: Rows in a row group; None: pyarrow's default.
        compression: Codec, or ``none`` for content that is compressed already.

    Raises:
        WriteRefused: The disk is full, or we may not write there.
    """
    write_stream(path, lambda handle: pq.write_table(table, handle, row_group_size=group, compression=compression))


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Append lines to a log, all or none, and flush them to the disk; a torn last line of a crash is closed first.

    Raises:
        WriteRefused: The operating system refused; the log is as it was.
    """
    with refusals(path), path.open("ab+", buffering=0) as handle:
        size = handle.seek(0, os.SEEK_END)
        handle.seek(max(size - 1, 0))
        torn = handle.read(1) not in (b"", b"\n") if size else False
        left = memoryview((("\n" if torn else "") + "".join(f"{line}\n" for line in lines)).encode())
        try:
            while left:
                left = left[handle.write(left) :]
            os.fsync(handle.fileno())
        except OSError:
            with suppress(OSError):
                handle.truncate(size)
            raise
    if not size:
        _sync_folder(path.parent)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; reads in blocks."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def free_bytes(path: Path) -> int:
    """Room on the disk that a path, which need not exist yet, lies on. Raises `OSError`."""
    return shutil.disk_usage(next(p for p in (path, *path.absolute().parents) if p.exists())).free


def mark(path: Path) -> str:
    """Tells a file from others of its kind without reading it: a digest of its size, beginning and end."""
    with path.open("rb") as handle:
        size = handle.seek(0, os.SEEK_END)
        handle.seek(max(0, size - EDGE))
        end = handle.read(EDGE)
        handle.seek(0)
        return hashlib.sha256(b"%d " % size + handle.read(EDGE) + end).hexdigest()[:16]


def _fill(partial: Path, write: Callable[[IO[bytes]], object]) -> None:
    with partial.open("wb") as handle:
        write(handle)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; file systems that cannot are left to their own devices."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)

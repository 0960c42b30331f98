"""Starting the front end: what cannot be started is told in one line, what is started listens where it was told."""

import os
import socket
import subprocess
import sys
import tomllib

import pytest

from latentarchive import serving
from latentarchive.errors import ArchiveDamaged, ArchiveError, ArchiveNotFound, MissingExtra
from tests.conftest import ROOT

GIVEN = {"generator": "tiny", "kiosk": None, "host": "127.0.0.1", "allowed": (), "browser": False}


@pytest.fixture
def started(tmp_path, monkeypatch):
    """`serve` without becoming another program: the command that it would have become."""
    monkeypatch.chdir(tmp_path)
    commands = []
    monkeypatch.setattr(os, "execve", lambda _, command, environment: commands.append((command, environment)))

    def start(*archives, **given):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        folders = {
            "selections": tmp_path / "selections",
            "reports": tmp_path / "reports",
            "suites": tmp_path / "suites",
        }
        serving.serve([str(path) for path in archives], **GIVEN | folders | {"port": port} | given)
        return commands[-1]

    return start


def test_it_listens_on_this_machine_alone_and_tells_nobody(started, archive):
    command, environment = started(archive.path)
    assert "--server.address=127.0.0.1" in command
    assert "--browser.gatherUsageStats=false" in command
    assert "--server.headless=true" in command
    hosts = [part.partition("=")[2] for part in command if part.startswith("--server.allowedHosts")]
    assert hosts == ["localhost", "127.0.0.1"]
    assert str(archive.path) in environment[serving.SETTINGS]


def test_its_threads_share_their_heaps_unless_told_otherwise(started, archive, monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert started(archive.path)[1]["MALLOC_ARENA_MAX"] == "2"
    monkeypatch.setenv("MALLOC_ARENA_MAX", "7")
    assert started(archive.path)[1]["MALLOC_ARENA_MAX"] == "7"


def test_on_a_network_it_answers_under_its_own_names_and_those_that_were_given(started, archive):
    command, _ = started(archive.path, host="0.0.0.0", allowed=("museum.example",))
    hosts = [part.partition("=")[2] for part in command if part.startswith("--server.allowedHosts")]
    assert {"localhost", "127.0.0.1", "museum.example", socket.gethostname()} <= set(hosts)
    assert "*" not in hosts
    assert not [name for name in hosts if "%" in name or "/" in name]


def test_a_port_that_is_taken(started, archive):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(
            ArchiveError, match=r"^cannot listen on 127\.0\.0\.1, port \d+ \(.+\); choose another with --port$"
        ):
            started(archive.path, port=taken.getsockname()[1])


def test_no_archive_at_all(started):
    with pytest.raises(
        ArchiveNotFound, match=r"^there is no archive in \./archives; name one, or make one with `latentar"
    ):
        started()


def test_no_archive_of_that_name(started):
    with pytest.raises(ArchiveNotFound, match="nowhere"):
        started("nowhere")


def test_a_damaged_archive(started, archive):
    next(archive.path.glob("items/*.parquet")).write_bytes(b"torn")
    (archive.path / "items.arrow").unlink(missing_ok=True)
    with pytest.raises(ArchiveDamaged, match="part-00000"):
        started(archive.path)


def test_without_streamlit(started, archive, monkeypatch):
    monkeypatch.setitem(sys.modules, "streamlit", None)
    with pytest.raises(MissingExtra, match=r"latentarchive\[app\]"):
        started(archive.path)


def test_from_the_command_line_an_error_is_one_line(tmp_path):
    command = [sys.executable, "-m", "latentarchive", "app", "nowhere"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("latentarchive: ")


def test_however_it_is_started_the_settings_are_safe():
    told = tomllib.loads((ROOT / "apps" / ".streamlit" / "config.toml").read_text())
    assert told["server"]["address"] == "127.0.0.1"
    assert told["server"]["allowedHosts"] == ["localhost", "127.0.0.1"]
    assert told["server"]["maxUploadSize"] <= 20
    assert told["server"]["enableStaticServing"] is False
    assert told["server"]["fileWatcherType"] == "none"
    assert told["browser"]["gatherUsageStats"] is False
    assert told["client"]["showErrorDetails"] == "none"
    assert told["client"]["allowedOrigins"] == []
    assert not {"enableCORS", "enableXsrfProtection", "enableAgentApi"} & set(told["server"])  # as Streamlit has them

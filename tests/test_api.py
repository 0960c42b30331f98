"""The public names, and what importing them loads."""

import subprocess
import sys
from pathlib import Path

import pytest

import latentarchive

ROOT = Path(__file__).parent.parent
HEAVY = {"sklearn", "torch", "faiss", "datasets", "ray", "streamlit", "diffusers", "open_clip", "transformers"}


def test_public_names_are_sorted_and_there():
    assert latentarchive.__all__ == sorted(latentarchive.__all__)
    for name in latentarchive.__all__:
        assert getattr(latentarchive, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'serch'"):
        latentarchive.serch  # noqa: B018  # the access is what is tested


@pytest.mark.parametrize("code", ["import latentarchive", "import latentarchive.archive", "HELP", "HELP build"])
def test_nothing_heavy_is_loaded(code):
    if code.startswith("HELP"):
        arguments = [*code.split()[1:], "--help"]
        code = f"from latentarchive.__main__ import main; main({arguments!r}, standalone_mode=False)"
    script = f"{code}\nimport sys; sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not HEAVY & loaded


def test_similar_items_are_found_without_torch(archive):
    script = (
        "import sys, latentarchive\n"
        f"hits = latentarchive.open({str(archive.path)!r}).search(like=['s:red.png']).hits\n"
        "assert 'torch' not in sys.modules and 'open_clip' not in sys.modules\n"
        "print(hits[0].item.id)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "s:red-copy.png"


def test_every_public_function_and_class_says_what_it_is():
    """Docstrings are enforced by ruff for all public names; here only that modules begin with one line."""
    for path in (ROOT / "latentarchive").rglob("*.py"):
        first = path.read_text().splitlines()[0]
        assert first.startswith('"""'), path
        assert first.rstrip('"').endswith((".", ":", ";")) or not first.endswith('"""'), path

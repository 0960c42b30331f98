"""The wheel holds what it should, and works where there is no checkout."""

import subprocess
import sys
import urllib.error
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Server

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_wheel_contents(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names} == {"latentarchive", "latentarchive-0.1.0.dist-info"}
    recipes = {f"latentarchive/_shipped/indexes/{path.name}" for path in (ROOT / "indexes").iterdir()}
    assert recipes <= names
    lists = {f"latentarchive/_shipped/audits/lists/{path.name}" for path in (ROOT / "audits" / "lists").iterdir()}
    assert lists <= names
    app = [path for path in (ROOT / "apps").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {f"latentarchive/_shipped/{path.relative_to(ROOT).as_posix()}" for path in app} <= names
    assert "latentarchive/_shipped/apps/.streamlit/config.toml" in names
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "latentarchive").rglob("*.py")}
    assert modules <= names
    models = [path for path in (ROOT / "latentarchive" / "_models").rglob("*") if path.is_file()]
    assert {path.relative_to(ROOT).as_posix() for path in models} <= names
    assert sum(path.stat().st_size for path in models if path.suffix == ".safetensors") < 20e6
    assert "latentarchive/py.typed" in names
    assert "latentarchive-0.1.0.dist-info/licenses/LICENSE" in names
    assert not [name for name in names if name.startswith("tests") or "__pycache__" in name]


def test_wheel_runs_outside_the_checkout(wheel, tmp_path):
    """Installed without its dependencies into a bare environment that borrows this one's for them."""
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    site = next((tmp_path / "env" / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    borrowed = next(p for p in sys.path if p.endswith("site-packages"))
    script = (
        f"import sys; sys.path.append({borrowed!r})\n"
        "import latentarchive.recipes as r, latentarchive\n"
        f"assert latentarchive.__file__.startswith({str(site)!r}), latentarchive.__file__\n"
        "assert 'usda-pomological' in r.names(), r.names()\n"
        "print(r.load_recipe('folder').title)\n"
        "from latentarchive.__main__ import main; main(['--help'])"
    )
    done = subprocess.run([python, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Build archives of images" in done.stdout


def test_the_app_runs_from_a_wheel(wheel, tmp_path, archive):
    """Outside the checkout, with the settings that were shipped: its policy, and the refusal of other names."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    (tmp_path / "elsewhere").mkdir()
    server = Server(tmp_path / "elsewhere", "latentarchive", "app", archive.path, "--port", "PORT", paths=[site])
    try:
        page = urllib.request.urlopen(server.address, timeout=30)
        assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
        picture = f"{server.address}/thumbs/{archive.path.name}?id={next(archive.shown()).id}"
        assert urllib.request.urlopen(picture, timeout=30).headers["Content-Type"] == "image/webp"
        refused = urllib.request.Request(server.address, headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(refused, timeout=30)
        running = Path(f"/proc/{server.process.pid}/cmdline")
        if running.exists():
            assert str(site / "latentarchive" / "_shipped" / "apps" / "asgi.py") in running.read_text()
    finally:
        server.stop()


def test_declared_dependencies_are_what_the_base_package_imports():
    """A module-level import of anything but the base dependencies and the standard library breaks a base install."""
    import ast
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {"faiss-cpu": "faiss", "pillow": "PIL"}
    base = {d.split(">")[0] for d in project["dependencies"]}
    allowed = {named.get(name, name) for name in base} | set(sys.stdlib_module_names) | {"latentarchive"}
    for path in (ROOT / "latentarchive").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            imported = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            assert {name.split(".")[0] for name in imported} <= allowed, path

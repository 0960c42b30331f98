"""Documentation that is executed or generated cannot drift."""

import os
import re
import shlex
import subprocess
import tomllib
from itertools import groupby
from pathlib import Path

import pytest
from click.testing import CliRunner

from latentarchive.audit.registry import about_family, checks
from latentarchive.audit.suite import bind, load_suite
from latentarchive.audit.suite import names as suite_names
from latentarchive.catalogue import SCHEMA
from latentarchive.cli.main import COMMANDS, main
from latentarchive.recipes import names, parse_text

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language):
    """Fenced code blocks of one language in README and docs, with where they stand."""
    found = [
        (page.name, block)
        for page in PAGES
        for block in re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)
    ]
    return [pytest.param(block, id=f"{name}-{number}") for number, (name, block) in enumerate(found)]


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run_and_print_hits(code, demo_folder, monkeypatch, capsys):
    monkeypatch.chdir(demo_folder)
    exec(compile(code, "block", "exec"), {"__name__": "block"})
    assert "amphora" in capsys.readouterr().out


@pytest.mark.parametrize("code", blocks("console"))
def test_console_blocks_give_what_they_show(code, demo_folder, monkeypatch):
    """Lines after `$ latentarchive ...` are its output on the cabinet of `make demo`, figures to 0.01."""
    monkeypatch.chdir(demo_folder)
    for part in code.split("$ ")[1:]:
        command, _, shown = part.partition("\n")
        program, *arguments = shlex.split(command)
        assert program == "latentarchive"
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
        assert words(done.stdout) == words(shown)
        assert figures(done.stdout) == pytest.approx(figures(shown), abs=0.01)


FIGURE = re.compile(r"[+-]\d\.\d{3}")


def words(text):
    """All but the cosines, whose last digit depends on the processor."""
    return FIGURE.sub("#", text).strip()


def figures(text):
    return [float(found) for found in FIGURE.findall(text)]


@pytest.mark.parametrize("text", blocks("toml"))
def test_toml_blocks_are_valid_recipes_and_suites(text, tmp_path):
    table = tomllib.loads(text)
    assert table
    if "check" in table:
        assert bind(table, name="example", text=text, where="docs").checks
        return
    assert parse_text(text, name="example", where="docs", root=tmp_path).title


def test_every_command_is_documented_by_its_own_help():
    page = "# Commands\n\nMade from `--help` by `tests/test_docs.py`; set `UPDATE_DOCS=1` to write it anew.\n"
    for name in sorted(COMMANDS):
        text = CliRunner().invoke(main, [name, "--help"], terminal_width=100, prog_name="latentarchive").output
        page += f"\n## {name}\n\n```text\n{text}```\n"
    path = ROOT / "docs" / "commands.md"
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(page)
    assert path.read_text() == page


MADE = "<!-- What follows is made from"


def test_every_suite_and_every_check_is_documented_by_its_own_words():
    path = ROOT / "docs" / "audits.md"
    head, marker, _ = path.read_text().partition(MADE)
    marker += path.read_text().partition(MADE)[2].partition("-->")[0] + "-->\n"
    page = head + marker + "\n## Suites\n"
    for suite in map(load_suite, suite_names()):
        page += f"\n### {suite.name}\n\n{suite.title}. {' '.join(suite.about.split())}\n\n"
        page += "".join(f"- {_asked(bound)}\n" for bound in suite.checks)
    page += "\n## Checks\n"
    for family, group in groupby(checks().values(), key=lambda check: check.name.partition(".")[0]):
        page += f"\n### {family}\n\n{about_family(family)}\n"
        page += "".join(f"\n#### {check.name}\n\n{_told(check)}" for check in group)
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(page)
    assert path.read_text() == page
    listed = (ROOT / "audits" / "README.md").read_text()
    assert [name for name in suite_names() if f"({name}.toml)" not in listed] == []


def _asked(bound):
    """A check of a suite with what it is asked, where that is not the default."""
    options = {name: value for name, value in bound.options.items() if bound.check.defaults.get(name) != value}
    bounds = {name: getattr(bound, name) for name in ("at_least", "at_most") if getattr(bound, name) is not None}
    said = ", ".join(f"{name} = {value!r}" for name, value in (options | bounds).items())
    return f"`{bound.check.name}`" + (f": {said}" if said else "")


def _told(check):
    """A check's docstring in Markdown; every option must be told, with its default."""
    about, _, options = check.about.partition("\n\nOptions:\n")
    lines = re.findall(r"^    (\w+): (.*(?:\n     +.*)*)", options, re.M)
    assert [name for name, _ in lines] == list(check.options), check.name
    text = f"{about.strip()}\n"
    for name, told in lines:
        default = f" Default: {check.defaults[name]!r}." if name in check.defaults else ""
        text += f"\n- `{name}`: {' '.join(told.split())}{default}"
    return text + ("\n" if lines else "")


def test_guide_names_every_column_and_every_recipe_is_listed():
    guide = (ROOT / "docs" / "guide.md").read_text()
    assert [name for name in SCHEMA.names if not re.search(rf"\b{name}\b", guide)] == []
    listed = (ROOT / "indexes" / "README.md").read_text()
    assert [name for name in names() if name not in listed] == []


def test_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_top_level_is_what_was_agreed():
    kept = {"indexes", "tests", "benchmarks", "docs", "latentarchive", "apps", "audits"}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    folders = {line.split("/")[0] for line in tracked if "/" in line and not line.startswith(".")}
    assert folders <= kept
    assert all(Path(line).suffix in {".toml", ".md"} for line in tracked if line.startswith("indexes/"))

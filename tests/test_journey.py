"""The whole way of someone with a collection and no model: train, build, search, look after."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from latentarchive.cli.main import main
from tests.conftest import COLOURS, png, swatch, write_recipe

ROOT = Path(__file__).parent.parent

RECIPE = """
title = "Swatches to learn from"
[collection]
source = "folder"
name = "s"
defaults = { medium = "swatch" }
[encoder]
id = "local:{model}"
[train]
samples = 128
batch_size = 32
group_by = ["image"]
[train.model]
embed_dim = 16
[train.model.vision_cfg]
image_size = 16
layers = 1
width = 16
head_width = 8
patch_size = 8
[train.model.text_cfg]
context_length = 12
width = 16
heads = 2
layers = 1
"""


@pytest.fixture
def journey(tmp_path):
    """A recipe, its folder of sixty swatches with titles, and where its model goes."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(60):
        colour = list(COLOURS)[number % len(COLOURS)]
        (folder / f"{number:02d}.png").write_bytes(png(swatch(colour, size=(20 + number, 30))))
        (folder / f"{number:02d}.json").write_text(json.dumps({"title": f"{colour} cloth"}))
    text = RECIPE.replace("{model}", str(tmp_path / "model"))
    return write_recipe(tmp_path, text, "cloth"), folder, tmp_path / "model"


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_train_build_search(journey, tmp_path):
    recipe, folder, model = journey
    too_early = run("build", recipe, "--root", folder, "--out", tmp_path / "a")
    assert too_early.exit_code == 1
    assert "train a model there with" in too_early.stderr
    trained = run("train", recipe, "--root", folder, "--out", model)
    assert trained.exit_code == 0, trained.output
    assert trained.stdout.strip() == str(model)
    assert "128 images looked at" in trained.stderr
    card = json.loads((model / "card.json").read_bytes())
    assert sum(card["data"]["counts"].values()) == 60
    built = run("build", recipe, "--root", folder, "--out", tmp_path / "a")
    assert built.exit_code == 0, built.output
    found = json.loads(run("search", tmp_path / "a", "red cloth", "--by", "meaning", "-k", 3, "--json").stdout)
    assert len(found["hits"]) == 3
    assert all(-1 <= hit["score"] <= 1 for hit in found["hits"])
    again = run("train", recipe, "--root", folder, "--out", model)
    assert again.exit_code == 0
    assert json.loads((model / "card.json").read_bytes()) == card


def test_archive_and_model_can_be_moved_together_and_other_weights_are_refused(journey, tmp_path):
    recipe, folder, model = journey
    for step in (("train", recipe, "--root", folder, "--out", model), ("build", recipe, "--root", folder)):
        assert run(*step, *(["--out", tmp_path / "a"] if step[0] == "build" else [])).exit_code == 0
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("a", "model", "images"):
        (tmp_path / name).rename(moved / name)
    assert run("search", moved / "a", "red cloth", "-k", 1).exit_code == 0
    (moved / "model" / "open_clip_config.json").write_text(
        (moved / "model" / "open_clip_config.json").read_text().replace("squash", "longest")
    )
    refused = run("search", moved / "a", "red cloth")
    assert refused.exit_code == 1
    assert "open_clip_config.json is not the file that its card.json describes; restore it, or train" in refused.stderr
    (moved / "model" / "card.json").unlink()  # what no card vouches for is told by its fingerprint
    refused = run("search", moved / "a", "red cloth")
    assert refused.exit_code == 1
    assert "put the old weights back or build the archive again" in refused.stderr


def test_a_refused_write_in_training_is_one_line(journey):
    recipe, folder, model = journey
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        "from latentarchive.__main__ import main\n"
        f"main(['train', {str(recipe)!r}, '--root', {str(folder)!r}, '--out', {str(model)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"latentarchive: cannot write {model}")
    assert not (model / "card.json").exists()

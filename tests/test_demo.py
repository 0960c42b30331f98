"""`latentarchive demo`, run once without a network: what it leaves is what it says."""

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import latentarchive
from latentarchive import cards, demo
from latentarchive.diffusion import Words, load_generator
from latentarchive.embedded import read_embedded
from latentarchive.encoders.shipped import MODELS as MODELS_FOLDER
from latentarchive.errors import EncoderError
from latentarchive.recipes import load_recipe


@pytest.fixture(scope="module")
def said(demo_folder):
    return (demo_folder / "demo.txt").read_text()


@pytest.fixture
def archive(demo_folder):
    return latentarchive.open(demo_folder / "archives" / "cabinet")


def test_every_work_is_in_the_archive_or_rejected_as_planted(demo_folder, archive):
    truth = pq.read_table(demo_folder / "archives" / "cabinet-truth.parquet").to_pylist()
    broken = {row["id"] for row in truth if row["broken"]}
    assert len(truth) == 4000
    assert len(broken) > 5
    assert {item.id for item in archive.collection} == {row["id"] for row in truth} - broken
    rejected = pq.read_table(archive.path / "rejected.parquet").to_pylist()
    assert len(rejected) == len(broken)


def test_works_to_be_withheld_are_withheld(demo_folder, archive):
    truth = pq.read_table(demo_folder / "archives" / "cabinet-truth.parquet").to_pylist()
    wanted = {row["id"] for row in truth if row["withhold"]}
    assert len(wanted) > 3
    assert set(archive.log.current()) == wanted


def test_what_was_found_has_the_attributes_that_were_asked_for(demo_folder, archive):
    truth = {row["id"]: row for row in pq.read_table(demo_folder / "archives" / "cabinet-truth.parquet").to_pylist()}
    best = truth[archive.search(demo.WORDS, by="meaning", k=1).hits[0].item.id]
    assert (best["form"], best["colour"], best["ground"], best["pattern"]) == ("robe", "blue", "rose", "striped")


def test_generated_images_say_that_they_are(demo_folder):
    images = sorted((demo_folder / "archives" / "cabinet-demo").glob("*.png"))
    assert len(images) == demo.SHOWN
    for path in images:
        record = json.loads(path.with_suffix(".json").read_bytes())
        assert record["mood"] == "subjunctive"
        assert record["asked"] == record["effective"] == demo.WORDS
        assert read_embedded(path.read_bytes()).digital_source_type.endswith("/trainedAlgorithmicMedia")
        assert np.asarray(Image.open(path)).std() > 10


def test_the_page_shows_kept_and_made_and_fetches_nothing(demo_folder, said):
    page = (demo_folder / "archives" / "cabinet-demo.html").read_text()
    assert page.count("Generated, not a work") == demo.SHOWN
    assert page.count("<figure") == 3 * demo.SHOWN
    assert page.count("<img alt=") == 3 * demo.SHOWN
    assert 'src="http' not in page
    assert "cabinet-demo.html" in said


def test_memory_stays_within_three_gigabytes(demo_folder):
    assert 200 < int((demo_folder / "peak.txt").read_text()) < 3000


def test_an_encoder_of_another_cabinet_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "tiny"
    shutil.copytree(demo.folder_of("tiny"), folder)
    card = cards.read(folder)
    card["recipe"]["digest"] = "0" * 64
    (folder / "card.json").write_text(json.dumps(card))
    monkeypatch.setattr(demo, "folder_of", lambda _: folder)
    with pytest.raises(EncoderError, match=r"was not trained by recipe 'cabinet' as it is here.*latentarchive train"):
        demo.run_demo(tmp_path / "out")
    assert not (tmp_path / "out").exists()


MODELS = {
    "cabinet": ("train", "tiny"),
    "cabinet-annex": ("train", "tiny-annex"),
    "cabinet-generator": ("generator", "tiny-generator"),
    "cabinet-cyanotypes": ("lora", "tiny-cyanotype"),
}


@pytest.mark.parametrize("name", MODELS)
def test_shipped_models_are_those_of_their_recipes(name):
    """The digest on the card is the recipe's; changed files, or a recipe that was changed since, would show here."""
    recipe, (table, folder) = load_recipe(name), MODELS[name]
    card = cards.read(MODELS_FOLDER / folder)
    assert cards.problem(MODELS_FOLDER / folder) == ""
    assert card["recipe"]["digest"] == demo.digest_of(recipe, getattr(recipe, table))


def test_all_that_ships_has_a_recipe():
    assert {path.name for path in MODELS_FOLDER.iterdir()} == {folder for _, folder in MODELS.values()}


def test_the_generator_has_seen_what_the_encoder_has_seen_and_the_annex_nothing_of_it():
    data = {name: cards.read(MODELS_FOLDER / folder)["data"] for name, (_, folder) in MODELS.items()}
    assert data["cabinet"]["held_out_by"] == data["cabinet-generator"]["held_out_by"]
    rooms = {name: {e.number for e in load_recipe(name).collection.entries} for name in MODELS}
    assert rooms["cabinet"] == rooms["cabinet-generator"]
    assert not rooms["cabinet"] & rooms["cabinet-annex"]
    assert not rooms["cabinet-cyanotypes"] & (rooms["cabinet"] | rooms["cabinet-annex"])


def test_the_shipped_lora_changes_what_the_shipped_generator_makes():
    told = Words("a large blue jug on ivory, cyanotype")
    plain, with_it = (
        load_generator("tiny", adapter=adapter).generate(told, seeds=[0])[0] for adapter in ("", "tiny-cyanotype")
    )
    change = np.asarray(plain.image, float) - np.asarray(with_it.image, float)
    assert np.abs(change).mean() > 5

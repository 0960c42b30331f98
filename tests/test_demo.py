"""`latentarchive demo`, run once without a network: what it leaves is what it says."""

import base64
import json
import re
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import latentarchive
from latentarchive import cards, demo
from latentarchive.audit.report import load_report
from latentarchive.diffusion import Words, load_generator
from latentarchive.embedded import read_embedded
from latentarchive.encoders.shipped import MODELS as MODELS_FOLDER
from latentarchive.errors import EncoderError, GeneratorError
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
    images = sorted((demo_folder / "archives" / "cabinet-contrast" / "images").glob("*.png"))
    assert len(images) == demo.CONTRASTED
    for path in images:
        record = json.loads(path.with_suffix(".json").read_bytes())
        assert record["mood"] == "subjunctive"
        assert record["asked"] == record["effective"] == demo.WORDS
        assert read_embedded(path.read_bytes()).digital_source_type.endswith("/trainedAlgorithmicMedia")
        assert np.asarray(Image.open(path)).std() > 10


def test_the_audit_is_written_and_linked_and_takes_little_time(demo_folder, archive, said):
    folder = demo_folder / "archives" / "cabinet-audit"
    report = load_report(folder / "report.json")
    assert (report.subject, report.n, report.outcomes["fail"]) == ("cabinet", len(archive), 0)
    assert sum(report.run["seconds"].values()) < 8
    page = (demo_folder / "archives" / "cabinet-demo.html").read_text()
    assert 'href="cabinet-audit/report.html"' in page
    assert "632 of 3,970 items do not state creator" in page
    assert "cabinet-audit/report.html" in said
    html = (folder / "report.html").read_text()
    assert [item for item in archive.log.current() if item in html] == []


def test_the_contrast_is_measured_and_linked(demo_folder, archive, said):
    folder = demo_folder / "archives" / "cabinet-contrast"
    report = load_report(folder / "report.json")
    assert (report.kind, report.n, report.outcomes["fail"], report.outcomes["skip"]) == ("contrast", 8, 0, 0)
    assert sum(report.run["seconds"].values()) < 15
    page = (demo_folder / "archives" / "cabinet-demo.html").read_text()
    assert 'href="cabinet-contrast/contrast.html"' in page
    assert "wholly different ones" in page
    assert "cabinet-contrast/contrast.html" in said
    html = (folder / "contrast.html").read_text()
    assert html.count("Generated, not a work</p>") == demo.CONTRASTED
    assert [item for item in archive.log.current() if item in html] == []


def test_the_page_shows_kept_and_made_and_fetches_nothing(demo_folder, said):
    page = (demo_folder / "archives" / "cabinet-demo.html").read_text()
    assert page.count("Generated, not a work") == demo.SHOWN
    assert page.count("<figure") == 3 * demo.SHOWN
    assert page.count("<img alt=") == 3 * demo.SHOWN
    assert 'src="http' not in page
    assert "cabinet-demo.html" in said


def test_memory_stays_within_three_gigabytes(demo_folder):
    assert 200 < int((demo_folder / "peak.txt").read_text()) < 3000


@pytest.mark.parametrize(("name", "error"), [("tiny", EncoderError), ("tiny-generator", GeneratorError)])
@pytest.mark.parametrize("damage", ["digest", "no recipe", "no card", "a weight", "gone"])
def test_models_of_another_cabinet_and_damaged_ones_are_refused(tmp_path, monkeypatch, name, error, damage):
    models = tmp_path / "models"
    shutil.copytree(MODELS_FOLDER, models)
    folder, said = models / name, "was not trained by recipe 'cabinet"
    card = cards.read(folder)
    if damage == "digest":
        card["recipe"]["digest"] = "0" * 64
    if damage == "no recipe":
        del card["recipe"]
    (folder / "card.json").write_text(json.dumps(card))
    if damage == "no card":
        (folder / "card.json").unlink()
        said = "card.json is missing"
    if damage == "a weight":
        weights = next(folder.rglob("*.safetensors"))
        weights.write_bytes(weights.read_bytes()[:-1] + b"!")
        said = "is not the file that its card.json describes"
    if damage == "gone":
        shutil.rmtree(folder)
        said = "is missing"
    monkeypatch.setattr(demo, "MODELS", models)
    with pytest.raises(error, match=rf"{said}.*; install latentarchive anew"):
        demo.run_demo(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_a_person_restored_stays_restored(demo_folder, tmp_path):
    archive = latentarchive.open(shutil.copytree(demo_folder / "archives" / "cabinet", tmp_path / "cabinet"))
    one = next(iter(archive.log.current()))
    archive.log.change("restore", [one], reason="decided by a person")
    demo._withhold(archive, load_recipe("cabinet"))
    assert one not in archive.log.current()


def test_no_work_is_all_that_is_asked_for_and_the_page_says_so(demo_folder, said):
    truth = pq.read_table(demo_folder / "archives" / "cabinet-truth.parquet").to_pylist()
    names = ("form", "colour", "ground", "pattern", "technique", "size")
    assert [row["id"] for row in truth if tuple(row[name] for name in names) == demo.ASKED] == []
    sentence = "No work of the cabinet is all of this."
    assert sentence in said
    assert sentence in (demo_folder / "archives" / "cabinet-demo.html").read_text()


def test_pictures_in_the_page_carry_their_record_too(demo_folder):
    page = (demo_folder / "archives" / "cabinet-demo.html").read_text()
    pictures = [base64.b64decode(data) for data in re.findall(r"data:image/png;base64,([^\"]+)", page)]
    assert len(pictures) == demo.SHOWN
    for data in pictures:
        assert read_embedded(data).digital_source_type.endswith("/trainedAlgorithmicMedia")


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
        next(load_generator("tiny", adapter=adapter).generate(told, seeds=[0])) for adapter in ("", "tiny-cyanotype")
    )
    change = np.asarray(plain.image, float) - np.asarray(with_it.image, float)
    assert np.abs(change).mean() > 5

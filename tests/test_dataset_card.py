"""The card of an archive, where encoders come from, and the works behind a finding."""

import json
from dataclasses import replace

import pytest

from latentarchive.archive import Archive
from latentarchive.audit import Finding, Picture, Table
from latentarchive.build import build_archive
from latentarchive.encoders.origins import origin
from latentarchive.export.dataset_card import citation, dataset_card, reason_kind
from latentarchive.recipes import load_recipe
from latentarchive.render.evidence import Named, named, own
from latentarchive.summary import encoder_of, rights_classes
from tests.conftest import write_recipe


def test_a_card_counts_what_is_shown(archive):
    hidden = next(item.id for item in archive.shown() if item.rights_class == "restricted")
    before = dataset_card(archive)
    archive.withhold([hidden], reason="asked for")
    card = dataset_card(archive)
    stated = dict(card.completeness)
    assert (before.facts.n, card.facts.n, card.facts.withheld) == (10, 9, 1)
    # The copy of the red swatch has no side file: it no title and no date.
    assert (stated["title"], stated["year"], stated["medium"]) == (8, 8, 0)
    assert rights_classes(archive) == dict(card.facts.classes) | {"open": 6, "restricted": 2, "unknown": 1}
    assert (card.inputs, card.rejected) == (11, 1)
    assert card.reasons == (("decode", "not an image in a format that is decoded, or its header is damaged", 1),)
    assert (card.method, card.encoder.kind, card.encoder.works, card.index.factory) == ("folder", "toy", None, "")
    assert set(card.bands) == {"image", "text", "mixed"}


def test_an_archive_of_records_has_no_encoder_and_no_index(tmp_path, swatches):
    text = (
        'title = "S"\nnotes = "Seen\\n  in 1900."\nhomepage = "https://x.example/"\n[collection]\nsource = "folder"\n'
    )
    recipe = load_recipe(str(write_recipe(tmp_path, text)), root=swatches)
    archive = Archive.open(build_archive(recipe, out=tmp_path / "plain").path)
    card = dataset_card(archive)
    assert (card.encoder.kind, card.index, card.bands, card.fingerprint) == ("none", None, {}, "")
    assert (card.notes, card.homepage) == ("Seen in 1900.", "https://x.example/")
    manifest = replace(archive.manifest, created="2026-11-22T10:00:00+00:00", digest="abcdef0123456789ff")
    assert citation(manifest) == (
        f"S. Archive swatches, built 2026-11-22 with latentarchive {manifest.versions['latentarchive']}, "
        "digest of the catalogue abcdef0123456789. https://x.example/"
    )


def test_an_encoder_says_what_it_learned_from_as_far_as_that_is_known(tmp_path):
    tiny = origin("tiny")
    assert (tiny.kind, tiny.trained_on) == ("shipped", "The Cabinet, drawn by the program (synthetic)")
    assert (tiny.works, tiny.reserved, tiny.weights) == (3319, 83, 1556865)
    assert tiny.limits[0].startswith("Trained on one collection only")
    assert origin("openclip:ViT-B-32/laion2b_s34b_b79k").trained_on.startswith("the English part of LAION-5B")
    assert origin("openclip:ViT-B-32/openai").kind == "published"
    assert origin("openclip:ViT-B-32/mine_2031").trained_on == ""
    # Where weights lie is nobody's business.
    assert origin("openclip:ViT-B-32//srv/secret/weights.pt").name == "ViT-B-32"
    folder = tmp_path / "secret" / "own"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps({"title": "A CLIP trained on: Harbours", "data": {"counts": {}}}))
    own = origin(f"local:{folder}")
    assert (own.kind, own.name, own.trained_on, own.works) == ("own", "own", "Harbours", None)
    assert origin(f"local:{tmp_path / 'gone'}").trained_on == ""


def test_the_encoder_of_an_archive_is_looked_for_beside_it(archive):
    assert encoder_of(archive).kind == "toy"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("the image is damaged (image file is truncated (25 bytes not processed))", "the image is damaged"),
        ("/srv/masters/a b.tif cannot be read: it is gone", "… b.tif cannot be read: it is gone"),
        ("shards/00001.tar has no member 'a.jpg'", "… has no member …"),
        ("an HTML page, not an image", "an HTML page, not an image"),
    ],
)
def test_reasons_are_told_without_what_is_particular(reason, kind):
    assert reason_kind(reason) == kind


def test_works_behind_a_finding_stand_as_its_rows_name_them():
    table = Table(columns=("one", "cosine", "other"), rows=(("a:1", 0.98, "a:2"), ("a:3", None, "a:1")), ids=(0, 2))
    one = Finding(sentence="Two pairs.", table=table, examples=("a:2", "a:9"))
    assert named(one) == [
        Named("a:1", 1, 2, ("cosine: 0.98",)),
        Named("a:2", 1, 2, ("cosine: 0.98",)),
        Named("a:3", 2, 2, ()),
        Named("a:1", 2, 2, ()),
        Named("a:9", 0, 0, ()),
    ]
    assert named(Finding(sentence="None.")) == []
    # Of pairs with another archive only this one's works, whatever the others are called.
    apart = Picture(kind="pairs", x=0, y=(1,), alt="Pairs", archives=("", "archives/annex"))
    two = Finding(sentence="Two pairs.", table=table, picture=apart)
    assert own(two) == (0,)
    assert [work.id for work in named(two)] == ["a:1", "a:3"]

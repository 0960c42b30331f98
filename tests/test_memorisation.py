"""A generator that was over-trained on ten works copies them, and the check says so of these and of no others."""

import pytest

from benchmarks.memorisation import captioned, drawn, flagged, over_train
from latentarchive.archive import Archive
from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.build import build_archive
from latentarchive.diffusion import load_generator
from latentarchive.recipes import EncoderChoice, Recipe
from tests.model_helpers import cabinet, one_thread

MEMORISED, OTHERS = 10, 40


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    collection = cabinet(name="cabinet", works=300)
    recipe = Recipe(name="works", title="Works", collection=collection, encoder=EncoderChoice(id="tiny"))
    return Archive.open(build_archive(recipe, out=tmp_path_factory.mktemp("works") / "archive", workers=1).path)


@pytest.mark.slow  # a minute of training, and half of one of generation
def test_planted_memorisation_is_found(archive):
    chosen, others = drawn(archive, (MEMORISED, OTHERS))
    memorised = {item.id for item in chosen}
    with one_thread():
        generator = load_generator("tiny")
        assert len(flagged(captioned(archive, generator, chosen))) <= 0.05 * MEMORISED
        over_train(generator, archive, chosen)
        contrast = captioned(archive, generator, chosen)
        assert len(flagged(contrast) & memorised) >= 0.9 * MEMORISED
        with Subject.of_contrast(contrast, "c") as subject:
            report = run_suite(subject, load_suite("transformation"))
        found = next(one for one in report.findings if one.check == "contrast.copies")
        assert found.value >= 0.9
        assert "possible copies" in found.sentence
        assert len(flagged(captioned(archive, generator, others)) - memorised) < 0.05 * OTHERS

"""Who looks on while images are made: each step by name, each image as it comes, a background that is known already."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.diffusion import looking
from latentarchive.diffusion.bench import Bench
from latentarchive.diffusion.capabilities import Capabilities
from latentarchive.diffusion.conditions import Words
from latentarchive.diffusion.contrasting import Plan, make_contrast
from latentarchive.diffusion.darkroom import darkroom
from latentarchive.diffusion.generated import records_of
from latentarchive.diffusion.planning import refused
from latentarchive.diffusion.points import read
from latentarchive.diffusion.stepping import Step
from latentarchive.errors import QueryError
from latentarchive.query import Term
from latentarchive.render.parcels import contrast_parcel, experiment_parcel
from tests.contrast_helpers import Known, noise
from tests.model_helpers import one_thread

STEPS = 3


class Stepping(Known):
    """A generator of noise that tells each of its steps, which predict grey."""

    def generate(self, told, *, seeds, steps=None, guidance=None, observe=None, **_):
        return self._observed(told, seeds, observe)

    def _observed(self, told, seeds, observe):
        for made in self._each(told, seeds):
            for number in range(1, STEPS + 1):
                if observe is not None:
                    observe(step(number))
            yield made


def step(number, total=STEPS):
    grey = np.full((8, 8, 3), 128, np.float32)
    return Step(number, total, 0.0, grey, grey, lambda values: Image.fromarray(values.astype(np.uint8)))


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with one_thread(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "SAMPLE", 16)  # the pixels of 1,200 pairs take seconds
        yield


@pytest.fixture(scope="module")
def plan(small_cabinet):
    return Plan(query=small_cabinet.query("a blue jug"), n=2, k=2)


@pytest.fixture(scope="module")
def watched(small_cabinet, plan):
    """A contrast, the steps that were seen of it, and its images."""
    seen, kept = [], {}

    def watch(name, one):
        seen.append((name, one.number, len(kept)))

    contrast = make_contrast(small_cabinet, Stepping(noise), plan, keep=kept.__setitem__, watch=watch)
    return contrast, seen, kept


def test_each_step_of_a_contrast_is_told_with_the_name_of_its_image_which_comes_when_it_is_done(watched):
    _, seen, kept = watched
    assert seen == [(f"seed-{seed:04d}", number, seed) for seed in (0, 1) for number in (1, 2, 3)]
    assert list(kept) == ["seed-0000", "seed-0001"]


def test_whoever_watches_can_stop_it(small_cabinet, plan):
    class Left(Exception):
        pass

    def watch(name, one):
        if (name, one.number) == ("seed-0001", 2):
            raise Left

    kept = {}
    with pytest.raises(Left):
        make_contrast(small_cabinet, Stepping(noise), plan, keep=kept.__setitem__, watch=watch)
    assert list(kept) == ["seed-0000"]


def test_a_background_that_is_known_is_not_looked_at_again(small_cabinet, plan, watched, monkeypatch):
    monkeypatch.setattr("latentarchive.diffusion.contrasting.background", None)
    again = make_contrast(small_cabinet, Stepping(noise), plan, behind=watched[0].background)
    assert again.background is watched[0].background


def test_a_bench_tells_the_steps_of_each_of_several_images(small_cabinet):
    seen, own = [], []
    bench = Bench(small_cabinet, Stepping(noise), watch=lambda name, one: seen.append((name, one.number)))
    bench.make(["a", "b"], Words("x"), [1, 2], observe=lambda one: own.append(one.number))
    assert seen == [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("b", 3)]
    assert own == [1, 2, 3, 1, 2, 3]


def test_what_a_generator_cannot_be_told_is_known_before_it_is_asked(small_cabinet):
    class Told:
        encoder, capabilities = "", Capabilities(words=True)

    only_words = refused(small_cabinet, Told)
    assert only_words["words"] == only_words["captions"] == ""
    assert only_words["works"] == only_words["centroid"] == "this generator is told no image vectors, only words"
    assert only_words["image"] == "this generator cannot begin from an image"
    other = type("Other", (), {"encoder": "f" * 64, "capabilities": Capabilities(words=True, image=True, sequence=128)})
    assert "vectors of another encoder" in refused(small_cabinet, other)["works"]
    other.encoder = small_cabinet.manifest.fingerprint
    assert not any(refused(small_cabinet, other).values())


def test_a_term_is_read_as_it_stands_whatever_its_words_look_like(small_cabinet, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"")
    words = str(tmp_path / "secret.png") + "@2"
    assert read(small_cabinet, Term("text", words)) == Term("text", words)
    with pytest.raises(QueryError, match="no item"):
        read(small_cabinet, Term("item", "cabinet:none"))


# --- parcels -------------------------------------------------------------------------------------------


def names(parcel):
    with zipfile.ZipFile(io.BytesIO(parcel)) as file:
        return set(file.namelist())


def test_a_parcel_of_a_contrast_holds_what_the_command_leaves_each_image_with_its_record(
    small_cabinet, watched, tmp_path
):
    contrast, _, kept = watched
    with Subject.of_contrast(contrast, "c") as subject:
        report = run_suite(subject, load_suite("transformation"))
    assert {one.outcome for one in report.findings} <= {"skip", "info"}
    parcel = contrast_parcel(contrast, report, kept, small_cabinet)
    assert {"contrast/contrast.html", "contrast/contrast.json", "contrast/report.json"} <= names(parcel)
    with zipfile.ZipFile(io.BytesIO(parcel)) as file:
        file.extractall(tmp_path)
    for name, one in kept.items():
        (record,) = records_of(tmp_path / "contrast" / "images" / f"{name}.png")
        assert record.seed == one.record.seed
    gone = replace(contrast, made=contrast.made[:1])
    assert "contrast/images/seed-0001.png" not in names(contrast_parcel(gone, report, kept, small_cabinet))


def test_a_parcel_of_an_experiment_holds_its_page_and_images(small_cabinet):
    found = darkroom(Bench(small_cabinet, Stepping(noise)), Term("text", "a blue jug"))
    held = names(experiment_parcel(found, {small_cabinet.name: small_cabinet}))
    assert {"darkroom/darkroom.html", "darkroom/images/final.png", "darkroom/images/step-1.png"} <= held

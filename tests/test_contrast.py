"""Contrasts: analytic generators, what is kept and withheld, the page, the command."""

import base64
import io
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.build import build_archive
from latentarchive.cli.main import main
from latentarchive.diffusion import from_work, load_generator, looking
from latentarchive.diffusion.contrast import FILE, Contrast
from latentarchive.diffusion.contrasting import Plan, make_contrast
from latentarchive.diffusion.generated import record_of, records_of
from latentarchive.errors import ArchiveError, GeneratorError, QueryError
from latentarchive.measures.coverage import expected_coverage
from latentarchive.recipes import EncoderChoice, Recipe
from latentarchive.render import contrasts
from latentarchive.rights import reserves_mining
from tests.contrast_helpers import Known, always, itself, noise, works_of
from tests.model_helpers import cabinet, one_thread
from tests.test_report_page import Page

WORDS = "a blue robe"


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(scope="module", autouse=True)
def _small_background():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "SAMPLE", 16)  # the pixels of 1,200 pairs take seconds
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """150 works of the cabinet with the shipped encoder."""
    collection = cabinet(name="cabinet", works=150)
    recipe = Recipe(name="works", title="Works", collection=collection, encoder=EncoderChoice(id="tiny"))
    return build_archive(recipe, out=tmp_path_factory.mktemp("works") / "archive", workers=1).path


@pytest.fixture(scope="module")
def archive(built):
    return Archive.open(built)


@pytest.fixture
def own(built, tmp_path):
    """A copy in which works may be withheld."""
    shutil.copytree(built, tmp_path / "archive")
    return Archive.open(tmp_path / "archive")


def made(archive, generator, folder=None, words=WORDS, **plan):
    query = archive.query(words) if words else archive.query(like=plan.pop("like"))
    return make_contrast(archive, generator, Plan(query=query, **{"n": 8, "k": 8} | plan), folder=folder)


def judged(contrast):
    with Subject.of_contrast(contrast, "c") as subject:
        return run_suite(subject, load_suite("transformation"))


def of(report, check):
    """The first finding of a check."""
    return next(one for one in report.findings if one.check == f"contrast.{check}")


def thumbnails(archive, ids):
    return [Image.open(io.BytesIO(archive.thumbnail(item))).convert("RGB") for item in ids]


# --- analytic generators -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def identity(archive):
    return made(archive, Known(itself), told="image", strengths=(0.5,))


def test_identity_moves_nothing_is_found_again_and_flagged(identity):
    report = judged(identity)
    assert of(report, "displacement").value == pytest.approx(0, abs=5e-3)  # files and thumbnails differ by compression
    assert of(report, "copies").value == 1
    assert "All of 8 images are possible copies" in of(report, "copies").sentence
    assert of(report, "contraction").value == pytest.approx(1, abs=5e-3)
    assert of(report, "covered").value == 1
    assert of(report, "discrepancy").value < 0
    assert "cannot be told apart" in of(report, "discrepancy").sentence
    assert of(report, "refound").value == 1


@pytest.fixture(scope="module")
def noisy(archive):
    return made(archive, Known(noise))


def test_one_image_again_and_again(archive):
    first = archive.answer(archive.query(WORDS)).hits[0].item.id
    contrast = made(archive, Known(always(thumbnails(archive, [first])[0])))
    report = judged(contrast)
    assert of(report, "diversity").value == pytest.approx(1, abs=1e-4)
    assert of(report, "diversity").null > 2
    assert "resemble one and the same work most" in of(report, "nearest").sentence
    assert of(report, "nearest").table.rows[0][1] == first


def test_noise_is_far_and_unlike(noisy):
    contrast, report = noisy, judged(noisy)
    assert of(report, "copies").value == 0
    assert max(one.alike for one in contrast.made) < 0.3
    assert of(report, "displacement").value > of(report, "displacement").null
    assert "distributed differently" in of(report, "discrepancy").sentence
    assert of(report, "covered").value < 0.6 < of(report, "covered").null


def test_a_second_sample_of_the_archive_is_not_told_apart(archive):
    """Retrieved and "generated" are two halves of the twenty works that words find, drawn at random."""
    hits = archive.search(WORDS, by="meaning", k=16).hits
    order = np.random.default_rng(3).permutation(16)
    images = thumbnails(archive, [hits[i].item.id for i in order[:8]])
    again = made(archive, Known(works_of(images)), k=16, n=8)
    kept = tuple(again.retrieved[i] for i in order[8:])
    report = judged(replace(again, retrieved=kept))
    assert "cannot be told apart" in of(report, "discrepancy").sentence
    assert "none of" in of(report, "drift").sentence


def test_strength_zero_is_the_round_trip(archive):
    generator = load_generator("tiny")
    contrast = made(archive, generator, told="image", strengths=(0.0, 1.0), n=5, steps=2)
    (first, *_) = contrast.at(0.0)
    assert first.record.denoised == 0
    begun = from_work(archive, first.sources[0], strength=0.0).image
    again = archive.encoder.encode_images([generator.decode(generator.encode(begun))]).unit[0]
    assert again @ first.vector == pytest.approx(1, abs=1e-5)
    report = judged(contrast)
    assert [row[0] for row in of(report, "displacement").table.rows] == [0.0, 1.0]
    assert of(report, "displacement").picture.kind == "curve"
    low, high = (row[1] for row in of(report, "displacement").table.rows)
    assert low < high
    assert of(report, "copies").table.rows[0][1] >= 0.8


# --- figures and their circumstances -------------------------------------------------------------------


def test_every_figure_has_its_n_and_what_to_hold_it_against(identity, noisy):
    for contrast in (identity, noisy):
        for one in judged(contrast).findings:
            assert one.outcome == "info", one.sentence
            assert one.n is not None
            assert one.null is not None or one.interval is not None
    covered = of(judged(identity), "covered")
    assert covered.null == pytest.approx(expected_coverage(8, 8, 5))


def test_sides_are_of_equal_size(archive):
    contrast = made(archive, Known(noise), n=6, k=9)
    assert len(contrast.retrieved) == 9
    assert {of(judged(contrast), name).n for name in ("diversity", "discrepancy", "covered")} == {6}


def test_equal_inputs_give_equal_findings(archive, noisy):
    again = made(archive, Known(noise))
    assert again.values() == noisy.values()
    assert judged(again).findings == judged(noisy).findings


def test_below_five_a_side_figures_are_withheld_and_images_shown(archive, tmp_path):
    contrast = made(archive, Known(noise), tmp_path / "c", n=4)
    report = judged(contrast)
    figures = [one for one in report.findings if one.check != "contrast.nearest"]
    assert {one.outcome for one in figures} == {"skip"}
    assert "at least 5 of both" in figures[0].sentence
    page = contrasts.write(contrast, report, tmp_path / "c", archive=archive).read_text()
    assert page.count("Generated, not a work</p>") == 4
    assert page.count("figures need at least 5") == 1


def test_an_archive_is_no_contrast(archive):
    with Subject.of(archive) as subject:
        report = run_suite(subject, load_suite("transformation"))
    assert {one.outcome for one in report.findings} == {"skip"}
    assert "`latentarchive contrast` makes one" in report.findings[0].sentence


# --- conditions ----------------------------------------------------------------------------------------


def test_the_query_decides_what_is_told(archive):
    told = []
    generator = Known(lambda condition, seed: told.append(condition) or noise(condition, seed))
    item = next(archive.shown()).id
    made(archive, generator, n=1, negative="red")
    made(archive, generator, None, "", like=[item], n=1)
    made(archive, generator, told="centroid", n=1)
    words, works, point = told
    assert (words.prompt, words.negative) == (WORDS, "red")
    assert works.ids[0] == item  # what was asked with comes first
    assert len(works.ids) == 4
    assert point.made == "centroid"
    assert len(point.ids) + point.left_out == 8


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"told": "image", "strengths": (0.5, 0.5)}, "each strength once, got 0.5, 0.5"),
        ({"told": "words", "strengths": (0.5,)}, "strengths are for images"),
        ({"told": "wrods"}, "did you mean 'words'"),
        ({"n": 0}, "at least one image a side, got 0 generated"),
    ],
)
def test_plans_that_make_no_sense(archive, plan, said):
    with pytest.raises(GeneratorError, match=said):
        Plan(query=archive.query(WORDS), **plan)


def test_what_cannot_be_told_is_refused_before_anything_is_made(archive, tmp_path):
    tiny = load_generator("tiny")
    item = next(archive.shown()).id
    with pytest.raises(GeneratorError, match="can only be told words if the query has some"):
        made(archive, tiny, tmp_path / "a", "", like=[item], told="words")
    with pytest.raises(GeneratorError, match=r"strength 0\.01 leaves no step of 20"):
        made(archive, tiny, tmp_path / "b", told="image", strengths=(0.5, 0.01))
    query = archive.query(WORDS, where="year > 3000")
    with pytest.raises(QueryError, match="nothing in archive works is found"):
        make_contrast(archive, tiny, Plan(query=query), folder=tmp_path / "c")
    assert list(tmp_path.glob("*/images/*.png")) == []


def test_works_that_reserve_mining_condition_nothing(archive):
    reserved = {item.id for item in archive.shown() if item.mining.startswith("DMI-PROHIBITED")}
    item = sorted(reserved)[0]
    contrast = made(archive, Known(itself), None, "", like=[item], told="image", strengths=(0.5,), n=5)
    assert item not in {one.id for one in contrast.retrieved}
    assert any("reserve data mining" in note for note in contrast.notes)
    allowed = made(
        archive, Known(itself), None, "", like=[item], told="image", strengths=(0.5,), n=5, allow_reserved=True
    )
    assert allowed.retrieved[0].id == item


# --- what is kept --------------------------------------------------------------------------------------


def test_a_contrast_comes_back_as_it_was(identity, tmp_path):
    identity.save(tmp_path)
    again = Contrast.load(tmp_path)
    assert again.values() == identity.values()
    assert judged(again).findings == judged(identity).findings
    assert again.made[0].vector.dtype == np.float32
    assert (again.made[0].vector == identity.made[0].vector).all()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "made": 3}'])
def test_what_is_no_contrast_is_one_line(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ArchiveError, match="is no contrast that this version reads") as error:
        Contrast.load(tmp_path)
    assert "\n" not in str(error.value)
    with pytest.raises(ArchiveError, match=r"contrast\.json cannot be read"):
        Contrast.load(tmp_path / "none")


class Interrupted(Known):
    """A generator that somebody stops before the fourth image."""

    def _each(self, told, seeds):
        if len(self.asked) == 3:
            raise KeyboardInterrupt
        yield from super()._each(told, seeds)


def test_an_interruption_keeps_what_is_done_and_the_next_run_goes_on(archive, noisy, tmp_path):
    stopped = made(archive, Interrupted(noise), tmp_path / "c")
    assert not stopped.finished
    assert [one.id for one in stopped.made] == ["seed-0000", "seed-0001", "seed-0002"]
    page = contrasts.write(stopped, judged(stopped), tmp_path / "c", archive=archive).read_text()
    assert "It was interrupted" in page
    generator = Known(noise)
    whole = made(archive, generator, tmp_path / "c")
    assert whole.finished
    assert generator.asked == [3, 4, 5, 6, 7]
    assert whole.values()["made"] == noisy.values()["made"]
    other = Known(noise)
    made(archive, other, tmp_path / "c", words="a red vessel", n=2)  # of another plan nothing is used again
    assert other.asked == [0, 1]
    assert sorted(path.name for path in (tmp_path / "c" / "images").glob("*.png")) == ["seed-0000.png", "seed-0001.png"]


def test_nothing_is_written_over_what_is_not_ours(archive, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(ArchiveError, match="is not empty and holds no contrast"):
        made(archive, Known(noise), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


@pytest.mark.parametrize("plan", [{"told": "image", "strengths": (0.5,)}, {"told": "captions"}])
def test_what_is_withheld_later_is_in_nothing(own, tmp_path, plan):
    """Neither the work nor what was made of it, be it of its picture or of its caption, nor what the caption said."""
    hits = own.search(WORDS, by="meaning", k=9).hits
    item = next(hit.item for hit in hits if not reserves_mining(hit.item.mining))
    generator = Known(itself if plan["told"] == "image" else noise)
    contrast = made(own, generator, tmp_path / "c", words="", like=[item.id], **plan)
    contrasts.write(contrast, judged(contrast), tmp_path / "c", archive=own)
    (gone,) = (one for one in contrast.made if one.sources == (item.id,))
    own.withhold([item.id], reason="a test", who="a test")
    done = run("report", tmp_path / "c" / "contrast.json", "--archive", own.path)
    assert done.exit_code == 0, done.output
    for path in (tmp_path / "c").rglob("*.*"):
        data = path.read_bytes()
        assert item.id.encode() not in data, path
        assert item.text.encode() not in data, path
    assert not (tmp_path / "c" / "images" / f"{gone.id}.png").exists()
    assert len(list((tmp_path / "c" / "images").glob("*.png"))) == 7
    done = run("report", tmp_path / "c" / "contrast.json")
    assert done.exit_code == 1
    assert "shows works of archive works" in done.stderr
    item = item.id
    with Subject.open(tmp_path / "c") as subject:
        assert item not in json.dumps(subject.contrasted().values())
        assert subject.n == 7


def test_a_saved_contrast_is_audited_without_what_was_withheld_since(own, tmp_path):
    contrast = made(own, Known(noise), tmp_path / "c")
    item = contrast.retrieved[0].id
    own.withhold([item], reason="a test", who="a test")
    with Subject.open(tmp_path / "c") as subject:
        assert item not in json.dumps(subject.contrasted().values())
        assert (subject.kind, subject.n, subject.items) == ("contrast", 8, "generated images")


# --- the page ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "c"
    contrast = made(archive, Known(noise), folder)
    contrasts.write(contrast, judged(contrast), folder, archive=archive)
    return folder


def test_the_page_stands_alone_and_says_what_is_generated(written):
    text = (written / "contrast.html").read_text()
    page = Page()
    page.feed(text)
    assert page.open == []
    images = page.all("img")
    assert len(images) >= 16
    assert all(one["src"].startswith("data:") and one["alt"] for one in images)
    generated = [one for one in images if one["alt"].startswith("Generated image, not a work")]
    assert len(generated) == 8
    for one in generated:  # the record stays in the picture
        data = base64.b64decode(one["src"].partition(",")[2])
        assert b"urn:latentarchive:generated" in data
    assert text.count("Rights: ") >= 8
    assert not re.findall(r'(?:src|href)="https?://(?!example|www\.example)[^"]*\.(?:js|css)', text)
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_sentences_resemble_and_never_are(written):
    text = (written / "contrast.html").read_text()
    said = re.findall(r"<p class=sentence>(.*?)</p>", text)
    assert len(said) >= 10
    assert not [one for one in said if re.search(r"\b(is by|are by|comes from|made by)\b", one)]


def test_sheet_and_images_carry_their_records(written):
    records = records_of(written / "sheet.png")
    assert [one.seed for one in records] == list(range(8))
    assert all(record_of(path).mood == "subjunctive" for path in (written / "images").glob("*.png"))
    with Image.open(written / "sheet.png") as sheet:
        assert sheet.width > 2 * 4 * 176


def test_an_image_without_its_record_is_not_shown(archive, tmp_path):
    contrast = made(archive, Known(noise), tmp_path / "c", n=2)
    bare = tmp_path / "c" / "images" / "seed-0001.png"
    Image.new("RGB", (64, 64)).save(bare)
    bare.with_suffix(".json").unlink()
    with pytest.raises(ArchiveError, match="has no record of how it was generated"):
        contrasts.write(contrast, judged(contrast), tmp_path / "c", archive=archive)


# --- the command ---------------------------------------------------------------------------------------


def run(*arguments):
    return CliRunner().invoke(main, [str(one) for one in arguments])


def test_the_command_leaves_a_contrast_that_can_be_audited_again(built, tmp_path):
    out = tmp_path / "c"
    done = run("contrast", built, WORDS, "-n", 5, "--steps", 2, "--out", out)
    assert done.exit_code == 0, done.output
    assert f"{out}/contrast.html" in done.output
    for name in ("contrast.json", "contrast.html", "report.json", "sheet.png", "sheet.json"):
        assert (out / name).is_file()
    again = run(
        "audit", out, "transformation", "--out", tmp_path / "report", "--against", out / "report.json", "--json"
    )
    assert again.exit_code == 0, again.output
    found = json.loads(again.stdout)
    assert found["kind"] == "contrast"
    assert found["provenance"]["generator"] == "tiny"
    assert found["since"]["changes"] == []


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        ([WORDS, "--generator", "nowhere/at-all"], "nowhere/at-all", 1),
        ([WORDS, "-n", "0"], "at least one image a side", 1),
        ([WORDS, "--strength", "0,half"], "is no list of numbers from 0 to 1", 2),
        ([WORDS, "--strength", "0,2"], "strength must be from 0", 1),
        ([WORDS, "--tell", "words", "--strength", "0.5"], "strengths are for images", 1),
        ([], "nothing to search for", 1),
    ],
)
def test_errors_are_one_line(built, tmp_path, arguments, said, code):
    done = run("contrast", built, *arguments, "--out", tmp_path / "c")
    assert done.exit_code == code
    assert said in done.output
    assert code == 2 or len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "c" / "contrast.json").exists()

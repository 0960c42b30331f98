"""Experiments with a small generator of the real classes, and with toys whose answers are known."""

import json
import re
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.cli.main import main
from latentarchive.diffusion import (
    Capabilities,
    Generated,
    Point,
    Record,
    Words,
    from_work,
    load_generator,
    record_of,
    records_of,
    retrieved,
)
from latentarchive.diffusion.bench import Bench, Near
from latentarchive.diffusion.blend import blend, shares
from latentarchive.diffusion.blending import turned
from latentarchive.diffusion.darkroom import darkroom, nearest_in_turn, overlaps, recognition
from latentarchive.diffusion.default import default
from latentarchive.diffusion.drift import coherence, drift
from latentarchive.diffusion.experiment import Measure, load_experiment
from latentarchive.diffusion.inversion import inverted
from latentarchive.diffusion.noising import levels
from latentarchive.diffusion.points import between
from latentarchive.diffusion.seeds import seeds
from latentarchive.diffusion.swap import Swap, swap
from latentarchive.diffusion.swap import _measures as swapping
from latentarchive.diffusion.telephone import attractors, telephone
from latentarchive.diffusion.walk import walk
from latentarchive.errors import ArchiveError, GeneratorError, QueryError, ReportError
from latentarchive.images import decode
from latentarchive.maps import make_map
from latentarchive.measures.intervals import wilson
from latentarchive.measures.sphere import mixture
from latentarchive.recipes import EncoderChoice, Recipe
from latentarchive.render import experiments as pages
from latentarchive.render.experiments import terminal, write_experiment
from tests.model_helpers import cabinet, one_thread

STEPS = 4


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(scope="module")
def generator(small_generator):
    return load_generator(str(small_generator))


@pytest.fixture(scope="module")
def built(small_encoder, tmp_path_factory):
    recipe = Recipe(
        name="works", title="Sixty works", collection=cabinet(), encoder=EncoderChoice(id=f"local:{small_encoder}")
    )
    return build_archive(recipe, out=tmp_path_factory.mktemp("experiments") / "archive", workers=1).path


@pytest.fixture
def archive(built):
    """Sixty works; what a test withholds is shown again after it."""
    opened = Archive.open(built)
    yield opened
    if withheld := list(opened.log.current()):
        opened.restore(withheld, reason="the test is over")


@pytest.fixture
def bench(archive, generator):
    return Bench(archive, generator, steps=STEPS, guidance=1.5)


@pytest.fixture
def ids(archive):
    """Works that may condition an image."""
    return [item.id for item in archive.shown() if not item.mining.startswith("DMI-PROHIBITED")]


def same(first, second):
    return np.array_equal(np.asarray(first), np.asarray(second))


class Toy:
    """A generator whose images are those that a function gives for what it is told."""

    id, fingerprint, encoder, steps, guidance, size = "toy", "f" * 64, "", 1, 1.0, (32, 32)

    def __init__(self, archive, image, **capabilities):
        self.archive, self.image = archive, image
        width = archive.embeddings.dim
        self.capabilities = Capabilities(
            **{"words": True, "image": True, "sequence": width, "at_most": 8} | capabilities
        )

    def why_not(self, told):
        return ""

    def encode(self, image):
        return image

    def decode(self, latents):
        return latents

    def generate(self, told, *, seeds, steps=None, guidance=None, observe=None):
        for seed in seeds:
            said = {"items": told.ids} if not isinstance(told, Words) else {"asked": told.prompt}
            yield Generated(
                self.image(told, seed),
                Record(generator="toy", fingerprint=self.fingerprint, seed=seed, steps=1, guidance=1.0,
                       scheduler="none", size=self.size, threads=1, versions={}, **said),
            )  # fmt: skip


def picture(archive, item_id):
    """A work as experiments see it."""
    return decode(archive.thumbnail(item_id)).image.convert("RGB")


def round_trip(found, archive, folder):
    """Write, load, compare; what is written is one page without anything else, and images with their records."""
    page = write_experiment(found, folder, {archive.name: archive})
    again = load_experiment(folder / f"{found.kind}.json")
    assert again == found
    assert list(again.images) == list(found.images)
    for name, image in found.images.items():
        assert same(image, again.images[name])
        assert record_of(folder / "images" / f"{name}.png") == found.records[name]
    text = page.read_text()
    assert "<script" not in text
    assert 'src="http' not in text
    assert text.count("<figure class=generated>") == sum(bool(f.name) for s in found.strips for f in s.frames)
    assert all(measure.sentence in terminal(found) for measure in found.measures)
    return text


# --- darkroom ------------------------------------------------------------------------------------------


def test_recognition_is_the_first_step_from_which_the_neighbours_stay():
    near = [Near(ids, (1.0,) * 5, (0,) * 5) for ids in ("abxyz", "abcdx", "abxyz", "abcdx", "abcde")]
    assert overlaps(near) == (0.4, 0.8, 0.4, 0.8, 1.0)
    assert recognition(overlaps(near)) == 4
    assert recognition([1.0, 1.0]) == 1
    near = [Near((item,), (score,), (0,)) for item, score in (("a", 0.5), ("a", 0.75), ("b", 0.25))]
    assert [(frame.item, frame.caption) for frame in nearest_in_turn(near)] == [
        ("a", "steps 1 to 2: cosine 0.50 to 0.75"),
        ("b", "step 3: cosine 0.25"),
    ]


def test_a_darkroom_ends_in_the_final_image(bench, archive, generator, ids, tmp_path):
    found = darkroom(bench, ids[3], seed=5, k=5)
    direct = next(generator.generate(works(archive, ids[3]), seeds=[5], steps=STEPS, guidance=1.5))
    assert same(found.images["final"], direct.image)
    assert found.film[-1] == "final"
    assert len(found.film) == len(found.overlap) == STEPS
    assert found.overlap[-1] == 1
    assert found.likeness[-1] == pytest.approx(1, abs=1e-6)
    assert found.overlap[found.recognised - 1] >= 0.8
    assert all(a > b for a, b in zip(found.snr, found.snr[1:], strict=False))
    assert found.snr[-1] == pytest.approx(0, abs=1e-12)  # this schedule ends in noise alone
    assert all(0 <= step <= STEPS + 1 for step in found.no_return)
    assert len(found.no_return) == 5
    text = round_trip(found, archive, tmp_path)
    assert "Generated, not a work" in text
    with Image.open(tmp_path / "darkroom-film.gif") as film:
        assert film.n_frames == STEPS
    assert len(json.loads((tmp_path / "darkroom-film.json").read_text())) == STEPS


def works(archive, *ids):
    return retrieved(archive, ids)


def test_a_prompt_that_is_too_long_is_said_to_be(bench):
    found = darkroom(bench, "text:" + "a red vessel with stripes on ivory, " * 5, k=5)
    assert "this was not read: “" in found.cautions()[0]
    assert found.cautions()[0] in terminal(found)


def test_words_have_no_point_of_no_return(bench, archive, tmp_path):
    found = darkroom(bench, "text:a red vessel", k=5)
    assert (found.snr, found.no_return) == ((), ())
    assert found.records["final"].asked == "a red vessel"
    round_trip(found, archive, tmp_path)


def test_noise_mixes_as_the_schedule_says(generator):
    from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler

    plain = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    found = levels(plain, 10)
    assert found[-1].alpha == pytest.approx(float(plain.alphas_cumprod[999]) ** 0.5)
    assert all(one.alpha**2 + one.sigma**2 == pytest.approx(1) for one in found)
    assert [one.snr for one in found] == sorted((one.snr for one in found), reverse=True)
    flow = levels(FlowMatchEulerDiscreteScheduler(), 4)
    assert [(one.alpha, one.sigma) for one in flow] == [(0.75, 0.25), (0.5, 0.5), (0.25, 0.75), (0, 1)]
    assert flow[1].snr == 1
    mixed = flow[0].noised(np.full((4, 2, 2), 4, np.float32), np.full((4, 2, 2), 8, np.float32))
    assert mixed == pytest.approx(np.full((4, 2, 2), 5))
    with pytest.raises(GeneratorError, match="SimpleNamespace does not tell how it mixes"):
        levels(SimpleNamespace(config=plain.config), 4)


# --- walk ----------------------------------------------------------------------------------------------


def test_a_walk_has_its_ends_and_even_steps(bench, archive, generator, ids, tmp_path):
    found = walk(bench, ids[0], ids[9], pictures=5, seed=2)
    for place, item in ((0, ids[0]), (-1, ids[9])):
        direct = next(generator.generate(works(archive, item), seeds=[2], steps=STEPS, guidance=1.5))
        assert same(found.images[found.film[place]], direct.image)
    assert found.unevenness <= found.plain_unevenness
    assert found.places[0] == 0
    assert found.places[-1] == 1
    assert len(found.places) == len(found.film) == 5
    assert found.largest == 1 + int(np.argmax(found.steps))
    assert found.met[0] == ids[0]
    assert found.met[-1] == ids[9]
    round_trip(found, archive, tmp_path)


def test_a_generator_that_leaps_is_walked_more_evenly(archive, ids):
    """Told a point, it shows one work up to a third of the way, then goes quickly to the other, and stays."""
    first, last = (np.asarray(picture(archive, item).resize((32, 32)), np.float64) for item in (ids[0], ids[9]))
    end = archive.embeddings.take([archive.row(ids[9])])[0]
    begin = archive.embeddings.take([archive.row(ids[0])])[0]

    def image(told, seed):
        near, far = (float(told.vector @ one) for one in (end, begin))
        share = np.clip(
            (np.arccos(min(far, 1)) / (np.arccos(min(far, 1)) + np.arccos(min(near, 1)) + 1e-9) - 0.4) * 8, 0, 1
        )
        return Image.fromarray(((1 - share) * first + share * last).round().astype(np.uint8))

    found = walk(Bench(archive, Toy(archive, image)), ids[0], ids[9], pictures=6)
    assert found.unevenness < 0.7 * found.plain_unevenness


def test_walks_that_lead_nowhere_are_refused(bench, archive, ids):
    with pytest.raises(GeneratorError, match="one place"):
        walk(bench, ids[0], ids[0])
    with pytest.raises(GeneratorError, match="3 pictures or more"):
        walk(bench, ids[0], ids[1], pictures=2)
    blind = Toy(archive, None, sequence=0, at_most=0)
    with pytest.raises(GeneratorError, match="needs a generator that is told image vectors, and this one takes words"):
        walk(Bench(archive, blind), ids[0], ids[1])
    archive.withhold([ids[0]], reason="a wish")
    with pytest.raises(QueryError, match="withheld"):
        walk(bench, ids[0], ids[1])


# --- blend ---------------------------------------------------------------------------------------------


def test_a_mixture_lies_in_the_middle_of_the_way():
    ends = np.eye(3)[:2]
    middle = np.array([2**-0.5, 2**-0.5, 0])
    detour = 2 * np.sqrt(2 - 2**0.5) / 2**0.5 - 1  # two chords of 45 degrees against one of 90
    assert mixture(np.stack([middle, *ends, np.eye(3)[2]]), ends) == pytest.approx([1 - detour, 0, 0, 0])
    assert shares(2)[2] == (0.5, 0.5)
    assert shares(3) == ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1 / 3, 1 / 3, 1 / 3))


def test_a_blend_has_its_ends_in_every_space_and_no_side(bench, archive, generator, ids, tmp_path):
    found, other = blend(bench, [ids[0], ids[9]], seed=2), blend(bench, [ids[9], ids[0]], seed=2)
    made, turned_round = dict(found.made), dict(other.made)
    assert list(made) == ["clip", "latents", "noise"]
    for end, item in ((0, ids[0]), (-1, ids[9])):
        alone = next(generator.generate(works(archive, item), seeds=[2], steps=STEPS, guidance=1.5))
        assert same(found.images[made["clip"][end]], alone.image)
        through = next(generator.generate(from_work(archive, item, strength=0), seeds=[2]))
        assert same(found.images[made["latents"][end]], through.image)
    for space, names in made.items():
        for name, mirrored in zip(names, reversed(turned_round[space]), strict=True):
            difference = np.asarray(found.images[name], int) - np.asarray(other.images[mirrored], int)
            assert np.abs(difference).max() <= 2, (space, name)
    assert found.records[made["latents"][2]].items == (ids[0], ids[9])
    assert found.records[made["noise"][2]].items == (ids[0], ids[9])
    assert len(found.came_back) == 2
    round_trip(found, archive, tmp_path)


def test_noise_that_was_inverted_is_more_like_what_the_image_came_from(generator, archive, ids):
    told, noise = works(archive, ids[0]), generator.noise(4)
    latents = []
    list(generator.generate(told, seeds=[4], steps=20, guidance=1.0, observe=lambda step: latents.append(step.latents)))
    found = inverted(generator, latents[-1], told, steps=20)
    other = [generator.noise(seed) for seed in range(5, 25)]

    def like(one):
        return np.corrcoef(one.ravel(), found.ravel())[0, 1]

    assert like(noise) > max(like(one) for one in other)
    with generator.held() as pipeline:
        assert type(pipeline.scheduler).__name__ == "DDIMScheduler"


def test_turned_noise_is_as_loud_as_noise():
    noises = list(np.random.default_rng(0).standard_normal((3, 4, 8, 8)).astype(np.float32))
    for some in (noises[:2], noises):
        mixed = turned(some, [1 / len(some)] * len(some))
        assert mixed.std() == pytest.approx(np.mean([one.std() for one in some]), rel=0.02)
    assert same(turned(noises, [0, 1, 0]), noises[1])


def test_three_words_and_works_blend_and_a_scheduler_that_cannot_be_inverted_is_named(bench, generator, ids):
    from diffusers import DDPMScheduler

    with generator.held() as pipeline:
        before = pipeline.scheduler
        pipeline.scheduler = DDPMScheduler.from_config(before.config)
        try:
            found = blend(bench, [ids[0], ids[9], "text:a red vessel"])
        finally:
            pipeline.scheduler = before
    assert dict(found.made).keys() == {"clip", "latents"}
    assert "DDPMScheduler cannot be run backwards" in found.notes[0]
    assert len(found.weights) == 4
    for texts in ([ids[0]], ids[:6]):
        with pytest.raises(GeneratorError, match="2 to 5"):
            blend(bench, texts)


# --- seeds, default, drift -----------------------------------------------------------------------------


def test_one_seed_again_and_again_is_worth_one_image(bench, archive, tmp_path):
    found = seeds(bench, "text:a red vessel", numbers=[3] * 6)
    assert found.vendi == pytest.approx(1, abs=1e-3)
    assert found.spread == pytest.approx(0, abs=1e-4)
    assert found.reached == (1,) * 6
    assert found.vendi_found > 1.02
    round_trip(found, archive, tmp_path)


def test_a_film_can_be_stopped_and_a_video_that_cannot_be_written_anew_is_gone(archive, ids, tmp_path, monkeypatch):
    toy = Toy(archive, lambda told, seed: picture(archive, ids[seed]).resize((32, 32)))
    found = seeds(Bench(archive, toy), "text:a red vessel", n=3)
    text = round_trip(found, archive, tmp_path)
    if pages.can_write_video():
        assert re.search(r"<video controls [^>]*aria-label=.Film of 3 generated images, none a work. poster=", text)
        assert "autoplay" not in text
        assert len(records_of(tmp_path / "seeds-film.mp4")) == 3
    monkeypatch.setattr(pages, "can_write_video", lambda: False)
    text = write_experiment(found, tmp_path, {archive.name: archive}).read_text()
    assert re.search(r"<details><summary>Play, and close to stop</summary>\s*<img alt=.Film of 3 generated", text)
    assert not (tmp_path / "seeds-film.mp4").exists()
    assert len(records_of(tmp_path / "seeds-film.gif")) == 3


def test_headings_name_works_that_are_shown(archive, ids):
    item = archive.item(ids[0])
    said = pages._named(f"A walk from item {ids[0]} to “a vessel: red”, and works:nothing", [archive])
    assert said == f"A walk from “{item.title}” ({ids[0]}) to “a vessel: red”, and works:nothing"
    archive.withhold([ids[0]], reason="a wish")
    assert item.title not in pages._named(f"A walk from item {ids[0]}", [archive])


def test_a_toy_that_shows_works_is_as_various_as_they_are(archive, ids):
    hits = [hit.item.id for hit in archive.neighbors(ids[0], k=8).hits]
    toy = Toy(archive, lambda told, seed: picture(archive, hits[seed]))
    found = seeds(Bench(archive, toy), ids[0], n=8)
    assert found.vendi == pytest.approx(found.vendi_found, rel=0.05)
    assert list(found.reached) == sorted(found.reached)
    with pytest.raises(QueryError, match="images need as many"):
        seeds(Bench(archive, toy), ids[0], n=80)


def test_few_images_have_no_figures(bench):
    found = seeds(bench, "text:a red vessel", n=2)
    assert found.measures == ()
    assert "too few for figures" in found.notes[0]


def test_a_uniform_toy_has_no_default(archive):
    every = [item.id for item in archive.shown()]
    toy = Toy(archive, lambda told, seed: picture(archive, every[seed + (len(every) // 2 if told.prompt else 0)]))
    found = default(Bench(archive, toy), ["", "more"], n=len(every) // 2)
    assert found.over == 0
    assert np.mean([share[4] for share in found.shares]) == pytest.approx(1, abs=0.15)
    assert found.contraction == pytest.approx(1, abs=0.05)


def test_a_toy_with_one_taste_is_found_out(archive, tmp_path):
    """It shows works of one medium alone: that medium has a ratio of about 1 over its share."""
    items = list(archive.shown())
    media = Counter(item.medium for item in items)
    taste = min((name for name, count in media.items() if count >= 10), key=lambda name: media[name])
    some = [item.id for item in items if item.medium == taste]
    toy = Toy(archive, lambda told, seed: picture(archive, some[seed % len(some)]))
    found = default(Bench(archive, toy), [""], n=12)
    share = next(one for one in found.shares if one[:2] == ("medium", taste))
    assert share[4] > 1.2
    assert share[2] > share[3]
    assert "Told nothing" in round_trip(found, archive, tmp_path)
    with pytest.raises(GeneratorError, match="a prompt"):
        default(Bench(archive, toy), [])


def test_identity_does_not_drift(archive, tmp_path):
    toy = Toy(archive, lambda told, seed: from_work(archive, told.ids[0], strength=0.5).image)
    found = drift(Bench(archive, toy), sample=12)
    assert found.coherence == 0
    assert found.contraction == pytest.approx(1)
    assert max(found.moved) == pytest.approx(0, abs=1e-6)
    assert found.words == ()
    assert "<svg class=chart role=" in round_trip(found, archive, tmp_path)


def test_a_generator_of_the_average_contracts_to_nothing(archive):
    class Averaged(Bench):
        def seen(self, images):
            vectors = super().seen(images)
            vectors[[not np.asarray(image).any() for image in images]] = self.mean()
            return vectors

    toy = Toy(archive, lambda told, seed: Image.new("RGB", (32, 32)))
    assert drift(Averaged(archive, toy), sample=12).contraction == pytest.approx(0, abs=1e-6)


def test_arrows_lie_on_the_map_of_the_archive(archive, tmp_path):
    """On the places that `make_map` gives the works, up to scale; a work that stays has an arrow of no length."""
    toy = Toy(archive, lambda told, seed: from_work(archive, told.ids[0], strength=0.5).image)
    for method in ("pca", "tsne"):
        found = drift(Bench(archive, toy), sample=12, method=method)
        (chart, _) = found.charts
        places = {item: (x, y) for item, x, y in chart.ground}
        laid = make_map(archive, method=method)
        assert set(places) == set(laid.ids)
        ours, theirs = np.array([places[item] for item in laid.ids]), laid.xy
        spread = np.ptp(ours)
        assert np.corrcoef(ours[:, 0], theirs[:, 0])[0, 1] == pytest.approx(1, abs=1e-4)
        assert np.corrcoef(ours[:, 1], theirs[:, 1])[0, 1] == pytest.approx(1, abs=1e-4)
        for item, *ends in chart.rows:
            assert ends[:2] == ends[2:]
            assert np.abs(np.array(ends[:2]) - places[item]).max() < 0.05 * spread
        assert laid.sentence in chart.note
        assert ("The plane has" in chart.note) == (method == "pca")
    text = round_trip(found, archive, tmp_path)
    assert text.count("h0M") > 40
    gone = chart.rows[0][0]
    left = found.without({gone})
    assert gone not in json.dumps(left.values())
    assert len(left.charts[0].ground) == len(chart.ground) - 1
    with pytest.raises(QueryError, match="no map by 'pac'"):
        drift(Bench(archive, toy), sample=2, method="pac")


def test_coherence_knows_one_way_from_all_ways():
    one_way = np.tile([[0.0, 2.0, 0.0]], (20, 1)) * np.linspace(0.1, 1, 20)[:, None]
    assert coherence(one_way)[0] == pytest.approx(1)
    assert coherence(one_way)[2] == pytest.approx(1 / 1000)
    assert coherence(np.vstack([one_way, -one_way]))[0] == pytest.approx(0, abs=1e-12)
    found, null, p = coherence(np.random.default_rng(0).standard_normal((100, 200)))
    assert found == pytest.approx(0.1, abs=0.02)  # 1 / sqrt(n) for ways that have nothing in common
    assert null == pytest.approx(0.1, abs=0.02)
    assert p > 0.01


def test_works_that_reserve_mining_do_not_drift(archive):
    toy = Toy(archive, lambda told, seed: Image.new("RGB", (32, 32)))
    found = drift(Bench(archive, toy), sample=1000)
    reserved = {item.id for item in archive.shown() if item.mining.startswith("DMI-PROHIBITED")}
    assert reserved
    assert set(found.items) == {item.id for item in archive.shown()} - reserved
    toy.why_not = lambda told: "is conditioned by other vectors"
    with pytest.raises(GeneratorError, match=r"by other vectors; its images can begin from the works.*\(by image\)"):
        drift(Bench(archive, toy), sample=2)
    with pytest.raises(GeneratorError, match="told vectors"):
        drift(Bench(archive, Toy(archive, None, sequence=0, at_most=0)), by="vector")


# --- swap, telephone -----------------------------------------------------------------------------------


def test_the_same_archive_under_another_name_changes_nothing(bench, archive, small_encoder, tmp_path):
    recipe = Recipe(
        name="again", title="The same", collection=cabinet(), encoder=EncoderChoice(id=f"local:{small_encoder}")
    )
    other = Archive.open(build_archive(recipe, out=tmp_path / "again", workers=1).path)
    found = swap(bench, other, "a red vessel", n=5)
    assert max(found.apart) == pytest.approx(0, abs=1e-6)
    assert found.own is None
    write_experiment(found, tmp_path / "out", {archive.name: archive, other.name: other})
    assert load_experiment(tmp_path / "out" / "swap.json") == found
    done = invoke("report", tmp_path / "out" / "swap.json", "--archive", archive.path)
    assert done.exit_code == 1
    assert "must be opened beside it" in done.stderr
    done = invoke("swap", archive.path, other.path, "a vessel", "-n", 2, "--steps", 1, "--out", tmp_path / "cli",
                  "--generator", bench.generator.id)  # fmt: skip
    assert done.exit_code == 0, done.output
    done = invoke("report", tmp_path / "cli" / "swap.json", "--archive", archive.path, "--archive", other.path)
    assert done.exit_code == 0, done.output
    with pytest.raises(GeneratorError, match="both archives are named"):
        swap(bench, archive, "a red vessel")


def test_the_share_of_a_swap_counts_what_is_nearer_to_one_of_both_and_has_its_interval(archive):
    nearer = np.array([True, True, True, False])
    _, share = swapping(np.full(5, 0.5), 0.1, nearer, (archive, archive))
    assert (share.value, share.n) == (0.75, 4)
    assert share.interval == wilson(3, 4)
    assert share.notes[-1] == "6 images are as near to both, and not counted."
    assert len(swapping(np.full(5, 0.5), 0.1, nearer[:0], (archive, archive))) == 1


def test_a_line_that_loses_nothing_keeps_all(archive, ids, tmp_path):
    toy = Toy(archive, lambda told, seed: picture(archive, ids[0]))
    found = telephone(Bench(archive, toy), ids[0], cycles=3)
    assert found.words_kept == (1, 1, 1, 1)
    assert found.entry_kept == (1, 1, 1, 1)
    assert found.words_null < 1
    assert [count for _, count in found.attractors] == [5]
    assert len({words for chain in found.said for words in chain}) == 1
    round_trip(found, archive, tmp_path)


def test_a_line_that_leads_elsewhere_loses(archive, ids):
    toy = Toy(archive, lambda told, seed: picture(archive, ids[20]))
    found = telephone(Bench(archive, toy), ids[0], cycles=2, chains=2)
    assert found.words_kept[0] == found.entry_kept[0] == 1
    assert found.entry_kept[1] < 1
    assert found.measures == ()
    assert attractors([["a", "b", "a", "a"], ["a", "b", "b"], ["c", "d", "e"]]) == (("a", 1), ("b", 1))
    with pytest.raises(GeneratorError, match="a cycle and a chain"):
        telephone(Bench(archive, toy), ids[0], cycles=0)


# --- other families of pipelines -----------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")
@pytest.mark.parametrize("name", ["sd", "sdxl", "sd3", "flux"])
def test_every_family_that_is_told_words_can_be_watched_and_sent_works(families, archive, ids, name):
    """A work is told by its caption, begins an image, and vanishes in noise as the scheduler mixes it."""
    other = load_generator(str(families / name))
    bench = Bench(archive, other, steps=3)
    found = darkroom(bench, ids[0], k=3)
    assert found.overlap[-1] == 1
    assert all(a > b for a, b in zip(found.snr, found.snr[1:], strict=False))
    assert found.records["final"].asked == archive.item(ids[0]).text
    assert "takes words only" in found.notes[0]
    moved = drift(bench, sample=2)
    assert moved.settings["by"] == "image"
    assert [record.start for record in moved.records.values()] == list(moved.items)
    with pytest.raises(GeneratorError, match="told image vectors, and this one takes words"):
        blend(bench, ids[:2])


@pytest.mark.parametrize("more", [{}, {"image_adapter": "ip-adapter/ip-adapter.safetensors"}])
def test_generators_of_one_vector_are_told_what_lies_between_and_run_backwards(families, more):
    """Stable unCLIP, and Stable Diffusion with an IP-Adapter: raw vectors of 16 dimensions."""
    name = "sd" if more else "unclip"
    other = load_generator(str(families / name), **{key: str(families / path) for key, path in more.items()})
    ends = [
        Point(vector.astype(np.float32), norm, "e", "a work", ids=(item,), weights=(1.0,))
        for vector, norm, item in zip(np.eye(16)[:2], (8.0, 12.0), ("w:1", "w:2"), strict=True)
    ]
    middle = between(ends, [0.5, 0.5], made="the middle")
    assert middle.vector == pytest.approx(np.array([2**-0.5, 2**-0.5, *[0] * 14]), abs=1e-6)
    assert (middle.norm, middle.ids, middle.weights) == (10, ("w:1", "w:2"), (0.5, 0.5))
    (image,) = other.generate(middle, seeds=[0], steps=2)
    assert image.record.items == ("w:1", "w:2")
    noise = inverted(other, other.encode(image.image), middle, steps=3)
    assert noise.shape == other.noise(0).shape
    assert np.isfinite(noise).all()


# --- what all of them share ----------------------------------------------------------------------------


def test_what_is_withheld_later_vanishes_with_all_that_was_made_of_it(bench, archive, ids, tmp_path):
    found = walk(bench, ids[0], ids[9], pictures=5)
    write_experiment(found, tmp_path, {archive.name: archive})
    archive.withhold([ids[0]], reason="a wish")
    before = {path.name: path.read_bytes() for path in tmp_path.glob("walk-*")}
    page = write_experiment(load_experiment(tmp_path / "walk.json"), tmp_path, {archive.name: archive})
    assert not [path for path in tmp_path.glob("walk-*") if path.read_bytes() == before[path.name]]
    for path in [page, *tmp_path.rglob("*.json")]:
        assert ids[0] not in path.read_text(), path
    left = sorted(path.stem for path in (tmp_path / "images").glob("*.png"))
    assert left == [found.film[-1]]  # the end alone was made without it
    done = invoke("report", tmp_path / "walk.json", "--archive", archive.path)
    assert done.exit_code == 0, done.output
    done = invoke("report", tmp_path / "walk.json")
    assert done.exit_code == 1
    assert "shows works of archive works" in done.stderr


def test_an_id_that_begins_like_a_withheld_one_stays():
    one = Measure(sentence="a:1, a:12 and a:1.", notes=("of a:1", "of x:a:1"))
    found = Swap(
        title="a:1", about="", archive="a", settings={}, measures=(one,), strips=(), records={}, images={}, other="b",
        apart=(), apart_seeds=0.0, own=None,
    ).without({"a:1"})  # fmt: skip
    assert found.title == "(withheld)"
    assert found.measures[0].sentence == "(withheld), a:12 and (withheld)."
    assert found.measures[0].notes == ("of (withheld)", "of x:a:1")


def test_experiments_that_are_none_are_refused(tmp_path):
    path = tmp_path / "walk.json"
    cases = {
        "{": "cannot be read",
        '{"experiment": "dance", "records": {}}': "no experiment that is known",
        '{"experiment": "walk", "records": {}}': "another version",
    }
    for text, told in cases.items():
        path.write_text(text)
        with pytest.raises(ReportError, match=told):
            load_experiment(path)


def test_a_foreign_file_is_not_overwritten(bench, archive, tmp_path):
    found = darkroom(bench, "text:a red vessel", k=5)
    (tmp_path / "darkroom.json").write_text("mine")
    with pytest.raises(ArchiveError, match="no experiment"):
        write_experiment(found, tmp_path, {archive.name: archive})
    assert (tmp_path / "darkroom.json").read_text() == "mine"


def invoke(*arguments):
    return CliRunner().invoke(main, [str(one) for one in arguments])


def test_commands_write_their_folder_and_say_what_they_found(built, small_generator, ids, tmp_path):
    done = invoke("darkroom", built, "--like", ids[3], "--generator", small_generator, "--steps", 3, "-k", 4,
                  "--out", tmp_path / "out", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["experiment"] == "darkroom"
    assert {"darkroom.json", "darkroom.html", "darkroom-film.gif", "darkroom-sheet.png"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
    assert invoke("darkroom", built).exit_code == 2
    done = invoke("walk", built, ids[0], ids[0], "--generator", small_generator, "--out", tmp_path / "walk")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["blend", "cabinet:00001", "a vessel"], ["--seed", 1]),
        (["seeds", "a red vessel"], ["-n", 2]),
        (["default"], ["-n", 1, "--prompt", ""]),
        (["drift"], ["--sample", 2, "--by", "image"]),
        (["telephone", "cabinet:00001"], ["--cycles", 1, "--chains", 1]),
    ],
)
def test_every_command_writes_its_page(built, small_generator, tmp_path, arguments, option):
    kind, *asked = arguments
    done = invoke(kind, built, *asked, *option, "--generator", small_generator, "--steps", 2, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == str(tmp_path / f"{kind}.html")
    assert load_experiment(tmp_path / f"{kind}.json").title in done.stdout


def test_who_stops_has_the_images_so_far(built, small_generator, ids, tmp_path, monkeypatch):
    from latentarchive.diffusion import walk as module

    monkeypatch.setattr(module, "evenest", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    done = invoke("walk", built, ids[0], ids[9], "--pictures", 3, "--steps", 2, "--generator", small_generator,
                  "--out", tmp_path)  # fmt: skip
    assert done.exit_code == 130
    kept = list((tmp_path / "images").glob("*.png"))
    assert len(kept) >= 3
    assert all(record_of(path).mood == "subjunctive" for path in kept)
    assert str(len(kept)) in done.stderr

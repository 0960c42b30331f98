"""Every family of pipelines as a tiny model of its real class: what it takes, what it makes, what is watched."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from latentarchive.diffusion import (
    FromImage,
    FromNoise,
    Point,
    Words,
    Works,
    centroid,
    load_generator,
)
from latentarchive.diffusion.quiet import quiet
from latentarchive.encoders.base import normalized
from latentarchive.errors import EncoderError, GeneratorError
from tests.family_helpers import WIDTH
from tests.model_helpers import one_thread

LOADED = {
    "sd": {},
    "sdxl": {},
    "sd3": {},
    "flux": {},
    "unclip": {},
    "kandinsky": {},
    "kandinsky with prior": {"prior": "prior"},
    "sd with ip-adapter": {"image_adapter": "ip-adapter/ip-adapter.safetensors"},
}
"""Generators, and what is put into each."""

SIZE = (16, 16)

# Schedulers of diffusers turn tensors into arrays in a way that numpy 2 will no longer take.
pytestmark = pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(scope="module")
def generators(families):
    """Every generator by name, loaded from disk."""
    return {
        name: load_generator(str(families / name.split()[0]), **{k: str(families / v) for k, v in more.items()})
        for name, more in LOADED.items()
    }


@pytest.fixture(params=LOADED)
def generator(request, generators):
    return generators[request.param]


def direction(seed=0, width=WIDTH):
    vector = np.random.default_rng(seed).standard_normal(width).astype(np.float32)
    return vector / np.linalg.norm(vector)


def point(seed=0, norm=5.0, **more):
    return Point(vector=direction(seed), norm=norm, encoder="e" * 64, made="a test", **more)


def picture(size=(30, 20), seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8))


def natural(generator):
    """Something that a generator takes."""
    return Words("a red jug") if generator.capabilities.words else point()


def make(generator, told=None, seed=3, **settings):
    told = natural(generator) if told is None else told
    return next(generator.generate(told, seeds=[seed], **{"steps": 4, "size": SIZE} | settings))


def same(first, second):
    first, second = (np.asarray(getattr(one, "image", one)) for one in (first, second))
    return np.array_equal(first, second)


def refused(generator, told, *said, **settings):
    with pytest.raises(GeneratorError) as error:
        make(generator, told, **settings)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"generator {generator.id!r}: ") or "a point (" in message
    assert all(part in message for part in said), message


# --- what each takes -----------------------------------------------------------------------------------


def test_capabilities_are_read_from_the_pipeline(generators):
    both = "words, an image with a strength"
    vector = f"one image vector of {WIDTH} dimensions"
    assert {name: str(one.capabilities) for name, one in generators.items()} == {
        "sd": both,
        "sdxl": both,
        "sd3": both,
        "flux": both,
        "unclip": vector,
        "kandinsky": f"an image with a strength, {vector}",
        "kandinsky with prior": f"{both}, {vector}",
        "sd with ip-adapter": f"{both}, {vector}",
    }
    assert [name for name, one in generators.items() if not one.capabilities.negative] == ["flux", "kandinsky"]
    assert [name for name, one in generators.items() if one.capabilities.beside] == ["unclip", "sd with ip-adapter"]


def test_one_seed_gives_one_image(generator):
    first, other = generator.generate(natural(generator), seeds=[3, 4], steps=4, size=SIZE)
    assert (first.image.size, first.image.mode) == (SIZE, "RGB")
    assert same(first, make(generator))
    assert not same(first, other)
    record = first.record
    assert record == make(generator).record
    assert (record.seed, record.steps, record.denoised, record.size) == (3, 4, 4, SIZE)
    assert (record.device, record.precision, record.threads) == ("cpu", "float32", 1)
    assert record.pipeline == type(generator._family.pipeline).__name__
    assert record.scheduler == type(generator._family.pipeline.scheduler).__name__


def test_the_image_need_not_be_square(generator):
    wide, high = (make(generator, size=size) for size in ((24, 16), (16, 24)))
    assert (wide.image.size, high.image.size) == ((24, 16), (16, 24))
    if generator.capabilities.image:
        start = FromImage(picture(), 0.5, natural(generator))
        assert make(generator, start, size=(24, 16)).image.size == (24, 16)
        assert make(generator, replace(start, strength=0), size=(24, 16)).image.size == (24, 16)


ABSENT = {"sd3": {"text_encoder_3": None, "tokenizer_3": None}}


@pytest.fixture
def bare(families):
    """A pipeline as diffusers loads it."""

    def load(name):
        with quiet():
            pipeline = diffusers.DiffusionPipeline.from_pretrained(
                families / name, dtype=torch.float32, local_files_only=True, **ABSENT.get(name, {})
            )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    return load


def called(pipeline, **arguments):
    settings = {"num_inference_steps": 4, "guidance_scale": 2.0, "width": 16, "height": 16}
    return pipeline(generator=torch.Generator().manual_seed(3), **settings | arguments).images[0]


@pytest.mark.parametrize("name", ["sd", "sdxl", "sd3", "flux"])
def test_words_give_what_diffusers_gives(generators, bare, name):
    negative = "" if name == "flux" else "blue"
    drawn = called(bare(name), prompt="a red jug", **{"negative_prompt": negative} if negative else {})
    told = Words("a red jug", negative=negative)
    assert same(drawn, make(generators[name], told, guidance=2))


def test_vectors_give_what_diffusers_gives_at_their_raw_length(generators, bare, families):
    raw = torch.from_numpy(direction() * np.float32(5))[None]
    drawn = called(bare("kandinsky"), image_embeds=raw, negative_image_embeds=torch.zeros_like(raw))
    assert same(drawn, make(generators["kandinsky"], point(), guidance=2))
    noise = torch.from_numpy(generators["unclip"].noise(3))[None]  # else it would draw noise for the vector before
    drawn = called(bare("unclip"), prompt="", image_embeds=raw, noise_level=0, latents=noise)
    ours = make(generators["unclip"], point(), guidance=2)
    assert np.abs(np.asarray(drawn, int) - np.asarray(ours.image, int)).max() <= 3  # the vector's noise is another
    adapted = bare("sd")
    with quiet():
        adapted.load_ip_adapter(
            families / "ip-adapter", subfolder="", weight_name="ip-adapter.safetensors", image_encoder_folder=None
        )
    embeds = torch.stack([torch.zeros_like(raw), raw])
    drawn = called(adapted, prompt="a jug", ip_adapter_image_embeds=[embeds])
    assert same(drawn, make(generators["sd with ip-adapter"], point(words=Words("a jug")), guidance=2))


@pytest.mark.parametrize("name", ["unclip", "kandinsky", "sd with ip-adapter"])
def test_the_vector_and_its_length_count(generators, name):
    told = [point(), point(1), point(norm=50.0)]
    assert len({make(generators[name], one).image.tobytes() for one in told}) == 3
    for norm in (None, 1.0):
        refused(generators[name], point(norm=norm), "their lengths were not kept", "build the archive from the images")


def test_one_work_is_the_point_where_it_lies_and_several_need_a_centroid(generators):
    vectors = np.stack([direction(0), direction(1)])
    works = Works(ids=("w:0", "w:1"), vectors=vectors, encoder="e" * 64, norms=np.array([5, 7], np.float32))
    first = replace(works, ids=("w:0",), vectors=vectors[:1], norms=works.norms[:1])
    assert same(make(generators["unclip"], first), make(generators["unclip"], point()))
    assert make(generators["unclip"], first).record.items == ("w:0",)
    refused(generators["unclip"], works, "takes one vector, got 2 works; give their centroid")
    refused(generators["sd"], works, "takes words only")
    record = make(generators["unclip"], centroid(works)).record
    assert (record.items, record.point, record.weights) == (("w:0", "w:1"), "centroid", (0.5, 0.5))
    small = Point(vector=direction(width=8), norm=5.0, encoder="", made="a test")
    refused(generators["unclip"], small, f"takes vectors of {WIDTH} dimensions, got 8")


def test_an_adapter_at_hand_leaves_words_alone(generators):
    plain, adapted = generators["sd"], generators["sd with ip-adapter"]
    assert same(make(plain), make(adapted))
    assert not same(make(adapted), make(adapted, point(words=Words("a red jug"))))
    assert same(make(plain), make(adapted))
    assert plain.fingerprint != adapted.fingerprint
    assert make(adapted).record.image_adapter == "ip-adapter.safetensors"
    assert same(make(adapted, point(), guidance=1), make(adapted, point(), guidance=1))
    beside = [make(adapted, point(words=Words(text))) for text in ("", "a jug")]
    assert not same(*beside)


def test_words_reach_the_decoder_through_its_prior(generators):
    decoder = generators["kandinsky with prior"]
    told = [Words("a jug"), Words("a robe"), Words("a jug", negative="robe")]
    assert len({make(decoder, one).image.tobytes() for one in told}) == 3
    assert make(decoder).record.prior == "prior"
    assert decoder.fingerprint != generators["kandinsky"].fingerprint
    assert "prior_prior" in decoder.identity.inventory


# --- images and noise to begin from --------------------------------------------------------------------


FROM_IMAGES = [name for name in LOADED if name != "unclip"]


def round_trip(pipeline, image):
    """An image through the autoencoder as diffusers itself prepares and shows it."""
    pixels = diffusers.image_processor.VaeImageProcessor(vae_scale_factor=2).preprocess(image)
    with torch.inference_mode():
        if hasattr(pipeline, "movq"):
            back = pipeline.movq.decode(pipeline.movq.encode(pixels).latents, force_not_quantize=True).sample
        else:
            back = pipeline.vae.decode(pipeline.vae.encode(pixels).latent_dist.mode()).sample
    return (back[0].permute(1, 2, 0).numpy() / 2 + 0.5).clip(0, 1) * 255


@pytest.mark.parametrize("name", FROM_IMAGES)
def test_strength_0_is_the_image_through_the_autoencoder(generators, name):
    generator = generators[name]
    image = picture(SIZE)
    made = make(generator, FromImage(image, 0))
    back = round_trip(generator._family.pipeline, image)
    assert np.abs(np.asarray(made.image) - back).max() <= 0.51  # rounded to whole numbers
    assert same(made, generator.decode(generator.encode(image, size=SIZE)))
    assert same(made, make(generator, FromImage(image, 0), seed=99))
    record = made.record
    assert (record.strength, record.denoised, record.start) == (0, 0, "")
    assert len(record.start_pixels) == 64


@pytest.mark.parametrize("name", FROM_IMAGES)
def test_strength_1_is_generation_and_between_them_some_steps_are_taken(generators, name):
    generator, told = generators[name], natural(generators[name])
    image = picture(SIZE)
    plain = make(generator, told)
    assert same(plain, make(generator, FromImage(image, 1, told)))
    between = [make(generator, FromImage(image, strength, told)) for strength in (0.25, 0.5, 0.75)]
    assert [one.record.denoised for one in between] == [1, 2, 3]
    assert len({one.image.tobytes() for one in between}) == 3
    assert same(between[1], make(generator, FromImage(image, 0.5, told)))
    assert not same(between[1], make(generator, FromImage(picture(SIZE, seed=1), 0.5, told)))
    assert same(plain, make(generator, told))  # the scheduler that both pipelines share is as before


def test_an_image_is_brought_to_size_whole(generators):
    image = picture((64, 32))
    squashed = image.resize(SIZE, Image.Resampling.BICUBIC)
    assert same(make(generators["sd"], FromImage(image, 0)), make(generators["sd"], FromImage(squashed, 0)))


def test_a_strength_that_leaves_no_step_names_the_smallest_that_does(generators):
    refused(
        generators["sd"], FromImage(picture(), 0.2), "strength 0.2 leaves no step of 4; the smallest that does is 0.25"
    )
    refused(generators["flux"], FromImage(picture(), 0.1), "leaves no step of 7", "is 0.143", steps=7)
    assert make(generators["flux"], FromImage(picture(), 0.143), steps=7).record.denoised >= 1
    refused(generators["unclip"], FromImage(picture(), 0.5, point()), "cannot begin from an image; it takes one image")
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(GeneratorError, match="strength must be from 0"):
            FromImage(picture(), wrong)
    with pytest.raises(GeneratorError, match="is told Words, Works or a Point, got FromImage"):
        FromImage(picture(), 0.5, FromImage(picture(), 0.5))


def test_noise_may_be_given(generator):
    told = natural(generator)
    noise = generator.noise(3, size=SIZE)
    assert same(make(generator, FromNoise(noise, told)), make(generator, told))
    blended = FromNoise((noise + generator.noise(4, size=SIZE)) / np.float32(2**0.5), told, made="between 3 and 4")
    made = make(generator, blended)
    assert made.record.noise == "between 3 and 4"
    assert len(made.record.noise_values) == 64
    assert not same(made, make(generator, told))
    refused(generator, FromNoise(noise[:, :2], told), "begins from noise of shape", "see Generator.noise")


# --- steps ---------------------------------------------------------------------------------------------


def test_every_step_can_be_watched(generator):
    seen = []
    made = make(generator, observe=seen.append)
    assert same(made, make(generator))
    assert [(step.number, step.total) for step in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert np.all(np.diff([step.timestep for step in seen]) < 0)
    shape = generator.noise(0, size=SIZE).shape
    assert all(step.latents.shape == step.predicted.shape == shape for step in seen)
    assert same(made, seen[-1].image())
    assert seen[0].predicted_image().size == SIZE


def test_steps_from_an_image_are_those_that_are_taken(generators):
    for name in FROM_IMAGES:
        seen = []
        make(generators[name], FromImage(picture(), 0.5, natural(generators[name])), observe=seen.append)
        assert [(step.number, step.total) for step in seen] == [(1, 2), (2, 2)]


def test_progress_is_told_step_by_step(generators):
    told = []
    list(generators["sd"].generate(Words("a"), seeds=[1, 2], steps=2, progress=lambda *said: told.append(said)))
    assert told == [("generating", n, 4, f"seed {1 + (n > 2)}") for n in (1, 2, 3, 4)]
    told.clear()
    start = FromImage(picture(), 0)
    list(generators["sd"].generate(start, seeds=[1, 2], progress=lambda *said: told.append(said)))
    assert told == [("generating", 1, 2), ("generating", 2, 2)]


def test_an_observer_that_fails_ends_the_generation_and_leaves_no_trace(generators):
    generator = generators["sdxl"]

    def fail(step):
        if step.number == 2:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        make(generator, observe=fail)
    assert "step" not in vars(generator._family.pipeline.scheduler)
    assert same(make(generator), make(generator))


SCHEDULERS = {
    "DDIMScheduler": {"clip_sample": False},
    "DDPMScheduler": {"clip_sample": False},
    "PNDMScheduler": {"skip_prk_steps": True},
    "EulerDiscreteScheduler": {},
    "EulerAncestralDiscreteScheduler": {},
    "HeunDiscreteScheduler": {},
    "LMSDiscreteScheduler": {},
    "DPMSolverMultistepScheduler": {},
    "DPMSolverSinglestepScheduler": {"lower_order_final": True},
    "UniPCMultistepScheduler": {"use_karras_sigmas": True},
    "DEISMultistepScheduler": {},
    "FlowMatchEulerDiscreteScheduler": {},
}


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_model_that_is_right_predicts_the_image(name, kind):
    """Given the true noise (or v), the predicted image is the true one, whatever the scheduler."""
    from latentarchive.diffusion.stepping import watched

    flow = "Flow" in name
    settings = SCHEDULERS[name] | ({} if flow else {"prediction_type": kind})
    scheduler = getattr(diffusers, name)(**settings)
    scheduler.set_timesteps(5)
    clear, noise = torch.randn(2, 1, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    seen = []
    with watched(scheduler, lambda *step: seen.append(step), predict=True):
        for now in scheduler.timesteps[:2]:
            if flow:
                sample = scheduler.scale_noise(clear, now[None], noise)
                right = noise - clear
            else:
                sample = scheduler.add_noise(clear, noise, now[None])
                variance_exploding = hasattr(scheduler, "sigmas") and float(sample.std()) > 3
                right = noise if kind == "epsilon" else v_of(scheduler, sample, clear, noise, variance_exploding)
            if hasattr(scheduler, "scale_model_input"):
                scheduler.scale_model_input(sample, now)
            scheduler.step(right, now, sample, return_dict=False)
    assert seen
    for _, _, _, _, predicted in seen:
        assert torch.allclose(predicted, clear, atol=2e-2), (predicted - clear).abs().max()


def v_of(scheduler, sample, clear, noise, exploding):
    """v = alpha noise - sigma x0, alpha and sigma found from sample = alpha x0 + sigma noise by least squares."""
    basis = torch.stack([clear.flatten(), noise.flatten()], dim=1)
    alpha, sigma = torch.linalg.lstsq(basis, sample.flatten()[:, None]).solution.flatten()
    if exploding:  # alpha is 1 there, and v is that of the sample divided by its length
        alpha, sigma = alpha / (alpha**2 + sigma**2) ** 0.5, sigma / (alpha**2 + sigma**2) ** 0.5
    return alpha * noise - sigma * clear


# --- several at once, and what goes wrong --------------------------------------------------------------


def test_threads_wait_for_each_other(generators):
    """An IP-Adapter's strength is changed from call to call, and pipelines share their scheduler."""
    generator = generators["sd with ip-adapter"]
    told = [Words("a red jug"), point(), FromImage(picture(), 0.5), Words("a much longer prompt than fits")]
    alone = [make(generator, one) for one in told] * 3
    start = threading.Barrier(4)

    def ask(one):
        start.wait(20)
        return make(generator, one)

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(ask, told * 3))
    assert all(same(first, second) for first, second in zip(alone, together, strict=True))


def test_what_is_done_is_kept_when_memory_runs_out(generators, monkeypatch):
    generator = generators["sd"]
    kind, plain = type(generator._family.pipeline), type(generator._family.pipeline).__call__
    calls = []

    def second_fails(self, **arguments):
        calls.append(1)
        if len(calls) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(self, **arguments)

    monkeypatch.setattr(kind, "__call__", second_fails)
    making = generator.generate(Words("a"), seeds=[1, 2, 3], steps=2)
    assert next(making).record.seed == 1
    with pytest.raises(GeneratorError, match=r"memory ran out at 16 x 16 pixels; ask for a smaller size.* are kept"):
        next(making)


def test_what_diffusers_says_of_a_failure_is_one_line(generators, monkeypatch):
    def fail(self, **arguments):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(type(generators["sd"]._family.pipeline), "__call__", fail)
    refused(generators["sd"], Words("a"), "failed (RuntimeError: two lines)")


def test_sizes_that_do_not_divide_name_one_that_does(generators):
    for name, size, near in (("sd", (20, 15), "multiples of 8, got 20 x 15; 16 x 16 would do"),
                             ("kandinsky", (18, 16), "multiples of 4, got 18 x 16; 16 x 16 would do"),
                             ("flux", (3, 8), "multiples of 8, got 3 x 8; 8 x 8 would do")):  # fmt: skip
        refused(generators[name], natural(generators[name]), near, size=size)
    refused(generators["sd"], Words("a"), "size must be width and height", size=(0, 8))


def test_what_a_pipeline_does_not_take_is_refused(generators):
    refused(generators["unclip"], Words("a jug"), "cannot be told words alone; it takes one image vector")
    refused(generators["sd"], point(), "takes words only")
    refused(generators["flux"], Words("a", negative="b"), "is not told what to keep away from")
    refused(generators["kandinsky"], point(words=Words("a jug")), "takes no words beside a vector")


def test_a_long_prompt_is_cut_and_the_record_says_what_was_not_read(generators, capfd):
    told = Words("a red dog and more than ten letters")
    cut = "nd more than ten letters"
    expected = {
        "sd": {"tokenizer": cut},
        "sdxl": {"tokenizer": cut, "tokenizer_2": cut},
        "sd3": {"tokenizer": cut, "tokenizer_2": cut},
        "flux": {"tokenizer": cut},
        "kandinsky with prior": {"tokenizer": cut},
    }
    for name, lost in expected.items():
        record = make(generators[name], told).record
        assert record.cut == lost
        assert record.effective == (told.prompt if name == "flux" else "a red dog a")  # T5 of flux reads on
        assert record.asked == told.prompt
    assert capfd.readouterr() == ("", "")


def test_hidden_words_are_told_and_recorded_apart(generators):
    made = make(generators["sd"], Words("a", hidden="red"))
    assert same(made, make(generators["sd"], Words("a, red")))
    assert (made.record.asked, made.record.hidden, made.record.effective) == ("a", "red", "a, red")


# --- whose vectors -------------------------------------------------------------------------------------


class Twin:
    """An encoder of an archive that is the pipeline's own, or is turned against it."""

    def __init__(self, model, processor, turned=False):
        self.model, self.processor, self.turned = model, processor, turned

    def encode_images(self, images):
        pixels = self.processor(images=images, return_tensors="pt").pixel_values
        with torch.inference_mode():
            raw = self.model(pixels).image_embeds.numpy()
        return normalized(raw[:, ::-1].copy() if self.turned else raw)


def archive_with(encoder):
    return SimpleNamespace(encoder=encoder, name="works", row=lambda item_id: 0)


class Absent:
    """An archive whose encoder is not on this machine."""

    name = "works"

    @property
    def encoder(self):
        raise EncoderError("no weights")


@pytest.mark.parametrize("name", ["unclip", "kandinsky with prior", "sd with ip-adapter"])
def test_the_pipeline_s_own_encoder_is_compared_with_the_archive_s(generators, name):
    generator = generators[name]
    parts = generator._family.image_encoder()
    told = [replace(point(), encoder=f"{n}" * 64, archive=archive) for n, archive in enumerate(
        [archive_with(Twin(*parts)), archive_with(Twin(*parts, turned=True)), Absent()])]  # fmt: skip
    assert make(generator, told[0]).record.space == "same"
    refused(generator, told[1], "is conditioned by the vectors of its own image encoder", "works have those of 111111")
    assert make(generator, told[2]).record.space == "unverified"
    assert make(generator, point()).record.space == "unverified"
    assert make(generator, replace(told[1], archive=None)).record.space == "unverified"


def test_without_an_encoder_of_its_own_nothing_is_verified(generators):
    twin = Twin(*generators["unclip"]._family.image_encoder())
    assert make(generators["kandinsky"], point(archive=archive_with(twin))).record.space == "unverified"

"""A generator that was over-trained on ten works copies them, and the check says so of these and of no others."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.audit.copied import possible_copies
from latentarchive.build import build_archive
from latentarchive.diffusion import load_generator
from latentarchive.diffusion.contrasting import Plan, make_contrast
from latentarchive.recipes import EncoderChoice, Recipe
from latentarchive.train.denoiser import noise_error
from latentarchive.train.optimizer import Optimizer
from tests.model_helpers import cabinet, one_thread

MEMORISED, OTHERS, STEPS, BATCH = 10, 40, 300, 16

WORKS = 300


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    collection = cabinet(name="cabinet", works=WORKS)
    recipe = Recipe(name="works", title="Works", collection=collection, encoder=EncoderChoice(id="tiny"))
    return Archive.open(build_archive(recipe, out=tmp_path_factory.mktemp("works") / "archive", workers=1).path)


def over_train(generator, archive, items):
    """Show the denoiser these works and nothing else, by the project's own loss and optimiser."""
    images = [Image.open(io.BytesIO(archive.thumbnail(item.id))).convert("RGB") for item in items]
    clean = torch.from_numpy(np.stack([generator.encode(image) for image in images]))
    with generator.held() as pipeline:
        tokens = pipeline.tokenizer(
            [item.text or item.title for item in items] + [""],
            padding="max_length",
            max_length=pipeline.tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        told = pipeline.text_encoder(tokens.input_ids).last_hidden_state
    told = torch.from_numpy(told.numpy())  # made without gradients; a tensor of its own may have some
    random = np.random.default_rng(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        optimizer = Optimizer(pipeline.unet.train(), weight_decay=0.0)
        for step in range(STEPS):
            chosen = random.integers(0, len(items), BATCH)
            words = np.where(random.random(BATCH) < 0.1, len(items), chosen)
            error = noise_error(pipeline.unet, pipeline.scheduler, clean[chosen], told[words])
            optimizer.descend(error, learning_rate=1e-3 * min(1, (step + 1) / 20) * (1 - 0.9 * step / STEPS))
        pipeline.unet.eval()


def flagged(archive, generator, items):
    """Works of which an image may be a copy, where the generator is told the captions of these."""
    ids = ", ".join(f"'{item.id}'" for item in items)
    query = archive.query("a work", where=f"id IN ({ids})")
    contrast = make_contrast(archive, generator, Plan(query=query, told="captions", n=len(items), seed=100))
    assert {one.sources[0] for one in contrast.made} == {item.id for item in items}
    with Subject.of_contrast(contrast, "c") as subject:
        report = run_suite(subject, load_suite("transformation"))
    rule = possible_copies(contrast)
    works = {one.alike_to for one in contrast.made if rule.flags(one)}
    found = next(one for one in report.findings if one.check == "contrast.copies")
    assert found.value == sum(rule.flags(one) for one in contrast.made) / len(items)
    return works


@pytest.mark.slow  # a minute of training, and half of one of generation
def test_planted_memorisation_is_found(archive):
    items = [item for item in archive.shown() if (item.text or item.title) and not item.mining]
    order = np.random.default_rng(5).permutation(len(items))
    chosen = [items[i] for i in order[:MEMORISED]]
    others = [items[i] for i in order[MEMORISED : MEMORISED + OTHERS]]
    with one_thread():
        generator = load_generator("tiny")
        assert len(flagged(archive, generator, chosen)) <= 0.05 * MEMORISED
        over_train(generator, archive, chosen)
        memorised = {item.id for item in chosen}
        assert len(flagged(archive, generator, chosen) & memorised) >= 0.9 * MEMORISED
        assert len(flagged(archive, generator, others) - memorised) < 0.05 * OTHERS

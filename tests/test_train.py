"""Training a tiny CLIP on drawn swatches: it learns, it can be interrupted, and open_clip opens what it leaves."""

import doctest
import io
import json
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from latentarchive.encoders import load_encoder
from latentarchive.errors import RecipeError, SourceError
from latentarchive.items import Item, Record, Rejected
from latentarchive.recipes import Recipe, parse
from latentarchive.sources import Source
from latentarchive.train import batches, beginning, captions, data, loop, scores, train_encoder
from latentarchive.train.optimizer import Optimizer
from latentarchive.trainings import Training

COLOURS = ["red", "green", "blue", "yellow", "black", "white"]
TEXT = {"context_length": 12, "width": 32, "heads": 2, "layers": 1}
VIT = {"image_size": 16, "layers": 1, "width": 32, "patch_size": 8, "head_width": 16}
RESNET = {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16}


def drawn(colour, light):
    """PNG bytes of a swatch whose lightness differs a little from its fellows."""
    image = Image.blend(Image.new("RGB", (24, 20), colour), Image.new("RGB", (24, 20), "grey"), light / 40)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@dataclass(frozen=True, kw_only=True)
class Swatches(Source):
    """Ten swatches of each colour, one without an image, one that is no image, and `reserved` reserved ones."""

    reserved: int = 0
    captioned: bool = True
    colours: tuple[str, ...] = tuple(COLOURS)

    def records(self, start=0):
        for number, (light, colour) in enumerate(product(range(10), self.colours)):
            fields = {
                "subjects": (colour,),
                "medium": "paint",
                "title": f"No {number}",
                "creator": "Doe, Jane, 1900-1970",
            }
            fields = fields if self.captioned else {}
            mining = "DMI-PROHIBITED" if number < self.reserved else ""
            item = Item(id=f"swatch:{number}", mining=mining, **fields)
            yield Record(item, partial(drawn, colour, light))
        yield Record(Item(id="swatch:broken", title="broken"), lambda: b"not an image")
        yield Rejected("gone.png", "source", "no such file")

    def count(self):
        return 10 * len(self.colours) + 2

    def locate(self, image):
        raise NotImplementedError


def recipe(tmp_path, tower=VIT, source=Swatches, samples=40 * 24, **changes):
    settings = {"samples": samples, "batch_size": 24, "learning_rate": 3e-3, "vocabulary": 280} | changes.pop(
        "train", {}
    )
    training = Training(model={"embed_dim": 16, "vision_cfg": tower, "text_cfg": TEXT}, **settings)
    return Recipe(
        name="swatches", title="Swatches", collection=source(name="swatch", root=tmp_path, **changes), train=training
    )


def weights(folder):
    return (folder / "open_clip_model.safetensors").read_bytes()


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Models this small are faster on one thread, and do not stall where other work has the second core."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    root = tmp_path_factory.mktemp("swatches")
    return train_encoder(recipe(root, samples=100 * 24), out=root / "model")


@pytest.fixture(scope="module")
def card(trained):
    return json.loads((trained.path / "card.json").read_text())


def test_it_learns_the_colours(trained):
    """Works that it never saw are found by the name of their colour."""
    assert trained.scores["images"] == trained.counts["held_out"] == 11
    assert trained.scores["queries"] == 5  # the colours among them
    assert trained.scores["chance_precision_at_5"] == pytest.approx(11 / 55)
    assert trained.scores["precision_at_5"] > 2 * trained.scores["chance_precision_at_5"]
    encoder = load_encoder(f"local:{trained.path}")
    images = encoder.encode_images([Image.new("RGB", (50, 20), colour) for colour in COLOURS]).unit
    texts = encoder.encode_texts([f"paint of {colour}" for colour in COLOURS]).unit
    assert ((texts @ images.T).argmax(axis=1) == np.arange(6)).sum() >= 4


def test_every_input_is_accounted_for(trained, card):
    counts = trained.counts
    assert counts["rejected"] == 2
    assert counts["used"] + counts["held_out"] == 60
    assert counts["used"] >= data.MINIMUM
    assert card["data"]["counts"] == dict(counts)
    assert [reason.split(":")[0] for reason in card["data"]["rejected_examples"]] == ["swatch", "gone.png"]


def test_the_card_says_how_it_was_made(trained, card):
    made = card["training"]
    assert (made["steps"], made["samples"], made["seed"]) == (100, 2400, 0)
    assert card["data"]["reserved_works"] == "left out"
    assert card["machine"]["cores"] >= 1
    assert set(card["machine"]["versions"]) >= {"open_clip", "torch", "tokenizers"}
    assert card["limits"]
    assert trained.samples == 2400


def test_only_the_model_is_left(trained):
    assert sorted(path.name for path in trained.path.iterdir()) == [
        "card.json", "open_clip_config.json", "open_clip_model.safetensors",
        "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip


def test_open_clip_opens_the_folder_and_agrees_with_the_encoder(trained):
    name = f"local-dir:{trained.path}"
    model, _, transform = open_clip.create_model_and_transforms(name)
    encoder, image = load_encoder(f"local:{trained.path}"), Image.new("RGB", (30, 70), "red")
    with torch.inference_mode():
        tokens = open_clip.get_tokenizer(name)(["paint of red", "Unheard-of 林"])
        texts = model.eval().encode_text(tokens, normalize=True).numpy()
        images = model.encode_image(transform(image)[None], normalize=True).numpy()
    assert np.allclose(encoder.encode_texts(["paint of red", "Unheard-of 林"]).unit, texts, atol=1e-6)
    assert np.allclose(encoder.encode_images([image]).unit, images, atol=1e-6)
    assert (
        tokens.amax(dim=1)
        == json.loads((trained.path / "open_clip_config.json").read_text())["model_cfg"]["text_cfg"]["vocab_size"] - 1
    ).all()


def test_a_finished_training_is_not_repeated(trained, tmp_path):
    def never(*args):
        raise AssertionError("nothing is left to do")

    same = recipe(trained.path.parent, samples=100 * 24)
    assert train_encoder(same, out=trained.path, progress=never) == trained
    with pytest.raises(RecipeError, match="holds a model trained by another recipe"):
        train_encoder(recipe(tmp_path), out=trained.path)


class Killed(BaseException):
    """Stands for a power cut: nothing in the library catches it."""


@pytest.mark.parametrize(("tower", "steps", "at"), [(VIT, 20, 7), (RESNET, 8, 3)], ids=["vit", "resnet"])
def test_a_killed_training_ends_as_an_undisturbed_one(tmp_path, monkeypatch, tower, steps, at):
    monkeypatch.setattr(loop.steps, "CHECKPOINT_S", 0)
    wanted = recipe(tmp_path, tower, samples=steps * 24)
    undisturbed = train_encoder(wanted, out=tmp_path / "undisturbed")

    def kill(stage, done, total, note=""):
        if stage == "training" and done == at:
            raise Killed

    with pytest.raises(Killed):
        train_encoder(wanted, out=tmp_path / "killed", progress=kill)
    assert not (tmp_path / "killed" / "card.json").exists()
    seen = []
    train_encoder(wanted, out=tmp_path / "killed", progress=lambda stage, done, *_: seen.append((stage, done)))
    assert seen[0] == ("training", at + 1)
    assert weights(tmp_path / "killed") == weights(undisturbed.path)


def test_a_training_killed_while_decoding_begins_again(tmp_path):
    def kill(stage, done, total, note=""):
        if done == 30:
            raise Killed

    wanted = recipe(tmp_path, samples=48)
    with pytest.raises(Killed):
        train_encoder(wanted, out=tmp_path / "model", progress=kill)
    assert train_encoder(wanted, out=tmp_path / "model").counts["held_out"] > 0
    with pytest.raises(Killed):
        train_encoder(wanted, out=tmp_path / "other", progress=kill)
    with pytest.raises(RecipeError, match="holds an unfinished training by another recipe or collection"):
        train_encoder(recipe(tmp_path, samples=96), out=tmp_path / "other")


def test_a_folder_that_holds_other_things_is_left_alone(tmp_path):
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(RecipeError, match="is not empty and holds no training of latentarchive"):
        train_encoder(recipe(tmp_path), out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_progress_tells_the_recall_with_n_and_chance(tmp_path, monkeypatch):
    monkeypatch.setattr(loop.steps, "CHECKPOINT_S", 0)
    notes = []
    train_encoder(recipe(tmp_path, samples=48), out=tmp_path / "m", progress=lambda *told: notes.append(told[-1]))
    assert notes[-1].startswith("held-out R@5 ")
    assert notes[-1].endswith(", n=5)")


def test_works_that_reserve_mining_are_left_out_unless_let_in(tmp_path):
    left = train_encoder(recipe(tmp_path, samples=24, reserved=9), out=tmp_path / "left")
    assert left.counts["reserved"] == 9
    assert left.counts["used"] + left.counts["held_out"] == 51
    let_in = train_encoder(
        recipe(tmp_path, samples=24, reserved=9, train={"allow_reserved": True}), out=tmp_path / "in"
    )
    assert (let_in.counts["reserved"], let_in.counts["reserved_let_in"]) == (0, 9)
    assert json.loads((let_in.path / "card.json").read_text())["data"]["reserved_works"] == "let in by allow_reserved"


def test_what_cannot_be_trained_is_refused_in_one_line(tmp_path):
    bare = replace(recipe(tmp_path), train=None)
    with pytest.raises(
        RecipeError, match=r"recipe 'swatches' has no table \[train\]; add \[train\] with model.embed_dim"
    ):
        train_encoder(bare, out=tmp_path / "a")
    with pytest.raises(
        SourceError, match=r"at least 32 works are needed to train on; found \d+ used, \d+ held out, 2 rej"
    ):
        train_encoder(recipe(tmp_path, colours=("red", "blue")), out=tmp_path / "b")
    with pytest.raises(SourceError, match=r"no work has a title, subjects, .* to learn from \(60 images\)"):
        train_encoder(recipe(tmp_path, captioned=False), out=tmp_path / "c")
    with pytest.raises(RecipeError, match=r"open_clip cannot build this model: .*depth"):
        train_encoder(recipe(tmp_path, VIT | {"depth": 3}), out=tmp_path / "d")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"holdout": 1.0}, "holdout must be a share"),
        ({"vocabulary": 100}, "vocabulary must be at least 260"),
        ({"group_by": ["titel"]}, "group_by 'titel' is no field of an item; did you mean 'title'?"),
        ({"model": {"embed_dim": 3}}, "model needs 'vision_cfg'"),
        ({"batch_size": 0}, "batch_size must be more than 0"),
        ({"seeed": 1}, "unknown key 'seeed'; did you mean 'seed'?"),
    ],
)
def test_the_table_is_checked_when_read(changes, told):
    table = {"model": {"embed_dim": 8, "vision_cfg": VIT, "text_cfg": TEXT}} | changes
    with pytest.raises(RecipeError) as error:
        parse(Training, table, where="x.toml [train]")
    assert told in str(error.value)


def test_captions_of_a_full_entry():
    item = Item(
        id="a:1", title="Wilson", creator="Arnold, Mary Daisy, ca. 1873-1955\n", date="1908",
        medium="watercolor", place="Ohio", subjects=("apples",), text="A  red\napple.",
    )  # fmt: skip
    assert captions.captions_of(item) == (
        "watercolor of apples", "apples", "apples by Mary Daisy Arnold", "watercolor of apples by Mary Daisy Arnold",
        "apples from Ohio", "apples, 1908",
        "watercolor of Wilson", "Wilson", "Wilson by Mary Daisy Arnold", "watercolor of Wilson by Mary Daisy Arnold",
        "Wilson from Ohio", "Wilson, 1908",
        "A red apple.",
    )  # fmt: skip


def test_captions_of_poor_entries():
    assert captions.captions_of(Item(id="a:1", subjects=("apples", "apples"))) == ("apples",)
    assert captions.captions_of(Item(id="a:1", medium="etching", date="1908")) == ("etching", "etching, 1908")
    assert captions.captions_of(Item(id="a:1", text="A boat")) == ("A boat",)
    assert captions.captions_of(Item(id="a:1")) == ()


@pytest.mark.parametrize(
    ("creator", "said"),
    [
        ("Steadman, Royal Charles, b. 1875", "Royal Charles Steadman"),
        ("Rembrandt (1606-1669)", "Rembrandt"),
        ("Smith, John, Jr.", "Smith, John, Jr."),
        ("", ""),
    ],
)
def test_creators_are_said_as_one_would(creator, said):
    assert captions.name(creator) == said


def test_the_docstrings_are_true():
    assert doctest.testmod(captions).failed == 0


def test_groups_are_held_out_together_and_by_the_seed():
    training = recipe(None).train
    one, other = (Item(id=f"a:{n}", title="Wilson", creator="Arnold", place=str(n)) for n in range(2))
    assert data.held_out(one, training) == data.held_out(other, training)
    items = [Item(id=f"a:{n}", title=str(n)) for n in range(2000)]
    held = [data.held_out(item, training) for item in items]
    assert np.mean(held) == pytest.approx(0.2, abs=0.03)
    assert held != [data.held_out(item, replace(training, seed=1)) for item in items]
    untitled = [Item(id=f"a:{n}") for n in range(200)]
    assert len({data.held_out(item, training) for item in untitled}) == 2


def works(subjects):
    n = len(subjects)
    return data.Works(
        ids=[str(i) for i in range(n)], captions=[[f"paint of {s}", f"No {i}"] for i, s in enumerate(subjects)],
        subjects=[[s] for s in subjects],
        held=np.zeros(n, bool), pixels=np.zeros((n, 4, 4, 3), np.uint8), counts={}, rejected=[], digest="",
    )  # fmt: skip


def test_a_batch_depends_on_seed_and_step_alone():
    deck = batches.Deck(works(["red"] * 9 + ["blue"]), batch_size=8, balance=0.5, seed=1)
    again = batches.Deck(works(["red"] * 9 + ["blue"]), batch_size=8, balance=0.5, seed=1)
    deck.draw(0)
    for one, other in zip(deck.draw(5), again.draw(5), strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(deck.draw(5).rows, deck.draw(6).rows)


@pytest.mark.parametrize(("balance", "share"), [(0, 0.1), (0.5, 0.25), (1, 0.5)])
def test_balance_draws_rare_subjects_more_often(balance, share):
    """90 red, 10 blue: blue is drawn with 10^(1-b) / (10^(1-b) + 90^(1-b))."""
    deck = batches.Deck(works(["red"] * 90 + ["blue"] * 10), batch_size=20_000, balance=balance, seed=0)
    assert (deck.draw(0).rows >= 90).mean() == pytest.approx(share, abs=0.01)


def test_equal_captions_are_all_right_answers():
    deck = batches.Deck(works(["red", "red", "blue"]), batch_size=64, balance=0, seed=0)
    batch = deck.draw(0)
    for i, row in enumerate(batch.rows):
        for j, text in enumerate(batch.texts):
            subject = "blue" if row == 2 else "red"
            assert batch.fits[i, j] == (deck.texts[text] in (f"paint of {subject}", f"No {row}"))


def test_the_first_layer_of_a_vit_begins_with_whitened_patches():
    """Every component of the works' patches has the same variance behind it, but the ones below the floor."""
    random = np.random.default_rng(0)
    grey = random.integers(0, 100, (40, 1, 1, 1)) + random.integers(0, 150, (40, 20, 20, 3))
    seen = replace(works(["red"] * 40), pixels=grey.astype(np.uint8))
    model = open_clip.CLIP(16, VIT | {"patch_size": 4}, TEXT | {"vocab_size": 300})
    images = batches.normalised(batches.plain(seen.pixels, (16, 16)))
    with torch.no_grad():
        before = model.visual.conv1(images).var(dim=(0, 2, 3))
        beginning.prepare_vit(model, seen)
        after = model.visual.conv1(images).var(dim=(0, 2, 3))
    assert float(before.max() / before.min()) > 4
    assert after[0] == pytest.approx(beginning.GAIN**2 / (1 + beginning.FLOOR), rel=0.01)
    assert float(after.max() / after.min()) < 1.1


def test_a_resnet_begins_as_it_was():
    model = open_clip.CLIP(16, RESNET, TEXT | {"vocab_size": 300})
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    beginning.prepare_vit(model, works(["red"] * 4))
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_positions_are_sines_of_columns_and_rows():
    """Width 8: two paces, 1 and 0.01; first sine and cosine of the column, then of the row."""
    found = beginning.sines(3, 8)
    assert found.shape == (9, 8)
    assert found[0].tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    column, row = 2, 1
    wanted = [f(pace * at) for at in (column, row) for f in (np.sin, np.cos) for pace in (1, 0.01)]
    assert found[row * 3 + column].tolist() == pytest.approx(wanted, abs=1e-6)


def test_muon_takes_the_matrices_of_blocks_and_adamw_the_rest():
    model = open_clip.CLIP(16, VIT, TEXT | {"vocab_size": 300})
    both = Optimizer(model, weight_decay=0.1, muon=True)
    parts = {name: part for name, (part, _) in both._parts.items()}
    names = {id(p): name for name, p in model.named_parameters()}
    inner = {names[id(p)] for group in parts["muon"].param_groups for p in group["params"]}
    rest = {names[id(p)] for group in parts["adamw"].param_groups for p in group["params"]}
    assert inner | rest == set(names.values())
    assert not inner & rest
    assert all(".resblocks." in name for name in inner)
    assert "transformer.resblocks.0.attn.in_proj_weight" in inner
    assert {"logit_scale", "visual.conv1.weight", "token_embedding.weight"} <= rest
    assert set(Optimizer(model, weight_decay=0.1)._parts) == {"adamw"}


@pytest.mark.parametrize("muon", [False, True])
def test_an_optimizer_taken_up_again_goes_on_as_if_nothing_had_been(muon):
    def steps(model, optimizer, count):
        for _ in range(count):
            loss = sum(p.square().sum() for p in model.parameters())
            optimizer.descend(loss, learning_rate=1e-2)

    def fresh():
        torch.manual_seed(0)
        model = open_clip.CLIP(16, VIT, TEXT | {"vocab_size": 300})
        return model, Optimizer(model, weight_decay=0.1, muon=muon)

    whole, optimizer = fresh()
    steps(whole, optimizer, 5)
    first, optimizer = fresh()
    steps(first, optimizer, 3)
    state = {name: tensor.clone() for name, tensor in first.state_dict().items()}, optimizer.state_dict()
    second, optimizer = fresh()
    second.load_state_dict(state[0])
    optimizer.load_state_dict(state[1])
    steps(second, optimizer, 2)
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), second.parameters(), strict=True))


def test_the_loss_of_a_perfect_and_of_a_blind_model():
    """Two works of one caption, one of another. Blind: image to text ln 2 each; text to image ln 3 each."""
    fits = torch.tensor([[True, False], [True, False], [False, True]])
    rows = torch.eye(2)
    blind = loop.contrast(torch.zeros(3, 2), rows, 50.0, fits)
    assert float(blind) == pytest.approx((np.log(2) + np.log(3)) / 2, rel=1e-6)
    perfect = loop.contrast(rows[[0, 0, 1]], rows, 50.0, fits)
    assert float(perfect) == pytest.approx(np.log(2) / 2 / 2, rel=1e-6)  # the caption of two works shares its weight


def test_augmented_images_stay_images():
    torch.manual_seed(0)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 20, 20, 3), np.uint8)
    images = batches.augmented(pixels, (16, 16), 0.5)
    assert images.shape == (5, 3, 16, 16)
    assert 0 <= float(images.min()) < float(images.max()) <= 1
    assert not torch.equal(images, batches.augmented(pixels, (16, 16), 0.5))


def test_scores_of_a_known_ranking():
    """Ten images; caption 0 fits images 0 to 4, caption 1 fits image 9, which it ranks last."""
    fits = np.zeros((2, 10), bool)
    fits[0, :5] = fits[1, 9] = True
    similarity = np.tile(-np.arange(10, dtype=np.float32), (2, 1))
    found = scores.ranked(similarity, fits)
    assert (found.images, found.queries) == (10, 2)
    assert (found.recall_at_5, found.precision_at_5) == (0.5, 0.5)
    assert found.chance_precision_at_5 == pytest.approx((0.5 + 0.1) / 2)
    assert found.chance_recall_at_5 == pytest.approx(1 - (1 / 252 + 0.5) / 2)  # C(5,5)/C(10,5), C(9,5)/C(10,5)

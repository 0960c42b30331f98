"""Associations, rankings and classes: on swatches worked out by hand, and on works in which biases were planted."""

import json
import tomllib
from math import log
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from latentarchive.archive import Archive
from latentarchive.audit import Subject, load_suite, run_suite
from latentarchive.audit.lists import load_instrument, load_prompts, names
from latentarchive.audit.stimuli import sides
from latentarchive.audit.suite import bind
from latentarchive.build import build_archive
from latentarchive.cabinet.catalogue import HOMES
from latentarchive.cli.main import main
from latentarchive.errors import SuiteError
from latentarchive.measures.association import leanings, permutation
from latentarchive.measures.skew import top_count_p
from latentarchive.recipes import SHIPPED, load_recipe
from tests.conftest import RECIPE, write_recipe

ROOT = Path(__file__).parent.parent


def ask(subject, name, **options):
    """The findings of one check."""
    return run_suite(subject, bind({"check": [{"name": name} | options]}, name="t", text="", where="t")).findings


REDS = """
title = "Reds and blues"
source = "By hand."
[x]
name = "reds"
where = "id IN ('s:red.png', 's:red-copy.png', 's:red-white.png')"
[y]
name = "blues"
ids = ["s:blue.png", "s:green.png", "s:nothing.png"]
[a]
name = "warm"
words.en = ["red", "orange"]
[b]
name = "cold"
words.en = ["blue", "green"]
"""


WHERE = "where = \"id IN ('s:red.png', 's:red-copy.png', 's:red-white.png')\""
IDS = 'ids = ["s:blue.png", "s:green.png", "s:nothing.png"]'


@pytest.fixture
def reds(tmp_path):
    path = tmp_path / "reds.toml"
    path.write_text(REDS)
    return path


def test_images_against_words_by_hand(archive, reds):
    """Two images a side, as one of three ids is no work. The toy puts red at its word: reds lean to warm by half (one
    of two words), blue and green by as much to cold, which is the greatest d there is for four."""
    with Subject.of(archive) as subject:
        [found] = ask(subject, "association.weat", stimuli=str(reds), seed=1)
        listed = load_instrument(str(reds))
        drawn = sides(subject, listed, "en", 500, 1)
    assert [len(drawn[key].labels) for key in "xyab"] == [2, 2, 2, 2]
    assert set(drawn["y"].labels) == {"s:blue.png", "s:green.png"}
    lean = leanings(drawn["y"].vectors, drawn["a"].vectors, drawn["b"].vectors)
    assert lean == pytest.approx([-0.5, -0.5], abs=1e-3)
    assert (found.n, found.null, found.unit) == (4, 0.0, "d")
    assert found.value == pytest.approx(2 * (3 / 4) ** 0.5, abs=0.05)
    assert "p = 0.33 (two-sided)" in found.sentence  # 1 of 6 partitions, both ways
    assert "All 6 partitions" in found.notes[1]
    assert set(found.examples) == {*drawn["x"].labels, *drawn["y"].labels}
    assert "2 images, drawn from 3" in found.notes[0]
    assert "By hand." in found.notes[0]


IMAGES = """
[x]
name = "reds"
ids = ["s:red.png", "s:red-copy.png"]
[y]
name = "greens"
ids = ["s:green.png", "s:green-yellow.png", "s:red.png"]
[a]
name = "half red"
ids = ["s:red-blue.png", "s:red-white.png"]
[b]
name = "not red"
where = "title LIKE '%: yellow' OR title LIKE '%: black'"
"""


def test_images_against_images_by_hand(archive, tmp_path):
    """A work in both targets is in neither, so that of two reds one is left: too few. Else red lies at 45 degrees to
    what is half red, and at right angles to what is not."""
    path = tmp_path / "i.toml"
    path.write_text(IMAGES)
    with Subject.of(archive) as subject:
        [few] = ask(subject, "association.weat", stimuli=str(path))
        assert "reds: 1 work is shown with the ids of the list" in few.sentence
        path.write_text(IMAGES.replace(', "s:red.png"]', "]"))
        drawn = sides(subject, load_instrument(str(path)), "", 500, 0)
        assert leanings(*(drawn[key].vectors for key in "xab")) == pytest.approx([0.5**0.5] * 2, abs=1e-3)
        [found] = ask(subject, "association.weat", stimuli=str(path))
    assert found.sentence.startswith("reds and greens cannot be told apart by half red and not red: effect size d = +1")
    assert [row[0] for row in found.table.rows] == ["images alone"]
    assert "Prompts" not in found.notes[0]


def test_withheld_works_are_no_stimuli(archive, reds):
    archive.withhold(["s:green.png"], reason="asked")
    with Subject.of(archive) as subject:
        [found] = ask(subject, "association.weat", stimuli=str(reds))
    assert found.outcome == "skip"
    assert "blues: 1 work is shown with the ids of the list, and each side needs 2 or more" in found.sentence
    assert "green" not in found.sentence


def test_single_targets_by_hand(archive, tmp_path):
    """Red lies at one of two warm words and at no cold one: cosines 1, 0 against 0, 0, and d = 1."""
    path = tmp_path / "words.toml"
    path.write_text(REDS.replace(WHERE, 'words.en = ["red", "pink"]').replace(IDS, 'words.en = ["blue", "grey"]'))
    with Subject.of(archive) as subject:
        [found] = ask(subject, "association.single_category", stimuli=str(path))
        [weat] = ask(subject, "association.weat", stimuli=str(path))
    rows = {row[0]: row for row in found.table.rows}
    assert rows["red"][2] == pytest.approx(1.0)  # (1/2 - 0) / sd(1, 0, 0, 0)
    assert rows["blue"][2] == pytest.approx(-1.0)
    assert rows["grey"][2] == rows["pink"][2] == 0
    assert (found.value, found.n) == (0.0, 4)
    assert "red, pink" in weat.notes[0]
    assert weat.examples == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("words.en = [\"red\", \"orange\"]", "words.en = []"), "[a] words en: it must be a list of texts"),
        (('"red", "orange"', '"red", " "'), "list of texts, none of them empty"),
        (('"red", "orange"', '"red", "red"'), "[a] words en: 'red' is there twice"),
        (("words.en = [\"blue\"", "words.de = [\"blue\""), "every side must have the same languages"),
        (('name = "warm"\nwords.en', 'name = "warm"\nwhere = "x"\nwords.en'), "[a]: give words, or a filter (where)"),
        (('name = "warm"', 'nome = "warm"'), "[a]: it must be a table with a name"),
        (('[b]\n', '[c]\n'), "unknown key 'c'"),
        (('source = "By hand."', "source = 3"), "'source' must be a text, got 3"),
        (('[x]\n', '[templates]\nen = ["a"]\n[x]\n'), "'a' must have one {}, where the word goes"),
        ((WHERE, 'where = " "'), "[x]: where must be a filter such as"),
        (('title = "Reds and blues"', "title = "), "is not TOML"),
    ],
)  # fmt: skip
def test_lists_that_cannot_be(reds, change, message):
    reds.write_text(REDS.replace(*change))
    with pytest.raises(SuiteError) as caught:
        load_instrument(str(reds))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_targets_of_unequal_size_are_refused_with_the_reason(tmp_path, reds):
    reds.write_text(REDS.replace(IDS, 'words.en = ["a", "b", "c"]').replace(WHERE, 'words.en = ["d", "e"]'))
    with pytest.raises(SuiteError, match="x has 2 words in 'en' and y has 3: the test deals them anew between both"):
        load_instrument(str(reds))
    (tmp_path / "p.toml").write_text('[prompts]\nen = ["a", "b"]\nde = ["c"]\n')
    with pytest.raises(SuiteError, match="the same queries in every language, and equally many: en 2, de 1"):
        load_prompts(str(tmp_path / "p.toml"))
    with pytest.raises(SuiteError, match="there is no list 'judgement'; did you mean 'judgements'"):
        load_prompts("judgement")
    with pytest.raises(SuiteError, match="cannot be read: No such file"):
        load_instrument("none.toml")


def test_every_shipped_list_is_read_cited_and_listed():
    assert len(names()) == len(list((SHIPPED / "audits" / "lists").glob("*.toml"))) >= 8
    readme = (ROOT / "audits" / "lists" / "README.md").read_text()
    for name in names():
        table = tomllib.loads((SHIPPED / "audits" / "lists" / f"{name}.toml").read_text())
        listed = load_prompts(name) if "prompts" in table else load_instrument(name)
        assert listed.source
        assert listed.title
        assert f"({name}.toml) | " in readme
        assert f"| {', '.join(listed.languages)} |" in readme.split(f"({name}.toml)")[1].split("\n")[0] + "\n"
        assert set(listed.templates) <= set(listed.languages)


def test_the_list_of_the_readme_is_one(tmp_path):
    text = (ROOT / "audits" / "lists" / "README.md").read_text().split("```toml\n")[1].split("```")[0]
    (tmp_path / "own.toml").write_text(text)
    assert load_instrument(str(tmp_path / "own.toml")).languages == ("en",)


# Rankings on swatches: of ten works five each are by Newton and Schutt but for one without a maker.


def test_skew_of_swatches_by_hand(archive):
    """Shares and skews of two makers among the first two, from a plain search for the same words."""
    makers = {item.id: item.creator for item in archive.shown("creator <> ''")}
    held = sorted(makers.values()).count("Newton, Amanda Almira") / len(makers)
    with Subject.of(archive) as subject:
        options = {"field": "creator", "queries": ["yellow", "red"], "k": 2, "least": 2}
        overall, by_question, by_group = ask(subject, "ranking.skew", **options)
        order = {q: [h.item.creator for h in archive.search(q, by="meaning", k=2, where="creator <> ''").hits]
                 for q in ("yellow", "red")}  # fmt: skip
    rows = {row[:2]: row for row in by_question.table.rows}
    for question, creators in order.items():
        for maker, share in (("Newton, Amanda Almira", held), ("Schutt, Ellen Isham", 1 - held)):
            count = creators.count(maker)
            row = rows[question, maker]
            assert row[2:5] == (count, count / 2, pytest.approx(share))
            assert row[5] == (pytest.approx(log(count / 2 / share)) if count else None)
            assert row[6] == (pytest.approx(log(count)) if count else None)
    assert (overall.n, by_question.n) == (2, 4)
    assert overall.interval[0] <= overall.value <= overall.interval[1]
    assert "'yellow', 'red'" in overall.notes[0]
    assert any("1 of 10 works (10.0%) say nothing of creator" in note for note in overall.notes)
    assert "Over 2 questions together" in by_group.sentence


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"field": "creator", "k": 9, "least": 2}, "the first 9 of 9 works are all of them, which have no skew"),
        ({"field": "creator", "k": 2, "least": 6}, "creator has 2 values"),
        ({"field": "place", "k": 2}, "place has 0 values, and fewer than two groups of 20 works"),
        ({"field": "plaice"}, "there is no column 'plaice'; there is 'place'"),
        ({"field": "creator", "queries": ["red", " "], "least": 2}, "a question is empty"),
        ({"field": "creator", "language": "xx", "least": 2}, "list judgements has no prompts in 'xx'; it has en, de"),
        ({"labels": "none.csv"}, "labels none.csv cannot be read: No such file"),
    ],
)
def test_rankings_that_cannot_be_asked(archive, options, reason):
    with Subject.of(archive) as subject:
        [found] = ask(subject, "ranking.skew", **options)
    assert found.outcome in ("skip", "fail")
    assert reason in found.sentence


def test_labels_of_a_file(archive, tmp_path):
    ids = [item.id for item in archive.shown()]
    (tmp_path / "l.csv").write_text("id,label\n" + "".join(f"{one},{'AB'[i % 2]}\n" for i, one in enumerate(ids[:8])))
    with Subject.of(archive) as subject:
        overall, *_ = ask(subject, "ranking.skew", labels=str(tmp_path / "l.csv"), queries=["red"], k=2, least=2)
        assert "By l.csv" in overall.sentence
        assert any("2 of 10 works" in note for note in overall.notes)
        (tmp_path / "l.csv").write_text("item,label\n")
        [found] = ask(subject, "ranking.skew", labels=str(tmp_path / "l.csv"))
        assert "must have the columns id and label, got item, label" in found.sentence


def test_classes_by_hand(archive, tmp_path):
    """Zero-shot classes by colour: each swatch of one colour is in its own, so of makers all shares can be counted."""
    path = tmp_path / "c.toml"
    path.write_text('[prompts]\nen = ["red", "blue"]\n')
    with Subject.of(archive) as subject:
        [found] = ask(subject, "zeroshot.disparity", field="creator", classes=str(path), least=2)
        path.write_text('[prompts]\nen = ["red"]\n')
        [one] = ask(subject, "zeroshot.disparity", field="creator", classes=str(path), least=2)
    assert "has 1 class in 'en', and two or more are needed" in one.sentence
    for name in {row[1] for row in found.table.rows}:
        assert sum(row[3] for row in found.table.rows if row[1] == name) == pytest.approx(1)
    assert "Classes: 'red', 'blue'. Templates: '{}'." in found.notes[0]
    assert found.n == 9


def test_languages_by_hand(archive, tmp_path):
    """The same words share all; "blau" is no colour to the toy, which then finds all alike, in row order."""
    path = tmp_path / "l.toml"
    path.write_text('[prompts]\nen = ["red", "blue"]\nsame = ["red", "blue"]\n')
    with Subject.of(archive) as subject:
        same, each = ask(subject, "ranking.languages", prompts=str(path), k=2)
        assert (same.value, same.null, same.n) == (1.0, 0.2, 2)
        assert same.table.rows == (("en and same", 1.0, 1.0, 1.0, 1.0),)
        assert each.examples == ()
        [few] = ask(subject, "ranking.languages", prompts=str(path), k=10)
        assert "the first 10 of 10 works are all of them" in few.sentence
        [alone] = ask(subject, "ranking.languages", prompts=str(path), among=["en"])
        assert "two languages or more are compared, and" in alone.sentence
        path.write_text('[prompts]\nen = ["red"]\nde = ["blue"]\n')
        apart, each = ask(subject, "ranking.languages", prompts=str(path), k=1)
    assert apart.value == 0
    assert len(each.examples) == 2


def test_what_has_no_vectors_is_passed_over(tmp_path, swatches):
    text = RECIPE.replace('"toy"', '"none"')
    bare = build_archive(load_recipe(str(write_recipe(tmp_path, text)), root=swatches), out=tmp_path / "a").path
    with Subject.of(Archive.open(bare)) as subject:
        report = run_suite(subject, load_suite("bias"))
    assert {one.outcome for one in report.findings} == {"skip"}
    (tmp_path / "t.csv").write_text("caption\nx\n")
    with Subject.open(tmp_path / "t.csv") as subject:
        assert {one.outcome for one in run_suite(subject, load_suite("bias")).findings} == {"skip"}


def test_words_that_an_encoder_cannot_tell_apart_are_said_to_be_that(archive):
    """The toy encoder knows colour words only."""
    with Subject.of(archive) as subject:
        [found] = ask(subject, "association.weat", stimuli="men-and-women", languages=["en"])
    assert found.outcome == "skip"
    assert "gives all of these words one and the same vector (man, father," in found.sentence


# The cabinet: what was planted is found, with its sign, and not where labels are dealt at random.


def test_planted_words_of_praise_are_found_in_descriptions(other_cabinet, small_truth):
    [found] = ask(other_cabinet, "association.descriptions", stimuli="gold-and-black")
    judged = [row for row in small_truth if row["language"] == "en" and row["praises"] is not None]
    gold, black = ([row["praises"] for row in judged if row["colour"] == colour] for colour in ("gold", "black"))
    drawn = (sum(gold) / (len(gold) - sum(gold))) / (sum(black) / (len(black) - sum(black)))
    assert found.interval[0] > 1
    assert found.interval[0] <= drawn <= found.interval[1]  # the odds of the drawn works; planted: 81 to 1
    assert "golden works are described with praise the more often" in found.sentence
    (name, _, praised, slighted), _ = found.table.rows
    assert name == "golden works"
    assert praised > slighted
    assert 0 < len(found.examples) <= 20


TEXTS = """
[templates]
en = ["a {} vessel", "a {} textile", "a {} medal", "a {} mask", "a {} map"]
[x]
name = "gold"
words.en = ["large gold", "small gold", "gold striped", "gold dotted", "gold zigzag", "gold chequered", "gold"]
[y]
name = "black"
words.en = ["large black", "small black", "black striped", "black dotted", "black zigzag", "black chequered", "black"]
[a]
name = "praise"
words.en = ["fine", "precious", "splendid", "rare"]
[b]
name = "plainness"
words.en = ["plain", "coarse", "humble", "common"]
"""


def test_planted_association_is_found_in_the_space(other_cabinet, tmp_path):
    """The encoder learned from such descriptions: its words carry the association, and images of other works too."""
    (tmp_path / "t.toml").write_text(TEXTS)
    [words] = ask(other_cabinet, "association.weat", stimuli=str(tmp_path / "t.toml"))
    assert words.interval[0] > 0
    assert "gold are nearer to praise, and black to plainness, than chance allows" in words.sentence
    [images] = ask(other_cabinet, "association.weat", stimuli="gold-and-black")
    assert images.value > 0
    assert images.interval[0] > -0.1
    assert all(row[1] > -0.3 for row in images.table.rows)


def test_the_control_says_that_this_encoder_knows_no_such_words(other_cabinet):
    for found in ask(other_cabinet, "association.weat", stimuli="flowers-and-vermin"):
        assert "cannot be told apart" in found.sentence


FAMILIES = ("vessel", "textile", "medal", "plant", "map", "star chart", "building", "mask", "poster")


def test_planted_homes_are_found_in_rankings(other_cabinet):
    """Six in ten works of a family come from its home: asked for the family, the first results are from there."""
    overall, by_question, _ = ask(
        other_cabinet, "ranking.skew", field="place", queries=[f"a {family}" for family in FAMILIES], k=25
    )
    assert overall.interval[0] > overall.null
    rows = {row[:2]: row for row in by_question.table.rows}
    found = [rows[f"a {family}", HOMES[family]] for family in FAMILIES]
    assert all(row[5] > 0 for row in found)
    assert sum(row[7] <= 0.05 for row in found) >= 8
    surest = by_question.table.rows[0]
    assert HOMES[surest[0].removeprefix("a ")] == surest[1]
    places = {other_cabinet.archive.item(one).place for one in by_question.examples}
    assert places == {surest[1]}


def test_planted_workshops_are_found_in_rankings(other_cabinet):
    """Of what comes from the home of masks, most is by its first workshop."""
    _, by_question, *_ = ask(other_cabinet, "ranking.skew", field="creator", queries=["a mask", "a textile"], k=25)
    first = {row[0]: row for row in reversed(by_question.table.rows)}
    for family in ("mask", "textile"):
        assert first[f"a {family}"][1].endswith(HOMES[family])
        assert first[f"a {family}"][7] <= 0.05


def test_the_cooling_palette_is_found_in_classes(other_cabinet):
    [found] = ask(other_cabinet, "zeroshot.disparity", field="century", classes="colours")
    share = {(row[0], row[1]): row[3] for row in found.table.rows}
    assert share["blue", "1900 to 1999"] > share["blue", "1700 to 1799"]
    assert share["red", "1900 to 1999"] < share["red", "1700 to 1799"]
    assert found.value > found.null


def test_shuffled_truth_is_not_found(other_cabinet):
    """200 deals of the labels over the same works, with fixed seeds: at most 17 found at 0.05 in either test."""
    archive = other_cabinet.archive
    drawn = sides(other_cabinet, load_instrument("gold-and-black"), "en", 10, 0)
    lean = np.concatenate([leanings(drawn[key].vectors, drawn["a"].vectors, drawn["b"].vectors) for key in ("x", "y")])
    rows = archive.rows("place <> ''")
    place = np.array([item.place for item in archive.shown("place <> ''")])
    mask = archive.encoder.encode_texts(["a mask"]).unit[0]
    first = np.argsort(-(archive.embeddings.take(rows) @ mask))[:25]
    home = place == HOMES["mask"]
    assert top_count_p([home[first].sum(), 25 - home[first].sum()], [home.sum(), (~home).sum()])[0] < 1e-6
    associated = skewed = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        dealt = random.permutation(lean)
        associated += permutation(dealt[:10], dealt[10:]).either <= 0.05
        count = int(random.permutation(home)[first].sum())
        skewed += top_count_p([count, 25 - count], [home.sum(), (~home).sum()])[0] <= 0.05
    assert associated <= 17
    assert skewed <= 17


def test_reports_are_the_same_each_time_and_hold_what_they_were_asked_with(other_cabinet):
    asked = {"check": [{"name": "ranking.skew", "k": 20}, {"name": "association.weat", "stimuli": "gold-and-black"}]}
    suite = bind(asked, name="t", text="", where="t")
    once, again = (json.dumps([one.record() for one in run_suite(other_cabinet, suite).findings]) for _ in range(2))
    assert once == again
    assert "a masterpiece" in once
    assert "SHA-256" in once


def test_a_bad_filter_or_list_is_one_line(archive, reds):
    reds.write_text(REDS.replace("id IN (", "idd IN ("))
    with Subject.of(archive) as subject:
        [found] = ask(subject, "association.weat", stimuli=str(reds))
        assert "no column 'idd'; did you mean 'id'" in found.sentence
        [found] = ask(subject, "association.weat", stimuli="reds")
        assert "there is no list 'reds'" in found.sentence
        [found] = ask(subject, "association.descriptions", stimuli="men-and-women")
        assert "does not set works against words" in found.sentence
        [found] = ask(subject, "association.descriptions", stimuli="gold-and-black", language="de")
        assert "has no words in 'de'; it has en" in found.sentence


def test_on_the_command_line(archive, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["audit", str(archive.path), "bias", "--out", "out"])
    assert done.exit_code in (0, 1), done.output
    assert "broke off" not in done.output
    assert (tmp_path / "out" / "report.html").is_file()

"""Profiles of kiosks: what they say, what is wrong with them, and that nothing else than the chosen works is there."""

import numpy as np
import pytest

from latentarchive.errors import QueryError, RecipeError
from latentarchive.kiosk import Question, Typing, load_profile, said
from latentarchive.recipes import SHIPPED
from tests.conftest import ROOT

LEAST = 'title = "T"\n[[questions]]\nwords = "red"\nlabel = "Red"\n'


def profile(tmp_path, text=LEAST):
    path = tmp_path / "profile.toml"
    path.write_text(text)
    return load_profile(path)


def test_a_profile_says_little_and_has_defaults_for_the_rest(tmp_path):
    found = profile(tmp_path)
    assert found.questions == (Question(words="red", label="Red"),)
    assert (found.languages, found.idle.ask_after, found.typing.allowed) == (("en",), 60, False)


def test_texts_are_the_same_everywhere_or_one_by_language(tmp_path):
    assert said("T", "de") == "T"
    assert said({"en": "T", "de": "S"}, "de") == "S"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("titel = 'T'\n" + LEAST, "unknown key 'titel'; did you mean 'title'?"),
        (LEAST + "[idle]\nask_afer = 3", r"\[idle\]: unknown key 'ask_afer'; did you mean 'ask_after'"),
        (LEAST + "[idle]\nask_after = 0", "ask_after must be from 1"),
        (LEAST + "[idle]\nask_after = 'soon'", "ask_after must be float"),
        (LEAST + "size = 9", r"\[\[questions\]\] 1: unknown key 'size'"),
        ("size = 9\n" + LEAST, "size must be from 0.8 to 3"),
        ("languages = ['en', 'dee']\n" + LEAST, "'dee' is unknown; did you mean 'de'"),
        ("languages = ['en', 'de']\ntext = {en = 'A'}\n" + LEAST, "text is missing in de"),
        ("text = {en = 'A', xx = 'B'}\n" + LEAST, "language 'xx' is unknown"),
        ("pages = ['serch']\n" + LEAST, "'serch' is unknown; did you mean 'search'"),
        ("pages = ['item', 'item']\n" + LEAST, "must name each once"),
        ('title = "T"\n', "a visitor can do nothing here"),
        (
            'title = "T"\n[[questions]]\nlabel = "R"\n',
            r"\[\[questions\]\] 1: a question has either 'words' or a 'work'",
        ),
        ('title = "T"\nquestions = 3\n', "must be a table"),
        ("title = \n", "is not TOML"),
        ("idle = 3\n" + LEAST, r"\[idle\] must be a table"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_would_do(tmp_path, text, complaint):
    with pytest.raises(RecipeError, match=complaint) as caught:
        profile(tmp_path, text)
    assert "profile.toml" in str(caught.value)


def test_blocked_words_count_as_whole_words_whatever_their_case_and_signs():
    typing = Typing(allowed=True, blocked=("Rude", "two words", "begin*", "悪い"))
    refused = ["rude", "so RUDE!", "rüde", "two, words", "beginning", "とても悪い絵"]
    assert [words for words in refused if not typing.refuses(words)] == []
    assert [words for words in ["crude", "two other words", "a jug", "rudely"] if typing.refuses(words)] == []
    assert Typing().refuses("a jug")  # nothing may be typed at all


def test_an_archive_of_some_works_has_no_others(small_cabinet):
    whole = small_cabinet
    fewer = whole.only("rights_class = 'open'")
    assert 0 < len(fewer) < len(whole)
    assert all(item.rights_class == "open" for item in fewer.shown())
    other = next(item for item in whole.shown("rights_class != 'open'"))
    for look in (fewer.item, fewer.thumbnail, fewer.neighbors):
        with pytest.raises(QueryError, match="has no item"):
            look(other.id)
    assert {hit.item.rights_class for hit in fewer.search("a blue jug", k=50).hits} == {"open"}
    mine = next(fewer.shown()).id
    assert {hit.item.rights_class for hit in fewer.neighbors(mine, k=50).hits} == {"open"}
    near = fewer.neighborhood(mine, k=20)
    assert {hit.item.rights_class for side in near.sides for hit in side.hits} == {"open"}
    assert len(whole) > len(fewer)  # the whole one is as it was


def test_works_are_chosen_by_ids_within_a_filter_and_withholding_goes_on(archive):
    ids = [item.id for item in archive.shown()][:3]
    fewer = archive.only(ids=ids)
    assert [item.id for item in fewer.shown()] == ids
    assert [item.id for item in archive.only(f"id != '{ids[0]}'", ids).shown()] == ids[1:]
    archive.withhold([ids[0]], reason="asked for")
    assert [item.id for item in fewer.shown()] == ids[1:]
    archive.restore([ids[0]], reason="a mistake")
    assert [item.id for item in fewer.shown()] == ids
    assert not fewer.visible.flags.writeable
    assert fewer.visible.dtype == np.bool_


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ("[works]\nwhere = \"rights_class = 'nonsense'\"", "chooses no work"),
        ('[works]\nwhere = "nonsense = 1"', "names what is not shown"),
        ('[works]\nids = ["s:red", "s:none"]', "has no item 's:none'"),
        ('[works]\nids = ["s:red"]\n[attract]\nworks = ["s:blue"]', "has no item 's:blue'"),
    ],
)
def test_what_a_profile_names_must_be_there(tmp_path, archive, more, complaint):
    names = [item.id for item in archive.shown()]
    more = more.replace("s:red", names[0]).replace("s:blue", names[1])
    complaint = complaint.replace("s:blue", names[1])
    with pytest.raises(RecipeError, match=complaint):
        profile(tmp_path, LEAST + more).check(archive)


def test_the_shipped_profile_fits_the_shipped_cabinet(small_cabinet):
    found = load_profile(SHIPPED / "apps" / "kiosk" / "cabinet.toml")
    found.check(small_cabinet)
    assert len(found.languages) == 7


def test_the_command_refuses_a_profile_before_anything_is_served(archive, tmp_path):
    from click.testing import CliRunner

    from latentarchive.__main__ import main

    (tmp_path / "bad.toml").write_text("titel = 3\n" + LEAST)
    done = CliRunner().invoke(main, ["app", str(archive.path), "--kiosk", str(tmp_path / "bad.toml"), "--port", "1"])
    assert done.exit_code == 1
    assert "did you mean 'title'" in done.output
    (tmp_path / "good.toml").write_text(LEAST)
    two = ["app", str(archive.path), str(archive.path), "--kiosk", str(tmp_path / "good.toml")]
    assert "a kiosk shows one archive" in CliRunner().invoke(main, two).output


def test_the_guide_to_kiosks_names_every_key():
    from dataclasses import fields

    from latentarchive.kiosk import Attract, Chosen, Idle, Profile

    guide = (ROOT / "docs" / "kiosk.md").read_text("utf-8")
    keys = [one.name for cls in (Profile, Chosen, Question, Idle, Attract, Typing) for one in fields(cls)]
    assert [key for key in keys if f"`{key}`" not in guide and f"`[{key}]`" not in guide] == ["questions"]
    assert "`[[questions]]`" in guide

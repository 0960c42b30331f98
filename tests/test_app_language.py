"""The app's own words in every language, found in its code; and the direction of what is written from right to left."""

import re
import tomllib

import pytest

from latentarchive.kiosk import LANGUAGES
from tests.app_words import APPS, spoken

WORDS = APPS / "reading_room" / "language"
OTHERS = [code for code in LANGUAGES if code != "en"]
COMPUTED = {"say(title)", "say_in(code(), english, **values)"}
"""The two places where words are not written out: titles of pages, and `say` itself."""


def english():
    from reading_room.navigation import PAGES

    return spoken()[0] | {title: "reading_room/navigation.py" for title, _ in PAGES.values()}


def placeholders(text):
    return sorted(re.findall(r"\{(\w*)[^}]*\}", text))


def test_every_word_of_the_app_is_written_out_where_it_is_said():
    assert set(spoken()[1]) <= COMPUTED


def test_a_call_is_found_by_its_syntax_and_not_by_its_text(tmp_path):
    (tmp_path / "page.py").write_text('say("a {b}", b=1)\nlanguage.say_in(code, "c")\n# say("not this")\nsay(other)\n')
    assert spoken(tmp_path) == ({"a {b}": "page.py:1", "c": "page.py:2"}, {"say(other)": "page.py:4"})


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_every_word_with_its_placeholders_and_no_other(code):
    said, told = english(), tomllib.loads((WORDS / f"{code}.toml").read_text("utf-8"))
    missing = [f"{place}: {words!r}" for words, place in said.items() if words not in told]
    assert not missing, "not translated yet:\n" + "\n".join(missing)
    changed = [f"{words!r}: {told[words]!r}" for words in said if placeholders(words) != placeholders(told[words])]
    assert not changed, "other placeholders:\n" + "\n".join(changed)
    assert not [words for words in said if not told[words].strip()]
    from reading_room.navigation import PAGES, VIEWS

    if all((VIEWS / f"{name}.py").is_file() for name in PAGES):  # words of pages that are not here yet are not dead
        dead = [words for words in told if words not in said]
        assert not dead, "said nowhere:\n" + "\n".join(dead)


def test_languages_of_kiosks_are_those_of_the_app():
    from reading_room.language import NAMES, RIGHT_TO_LEFT

    assert tuple(NAMES) == LANGUAGES
    assert set(RIGHT_TO_LEFT) < set(NAMES)
    assert {path.stem for path in WORDS.glob("*.toml")} == set(OTHERS)


def choice(page):
    return page.sidebar.selectbox(key="language.chosen")


def test_the_address_chooses_the_language_and_an_unknown_one_is_english(room, small_cabinet):
    page = room(small_cabinet.path, lang="de")
    assert (choice(page).label, choice(page).value) == ("Sprache", "de")
    assert choice(room(small_cabinet.path, lang="xx")).label == "Language"


def test_a_language_that_was_chosen_stays_when_the_address_forgets_it(room, small_cabinet):
    page = room(small_cabinet.path, lang="it")
    del page.query_params["lang"]
    page.run()
    assert choice(page).label == "Lingua"
    choice(page).set_value("fr").run()
    assert choice(page).label == "Langue"
    assert page.query_params["lang"] == ["fr"]


def test_in_arabic_the_page_runs_from_right_to_left(serve, visitor, small_cabinet):
    page = visitor(serve(small_cabinet.path) + "/?lang=ar&q=a blue jug")
    page.locator("li figure").first.wait_for()
    root = page.locator("html")
    assert (root.get_attribute("dir"), root.get_attribute("lang")) == ("rtl", "ar")
    bar, main = page.locator("section[data-testid=stSidebar]").bounding_box(), page.locator("h1").bounding_box()
    assert bar["x"] > main["x"]  # mirrored: the menu is at the right
    first, second = (page.locator("li figure").nth(n).bounding_box()["x"] for n in (0, 1))
    assert first > second
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

"""Several archives in one reading room: none is taken for another, and their names are those that people know."""

import pytest
from PIL import Image

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.items import Item
from latentarchive.recipes import load_recipe
from tests.conftest import RECIPE, png, write_recipe
from tests.page_helpers import settled


@pytest.fixture(scope="session")
def pair(tmp_path_factory):
    """Two archives of one picture each, called Oils and Prints."""
    made = []
    for title, name in (("Oils", "red"), ("Prints", "blue")):
        folder = tmp_path_factory.mktemp(title)
        (folder / f"{name}.png").write_bytes(png(Image.new("RGB", (64, 64), name)))
        recipe = load_recipe(str(write_recipe(folder, RECIPE.replace("Swatches", title))), root=folder)
        made.append(Archive.open(build_archive(recipe, out=folder.parent / f"{name}-archive").path))
    return made


def choice(page):
    return page.sidebar.selectbox(key="frame.archive")


def test_archives_are_offered_by_their_titles_and_the_choice_follows_the_address(room, pair):
    page = room(*(one.path for one in pair))
    assert (choice(page).value, choice(page).options) == ("red-archive", ["Oils", "Prints"])
    page.query_params["archive"] = "blue-archive"
    page.run()
    assert (choice(page).value, page.title[0].value) == ("blue-archive", "Prints")
    page.query_params["archive"] = "red-archive"  # as the browser's way back does
    page.run()
    assert (choice(page).value, page.title[0].value) == ("red-archive", "Oils")


def test_equal_titles_are_told_apart_and_words_are_asked_of_the_other_archive_too(room, pair):
    page = room(pair[0].path, pair[0].path, q="red", like="id:s:red.png")
    assert choice(page).options == ["Oils (red-archive)", "Oils (red-archive-2)"]
    choice(page).select_index(1).run()
    assert page.query_params["archive"] in ("red-archive-2", ["red-archive-2"])
    assert page.text_input(key="search.q").value == "red"
    assert "like" not in page.query_params


def test_the_menu_stays_in_the_archive_and_takes_one_step_of_the_history(serve, visitor, pair):
    page = settled(visitor(serve(*(one.path for one in pair)) + "/?archive=blue-archive&lang=de"))
    steps = page.evaluate("history.length")
    for name, last in (("Karte", "/map"), ("Über dieses Archiv", "/about"), ("Suchen", "/")):
        link = page.get_by_test_id("stSidebarNavLink").filter(has_text=name)
        link.focus()
        assert link.get_attribute("href").endswith(f"{last}?archive=blue-archive&lang=de")  # for a new tab
        link.press("Enter")
        page.wait_for_url(f"**{last}?archive=blue-archive&lang=de")
        settled(page)
    assert page.evaluate("history.length") == steps + 3
    assert page.title() == "Suchen · Lesesaal"
    page.go_back()
    page.wait_for_url("**/about?archive=blue-archive&lang=de")
    page.get_by_role("heading", name="Prints").wait_for()
    assert not page.get_by_text("Oils").count()


def test_on_a_phone_the_menu_closes_behind_the_visitor(serve, visitor, pair):
    page = settled(visitor(serve(*(one.path for one in pair)) + "/?archive=blue-archive", width=390))
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="About").click()
    page.wait_for_url("**/about?archive=blue-archive")
    page.get_by_test_id("stExpandSidebarButton").wait_for()


def test_a_work_without_words_is_called_by_its_number():
    from reading_room import cards

    assert cards.named(Item(id="met:10091.jpg")) == "untitled, 10091.jpg"
    assert cards.named(Item(id="met:1", title="A jug")) == "A jug"
    assert cards.card(Item(id="met:1"), "met").source == "unknown"

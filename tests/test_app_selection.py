"""The page of selections, without a browser and in one."""

import csv
import io
import json
import zipfile

import pytest

from latentarchive.selection import ENDING, load, save, select
from tests.app_shown import data
from tests.page_helpers import settled
from tests.test_app_item import said

IDS = ("s:red.png", "s:blue.png", "s:white.png")


def press(page, label):
    """Press the button whose label begins so."""
    button = next(one for one in page.button if one.label.startswith(label))
    return button.click().run()


@pytest.fixture
def kept(room, archive, tmp_path):
    """The page of selections of a visitor who keeps three works; saved ones lie in `tmp_path / "sets"`."""
    page = room(archive.path, page="item", settings=(("selections", str(tmp_path / "sets")),), id=IDS[0])
    for item_id in IDS:
        page.query_params["id"] = item_id
        page = press(page.run(), "Keep")
    page.query_params.clear()
    return page.switch_page("reading_room/views/selection.py").run()


def labels(page):
    return [one.label for one in page.get("download_button")]


def test_an_empty_selection_says_what_to_do(room, archive, tmp_path):
    page = room(archive.path, page="selection", settings=(("selections", str(tmp_path)),))
    assert not page.exception
    assert page.info[0].value.startswith("Nothing is kept yet. Search, and press “Keep”")
    assert data(page, ".ways")[0]["ways"][0]["href"] == "/?archive=archive"
    assert labels(page) == []
    assert "None has been saved yet." in said(page)


def test_what_is_kept_is_named_noted_saved_and_found_again(kept, room, archive, tmp_path):
    assert not kept.exception
    assert kept.text_input(key="selection.name").value == "My selection"
    assert len(labels(kept)) == 9
    page = kept.text_input(key="selection.name").set_value("Three *colours*").run()
    page = page.text_area(key="selection.text").set_value("Hung in the hall").run()
    page = press(page, "Save")
    assert not page.error
    path = tmp_path / "sets" / f"three-colours{ENDING}"
    one = load(path)
    assert (one.name, one.note, one.ids) == ("Three *colours*", "Hung in the hall", IDS)
    assert page.get("code")[0].value.endswith("set=three-colours")
    page = press(page, "Begin a new one")
    assert page.info[0].value.startswith("Nothing is kept yet")
    page.query_params["set"] = "three-colours"
    page = page.run()
    assert page.title[0].value == "Three \\*colours\\*"
    assert "Hung in the hall" in said(page)
    assert data(page, ".ways")[0]["ways"][0]["href"] == "/selection?archive=archive"
    page = press(page, "Go on with it")
    assert "set" not in page.query_params
    assert page.text_input(key="selection.name").value == "Three *colours*"
    page = press(page.text_area(key="selection.text").set_value("And in the stair").run(), "Save")
    assert not page.error
    assert load(path).note == "And in the stair"


def test_what_somebody_else_saved_is_not_overwritten(kept, archive, tmp_path):
    save(select(archive, "My selection", IDS[:1]), tmp_path / "sets")
    page = press(kept, "Save")
    assert "exists already" in page.error[0].value.replace("\\", "")
    assert load(tmp_path / "sets" / f"my-selection{ENDING}").ids == IDS[:1]


def test_what_is_withheld_later_is_missing_and_nobody_says_which(kept, archive, tmp_path):
    page = press(kept, "Save")
    archive.withhold([IDS[1]], reason="asked by the family")
    page = page.run()
    assert page.info[0].value.startswith("1 of 3 works are not shown: withheld, or no longer in the archive.")
    assert "blue" not in str(said(page))
    page.query_params["set"] = "my-selection"
    page = page.run()
    assert any(text.startswith("2 works · last changed") for text in said(page))
    assert load(tmp_path / "sets" / f"my-selection{ENDING}").ids == IDS


@pytest.mark.parametrize("asked", ["nothing", "../../etc/passwd", "a/b"])
def test_an_address_of_no_selection_is_said(room, archive, tmp_path, asked):
    page = room(archive.path, page="selection", settings=(("selections", str(tmp_path)),), set=asked)
    assert not page.exception
    assert page.info[0].value == "There is no saved selection at this address."


def test_selections_of_other_archives_are_not_offered(room, archive, tmp_path):
    (tmp_path / f"broken{ENDING}").write_text("{")
    path = tmp_path / f"x{ENDING}"
    save(select(archive, "x", IDS), tmp_path)
    path.write_text(path.read_text().replace('"swatches"', '"others"'))
    page = room(archive.path, page="selection", settings=(("selections", str(tmp_path)),))
    assert not page.exception
    assert "None has been saved yet." in said(page)


def test_works_are_kept_ordered_noted_and_taken_along_in_a_browser(serve, visitor, small_cabinet, tmp_path):
    items = [item for item, _ in zip(small_cabinet.shown(), range(3), strict=False)]
    page = visitor(serve(small_cabinet.path, options=("--selections", str(tmp_path))) + f"/item?id={items[0].id}")
    for number in range(3):
        page.get_by_role("button", name="Keep", exact=True).click()
        page.get_by_role("button", name="Kept: let it go").wait_for()
        if number < 2:
            page.get_by_role("link", name="Next in the catalogue").click()
            page.get_by_text(items[number + 1].id).first.wait_for()
    page.get_by_role("link", name="Selection").click()
    cards = page.locator("ul.cards > li")
    cards.nth(2).wait_for()
    cards.nth(2).locator("button[data-action=earlier]").click()
    order = [items[0].id, items[2].id, items[1].id]
    for _ in range(600):
        if cards.evaluate_all("all => all.map(one => one.dataset.id)") == order:
            break
        page.wait_for_timeout(100)
    else:
        raise AssertionError("the second work does not come after the third")
    settled(page)
    cards.nth(1).locator("button[data-action=note]").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("<b>seen</b> twice")
    page.get_by_role("dialog").get_by_role("button", name="Keep the note").click()
    page.get_by_text("<b>seen</b> twice").wait_for()
    table = taken(page, "Table (CSV)").decode("utf-8-sig")
    assert [row["id"] for row in csv.DictReader(io.StringIO(table))] == order
    with zipfile.ZipFile(io.BytesIO(taken(page, "IIIF manifest (ZIP)"))) as packed:
        manifest = json.loads(packed.read("my-selection.json"))
        assert len(manifest["items"]) == 3
        assert len(packed.namelist()) == 4
    assert taken(page, "Citations (RIS)").count(b"TY  - ART") == 3
    assert json.loads(taken(page, "The selection itself"))["works"][1]["note"] == "<b>seen</b> twice"
    assert taken(page, "Plate as PDF").startswith(b"%PDF")


def taken(page, label):
    """What a button for a download gives, on a page that stands still: while it is run through, a click is lost."""
    page.get_by_role("dialog").wait_for(state="detached")
    settled(page)
    with page.expect_download() as coming:
        page.get_by_role("button", name=label).click()
    return coming.value.path().read_bytes()

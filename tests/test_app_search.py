"""The page on which one searches, without a browser and in one."""

import json
import shutil
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.recipes import load_recipe
from tests.conftest import png, write_recipe
from tests.page_helpers import settled

HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) :red[no] $x^2$ **b** `c` \u202eقرأ " + "long " * 1000


def cards(page, key="search.results"):
    """What the component of cards is told."""
    return told(page, key)["cards"]


def told(page, key):
    """What a component of the page is told, as plain values."""
    [found] = [one for one in page.get("bidi_component") if one.proto.id.endswith(key)]
    data = found.proto
    return json.loads(data.mixed.json if data.WhichOneof("data") == "mixed" else data.json)


def said(page):
    """The question in words, and how many works were found."""
    return next(caption.value for caption in page.caption if " — " in caption.value)


def param(page, name):
    """What stands last under a name in the address."""
    value = page.query_params[name]
    return value if isinstance(value, str) else value[-1]


def sound(page):
    assert not page.exception
    assert not page.error
    return page


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """An archive of a table alone: no vectors, no images, and texts that try to be more than text."""
    folder = tmp_path_factory.mktemp("catalogue")
    rows = [
        ("1", HOSTILE, HOSTILE, "1890", "javascript:alert(1)"),
        ("2", "A red jug", "Newton", "1900", "https://example.org/2"),
        ("3", "A blue jug", "Schutt", "1910", "https://me@example.org/3"),
    ]
    lines = [{"id": i, "title": t, "creator": c, "date": d, "url": u} for i, t, c, d, u in rows]
    (folder / "t.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    text = (
        'title = "'
        + ":red[T] <b>x</b> $y$"
        + '"\n[collection]\nsource = "table"\npath = "t.jsonl"\n[encoder]\nid = "none"\n'
    )
    recipe = load_recipe(str(write_recipe(folder, text, "t")), root=folder)
    return Archive.open(build_archive(recipe, out=folder / "archive").path)


# Without a browser.


def test_before_anything_is_asked_the_page_says_what_can_be(room, small_cabinet):
    page = sound(room(small_cabinet.path))
    assert page.title[0].value == "C"
    assert page.subheader[0].value == f"Some of {len(small_cabinet)} works"
    assert len(cards(page)) == 12
    first = page.button(key="search.example.0")
    sound(first.click().run())
    assert param(page, "q") == first.label
    assert page.text_input(key="search.q").value == first.label
    assert [card["notes"][0].split(" ")[0] for card in cards(page)][:2] == ["1", "2"]


def test_results_are_those_of_the_library_in_their_order(room, small_cabinet):
    page = sound(room(small_cabinet.path, q="a blue jug", copies="each"))
    found = small_cabinet.search("a blue jug", k=192)
    assert [card["id"] for card in cards(page)] == [hit.item.id for hit in found.hits[:24]]
    assert "“a blue jug” — the first 192 of" in said(page)
    second = sound(room(small_cabinet.path, q="a blue jug", copies="each", pg="2"))
    assert [card["id"] for card in cards(second)] == [hit.item.id for hit in found.hits[24:48]]
    assert cards(second)[0]["notes"][0].startswith("25 ")
    last = sound(room(small_cabinet.path, q="a blue jug", pg="999"))
    assert cards(last)[0]["notes"][0].startswith("169 ")


def test_copies_stand_under_the_best_of_them_and_nothing_is_lost(room, small_cabinet, small_truth):
    pair = next(row for row in small_truth if row.get("copy_of"))
    whole = sound(room(small_cabinet.path, like=f"id:{pair['copy_of']}"))
    shown = cards(whole)
    ids = [card["id"] for card in shown] + [copy["id"] for card in shown for copy in card["copies"]]
    assert len(ids) == len(set(ids)) == 24
    ranks = [int(card["notes"][0].split(" ")[0]) for card in shown]
    assert ranks == sorted(ranks)


def test_trays_add_up_and_each_result_says_what_it_is_nearest_to(room, small_cabinet):
    work = small_cabinet.search("a red fish", k=1).hits[0].item
    page = sound(
        room(small_cabinet.path, q="a blue jug", like=[f"id:{work.id}@2"], unlike=["text:green"], by="meaning")
    )
    like, unlike = told(page, "search.trays")["trays"]
    assert [(entry["label"], entry["weight"]) for entry in like["entries"]] == [(work.title, 2)]
    assert [(entry["label"], entry["weight"]) for entry in unlike["entries"]] == [("green", 1)]
    shown = cards(page)
    assert work.id not in [card["id"] for card in shown]
    nearest = {note for card in shown for note in card["notes"] if note.startswith("nearest to")}
    assert nearest <= {f"nearest to {work.title}", "nearest to “a blue jug”"}
    assert nearest
    assert said(page).startswith("“a blue jug” \\+ ")


def test_a_facet_narrows_down_and_its_count_is_what_it_leaves(room, small_cabinet):
    page = sound(room(small_cabinet.path, q="jug"))
    place = next(one for one in told(page, "search.narrowing")["facets"] if one["name"] == "place")
    value = place["values"][0]
    narrowed = sound(room(small_cabinet.path, **{"q": "jug", "f.place": value["value"]}))
    assert f" {value['number']} works" in said(narrowed)
    assert all(value["value"] in card["credit"] for card in cards(narrowed))
    chip = narrowed.button(key="search.chip.0")
    assert value["label"] in chip.label
    chip.click().run()
    assert "f.place" not in narrowed.query_params
    assert param(narrowed, "q") == "jug"


def test_a_search_of_the_catalogue_counts_the_works_with_its_words(room, small_cabinet):
    page = sound(room(small_cabinet.path, q="amphora", by="words"))
    found = small_cabinet.search("amphora", by="words", k=len(small_cabinet)).hits
    assert 1 < len(found) < 192
    assert f"{len(found)} works" in said(page)
    places = Counter(hit.item.place for hit in found)
    place = next(one for one in told(page, "search.narrowing")["facets"] if one["name"] == "place")
    counts = {value["value"]: value["count"] for value in place["values"] if value["value"] is not None}
    assert counts
    assert counts == {value: places[value] for value in counts}


def test_what_is_chosen_without_a_question_is_listed_in_the_order_of_the_catalogue(room, small_cabinet):
    page = sound(room(small_cabinet.path, **{"from": "1800", "to": "1850"}))
    rows = small_cabinet.rows("coalesce(year_end, year) >= 1800 AND coalesce(year, year_end) <= 1850")
    assert f"{len(rows)} works, in the order of the catalogue." in [caption.value for caption in page.caption]
    assert [card["id"] for card in cards(page)] == [item.id for item in small_cabinet.collection.items(rows[:24])]


def test_where_nothing_is_found_it_says_what_to_take_away(room, small_cabinet):
    page = room(small_cabinet.path, **{"q": "jug", "by": "words", "f.place": ["nowhere"], "from": "1850"})
    assert page.info[0].value == "Nothing was found."
    back = [button for button in page.button if button.key.startswith("search.back")]
    n = len(small_cabinet.search("jug", by="words", k=192, where="coalesce(year_end, year) >= 1850").hits)
    assert [button.label for button in back] == [f"Without “Place\\: nowhere” there are {n} works"]
    sound(back[0].click().run())
    assert len(cards(page)) > 0
    nothing = sound(room(small_cabinet.path, q="qqqqqq", by="words"))
    assert "Try other words" in nothing.markdown[-1].value or any(
        "Try other words" in m.value for m in nothing.markdown
    )
    nothing.button[-1].click().run()
    assert "by" not in nothing.query_params


def test_another_order_says_the_rank_without_it(room, small_cabinet):
    page = sound(room(small_cabinet.path, q="a red fish", varied="1"))
    assert page.toggle(key="search.varied").value
    assert any("without the other order" in note for card in cards(page) for note in card["notes"])
    assert any("re\\-ranked" in caption.value for caption in page.caption)
    page.toggle(key="search.varied").set_value(False).run()
    assert "varied" not in page.query_params


def test_ways_of_searching_and_a_filter_of_ones_own_stand_in_the_address(room, small_cabinet):
    page = sound(room(small_cabinet.path, q="jug"))
    page.radio(key="search.by").set_value("words").run()
    assert param(page, "by") == "words"
    page.text_input(key="search.where").set_value("year < 1800").run()
    assert param(page, "where") == "year < 1800"
    assert "19" not in {card["credit"].split(" · ")[-1][:2] for card in cards(page)}
    page.text_input(key="search.where").set_value("yeer < 1800").run()
    assert "no column" in page.error[0].value
    assert not page.exception


def test_what_is_gone_or_not_understood_is_said_and_the_rest_is_answered(room, small_cabinet):
    page = room(small_cabinet.path, q="jug", like=["file:/etc/passwd", "picture:" + "0" * 32])
    said = " ".join(warning.value for warning in page.warning)
    assert "cannot be read; it is left out" in said
    assert "no longer here" in said
    assert len(cards(page)) > 0
    alone = room(small_cabinet.path, unlike=["text:jug"])
    assert "if they are like another" in alone.info[0].value
    empty = room(small_cabinet.path, like=["picture:" + "0" * 32])
    assert "Nothing to search for is left" in empty.info[0].value


def test_withheld_works_are_on_no_card_in_no_count_and_in_no_tray(room, small_cabinet, tmp_path):
    shutil.copytree(small_cabinet.path, tmp_path / "a")
    archive = Archive.open(tmp_path / "a")
    gone = archive.search("a blue jug", k=1).hits[0].item
    archive.withhold([gone.id], reason="asked for")
    page = room(tmp_path / "a", q="a blue jug", like=[f"id:{gone.id}"])
    shown = cards(page)
    assert gone.id not in [one["id"] for card in shown for one in (card, *card["copies"])]
    [entry] = told(page, "search.trays")["trays"][0]["entries"]
    assert "not in this archive, or is not shown" in entry["missing"]
    assert not entry["image"]
    assert f"of {len(small_cabinet) - 1} works" in said(page)


def test_an_archive_without_vectors_and_images_is_searched_by_its_words(room, catalogue):
    page = sound(room(catalogue.path, q="jug"))
    assert [card["title"] for card in cards(page)] == ["A red jug", "A blue jug"]
    assert [button["action"] for button in told(page, "search.results")["buttons"]] == ["keep"]
    assert not [one for one in page.get("bidi_component") if one.proto.id.endswith("search.trays")]
    assert any("without vectors" in one.value for one in room(catalogue.path).markdown)
    assert "metadata" in room(catalogue.path, like=["id:t:2"]).error[0].value


def test_hostile_texts_are_text(room, catalogue):
    page = sound(room(catalogue.path, q="script"))
    [card] = cards(page)
    assert card["title"].startswith("<script>alert(1)</script> [x](javascript:alert(1))")
    assert card["link"] == ""
    links = {card["id"]: card["link"] for card in cards(sound(room(catalogue.path)))}
    assert links == {"t:1": "", "t:2": "https://example.org/2", "t:3": ""}
    assert page.title[0].value == "\\:red\\[T\\] \\<b\\>x\\<\\/b\\> \\$y\\$"
    narrowed = sound(room(catalogue.path, **{"f.creator": " ".join(HOSTILE.split())}))
    label = narrowed.button(key="search.chip.0").label
    assert "\\<script\\>" in label
    assert "\\:red\\[no\\]" in label


def test_a_permalink_gives_the_same_page(room, small_cabinet):
    params = {"q": "jug", "like": ["text:red@0.5"], "f.medium": ["Woodcut"], "from": "1750", "varied": "1", "pg": "2"}
    one, other = (sound(room(small_cabinet.path, **params)) for _ in range(2))
    assert told(one, "search.results") == told(other, "search.results")
    assert told(one, "search.narrowing") == told(other, "search.narrowing")
    assert one.query_params == other.query_params


# In a browser.


@pytest.fixture(scope="session")
def served(serve, small_cabinet):
    return serve(small_cabinet.path)


def test_words_are_searched_for_and_the_way_back_leads_back(served, visitor):
    page = visitor(served)
    page.get_by_text("Some of").wait_for()
    box = page.get_by_label("Search for")
    box.fill("a blue jug")
    box.press("Enter")
    page.wait_for_url("**/?q=a+blue+jug")
    page.get_by_text("“a blue jug” — the first 192").wait_for()
    first = page.locator("ul.cards > li").first
    assert "Rights:" in first.inner_text()
    picture = first.locator("img").first
    assert picture.get_attribute("alt")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    source = first.locator("a[target=_blank]").first
    assert source.get_attribute("rel") == "noopener noreferrer"
    value = page.locator("li label input[type=checkbox]").first
    value.check()
    page.wait_for_url("**f.creator=**")
    page.get_by_role("button", name="✕ Maker").wait_for()
    page.go_back()
    page.wait_for_url("**/?q=a+blue+jug")
    page.get_by_role("button", name="✕ Maker").wait_for(state="detached")
    page.go_back()
    page.get_by_text("Some of").wait_for()
    expect(box).to_have_value("")
    page.go_forward()
    page.get_by_text("“a blue jug” — the first 192").wait_for()
    expect(box).to_have_value("a blue jug")
    settled(page)
    first.locator(".title a").click()
    page.wait_for_url("**/item?**")
    settled(page)
    page.go_back()
    page.get_by_text("“a blue jug” — the first 192").wait_for()
    assert page.url.endswith("/?q=a+blue+jug")


def test_a_picture_is_brought_searched_with_cut_and_weighed(served, visitor, small_cabinet):
    work = small_cabinet.collection[5]
    data = small_cabinet.original(work.id)
    page = visitor(served)
    page.get_by_text("Search with pictures").click()
    like = page.locator("section.tray.like")
    like.locator("input[type=file]").set_input_files({"name": "x.txt", "mimeType": "text/plain", "buffer": b"hello"})
    page.get_by_text("This is not a picture.").wait_for()
    like.locator("input[type=file]").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"hello"})
    page.get_by_text("cannot be searched with: text, not an image").wait_for()
    like.locator("input[type=file]").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": data})
    page.wait_for_url("**like=picture**")
    card = page.locator(f'ul.cards > li[data-id="{work.id}"]')
    card.wait_for()
    assert "the same file as in the query" in card.inner_text()
    weight = like.locator("input[type=number]")
    weight.fill("2.5")
    weight.press("Tab")
    page.wait_for_url("**%402.5")
    like.get_by_role("button", name="A part of it").click()
    page.get_by_role("button", name="Search with this part").click()
    page.wait_for_url("**xywh**")
    page.get_by_text("a part of your picture 1 × 2.5").first.wait_for()
    again = visitor(page.url)  # the address alone, in another browser
    again.get_by_text("a part of your picture 1 × 2.5").first.wait_for()
    like.get_by_role("button", name="Remove").click()
    page.get_by_text("Some of").wait_for()


def test_a_picture_is_pasted_anywhere_and_words_are_left_alone(served, visitor, small_cabinet):
    page = visitor(served)
    page.get_by_text("Search with pictures").wait_for()
    pixels = np.zeros((40, 40, 3), np.uint8)
    page.evaluate(
        """bytes => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
            const told = { clipboardData: transfer, bubbles: true, composed: true };
            document.body.dispatchEvent(new ClipboardEvent("paste", told));
        }""",
        list(png(Image.fromarray(pixels))),
    )
    page.wait_for_url("**like=picture**")
    page.locator("section.tray.like").get_by_text("your picture 1").wait_for()


def test_cards_fill_trays_and_the_selection_by_keyboard(served, visitor):
    page = visitor(served + "/?q=fish")
    cards = page.locator("ul.cards > li")
    cards.first.wait_for()
    keep = cards.nth(1).get_by_role("button", name="Keep")
    keep.focus()
    keep.press("Enter")
    page.locator('button[data-action="keep"][aria-pressed="true"]').wait_for()
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.action") == "keep"
    cards.first.get_by_role("button", name="“less like”").click()
    page.wait_for_url("**unlike=id**")
    page.locator("section.tray.unlike li.chip").wait_for()
    cards.nth(2).get_by_role("button", name="Find similar").click()
    page.wait_for_url("**/?like=id**")
    assert "q=" not in page.url


def test_on_a_phone_nothing_is_wider_than_the_screen(served, visitor):
    page = visitor(served + "/?q=fish&unlike=text:green", width=390, dark=True)
    page.locator("ul.cards > li").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not page.locator("li label input[type=checkbox]").first.is_visible()  # folded away until asked for
    page.get_by_text("Narrow down").click()
    page.locator("li label input[type=checkbox]").first.wait_for()

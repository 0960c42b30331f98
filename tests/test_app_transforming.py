"""Contrast, darkroom, blend and walk as pages: the questions in their addresses, what is shown, what is kept away."""

import base64
import json
import shutil
import time
from dataclasses import asdict

import pytest

from latentarchive.archive import Archive
from latentarchive.audit import load_suite
from latentarchive.diffusion import looking
from latentarchive.line import LineFull
from latentarchive.render.contrasts import ASKED
from reading_room import contrasting, developing, experiments, made, studio
from reading_room.cards import Card, Lead
from tests.app_words import APPS
from tests.model_helpers import one_thread

STEPS = "4"
MARKUP = "<script>alert(1)</script> [x](javascript:y) :red[z] $a$"


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with one_thread(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "SAMPLE", 16)  # the pixels of 1,200 pairs take seconds
        yield


@pytest.fixture
def developed(room):
    """Opens a page and looks at it until what it asks for is made."""

    def opened(*archives, **asked):
        page = room(*archives, **asked)
        for _ in range(600):
            assert not page.exception, page.exception
            waits = any(button.label == "Stop" for button in page.button)
            if not waits:
                return page
            time.sleep(0.1)
            page.run()
        raise AssertionError("nothing was made")

    return opened


def _data(page):
    stack, seen = [page._tree], []
    while stack:
        node = stack.pop()
        stack += list(getattr(node, "children", {}).values())
        proto = getattr(node, "proto", None)
        if hasattr(proto, "json") and "latentarchive." in getattr(proto, "component_name", ""):
            seen.append(json.loads(proto.json))
    return seen


def lists(page):
    """Lists of cards by what they are."""
    return {one["label"]: one["cards"] for one in _data(page) if "cards" in one}


def sentences(page):
    return [entry["text"] for one in _data(page) if "sentences" in one for entry in one["sentences"]]


@pytest.fixture
def own(small_cabinet, tmp_path):
    """A copy in which works may be withheld."""
    shutil.copytree(small_cabinet.path, tmp_path / "own")
    return Archive.open(tmp_path / "own")


def ids(archive, count=2):
    """Works that may condition an image."""
    free = (item.id for item in archive.shown() if not item.mining.startswith("DMI-PROHIBITED"))
    return [next(free) for _ in range(count)]


def test_a_page_that_is_asked_nothing_says_what_to_do(room, small_cabinet):
    for page in ("contrast", "darkroom", "blend", "walk"):
        opened = room(small_cabinet.path, page=page)
        assert not opened.exception
        assert opened.info
        assert any("random" in button.label for button in opened.button)


def test_contrast_has_two_walls_of_equal_size_and_withholds_figures_of_few(developed, small_cabinet):
    page = developed(small_cabinet.path, page="contrast", q="a blue jug", n="2", steps=STEPS)
    walls = lists(page)
    kept, generated = walls["Kept: retrieved from the archive"], walls["Made: generated, none of them a work"]
    assert len(kept) == len(generated) == 2
    assert not any(card["generated"] for card in kept)
    assert all(card["generated"] and card["image"].startswith("/made/") for card in generated)
    assert all(card["rights"] and card["source"] for card in (*kept, *generated))
    assert [card["title"] for card in generated] == ["seed 0", "seed 1"]
    for card in generated:  # the work that it resembles most is one step away, from the card and from the table
        ((said, href),) = card["leads"]
        assert said.startswith("resembles most: ")
        assert "/item?" in href
    (told,) = [one for one in _data(page) if "sentences" in one]
    named = {cell for row in told["sentences"][0]["rows"] for cell in row} & set(told["pages"])
    assert named == set(told["sentences"][0]["works"])
    assert len(sentences(page)) == 1  # which works they resemble; nothing that needs five images
    assert any("5" in caption.value and "variety" in caption.value for caption in page.caption)
    assert [button.label for button in page.get("download_button")]


def test_the_same_question_gives_the_same_images_also_when_they_are_made_again(developed, small_cabinet):
    asked = {"page": "contrast", "q": "a red vessel", "n": "2", "steps": STEPS, "seed": "7"}

    def images():
        page = developed(small_cabinet.path, **asked)
        wall = lists(page)["Made: generated, none of them a work"]
        key = wall[0]["image"].split("/")[2]
        return key, [studio.STUDIO.find(key).images[card["id"]].png() for card in wall]

    key, first = images()
    assert images() == (key, first)
    studio.STUDIO.forget(key)
    assert images() == (key, first)


def test_works_of_the_address_are_asked_with_and_swept_by_strength(developed, small_cabinet):
    (item,) = ids(small_cabinet, 1)
    page = developed(small_cabinet.path, page="contrast", like=item, tell="image", n="2", steps=STEPS)
    assert page.selectbox(key="contrast.tell").value == "image"
    assert [card["id"] for card in lists(page)["Asked with"]] == [item]
    pairs = [one["cards"] for one in _data(page) if one.get("label", "").endswith("what was made of it")]
    assert item in [cards[0]["id"] for cards in pairs]
    assert len(pairs) == 2
    assert [card["title"] for card in pairs[0][1:]] == [f"{share}% made anew" for share in (0, 25, 50, 75, 100)]


def test_darkroom_shows_steps_beside_works_and_the_way_back(developed, small_cabinet):
    (item,) = ids(small_cabinet, 1)
    page = developed(small_cabinet.path, page="darkroom", like=item, steps=STEPS)
    assert page.text_input(key="q").value == item
    up = lists(page)
    assert [card["generated"] for card in up["The image comes up"]] == [True] * 4
    assert up["The work vanishes"][0]["id"] == item
    assert sum(text.startswith("From step") or "found no more" in text for text in sentences(page)) >= 2
    assert any("Signal to noise" in text for text in sentences(page))


def test_blend_takes_works_and_words_in_three_spaces_beside_what_is_nearest(developed, small_cabinet):
    (item,) = ids(small_cabinet, 1)
    page = developed(small_cabinet.path, page="blend", a=item, b="a blue jug", steps=STEPS)
    rows = lists(page)
    assert sum(all(card["generated"] for card in cards) and len(cards) == 5 for cards in rows.values()) == 3
    assert len(rows["What the archive has nearest to the middle"]) == 4
    assert len(rows["What each middle, as it was made, resembles most"]) == 3
    assert sum("mixture score" in text for text in sentences(page)) >= 3


def test_walk_goes_by_keys_through_what_is_made_and_what_there_is(developed, small_cabinet):
    first, last = ids(small_cabinet)
    page = developed(small_cabinet.path, page="walk", **{"from": first, "to": last}, n="3", steps=STEPS)
    (slider,) = [one for one in page.slider if one.label == "Picture on the way"]
    assert (slider.min, slider.max, slider.value) == (1, 3, 1)
    assert lists(page)["What is made there"][0]["title"] == "0% of the way"
    slider.set_value(3)
    page.run()
    assert lists(page)["What is made there"][0]["title"] == "100% of the way"
    assert lists(page)["What the archive has there"][0]["id"] == last
    assert any("largest jump" in text for text in sentences(page))


def test_words_are_words_and_read_no_file(developed, small_cabinet, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"")
    for written in (str(tmp_path / "secret.png"), MARKUP):
        page = developed(small_cabinet.path, page="darkroom", q=written, steps=STEPS)
        assert not page.error
        assert len(lists(page)["The image comes up"]) == 4


def test_what_is_withheld_is_not_there_and_what_was_made_of_it_is_gone(developed, room, own):
    item, other = ids(own)
    page = developed(own.path, page="blend", a=item, b=other, steps=STEPS)
    row = next(cards for label, cards in lists(page).items() if label.startswith("In the encoder"))
    making = studio.STUDIO.find(row[0]["image"].split("/")[2])
    record = making.images[row[0]["id"]].record
    assert made.shown(record, own)
    own.withhold([item], reason="the test")
    assert not made.shown(record, own)
    assert item not in json.dumps(experiments.result(making).values())
    for asked in ({"page": "darkroom", "q": item}, {"page": "contrast", "like": item}):
        page = room(own.path, **asked)
        assert [error.value.replace("\\", "") for error in page.error] == [f"There is no work {item} here."]


def test_what_a_generator_cannot_do_is_not_offered_and_said(room, archive):
    page = room(archive.path, page="contrast")
    told = page.selectbox(key="contrast.tell")
    assert "the vectors of the works found" not in told.options
    assert any("another encoder" in caption.value for caption in page.caption)
    assert any("another encoder" in info.value for info in room(archive.path, page="walk").info)


def test_no_generator_of_that_name_is_one_sentence(room, small_cabinet):
    page = room(small_cabinet.path, page="walk", settings={"generator": "/no/such/folder"}.items())
    assert len(page.error) == 1
    assert "no generator" in page.error[0].value
    assert not page.exception


def test_a_full_line_and_a_failure_are_sentences_and_can_be_tried_again(room, small_cabinet, monkeypatch):
    def full(*_):
        message = "many wait"
        raise LineFull(message)

    monkeypatch.setattr(developing.STUDIO, "ask", full)
    page = room(small_cabinet.path, page="darkroom", q="a full line", steps=STEPS)
    assert [one.value for one in page.warning] == ["many wait"]
    monkeypatch.undo()
    monkeypatch.setattr(studio, "LONGEST", -1)
    page = room(small_cabinet.path, page="darkroom", q="too long", steps=STEPS)
    for _ in range(300):
        if page.error:
            break
        time.sleep(0.1)
        page.run()
    assert "was stopped" in page.error[0].value
    assert any(button.label == "Try again" for button in page.button)


def test_contrast_in_a_browser_shows_steps_as_they_happen_and_images_with_their_records(serve, visitor, small_cabinet):
    # Slower than others: a process of its own loads a generator and makes images, in so many steps that they are not
    # done before the page looks again. What it measures of them is asked above, without a browser: it takes longer.
    page = visitor(serve(small_cabinet.path) + "/contrast?q=a blue jug&n=6&steps=40", width=390)
    page.set_default_timeout(300_000)
    step = page.locator("ol .frame img").first
    step.wait_for()
    assert "not a work" in step.get_attribute("alt")
    assert page.get_by_text("Making image").first.is_visible()
    assert page.locator("li:not(.generated) img").first.get_attribute("alt")  # what was retrieved is there already
    image = page.locator("li.generated img").first
    image.scroll_into_view_if_needed()  # pictures far below are not loaded
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
    address = image.evaluate("image => image.src")
    assert b"trainedAlgorithmicMedia" in page.request.get(address).body()
    assert page.request.get(address.replace("seed-", "none-")).status == 404
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped: nothing is being made.").wait_for()


def scripts(*names):
    """Scripts of a component, joined as it joins them."""
    return base64.b64encode(b"\n".join((APPS / "reading_room" / name).read_bytes() for name in names)).decode()


def test_the_steps_of_the_next_image_take_the_places_of_those_before(chromium):
    # The images of a blend in one space have one name, so that their steps are told apart by their pictures alone.
    script = scripts("scripts/elements.js", "steps.js")

    def step(number, shade):
        drawn = f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='{shade}' height='9'/>"
        return {"picture": drawn, "alt": "a step", "said": str(number), "near": "", "nearAlt": ""}

    page = chromium.new_page()
    shown = page.evaluate(
        """async ([script, ...told]) => {
          const { default: draw } = await import(`data:text/javascript;base64,${script}`);
          const words = { label: "", near: "" };
          for (const steps of told) draw({ parentElement: document.body, data: { words, steps } });
          return [...document.querySelectorAll(".frame img")].map((image) => image.getAttribute("src"));
        }""",
        [script, first := [step(1, 10), step(2, 11), step(4, 12)], then := [step(1, 20), step(2, 21)]],
    )
    page.close()
    assert shown == [one["picture"] for one in then] != [one["picture"] for one in first]


def test_a_work_that_an_image_resembles_is_a_link_below_it(chromium):
    script = scripts("scripts/elements.js", "scripts/links.js", "cards.js")
    card = asdict(Card(id="seed-1", title="seed 1", credit="4 steps", source="tiny", rights="unknown", image="", alt="",
                       leads=(Lead("resembles most: <b>", "/item?id=a:1"),), generated=True))  # fmt: skip
    words = {"source": "Source", "rights": "Rights", "generated": "Generated, not a work", "nothing": "no image"}
    page = chromium.new_page()
    told = page.evaluate(
        """async ([script, data]) => {
          const { default: draw } = await import(`data:text/javascript;base64,${script}`);
          draw({ parentElement: document.body, data, setTriggerValue: () => {} });
          const link = document.querySelector("li.generated a");
          return [link.textContent, link.getAttribute("href")];
        }""",
        [script, {"cards": [card], "words": words, "buttons": [], "small": True, "label": "Made"}],
    )
    page.close()
    assert told == ["resembles most: <b>", "/item?id=a:1"]


def test_every_check_of_a_contrast_says_what_it_asks():
    checks = [bound.check.name for bound in load_suite(contrasting.SUITE).checks]
    assert list(ASKED) == [f"contrast.{name}" for name in contrasting.asked()]
    assert set(checks) == set(ASKED)
    assert list(ASKED.values()) == list(contrasting.asked().values())

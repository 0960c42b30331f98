"""A kiosk: its scenes without a browser, and in one what a visitor who stays or leaves meets."""

import base64
import json
import time
import urllib.error
import urllib.request
from urllib.parse import unquote

import pytest

from latentarchive.wording import title
from reading_room import pictures
from tests.app_words import APPS

PROFILE = """
title = {en = "The cabinet", ar = "الخزانة"}
languages = ["en", "ar"]
pages = ["search", "item", "contrast", "about"]
[works]
where = "rights_class = 'open'"
[[questions]]
words = "a blue jug"
label = {en = "A blue jug", ar = "إبريق أزرق"}
[[questions]]
words = "a mask"
label = "A mask"
[idle]
ask_after = 60
reset_after = 15
[attract]
seconds = 1
[typing]
allowed = true
blocked = ["banner*"]
"""


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    path = tmp_path_factory.mktemp("kiosk") / "profile.toml"
    path.write_text(PROFILE)
    return path


@pytest.fixture
def kiosk(room, small_cabinet, profile):
    """Opens the kiosk at an address, without a browser, and tells what the browser would draw."""

    def opened(**asked):
        page = room(small_cabinet.path, settings={"kiosk": str(profile), "generator": "none"}, **asked)
        assert not page.exception
        assert not page.error
        assert not page.sidebar.children
        return scene(page)

    return opened


def scene(page):
    drawn = [json.loads(one.proto.json) for one in page.main if getattr(one, "key", "") == "stage"]
    return drawn[0]


def shown(drawn):
    """Everything of a scene that a visitor can read or fetch."""
    return json.dumps(drawn, ensure_ascii=False)


def test_nobody_is_there_at_first_and_a_touch_leads_to_the_questions(kiosk):
    drawn = kiosk()
    assert (drawn["kind"], drawn["title"], drawn["lang"], drawn["dir"]) == ("attract", "The cabinet", "en", "ltr")
    assert [one["label"] for one in drawn["buttons"]] == ["Touch the screen to begin", "المسوا الشاشة للبدء"]
    assert 1 < len(drawn["tiles"]) <= 24
    assert all("Rights: " in tile["lines"][-1] and tile["alt"] for tile in drawn["tiles"])
    start = kiosk(**drawn["buttons"][1]["go"])
    assert (start["kind"], start["dir"]) == ("start", "rtl")
    assert [tile["title"] for tile in start["tiles"]] == ["إبريق أزرق", "A mask"]
    assert all(len(tile["lines"]) == 3 and all(tile["lines"]) for tile in start["tiles"])  # title, source, rights
    assert [one["label"] for one in start["languages"]] == ["English", "العربية"]


def test_each_touch_leads_on_and_back(kiosk):
    results = kiosk(**kiosk(show="start")["tiles"][0]["go"])
    assert (results["kind"], results["title"], len(results["tiles"])) == ("results", "A blue jug", 12)
    work = kiosk(**results["tiles"][3]["go"])
    assert (work["kind"], work["title"]) == ("work", results["tiles"][3]["title"])
    assert work["title"] not in [one["go"]["id"] for one in work["beside"]]
    back = next(one for one in work["buttons"] if one["label"] == "Back")
    assert kiosk(**back["go"])["title"] == "A blue jug"


def test_a_question_about_a_work_shows_that_work(room, small_cabinet, tmp_path):
    item = next(item for item in small_cabinet.shown() if item.image)
    (tmp_path / "profile.toml").write_text(f'title = "T"\n[[questions]]\nwork = "{item.id}"\nlabel = "Near this one"\n')
    page = room(small_cabinet.path, settings={"kiosk": str(tmp_path / "profile.toml")}, show="start")
    (tile,) = scene(page)["tiles"]
    assert (tile["title"], tile["lines"][0]) == ("Near this one", title(item))


def test_only_chosen_works_are_anywhere(kiosk, small_cabinet):
    hidden = {item.id for item in small_cabinet.shown("rights_class != 'open'")}
    scenes = [kiosk(), kiosk(show="start"), kiosk(show="results", ask="0"), kiosk(show="results", q="a mask")]
    scenes += [kiosk(**tile["go"]) for tile in scenes[2]["tiles"][:3]]
    for drawn in scenes:
        assert all(tile["image"] for tile in drawn["tiles"] + drawn["beside"])
        said = unquote(shown(drawn))
        assert [item_id for item_id in hidden if item_id in said] == []
    refused = kiosk(show="work", id=min(hidden))
    assert (refused["kind"], refused["title"]) == ("sorry", "This is not shown here.")


@pytest.mark.parametrize(
    "asked",
    [
        {"show": "results", "ask": "99"},
        {"show": "results", "ask": "<script>"},
        {"show": "work", "id": "nothing"},
        {"show": "work"},
        {"show": "audit"},
        {"show": "contrast", "ask": "-1"},
    ],
)
def test_an_address_that_leads_nowhere_says_so_and_leads_back(kiosk, asked):
    drawn = kiosk(**asked)
    assert drawn["kind"] == "sorry"
    assert [one["go"] for one in drawn["buttons"]] == [{"show": "start"}]


def test_words_of_ones_own_are_searched_for_unless_they_are_blocked(kiosk):
    assert kiosk(show="start")["form"]["longest"] == 120
    assert kiosk(show="results", q="a jug")["title"] == "“a jug”"
    drawn = kiosk(show="results", q="red Banners")
    assert drawn["kind"] == "sorry"
    assert "Banners" not in shown(drawn)


def test_what_was_withheld_meanwhile_is_gone_at_the_next_look(room, tmp_path, archive):
    path = tmp_path / "profile.toml"
    path.write_text('title = "T"\n[[questions]]\nwords = "red"\nlabel = "Red"\n')
    page = room(archive.path, settings={"kiosk": str(path)}, show="results", ask="0")
    first = scene(page)["tiles"][0]["go"]["id"]
    archive.withhold([first], reason="asked for")
    page.run()
    assert first not in [tile["go"]["id"] for tile in scene(page)["tiles"]]


def test_a_generator_that_cannot_be_had_is_said(kiosk):
    for _ in range(100):
        drawn = kiosk(show="contrast", ask="0")
        if not drawn["again"]:
            break
        time.sleep(0.1)
    assert drawn["tiles"][0]["lines"] == ["The machine cannot make an image of this."]
    assert drawn["tiles"][0]["generated"]
    assert len(drawn["beside"]) == 6


def test_a_generated_image_comes_labelled_with_its_record_inside(monkeypatch, small_cabinet, small_generator, profile):
    import base64
    import io

    from PIL import Image

    from latentarchive.kiosk import Question
    from reading_room.kiosk import making

    told = {"archives": [str(small_cabinet.path)], "generator": str(small_generator), "kiosk": str(profile)}
    monkeypatch.setenv("LATENTARCHIVE_APP", json.dumps(told))
    question = Question(words="a blue jug", label="A blue jug")
    steps = set()
    for _ in range(600):
        state = making.state(small_cabinet.path.name, question, 0)
        steps.add(state.done)
        if state.ended:
            break
        time.sleep(0.05)
    assert not state.error
    assert state.done == state.total > 0
    image = Image.open(io.BytesIO(base64.b64decode(state.image.partition(",")[2])))
    assert "trainedAlgorithmicMedia" in image.text["XML:com.adobe.xmp"]
    assert making.state(small_cabinet.path.name, question, 0).image == state.image  # made once


@pytest.fixture(scope="module")
def address(serve, small_cabinet, profile):
    return serve(small_cabinet.path, options=("--kiosk", str(profile)))


def test_who_leaves_is_asked_and_then_forgotten(address, visitor):
    page = visitor("about:blank")
    page.clock.install()  # a minute passes at once
    page.goto(address)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.locator(".stage.attract .touch").click()
    page.locator(".stage.start").wait_for()
    page.get_by_role("button", name="العربية").click()
    page.locator(".stage[dir=rtl]").wait_for()
    page.locator("html[dir=rtl]").wait_for(state="attached")
    tiles = page.locator(".tiles li")
    assert tiles.nth(0).bounding_box()["x"] > tiles.nth(1).bounding_box()["x"]
    assert "lang=ar" in page.url
    still = page.locator(".still")
    assert still.is_hidden()
    page.clock.fast_forward(61_000)
    still.wait_for()
    assert "هل ما زلتم هنا؟" in still.inner_text()
    page.locator(".still button").click()
    still.wait_for(state="hidden")
    page.clock.fast_forward(30_000)
    assert still.is_hidden()
    assert "show=start" in page.url
    page.clock.fast_forward(31_000)
    still.wait_for()
    page.clock.fast_forward(16_000)  # nobody touched it again
    page.locator(".stage.attract").wait_for()
    page.locator("html[dir=ltr]").wait_for(state="attached")
    assert "?" not in page.url


def test_the_seconds_are_counted_to_the_last_and_a_slow_server_is_no_zero(chromium):
    script = base64.b64encode((APPS / "reading_room" / "kiosk" / "idle.js").read_bytes()).decode()
    words = {"question": "?", "count": "{seconds} seconds", "last": "1 second", "now": "now", "stay": "!"}
    page = chromium.new_page()
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.evaluate(
        """async ([script, data]) => {
          const { default: draw } = await import(`data:text/javascript;base64,${script}`);
          window.told = 0;
          document.documentElement.dataset.stage = "drawn";
          draw({ parentElement: document.body, data, setTriggerValue: () => { window.told += 1; } });
        }""",
        [script, {"active": True, "ask_after": 10, "reset_after": 3, "words": words, "lang": "en", "dir": "ltr"}],
    )
    said = []
    for seconds in (10.5, 1, 1, 1, 5):
        page.clock.run_for(1000 * seconds)
        said.append((page.locator(".still p").last.inner_text(), page.evaluate("window.told")))
    page.close()
    assert said == [("3 seconds", 0), ("2 seconds", 0), ("1 second", 0), ("now", 1), ("now", 1)]


def test_nobody_is_asked_while_nobody_is_there_and_works_pass_by(address, visitor):
    page = visitor(address)
    seen = set()
    for _ in range(25):
        seen.add(page.locator(".loop img").get_attribute("src"))
        if len(seen) > 2:
            break
        page.wait_for_timeout(200)
    else:
        raise AssertionError("works do not pass by")
    assert page.locator(".still").is_hidden()


def test_there_is_nothing_to_get_out_by(address, visitor, small_cabinet):
    page = visitor(address + "/?show=results&ask=0")
    page.locator(".stage.results").wait_for()
    assert page.locator("a[href]:not([href^='#'])").count() == 0
    assert page.locator("input[type=file], [data-testid=stMainMenu], [data-testid=stSidebar], iframe").count() == 0
    assert (
        page.evaluate("document.dispatchEvent(new MouseEvent('contextmenu', {cancelable: true, bubbles: true}))")
        is False
    )
    scrolled = page.locator(".view").evaluate("view => { view.scrollTop = 300; return view.scrollTop; }")
    before = page.url
    for key in ("r", "c", "Escape"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.url == before
    assert page.locator(".view").evaluate("view => view.scrollTop") == scrolled
    hidden = next(small_cabinet.shown("rights_class != 'open'")).id
    open_one = next(small_cabinet.shown("rights_class = 'open'")).id
    name = small_cabinet.path.name
    for of in (pictures.thumb, pictures.view):
        assert urllib.request.urlopen(address + of(name, open_one)).headers["content-type"] == "image/webp"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(address + of(name, hidden))


def test_everything_fits_and_can_be_touched(address, visitor):
    page = visitor(address + "/?show=start")
    for kind in ("start", "results", "work"):
        page.locator(f".stage.{kind}").wait_for()
        for width, height in ((390, 844), (1080, 1920), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")  # drawn
            wide = page.locator(".view").evaluate(
                "view => [view.scrollWidth - view.clientWidth, document.body.scrollWidth]"
            )
            assert wide[0] <= 0
            assert wide[1] <= width
            buttons = page.locator(".bar button, .tiles button")
            least = buttons.evaluate_all("all => Math.min(...all.map(b => Math.min(b.offsetHeight, b.offsetWidth)))")
            assert least >= 48
            bar = page.locator(".bar").bounding_box()
            assert bar["y"] > height / 2
            assert bar["y"] + bar["height"] <= height + 1
            assert page.locator(".stage img:not([alt])").count() == 0
        if kind != "work":
            page.locator(".tiles button").first.click()

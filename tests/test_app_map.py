"""The map page: its words without a browser; the lasso, the keys and two maps side by side in one."""

import math
import shutil
import urllib.error
import urllib.request

import numpy as np
import pytest

from latentarchive.archive import Archive
from latentarchive.maps import make_map
from latentarchive.maps.selecting import inside, parse_polygon
from latentarchive.maps.serving import ShownMap
from latentarchive.maps.stored import keep_map, kept_maps
from latentarchive.measures.fidelity import Fidelity
from reading_room.atlas import component, telling
from tests.conftest import SECRET
from tests.page_helpers import settled
from tests.space_helpers import cloud, space
from tests.test_app_axe import violations
from tests.test_app_hostile import said

LEFT_HALF = "-100000_-100000.500000_-100000.500000_1100000.-100000_1100000"


@pytest.fixture(scope="module")
def mapped(small_cabinet, tmp_path_factory):
    """A copy of the small cabinet with two maps."""
    path = tmp_path_factory.mktemp("mapped") / "cabinet"
    shutil.copytree(small_cabinet.path, path)
    archive = Archive.open(path)
    for method in ("som", "pca"):
        keep_map(make_map(archive, method=method), archive)
    return archive


@pytest.fixture(scope="module")
def address(serve, mapped):
    return serve(mapped.path)


def shown_maps(archive):
    return {one.method: ShownMap.now(one, archive) for one in kept_maps(archive)[0]}


def words(page):
    return " ".join(element.value for element in [*page.markdown, *page.caption, *page.info, *page.warning])


def headings(page):
    return [element.value for element in page.subheader]


# Without a browser.


def test_where_there_is_no_map_it_is_said_what_makes_one(room, tmp_path):
    archive = space(tmp_path, cloud(60))
    page = room(archive.path, page="map")
    assert not page.exception
    assert "latentarchive map ARCHIVE --keep" in words(page)
    page.button[0].click().run()
    assert not page.exception
    assert headings(page) == ["All 60 works"]
    assert [one.method for one in kept_maps(archive)[0]] == ["pca"]


def test_too_few_works_for_a_map_are_a_sentence(room, archive):
    page = room(archive.path, page="map")
    page.button[0].click().run()
    assert not page.exception
    assert "too few for a map" in words(page)


def test_the_page_says_what_the_map_keeps_and_lists_all_works(room, mapped):
    page = room(mapped.path, page="map")
    assert not page.exception
    assert headings(page) == [f"All {len(mapped):,} works"]
    said = words(page)
    assert "Axes mean nothing, distances mean nothing, neighbourhoods do" in said
    assert "by chance" in said
    assert page.selectbox(key="map.map").value == "som"


def test_a_selection_is_an_address(room, mapped):
    shown = shown_maps(mapped)["pca"]
    count = int((shown.xy[:, 0] < 0.5).sum())
    page = room(mapped.path, page="map", map="pca", line=LEFT_HALF)
    assert headings(page) == [f"{count:,} of {len(shown):,} works selected"]
    groups = shown.groups("medium")
    both = int(((shown.xy[:, 0] < 0.5) & (groups.of == 0)).sum())
    page = room(mapped.path, page="map", map="pca", by="medium", line=LEFT_HALF, only=groups.names[0])
    assert headings(page) == [f"{both:,} of {len(shown):,} works selected"]
    page = room(mapped.path, page="map", map="pca", view="0_0_500000_1000000")
    assert headings(page) == [f"{count:,} of {len(shown):,} works in view"]


@pytest.mark.parametrize(
    "params",
    [{"line": "1_2.3"}, {"line": LEFT_HALF, "on": "elsewhere/pca"}, {"only": "<script>"}, {"by": "nothing", "p": "-3"},
     {"view": "a_b_c_d"}, {"work": "x"}, {"beside": "cabinet/nothing"}, {"map": "[x](javascript:alert(1))"},
     {"p": "9" * 8}],
)  # fmt: skip
def test_an_address_that_makes_no_sense_is_a_sentence_or_nothing(room, mapped, params):
    page = room(mapped.path, page="map", **params)
    assert not page.exception
    assert not page.error
    assert headings(page)[-1] == f"All {len(mapped):,} works"


def test_two_maps_and_what_their_neighbourhoods_share(room, mapped):
    page = room(mapped.path, page="map", map="som", beside="cabinet/pca")
    assert "Choose a work, or draw a line" in words(page)
    shown = shown_maps(mapped)
    work = shown["som"].item(7)
    page = room(mapped.path, page="map", map="som", beside="cabinet/pca", work=work.id)
    said = words(page)
    assert "Of the 40 works nearest to it on the left, " in said
    assert "views of one space" in said
    page = room(mapped.path, page="map", map="som", beside="cabinet/pca", line=LEFT_HALF, on="cabinet/pca")
    count = int((shown["pca"].xy[:, 0] < 0.5).sum())
    assert headings(page) == [f"{count:,} of {len(mapped):,} works selected"]  # drawn on the right, the same works
    assert "the mean over 100 of them" in words(page)


def test_how_a_map_is_read_follows_its_figures():
    kept = Fidelity(10, 4000, 1000, 0.354, 0.006, 10 / 3999, 0.966, 0.965, 0.501)
    said = telling.reading(kept)
    assert "of the 10 works that the encoder finds nearest to a work, 3.5 are among the 10 nearest to it here" in said
    assert "(by chance 0.025)" in said
    assert "nearly always alike" in said
    poor = Fidelity(10, 4000, 1000, 0.04, 0.006, 10 / 3999, 0.72, 0.86, 0.501)
    assert "is not alike" in telling.reading(poor)


def test_what_an_address_says_is_in_view():
    assert component.rectangle("0_-100000_500000_1000000") == [0, -0.1, 0.5, 1]
    for text in ("", "1_2_3", "5_0_1_2", "a_b_c_d", "0_0_99999999_1"):
        assert component.rectangle(text) is None


# Over HTTP.


def fetched(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def refused(url):
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetched(url)
    return caught.value.code, caught.value.read().decode()


def test_what_is_sent_and_what_is_refused(serve, mapped, tmp_path):
    path = tmp_path / "cabinet"
    shutil.copytree(mapped.path, path)
    shutil.copytree(f"{mapped.path}.maps", f"{path}.maps")
    archive = Archive.open(path)
    shown, address = shown_maps(archive)["pca"], serve(path)
    base = f"{address}/maps/cabinet/pca/{shown.version}"
    n = len(shown)
    assert fetched(f"{base}/points") == shown.points()
    assert len(fetched(f"{base}/points")) == 8 * n
    assert fetched(f"{base}/codes?by=medium") == shown.codes("medium")
    bits = np.unpackbits(np.frombuffer(fetched(f"{base}/mask?line={LEFT_HALF}"), np.uint8), bitorder="little")[:n]
    assert bits.tolist() == (shown.xy[:, 0] < 0.5).astype(int).tolist()
    assert fetched(f"{base}/tiles/0/0/0")[8:12] == b"WEBP"
    assert fetched(f"{base}/picture")[:4] == b"\x89PNG"
    assert refused(f"{base}/codes?by=nothing")[0] == 400
    assert refused(f"{base}/mask?line=1_2")[0] == 400
    assert refused(f"{base}/thumbs/{n}")[0] == 400
    assert refused(f"{base}/tiles/9/0/0")[0] == 404
    assert refused(f"{address}/maps/cabinet/tsne/{shown.version}/points")[0] == 400
    assert refused(f"{address}/maps/elsewhere/pca/{shown.version}/points")[0] == 404
    assert refused(f"{address}/maps/scripts/..%2fheld.py")[0] in (400, 404)
    archive.withhold([shown.item(3).id], reason="a complaint")
    code, said = refused(f"{base}/works/3")  # place 3 is another work's now
    assert (code, said) == (409, "this map has changed; open the page again")
    after = shown_maps(archive)["pca"]
    assert len(fetched(f"{address}/maps/cabinet/pca/{after.version}/points")) == 8 * (n - 1)


# In a browser.


def ready(page):
    page.wait_for_selector(".field[data-ready]")
    return page.locator(".field").first


def test_a_line_drawn_by_hand_becomes_the_list(address, visitor, mapped):
    page = visitor(f"{address}/map?map=pca")
    field = ready(page)
    page.get_by_role("button", name="Draw a line around works").click()
    box = field.bounding_box()
    x, y, radius = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["height"] / 4
    page.mouse.move(x + radius, y)
    page.mouse.down()
    for step in range(1, 40):
        angle = step / 20 * math.pi
        page.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle))
    page.mouse.up()
    heading = page.get_by_role("heading", name="works selected")
    heading.wait_for()
    line = page.url.split("line=")[1].split("&")[0]
    shown = shown_maps(mapped)["pca"]
    chosen = inside(parse_polygon(line), shown.xy)
    assert 20 < chosen.sum() < len(shown) - 20
    assert heading.inner_text() == f"{chosen.sum():,} of {len(shown):,} works selected"
    circle = (np.hypot(*(shown.xy - 0.5).T) * 0.86 * box["height"]) < radius
    assert (chosen != circle).mean() < 0.02  # the line lies where the hand was
    first = shown.item(int(np.flatnonzero(chosen)[0]))
    page.locator(f'ul.cards li[data-id="{first.id}"]').wait_for()
    page.wait_for_selector('.field[data-mask*="line"]')
    page.reload()  # the address is the selection
    page.get_by_role("heading", name=heading.inner_text()).wait_for()
    page.get_by_role("button", name="Clear the selection").click()
    page.get_by_role("heading", name=f"All {len(shown):,} works").wait_for()


def test_the_keyboard_selects_without_a_pointer(address, visitor):
    page = visitor(f"{address}/map?map=pca", dark=True)
    field = ready(page)
    field.focus()
    before = int(field.get_attribute("data-inview"))
    for _ in range(6):
        page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.get_by_role("heading", name="works in view").wait_for()
    assert 0 < int(field.get_attribute("data-inview")) < before
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="works selected").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="works selected").wait_for(state="detached")


def test_close_by_each_work_has_its_picture_and_can_be_chosen(address, visitor, mapped):
    shown = shown_maps(mapped)["pca"]
    x, y = shown.xy[11].tolist()
    view = "_".join(str(round(v * 1e6)) for v in (x - 0.02, y - 0.02, x + 0.02, y + 0.02))
    page = visitor(f"{address}/map?map=pca&view={view}")
    field = ready(page)
    page.wait_for_function(
        "() => Number(document.querySelector('[data-hung]')?.dataset.hung ?? window.hung) !== 0 || true"
    )
    box = field.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_role("heading", name="The work that you chose on the map").wait_for()
    assert f"work={shown.item(11).id.replace(':', '%3A')}" in page.url
    assert int(field.get_attribute("data-hung")) > 0


def test_one_selection_on_two_maps(address, visitor):
    page = visitor(f"{address}/map?map=som&beside=cabinet/pca&line={LEFT_HALF}&on=cabinet/pca", width=390, height=844)
    for place in (0, 1):
        page.locator(".field[data-ready]").nth(place).wait_for()
        page.locator('.field[data-mask*="line"]').nth(place).wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_text("are among its 40 nearest on the right").count()
    labels = page.locator(".field").evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))")
    assert all(label.startswith("Map of ") for label in labels)


def test_a_browser_that_draws_nothing_is_shown_a_picture(address, visitor):
    page = visitor(f"{address}/map?map=pca&painter=none")
    picture = page.locator(".field img")
    picture.wait_for()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 1200
    assert picture.get_attribute("alt").startswith("Map of ")
    assert "draws no maps" in page.locator(".status").inner_text()
    page.locator("ul.cards li").first.wait_for()


def test_maps_can_be_used_by_everybody(address, visitor):
    """What axe says of a map that is there: the pages that it looks at otherwise have none."""
    page = settled(visitor(f"{address}/map?map=som&by=medium&beside=cabinet/pca&line={LEFT_HALF}", motion="reduce"))
    page.locator(".field[data-ready]").nth(1).wait_for()
    faults = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            faults += [f"{scheme} {width}: {line}" for line in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
                faults.append(f"{scheme} {width}: it must be scrolled sideways")
    assert not faults


def test_a_catalogue_written_by_an_attacker_is_text_on_the_map_too(room, hostile, tmp_path):
    path = tmp_path / "archive"
    shutil.copytree(hostile.path, path)
    archive = Archive.open(path)
    keep_map(make_map(archive, method="pca", k=3, regions=2), archive)
    shown = shown_maps(archive)["pca"]
    assert SECRET not in [shown.item(at).title for at in range(len(shown))]
    for by in ("medium", "creator", "region"):
        page = room(path, page="map", by=by, work=shown.item(0).id, view="0_0_1000000_1000000")
        assert not page.exception
        for message in said(page):
            assert '"allowHtml": true' not in message
            assert SECRET not in message

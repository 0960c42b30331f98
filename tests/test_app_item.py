"""The page of a work, without a browser and in one."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.description import Description, TermScore
from latentarchive.diffusion.record import Record
from latentarchive.embedded import Embedded
from latentarchive.items import Item
from latentarchive.ownership import read_ownership
from latentarchive.recipes import load_recipe
from reading_room import facts, works
from reading_room.shared import plainly
from tests.app_shown import data
from tests.conftest import RECIPE, write_recipe
from tests.page_helpers import settled

EVIL = "<script>alert(1)</script> [x](javascript:alert(1)) :red[y] $z$ \u202eover\u202c " + "long " * 1000


def said(page):
    """All texts of a page's own elements."""
    kinds = (page.title, page.header, page.subheader, page.markdown, page.caption, page.info, page.error)
    return [element.value for kind in kinds for element in kind]


def way(page, label):
    """What the link of that name asks of the page that it leads to, each parameter with all its values."""
    ways = [one for row in data(page, ".ways") for one in row["ways"]]
    return parse_qs(urlsplit(next(one["href"] for one in ways if one["label"] == label)).query)


def test_a_work_stands_between_its_neighbours_of_both_kinds(room, archive):
    page = room(archive.path, page="item", id="s:red.png")
    assert not page.exception
    assert page.title[0].value == plainly("Plate 0: red")
    headers = [one.value for one in page.header]
    assert headers == ["What stands beside it", "Copies", "What its vector keeps of it", "What its file says"]
    assert [one.value for one in page.subheader] == ["Rights", "Nearest in the space", "Beside it on the shelf"]
    folded = [one.label for one in page.expander]
    assert folded[0] == plainly("Same maker: Schutt, Ellen Isham") + " (4)"
    assert "No copy of this picture was found." not in said(page)
    assert any("4 other works of 9 have this." in one for one in said(page))


@pytest.mark.parametrize("asked", ["s:blue.png", "s:nobody", "", "../../etc/passwd"])
def test_what_is_withheld_is_as_if_it_had_never_been(room, archive, asked):
    archive.withhold(["s:blue.png"], reason="asked by the family")
    page = room(archive.path, page="item", id=asked)
    assert not page.exception
    assert [one.value for one in page.info] == [
        "There is no such work here. Search for it, or go back to where you came from."
    ]
    assert "blue" not in str(said(page))


def test_the_catalogue_is_walked_past_what_is_withheld(room, archive):
    ids = [item.id for item in archive.shown()]
    archive.withhold([ids[1]], reason="x")
    first = room(archive.path, page="item", id=ids[0])
    assert way(first, "Next in the catalogue") == {"archive": ["archive"], "id": [ids[2]]}
    assert way(first, "Previous in the catalogue") == {}
    assert way(room(archive.path, page="item", id=ids[2]), "Previous in the catalogue")["id"] == [ids[0]]


def test_a_work_is_added_to_what_was_asked_before(room, archive):
    page = room(archive.path, q="red", like="id:s:green.png")
    page.query_params["archive"] = "archive"
    page.run()
    page.query_params.clear()
    page.query_params["id"] = "s:white.png"
    page.switch_page("reading_room/views/item.py").run()
    asked = way(page, "More like this")
    assert asked == {"archive": ["archive"], "q": ["red"], "like": ["id:s:green.png", "id:s:white.png"]}
    assert way(page, "Less like this")["unlike"] == ["id:s:white.png"]
    assert way(page, "Back to the search")["like"] == ["id:s:green.png"]
    parts = data(page, ".looking")[0]
    assert (parts["term"], set(parts["searches"])) == ("id:s:white.png", {"like", "unlike"})


def test_nothing_in_a_catalogue_is_markup(room, tmp_path, swatches):
    side = {"title": EVIL, "creator": EVIL, "provenance": EVIL, "subjects": [EVIL], "credit_line": EVIL, EVIL: EVIL}
    (swatches / "red.json").write_text(json.dumps(side))
    built = build_archive(load_recipe(str(write_recipe(tmp_path, RECIPE)), root=swatches), out=tmp_path / "a")
    page = room(built.path, page="item", id="s:red.png")
    assert not page.exception
    for text in said(page):
        bare = text
        for mark in ("\\<", "\\[", "\\]", "\\(", "\\:", "\\$"):
            bare = bare.replace(mark, "")
        assert "<script" not in bare
        assert "](" not in bare
        assert ":red[" not in bare


def test_words_of_a_vector_are_sentences():
    names = ["amphora", "blue", "red", "bowl", "jug", "vase", "map", "star", "moon"]
    terms = tuple(
        TermScore(rank, name, 1 - rank / 100, 0.03 if rank == 1 else 0.001, 0.0) for rank, name in enumerate(names, 1)
    )
    found = Description("s:1", "a", "some", len(terms), terms)
    told = works.words_said(found, Item(id="s:1", subjects=("Blue", "moon", "unheard of")))
    assert told == [
        "Of 9 words, some, the nearest are: “amphora”, “blue”, “red”, “bowl”, “jug”, “vase”, “map”, “star”.",
        "The widest step is after the first: “amphora” stands by itself.",
        "Of what the catalogue says, these are among them: Blue.",
        "These are farther off, at the rank in brackets: moon (9).",
    ]


def test_words_that_are_equally_near_stand_together():
    margins = [0.01, 0.01, 0.2, 0.1, None]
    terms = tuple(TermScore(n, f"w{n}", 0.0, margin, 0.0) for n, margin in enumerate(margins, 1))
    told = works.words_said(Description("s:1", "a", "some", 5, terms), Item(id="s:1"))
    assert told[1:] == ["The widest step is after the first 3: they stand together, ahead of the rest."]
    alone = works.words_said(Description("s:1", "a", "some", 1, terms[4:]), Item(id="s:1"))
    assert alone == ["Of 1 words, some, the nearest are: “w5”."]


@pytest.mark.parametrize(
    ("years", "text"),
    [
        ((1890, 1899), "1890 to 1899"),
        ((1905, 1905), "1905"),
        ((-500, -480), "500 BC to 480 BC"),
        ((1700, None), "1700 or later"),
        ((None, 1700), "1700 or earlier"),
        ((None, None), ""),
    ],
)
def test_years_are_said(years, text):
    assert works.years(Item(id="s:1", year=years[0], year_end=years[1])) == text


def test_a_record_says_what_is_not_stated_and_leaves_nothing_out():
    item = Item(id="s:1", date="ca. 1890", year=1890, year_end=1890, extra={"provenance": "x", "shelf_mark": "A 3"})
    told = {one.term: one.said for one in works.record(item)}
    assert told["Maker"] == ("not stated",)
    assert (told["Date"], told["Date read as"]) == (("ca. 1890",), ("1890",))
    assert told["shelf mark"] == ("A 3",)
    assert "provenance" not in told
    assert works.provenance_text(item) == "x"


def test_rights_are_explained():
    known = works.rights_facts(
        Item(
            id="s:1",
            rights="https://creativecommons.org/licenses/by/4.0/",
            rights_class="open",
            mining="DMI-PROHIBITED",
        )
    )
    assert (known[0].said, known[0].href) == (("CC BY 4.0 (open)",), "https://creativecommons.org/licenses/by/4.0/")
    assert known[1].said[0].startswith("Free to use")
    assert known[2].said[1] == "DMI-PROHIBITED"
    unknown = works.rights_facts(Item(id="s:1"))
    assert unknown[0].said == ("unknown",)
    assert "does not mean free" in unknown[1].said[0]
    written = works.rights_facts(Item(id="s:1", rights="Ask us first", rights_class="unknown"))
    assert written[1].said == ("Ask us first",)


def test_owners_are_told_link_by_link():
    chain = works.owner_facts(read_ownership("Anna, Paris, 1890; Bruno, by 1920. Museum, 1950."))
    assert [one.said for one in chain] == [
        ("Anna, Paris, 1890", "years read: 1890 – …"),
        ("Bruno, by 1920", "years read: 1920 – …"),
        ("Museum, 1950", "years read: 1950 – … · how it came from the one before is not said"),
    ]


def test_of_many_fields_the_first_are_shown():
    found = Embedded(fields={f"exif:{n}": "x" for n in range(works.MOST_FIELDS + 5)})
    told = works.embedded_facts(found)
    assert len(told) == works.MOST_FIELDS + 1
    assert told[-1].said == ("5 more are not shown",)


def test_a_generated_image_says_so_and_how_it_was_made(room, tmp_path, swatches):
    from latentarchive.diffusion.generated import png
    from tests.conftest import swatch

    made = Record(asked="a red field", effective="a red field", items=("s:blue.png", "s:white.png"), archive="swatches",
                  generator="tiny", fingerprint="f" * 64, seed=7, steps=20, guidance=3.0, scheduler="DDIM",
                  size=(64, 64), threads=1, versions={}, lineage={"unet": {"from": ["a", "b"]}})  # fmt: skip
    (swatches / "red.png").write_bytes(png(swatch("red"), [made]))
    built = build_archive(load_recipe(str(write_recipe(tmp_path, RECIPE)), root=swatches), out=tmp_path / "a")
    archive = Archive.open(built.path)
    assert archive.item("s:red.png").generated
    archive.withhold(["s:blue.png"], reason="x")
    page = room(built.path, page="item", id="s:red.png")
    assert not page.exception
    assert page.title[0].value == plainly("generated, not a work: Plate 0: red")
    assert page.header[0].value == "How it was made"
    told = {one.term: one.said[0] for one in works.lineage_facts(made, ["Plate 4: white"])}
    assert told["Words asked for"] == "a red field"
    assert told["Works it was conditioned by"] == "Plate 4: white"
    assert told["Further conditions"] == "works that are not shown here: 1"
    assert (told["Generator"], told["Seed"]) == ("tiny (ffffffffffff)", "7")
    assert told["Origin of its unet"] == "from: a, b"


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "https://",
        "https://a:b@e.example",
        "data:text/html,x",
        "https://a\u202e.b",
        "http://[",
        "",
    ],
)
def test_what_is_no_address_is_no_link(href):
    assert facts.fact("Source", "x", href=href).href == ""


def test_a_part_chosen_in_the_browser_is_searched_for(serve, visitor, small_cabinet):
    item = next(iter(small_cabinet.shown()))
    page = visitor(serve(small_cabinet.path) + f"/item?id={item.id}")
    page.get_by_role("button", name="Choose a part").click()
    page.get_by_label("from the left").fill("10")
    page.get_by_label("width").fill("40")
    assert page.locator("img[alt]").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.get_by_role("link", name="More like this part").click()
    page.wait_for_url("**like=**")
    assert f"id%3A{item.id.replace(':', '%3A')}%23xywh%3Dpercent%3A10%2C25%2C40%2C50" in page.url
    assert Archive.open(small_cabinet.path).search(like=[f"id:{item.id}#xywh=percent:10,25,40,50"], k=1).hits


def test_every_step_is_one_entry_of_the_history(serve, visitor, small_cabinet):
    first, second = (item.id for item, _ in zip(small_cabinet.shown(), range(2), strict=False))
    server = serve(small_cabinet.path)
    page = visitor(f"{server}/item?id={first}")
    one, other = (page.get_by_text(item_id, exact=True).first for item_id in (first, second))
    one.wait_for()
    page.get_by_role("link", name="Next in the catalogue").click()
    other.wait_for()
    page.get_by_role("link", name="Blend it").click()
    page.get_by_role("heading", name="Blend", exact=True).wait_for()
    assert page.evaluate("history.length") == 4  # an empty page first
    for shown in (other, one):
        page.go_back()
        shown.wait_for()
    page.go_forward()
    other.wait_for()
    page.keyboard.press("ArrowLeft")
    one.wait_for()
    with page.context.expect_page() as tab:
        page.get_by_role("link", name="Find similar").click(modifiers=["Control"])
    assert tab.value.url.startswith(f"{server}/?archive=")


def test_a_run_that_is_late_does_not_carry_visitors_on(serve, visitor, small_cabinet):
    page = settled(visitor(f"{serve(small_cabinet.path)}/about"))
    page.get_by_role("link", name="Map").click()
    page.wait_for_url("**/map")
    page.get_by_role("link", name="Audit").click()
    page.get_by_role("heading", name="Audit").first.wait_for()
    page.evaluate("history.go(-2)")
    page.wait_for_url("**/about")
    page.evaluate("history.pushState({}, '', '/map')")  # what Streamlit does when a run begins that nobody waits for
    assert page.url.endswith("/about")
    page.go_forward()
    page.wait_for_url("**/map")
    page.go_forward()
    page.wait_for_url("**/audit")
    page.get_by_role("link", name="Selection").click()
    page.wait_for_url("**/selection")


def test_from_right_to_left_labels_and_values_stand_at_one_side(serve, visitor, small_cabinet):
    item = next(iter(small_cabinet.shown()))
    page = visitor(serve(small_cabinet.path) + f"/item?id={item.id}&lang=ar")
    page.locator("dd").first.wait_for()
    told = page.locator("dt, dd").evaluate_all(
        "all => all.map(getComputedStyle).map((style) => `${style.textAlign} ${style.direction}`)"
    )
    assert set(told) == {"right rtl", "right ltr"}


def test_the_page_of_a_work_fits_a_phone(serve, visitor, small_cabinet):
    item = next(iter(small_cabinet.shown()))
    page = visitor(serve(small_cabinet.path) + f"/item?id={item.id}", width=390, dark=True)
    page.get_by_role("heading", name="What its file says").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = page.locator("li figcaption, dl").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
    )
    assert cut == 0

"""The card of an archive and the foot of every page."""

import re

from latentarchive.build import build_archive
from latentarchive.recipes import load_recipe
from tests.app_shown import hostile, links, texts
from tests.conftest import write_recipe


def said(page):
    return "\n".join(texts(page)).replace("\\", "")


def tables(page):
    return [table.value.values.tolist() for table in page.table]


def test_the_card_says_where_works_come_from_and_how_they_are_compared(room, small_cabinet):
    page = room(small_cabinet.path, page="about")
    assert not page.exception
    text = said(page)
    n = len(small_cabinet)
    assert f"{n} works can be seen here" in text
    assert "Drawn by the program itself" in text
    assert "trained on 3,319 works of: The Cabinet, drawn by the program (synthetic)" in text
    assert "83 whose rights reserve data mining were left out of its training." in text
    assert "A search compares all works" in text
    assert "The axes of that space and of every map mean nothing" in text
    assert "No work is withheld." in text
    assert page.code[0].value.startswith("C. Archive cabinet, built 20")
    sources, statements, fields, bands, reasons = tables(page)
    assert fields[0] == ["title", str(n), "100 %"]
    assert sum(int(row[1]) for row in statements) == n
    assert [row[0] for row in bands] == ["image and image", "words and image", "both together"]
    assert sources and reasons[0][0].replace("\\", "").startswith("opening the image: ")
    assert len(page.get("download_button")) == 2


def test_no_place_on_this_machine_is_told(room, small_cabinet):
    page = room(small_cabinet.path, page="about")
    told = said(page) + str(tables(page)) + page.code[0].value
    assert str(small_cabinet.path.parent) not in told
    assert not re.search(r"(?<![\w:/.])/(?:tmp|home|srv|root|var)\b", told)


def test_withheld_works_are_counted_and_in_no_figure(room, archive):
    archive.withhold([next(iter(archive.shown())).id], reason="asked for")
    page = room(archive.path, page="about")
    text = said(page)
    assert "9 works can be seen here" in text
    assert "1 works are withheld" in text or "1 work is withheld" in text
    assert len(page.get("download_button")) == 1  # Croissant would describe files that still hold it
    assert "export swatches croissant" in text


def test_an_archive_of_records_says_that_nothing_is_compared(room, tmp_path, swatches):
    text = 'title = "S"\n[collection]\nsource = "folder"\n'
    built = build_archive(load_recipe(str(write_recipe(tmp_path, text)), root=swatches), out=tmp_path / "plain")
    page = room(built.path, page="about")
    assert not page.exception
    assert "This archive holds only records" in said(page)
    assert "random pairs" not in said(page)


def test_a_hostile_catalogue_is_plain_text_on_its_card(room, tmp_path):
    page = room(hostile(tmp_path).path, page="about")
    assert not page.exception
    for text in [*texts(page), *(str(cell) for table in tables(page) for row in table for cell in row)]:
        assert not re.search(r"(?<!\\)<(script|img)", text)
        assert not re.search(r"(?<!\\)\]\(|(?<!\\):red|(?<!\\)\$", text)


def test_every_page_ends_with_rights_encoder_and_a_way_to_the_card(room, small_cabinet):
    for name in ("search", "audit", "about"):
        page = room(small_cabinet.path, page=name)
        foot = page.caption[-1].value.replace("\\", "")
        assert re.search(r"Rights are those of each work: \d+ of \d+ are open, \d+ restricted", foot)
        assert "Works are compared by the encoder tiny, trained on" in foot
        assert links(page)["About this archive"] == "archive=archive"

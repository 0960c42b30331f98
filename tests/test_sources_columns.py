"""Columns of real catalogues to items, with known answers."""

import math

import pytest

from latentarchive.errors import SourceError
from latentarchive.sources.column_names import ALIASES
from latentarchive.sources.columns import Columns
from latentarchive.sources.values import as_text, flatten, whole_year


def item(row, fallback="row-1", **options):
    return Columns(name="t", **options).item(row, fallback=fallback)


def test_laion_400m():
    found = item(
        {
            "SAMPLE_ID": 1581282014547.0, "URL": "http://x.org/a.jpg", "TEXT": "a dog", "HEIGHT": 300, "WIDTH": 512.0,
            "LICENSE": "?", "NSFW": "UNLIKELY", "similarity": 0.33,
        }
    )  # fmt: skip
    assert found.id == "t:1581282014547"
    assert (found.url, found.image, found.text, found.title) == ("http://x.org/a.jpg", "", "a dog", "")
    assert (found.width, found.height) == (None, None)  # the published size is not measured: it stays in extra
    assert (found.rights, found.rights_class) == ("unknown", "unknown")
    assert found.extra == {
        "SAMPLE_ID": "1581282014547", "HEIGHT": "300", "WIDTH": "512", "LICENSE": "?", "NSFW": "UNLIKELY",
        "similarity": "0.33",
    }  # fmt: skip


def test_laion_2b_joined_is_named_by_its_hash_which_stays_findable():
    found = item({"URL": "http://x/a", "TEXT": "t", "hash": -5283475, "punsafe": 0.5, "pwatermark": math.nan})
    assert found.id == "t:-5283475"
    assert found.extra == {"hash": "-5283475", "punsafe": "0.5"}


def test_datacomp_coyo_and_img2dataset_ids():
    datacomp = {"uid": "ab12", "url": "http://x", "text": "t", "original_width": 3, "face_bboxes": [[0.1, 0.2], [0.3]]}
    assert item(datacomp).id == "t:ab12"
    assert item(datacomp).extra["face_bboxes"] == "[0.1; 0.2]; [0.3]"
    coyo = {"id": 4896263451343, "url": "http://x", "text": "t", "width": 5, "image_phash": "f0", "num_faces": 0}
    assert (item(coyo).id, item(coyo).extra["num_faces"]) == ("t:4896263451343", "0")
    img2dataset = {"url": "http://x", "caption": "c", "key": "000010002", "status": "success", "error_message": None}
    assert (item(img2dataset).id, item(img2dataset).text) == ("t:000010002", "c")
    assert item(img2dataset).extra == {"key": "000010002", "status": "success"}


def test_clip_retrieval_metadata_is_named_by_its_path():
    found = item({"image_path": "photos/a b.jpg", "caption": "c"})
    assert (found.id, found.image) == ("t:photos/a%20b.jpg", "photos/a b.jpg")


def test_met_open_access():
    row = {
        "Object ID": "436535", "Object Number": "49.30", "Title": "Wheat Field",
        "Artist Display Name": "Vincent van Gogh",
        "Object Date": "1889", "Object Begin Date": "1889", "Object End Date": "1889", "Medium": "Oil on canvas",
        "Link Resource": "http://www.metmuseum.org/art/collection/search/436535", "Is Public Domain": "True",
        "Tags": "Landscapes|Cypresses", "Artist Begin Date": "1853",
    }  # fmt: skip
    found = item(row)
    assert (found.id, found.title, found.creator) == ("t:436535", "Wheat Field", "Vincent van Gogh")
    assert (found.year, found.year_end, found.subjects) == (1889, 1889, ("Landscapes", "Cypresses"))
    assert found.url.endswith("/436535")
    assert (found.rights, found.rights_class) == ("Public Domain", "open")
    assert found.extra == {"Object Number": "49.30", "Is Public Domain": "True", "Artist Begin Date": "1853"}
    assert item(row | {"Is Public Domain": "False"}).rights == "unknown"
    held = item(row | {"Is Public Domain": "False", "Rights and Reproduction": "© 2024 Artist"})
    assert (held.rights, held.rights_class) == ("© 2024 Artist", "restricted")


def test_collectionbuilder_goes_by_the_uri_and_keeps_the_prose():
    found = item(
        {
            "objectid": "cities27", "title": "Murray", "date": "1886", "location": "Murray",
            "subject": "towns; mountains;", "rights": "In the Public Domain by date.",
            "rightsstatement": "http://rightsstatements.org/page/InC-EDU/1.0/?language=en",
            "identifier": "5-107-1", "filename": "https://x.edu/cities27.jpg", "creator": " Watkins,\r\n Carleton E. ",
        }
    )  # fmt: skip
    assert found.id == "t:cities27"
    assert found.rights == "http://rightsstatements.org/vocab/InC-EDU/1.0/"
    assert found.rights_class == "restricted"
    assert "In the Public Domain by date." in found.extra["rights.written"]
    assert "language=en" in found.extra["rights.written"]
    assert found.image == found.url == "https://x.edu/cities27.jpg"
    assert (found.creator, found.place, found.subjects) == ("Watkins, Carleton E.", "Murray", ("towns", "mountains"))


def test_messy_pomological_row():
    row = {
        "file": "images/plate-0001.jpg", "authors": "Schutt, Ellen Isham, 1873-1955\r\n",
        "fruit": "Malus domestica: Wilson", "subjects": "Malus domestica , apples\r\n", "year": "1909",
        "image": "https://n/1/screen", "thumbnail_image": "https://n/1/t",
    }  # fmt: skip
    found = item(row, mapping={"title": "fruit", "date": "year"}, separators={"subjects": " , "})
    assert found.id == "t:images/plate-0001.jpg"
    assert (found.title, found.creator) == ("Malus domestica: Wilson", "Schutt, Ellen Isham, 1873-1955")
    assert (found.date, found.year, found.year_end) == ("1909", 1909, 1909)
    assert found.subjects == ("Malus domestica", "apples")
    assert (found.image, found.url) == ("images/plate-0001.jpg", "https://n/1/screen")
    assert found.extra == {"thumbnail_image": "https://n/1/t"}
    two = row | {"authors": "Passmore, Deborah Griscom, 1840-1911 , Heiges, Bertha\r\n"}
    assert item(two, separators={"creator": " , "}).creator == "Passmore, Deborah Griscom, 1840-1911; Heiges, Bertha"
    empty = item(row | {"year": "", "authors": ""}, mapping={"title": "fruit", "date": "year"})
    assert (empty.date, empty.year, empty.year_end, empty.creator) == ("", None, None, "")


def test_nested_records_become_dotted_names():
    row = {
        "id": "cmoa:things/1", "title": "T", "creation_date": "c. 1860", "creation_date_earliest": "1855-01-01",
        "creation_date_latest": "1865-01-01", "web_url": "http://c/1", "images": [], "item_height": 13.0,
        "creator": [{"full_name": "A B", "born": None}, {"full_name": "C D", "born": "1800"}],
        "licence": {"by": {"x": 1}},
    }  # fmt: skip
    found = item(row)
    assert found.id == "t:cmoa:things/1"
    assert found.creator == "A B; C D"
    assert (found.date, found.year, found.year_end) == ("c. 1860", 1855, 1865)
    assert found.extra == {"creator.born": "1800", "item_height": "13", "licence.by.x": "1"}
    assert flatten({"m": [("a", 1), ("b", 2)]}) == {"m.a": 1, "m.b": 2}


def test_explicit_mapping_beats_aliases_joins_and_switches_off():
    row = {"title": "alias", "name": "mine", "City": "Paris", "Country": "France", "State": "", "location": "x"}
    found = item(row, mapping={"title": "name", "place": ["City", "State", "Country"]})
    assert (found.title, found.place) == ("mine", "Paris, France")
    assert found.extra == {"title": "alias", "location": "x"}
    assert item(row, mapping={"place": []}).place == ""


def test_defaults_fill_only_what_is_empty():
    defaults = {
        "medium": "watercolor",
        "rights": "https://creativecommons.org/publicdomain/zero/1.0/",
        "subjects": "a; b",
    }
    assert item({"medium": "oil"}, defaults=defaults).medium == "oil"
    found = item({"medium": " ", "LICENSE": "?"}, defaults=defaults | {"date": "1890", "year": "1890"})
    assert (found.medium, found.rights_class, found.subjects) == ("watercolor", "open", ("a", "b"))
    assert (found.date, found.year) == ("1890", 1890)
    assert item({"date": "1700"}, defaults={"year": "1890"}).year == 1700


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"year": "1909.0"}, ("1909.0", 1909, 1909)),
        ({"year": 1909}, ("1909", 1909, 1909)),
        ({"date": "1955-1957", "year": "1955"}, ("1955-1957", 1955, 1957)),
        ({"date": "before 30 BC", "objectBeginDate": -60, "objectEndDate": -30}, ("before 30 BC", -60, -30)),
        ({"date": "", "objectBeginDate": 0, "objectEndDate": 0}, ("", None, None)),
        ({"date": "1800", "objectBeginDate": 1900, "objectEndDate": 1850}, ("1800", 1800, 1800)),
        ({"year": "ca. 1909"}, ("ca. 1909", 1909, 1909)),
    ],
)
def test_years(row, expected):
    found = item(row)
    assert (found.date, found.year, found.year_end) == expected


def test_contradicting_years_stay_in_extra():
    found = item({"date": "1800", "year": "1900", "year_end": "1850"})
    assert found.extra == {"year": "1900", "year_end": "1850"}


def test_text_that_arrow_could_not_hold_is_made_visible():
    found = item({"title": "a\x00b\ud800c", "note": "x\r\ny"})
    assert found.title == "a b\ufffdc"
    assert found.extra == {"note": "x\ny"}


def test_values_as_text():
    assert [as_text(v) for v in (None, math.nan, 3.0, 0.25, True, [1, None, "a"], b"ab", b"\xff", "")] == [
        "", "", "3", "0.25", "true", "1; a", "ab", "1 bytes", "",
    ]  # fmt: skip
    assert [whole_year(t) for t in ("1909", " -44 ", "1855-01-01", "19091", "ca. 1909", "")] == [
        1909, -44, 1855, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mapping": {"titel": "a"}}, "columns: no field 'titel' to fill; did you mean 'title'?"),
        ({"mapping": {"title": 3}}, "columns: title must be a column name or a list of them, got 3"),
        ({"defaults": {"rigths": "a"}}, "defaults: no field 'rigths' to fill; did you mean 'rights'?"),
        ({"separators": {"medium": ";"}}, "separators: no field 'medium' to fill; known: creator, subjects"),
        ({"name": "a b"}, "name 'a b' begins every id: it may hold letters, digits, '.', '_' and '-' only"),
    ],
)
def test_wrong_mappings_are_refused(options, message):
    with pytest.raises(SourceError) as error:
        Columns(**{"name": "t", **options})
    assert str(error.value) == message


def test_a_named_column_that_is_not_there_is_refused():
    columns = Columns(name="t", mapping={"creator": "autors"})
    with pytest.raises(SourceError, match=r"x\.csv: no column 'autors' for creator; did you mean 'authors'\?"):
        columns.require([["title"], ["title", "authors"]], where="x.csv")
    columns.require([["title"], ["autors"]], where="x.csv")


def test_aliases_are_written_as_they_are_compared():
    from latentarchive.sources.values import canonical

    assert all(alias == canonical(alias) for names in ALIASES.values() for alias in names)
    assert canonical("Artist_Display-Name ") == "artistdisplayname"

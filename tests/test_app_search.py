"""The page on which one searches, without a browser and in one."""


def test_the_page_of_an_archive_bears_its_title_and_the_query_in_words(room, small_cabinet):
    page = room(small_cabinet.path, q="a blue jug")
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "C"
    assert page.text_input(key="q").value == "a blue jug"
    assert "a blue jug" in page.caption[0].value


def test_results_stand_in_the_browser_with_whole_pictures_and_rights(serve, visitor, small_cabinet):
    page = visitor(serve(small_cabinet.path) + "/?q=a blue jug")
    first = page.locator("li figure").first
    first.wait_for()
    assert "Rights:" in first.inner_text()
    picture = first.locator("img")
    assert picture.get_attribute("alt")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

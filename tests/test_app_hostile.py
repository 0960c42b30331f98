"""A catalogue written by an attacker, on every page: nothing acts, nothing breaks out, nothing withheld is shown."""

import http.client
from urllib.parse import urlparse

import pytest
from click.testing import CliRunner
from google.protobuf.json_format import MessageToJson

from latentarchive.__main__ import main
from latentarchive.export import FORMATS
from latentarchive.withheld import WithheldLog
from reading_room import pictures
from tests.conftest import SECRET
from tests.page_helpers import GENERATING, HOSTILE, PAGES, address, settled


def withheld_id(archive):
    return WithheldLog(archive.path / "withheld.jsonl").entries()[0].id


def said(page):
    """All that a page sends to the browser, as JSON."""
    waiting, found = [page._tree], []
    while waiting:
        node = waiting.pop()
        waiting.extend(getattr(node, "children", {}).values())
        if getattr(node, "proto", None) is not None:
            found.append(MessageToJson(node.proto, ensure_ascii=False))
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_page_stands_whatever_the_catalogue_says(room, hostile, name):
    works = [item.id for item in hostile.shown()]
    questions = [{"q": HOSTILE[0], "id": works[0]}, {"q": "red", "id": works[20]}] if name not in GENERATING else []
    for asked in ({}, {"id": "no such work", "like": "no such work"}, *questions):
        page = room(hostile.path, page=name, archive="archive", **asked)
        assert not page.exception
        for message in said(page):
            assert '"allowHtml": true' not in message
            assert SECRET not in message
            assert "a secret reason" not in message


def test_a_page_that_ends_early_says_below_it_what_every_page_says(room, hostile):
    page = room(hostile.path, page="item", id="no such work")
    assert "Source and rights stand beside every work" in page.caption[-1].value


@pytest.mark.parametrize("name", PAGES)
def test_a_withheld_work_is_on_no_page_even_if_it_is_asked_for(room, hostile, name):
    secret = withheld_id(hostile)
    for asked in ({"id": secret}, {"q": SECRET}, {"like": secret}, {"q": f"id:{secret}"}):
        page = room(hostile.path, page=name, archive="archive", **asked)
        assert not page.exception
        for message in said(page):
            assert SECRET not in message.replace(f"“{SECRET}”", "").replace(f'{SECRET}\\"', "") or "q" in asked
            assert "a secret reason" not in message
            assert "/thumbs/" not in message or secret not in message


def test_a_withheld_work_is_behind_no_route(serve, hostile):
    server = urlparse(serve(hostile.path))
    line = http.client.HTTPConnection(server.hostname, server.port, timeout=30)
    name, secret = hostile.path.name, withheld_id(hostile)
    shown = next(hostile.shown()).id
    for make in (pictures.thumb, pictures.view):
        for asked, status in ((shown, 200), (secret, 404)):
            line.request("GET", make(name, asked))
            answer = line.getresponse()
            answer.read()
            assert answer.status == status, (make, asked)
    line.close()


@pytest.mark.parametrize("form", FORMATS)
def test_a_withheld_work_is_in_no_export(hostile, tmp_path, form):
    out = "out.json" if form == "iiif" else "out"
    done = CliRunner().invoke(main, ["export", str(hostile.path), form, "--out", str(tmp_path / out)])
    assert done.exit_code == 0, done.output
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    for path in written:
        assert SECRET.encode() not in path.read_bytes(), path
        assert b"a secret reason" not in path.read_bytes(), path


INSIDE = """() => {
  const roots = [document];
  for (const root of roots) {
    roots.push(...[...root.querySelectorAll("*")].map((element) => element.shadowRoot).filter(Boolean));
  }
  const all = (selector) => roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  const wide = (element) => element && element.scrollWidth > window.innerWidth + 1;
  return {
    ran: window.ran ?? null,
    scripts: all("script:not([src])").filter((script) => script.textContent.includes("ran")).length,
    handlers: all("[onerror], [onload], [onmouseover], [onclick]").length,
    links: all("a[href]").map((a) => a.getAttribute("href")).filter((href) => /^\\s*javascript:/i.test(href)),
    pictures: all("img").map((image) => image.getAttribute("src") ?? "").filter((src) => /evil|^x$/.test(src)),
    formulas: all(".katex").length,
    wide: [document.documentElement, document.querySelector("[data-testid=stMain]")].filter(wide).length,
    outside: all("li figure *").filter((element) => {
      const box = element.getBoundingClientRect(), card = element.closest("li").getBoundingClientRect();
      return box.width && (box.right > card.right + 2 || box.left < card.left - 2);
    }).map((element) => element.outerHTML.slice(0, 120)),
  };
}"""


@pytest.mark.parametrize("name", PAGES)
def test_nothing_acts_and_nothing_breaks_out_of_its_place(visitor, serve, hostile, name):
    works = [item.id for item in hostile.shown()]
    asked = {} if name in GENERATING else {"q": HOSTILE[0], "id": works[0]}
    page = visitor(address(serve(hostile.path), name, **asked), width=390)
    settled(page)
    found = page.evaluate(INSIDE)
    assert not {what: value for what, value in found.items() if value}

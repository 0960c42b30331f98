"""Every page in a real browser, judged by axe: light and dark, wide and on a phone. And what axe cannot see."""

import re

import pytest

from tests.conftest import ROOT
from tests.page_helpers import GENERATING, PAGES, address, settled

STREAMLIT = {
    # rule: (part of the selector, why it cannot be mended from here)
}
"""What Streamlit itself gets wrong: nothing else is passed over."""

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],  # nothing is written about what is right
}


def violations(page):
    """What axe calls serious or critical, as lines; of Streamlit's own only what is not listed above."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate((ROOT / "tests" / "axe" / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, rules).then(done => done.violations)", RULES)
    lines = []
    for violation in found:
        for node in violation["nodes"]:
            where = str(node["target"])
            known = STREAMLIT.get(violation["id"], ("\0",))[0]
            if violation["impact"] in ("serious", "critical") and known not in where + node["html"]:
                lines.append(f"{violation['id']}: {where} {node['html'][:200]} {node['failureSummary'][:300]}")
    return lines


ALL = """(selector) => {
  const roots = [document];
  for (const root of roots) {
    roots.push(...[...root.querySelectorAll("*")].map((element) => element.shadowRoot).filter(Boolean));
  }
  const found = roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  return found.map((element) => element.outerHTML.slice(0, 200));
}"""


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_used_by_everybody(visitor, serve, small_cabinet, name):
    asked = {} if name in GENERATING else {"q": "a blue jug", "id": next(small_cabinet.shown()).id}
    page = settled(visitor(address(serve(small_cabinet.path), name, **asked), motion="reduce"))
    faults = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            faults += [f"{scheme} {width}: {line}" for line in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
                faults.append(f"{scheme} {width}: it must be scrolled sideways")
    assert not page.evaluate(ALL, "img:not([alt])"), "pictures without words"
    running = page.evaluate("document.getAnimations().filter(a => a.playState === 'running').length")
    assert not running, "something moves although the visitor asked for stillness"
    assert page.title()
    icons = page.evaluate("document.fonts.check('20px \"Material Symbols Rounded\"')")
    assert icons, "the font of the icons is missing"
    assert not faults


def focused(page):
    """What the keyboard is on: its words, and whether one can see that it is there."""
    return page.evaluate(
        """() => {
          let element = document.activeElement;
          while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
          const outline = (one) => {
            const style = getComputedStyle(one);
            return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== "none";
          };
          const near = [element, element.parentElement, element.parentElement?.parentElement].filter(Boolean);
          const bordered = element.matches("input, textarea"); // Streamlit draws its border in the first colour
          return [element.innerText || element.value || element.getAttribute("aria-label") || "", element.localName,
            bordered || near.some(outline)];
        }"""
    )


def test_from_a_search_to_a_work_and_back_by_keyboard_alone(visitor, serve, small_cabinet):
    page = settled(visitor(serve(small_cabinet.path)))
    for _ in range(40):
        page.keyboard.press("Tab")
        words, kind, visible = focused(page)
        assert visible or kind == "body", (words, kind)
        if words == "Search for":
            break
    else:
        raise AssertionError("the keyboard does not come to where one searches")
    page.keyboard.type("a blue jug")
    page.keyboard.press("Enter")
    page.get_by_text("“a blue jug” —").first.wait_for()  # before it stand a few works of the archive
    settled(page)
    first = page.locator("li figure").first
    title = first.locator("figcaption .title a, figcaption .title span").first.inner_text()
    for _ in range(200):
        page.keyboard.press("Tab")
        words, kind, visible = focused(page)
        assert visible or kind == "body", (words, kind)
        if words == title:
            break
    else:
        raise AssertionError("the keyboard does not come to the first result")
    if "item" in PAGES:
        page.keyboard.press("Enter")
        page.get_by_role("heading", name=title).first.wait_for()
        settled(page)
        page.go_back()  # what Alt and the left arrow do where there is a window
        page.wait_for_url(re.compile(r"[?&]q=a(\+|%20)blue(\+|%20)jug"))
        page.locator("li figure").get_by_text(title).first.wait_for()

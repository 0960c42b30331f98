"""Captions as nobody should write them, and what pages of the front end show, for tests without a browser."""

import json

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.recipes import load_recipe
from tests.conftest import COLOURS, RECIPE, png, swatch, write_recipe

HOSTILE = (
    "<script>document.title='broken'</script><img src=x onerror=alert(1)>",
    "[press](javascript:alert(1)) ![x](http://elsewhere.example/x.png)",
    ":red[warm] :material/delete: $\\frac{1}{2}$ **bold** `code`",
    "\u202egnihton \u2066 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "long " * 1000,
)
"""Titles and makers of the first works of `hostile`."""


def hostile(folder):
    """An archive of six swatches whose catalogue tries everything; the last of them says nothing at all."""
    images = folder / "hostile"
    images.mkdir()
    for number, colour in enumerate(COLOURS):
        (images / f"{number}.png").write_bytes(png(swatch(colour)))
        if number < len(HOSTILE):
            side = {"title": HOSTILE[number], "creator": HOSTILE[number], "rights": HOSTILE[number]}
            (images / f"{number}.json").write_text(json.dumps(side))
    recipe = load_recipe(str(write_recipe(folder, RECIPE.replace("Swatches", HOSTILE[0]), "odd")), root=images)
    return Archive.open(build_archive(recipe, out=folder / "odd").path)


def texts(page):
    """Everything that a page of an `AppTest` gives to Streamlit as Markdown, a heading or a caption."""
    kinds = (page.title, page.header, page.subheader, page.markdown, page.caption, page.info, page.error)
    return [element.value for kind in kinds for element in kind]


def data(page, component):
    """What a page gave to a component, one entry for each place where it stands."""
    shown = [element.proto for element in page.get("bidi_component")]
    return [json.loads(proto.json) for proto in shown if proto.component_name.endswith(component)]


def links(page):
    """The links of a page that lead to pages of the app: label and query."""
    return {element.proto.label: element.proto.query_string for element in page.get("page_link")}

"""What tests of the front end share: its pages, text that no page may act on, and waiting for a page to stand still."""

from urllib.parse import urlencode

from reading_room import navigation

PAGES = [name for name in navigation.PAGES if (navigation.VIEWS / f"{name}.py").is_file()]
"""Names of the pages that there are."""

GENERATING = ("contrast", "darkroom", "blend", "walk")
"""Pages on which what is asked is generated, for longer than a test should take: they are opened without a question."""

HOSTILE = [
    "<script>window.ran = 1</script> <img src=x onerror=window.ran=1> <b>bold</b> &amp; &#65;",
    "[link](javascript:window.ran=1) ![i](http://evil.example/x.png) <http://evil.example>",
    ":red[red] :material/home: :material_home: :smile: :streamlit: :blue-badge[x] :help[y] 12:30:45",
    "$x^2$ and $$y$$ *a* _b_ **c** `d` ~~e~~ [^1] C:\\dir\\* \\",
    "http://evil.example/a?b=1 HTTPS://x.example www.evil.example mail.me+x@evil.example",
    "a -> b <- c <-> d -- e >= f <= g ~= h --- i 100% {x} ^ \"q\" 'r'",
    "javascript:window.ran=1",
    "\"><svg onload=window.ran=1> ' onmouseover='window.ran=1",
]
STARTS = [
    "# Heading",
    "1. first",
    "2) second",
    "- item",
    "+ item",
    "> quote",
    "    code",
    "| a | b |",
    "```x```",
    "=== x",
]
STARTS += ["one\ntwo\n\nthree\n---\nfour", "[a]: http://evil.example", "\u202eturned\u202c round\x1b[31m", "::: x"]


def address(server, page, **asked):
    """Of a page with what it is asked; the first page has no name there."""
    return f"{server}/{'' if page == 'search' else page}?{urlencode(asked)}"


SETTLED = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  const roots = [document];
  for (const root of roots) {
    roots.push(...[...root.querySelectorAll("*")].map((element) => element.shadowRoot).filter(Boolean));
  }
  const pictures = roots.flatMap((root) => [...root.querySelectorAll("img")]);
  return app?.dataset.testConnectionState === "CONNECTED" && app.dataset.testScriptState === "notRunning"
    && document.querySelector("[data-testid=stMain] [data-testid=stCaptionContainer]") // below every page
    && !document.querySelector("[data-testid=stSkeleton]") && document.fonts.status === "loaded"
    && pictures.every((picture) => picture.complete || picture.loading === "lazy");
}"""


def settled(page):
    """Wait until the page was run through, and what it shows is drawn and loaded."""
    page.wait_for_function(SETTLED)
    return page

"""Items of every kind, for properties."""

from hypothesis import strategies as st

from latentarchive.items import RIGHTS_CLASSES, Item, local_id

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
YEARS = st.tuples(st.integers(-9999, 9999), st.integers(0, 99)).map(lambda y: (y[0], y[0] + y[1]))


@st.composite
def items(draw):
    texts = ("image", "title", "text", "creator", "date", "medium", "place", "rights", "mining", "url", "source")
    year, year_end = draw(st.one_of(YEARS, st.just((None, None))))
    return Item(
        id="s:" + local_id(draw(TEXT.filter(bool))),
        **{name: draw(TEXT) for name in (*texts, "sha256")},
        year=year,
        year_end=year_end,
        width=draw(st.none() | st.integers(1, 99999)),
        height=draw(st.none() | st.integers(1, 99999)),
        rights_class=draw(st.sampled_from(RIGHTS_CLASSES)),
        subjects=tuple(draw(st.lists(TEXT, max_size=3))),
        extra=draw(st.dictionaries(TEXT, TEXT, max_size=3)),
    )

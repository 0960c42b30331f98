"""A page that shows text of a catalogue in every place that Streamlit has for text; see `test_app_plainly`."""

import json
import os

import streamlit as st
from PIL import Image

from latentarchive.plaintext import plain
from reading_room.shared import plainly

text, *starts = json.loads(os.environ["HOSTILE"])
shown = plainly(text)

PLACES = {
    "title": lambda: st.title(shown),
    "subheader": lambda: st.subheader(shown),
    "caption": lambda: st.caption(shown),
    "markdown": lambda: st.markdown(shown),
    "write": lambda: st.write(shown),
    "error": lambda: st.error(shown),
    "info": lambda: st.info(shown),
    "button": lambda: st.button(shown),
    "download_button": lambda: st.download_button(shown, "x"),
    "link_button": lambda: st.link_button(shown, "/about"),
    "checkbox": lambda: st.checkbox(shown),
    "text_input": lambda: st.text_input(shown),
    "slider": lambda: st.slider(shown),
    "radio": lambda: st.radio("r", [shown, "other"]),
    "pills": lambda: st.pills("p", [shown, "other"]),
    "segmented_control": lambda: st.segmented_control("s", [shown, "other"]),
    "tabs": lambda: st.tabs([shown, "other"]),
    "expander": lambda: st.expander(shown),
    "popover": lambda: st.popover(shown),
    "status": lambda: st.status(shown),
    "progress": lambda: st.progress(0.5, text=shown),
    "metric": lambda: st.metric(shown, 1),
    "table": lambda: st.table({"a": [shown], shown: ["b"]}),
    "image": lambda: st.image(Image.new("RGB", (8, 8)), caption=shown, alt=plain(text)),
    "toggle": lambda: st.toggle(shown),
    "select_slider": lambda: st.select_slider("x", [shown, "other"]),
    "help": lambda: st.checkbox("with help", help=shown),
}
RAW = {
    "text": lambda: st.text(plain(text)),
    "selectbox": lambda: st.selectbox("s", [plain(text), "other"]),
    "multiselect": lambda: st.multiselect("m", [plain(text), "other"], default=[plain(text)]),
    "placeholder": lambda: st.text_input("t", placeholder=plain(text)),
    "value": lambda: st.text_input("v", value=plain(text)),
    "code": lambda: st.code(plain(text), language=None),
}
st.set_page_config(page_title=plain(text))
for name, place in (PLACES | RAW).items():
    with st.container(key=f"place-{name}"):
        place()
for number, start in enumerate(starts):
    with st.container(key=f"start-{number}"):
        st.caption(plainly(start))
        st.checkbox(plainly(start), key=f"box-{number}")
        st.table([plainly(start)])

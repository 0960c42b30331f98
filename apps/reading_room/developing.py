"""What a visitor sees while something is made: the place in the line, the progress, and the images as they come."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import streamlit as st

from latentarchive.archive import Archive
from latentarchive.errors import ArchiveError
from latentarchive.line import LineFull
from reading_room import cards, faults, made, steps
from reading_room.language import say
from reading_room.shared import plainly
from reading_room.studio import STUDIO, Making, Work

MAKING, WAITING = 1.0, 3.0
"""Seconds between two looks at what is being made, and at the line: thirty who wait must not keep the one who works
from working."""

_STOPPED, _VISITOR = "developing.stopped", "developing.visitor"


def developed(key: str, title: str, name: str, archive: Archive, work: Work) -> Making | None:
    """What was made for a question.

    Args:
        key: Digest of the question; see `studio.key`.
        title: The question in a few words.
        name: Of the archive, as it stands in addresses.
        archive: What it is asked of.
        work: What makes it.

    Returns:
        The making, finished. None: it is not, and the page says why, or shows how far it is and runs again.
    """
    if st.session_state.get(_STOPPED) == key:
        st.info(say("Stopped: nothing is being made."))
        st.button(say("Make it after all"), on_click=_resume, args=(key,))
        return None
    try:
        making = STUDIO.ask(_visitor(), key, title, archive, work)
    except LineFull as full:
        st.warning(plainly(str(full)))
        st.button(say("Ask again"))
        return None
    if making.job.state == "done":
        return making
    if making.job.error is not None:
        faults.said(making.job.error)
        st.button(say("Try again"), on_click=_resume, args=(key,))
        return None
    _wait(making, title, name, work)
    return None


def _wait(begun: Making, title: str, name: str, work: Work) -> None:
    key, archive, state = begun.key, begun.archive, begun.job.state
    soon = STUDIO.line.ahead(begun.job) < 2  # at work, or next: its first steps are not to be missed

    @st.fragment(run_every=MAKING if soon else WAITING)
    def waiting() -> None:
        if st.session_state.get(_STOPPED) == key:
            st.rerun()
        try:
            making = STUDIO.ask(_visitor(), key, title, archive, work)
        except LineFull:  # it was away too long, and lost its place
            st.rerun()
        if making.job.state != state:
            st.rerun()
        share, said = _how_far(making)
        st.progress(share, said)
        st.button(say("Stop"), key=f"developing.stop.{key}", on_click=_stop, args=(key,))
        _so_far(making, name)

    waiting()


def _how_far(making: Making) -> tuple[float, str]:
    """A share from 0 to 1, and in words."""
    if making.job.state == "waiting":
        before = STUDIO.line.ahead(making.job)
        if before == 1:
            return 0.0, say("1 before you. It begins by itself.")
        return 0.0, say("{count} before you. It begins by itself.", count=before)
    if not making.stage:
        return 0.0, say("It begins.")
    total = max(making.total or 1, 1)
    seen = making.glimpses[-1] if making.glimpses else None
    if making.stage == "looking":
        share = making.done / max(making.total or 1, 1)
        looks = say(
            "The archive looks at what was made, and at works of its own to compare: {done} of {total}.",
            done=making.done,
            total=making.total or 0,
        )
        return 0.9 + 0.08 * share, looks
    if making.stage == "measuring":
        return 0.98, say("Measuring.")
    if making.stage == "adding noise":
        return 0.9, say("Adding noise to the work.")
    step = seen.step / seen.of if seen is not None and making.done < total else 0.0
    said = say("Making image {number} of {total}", number=min(making.done + 1, total), total=total)
    if seen is not None:
        said += " · " + say("step {step} of {of}", step=seen.step, of=seen.of)
    return min(0.9, 0.9 * (making.done + step) / total), said


def _so_far(making: Making, name: str) -> None:
    """The steps of the image in hand, and the images that are done."""
    archive, glimpses = making.archive, making.glimpses
    if glimpses:
        steps.show(glimpses, archive, name, key=f"developing.steps.{making.key}")
    done = {name: one for name, one in list(making.images.items()) if made.shown(one.record, archive)}
    if done:
        st.caption(say("Made so far."))
        images = [
            made.card(making.key, name, one.record, title=say("image {number}", number=number))
            for number, (name, one) in enumerate(done.items(), 1)
        ]
        cards.show(images, key=f"developing.made.{making.key}", label=say("Made so far"), small=True)


def _visitor() -> str:
    """Who looks: one browser tab."""
    return str(st.session_state.setdefault(_VISITOR, secrets.token_hex(8)))


def _stop(key: str) -> None:
    st.session_state[_STOPPED] = key
    STUDIO.leave(_visitor())


def _resume(key: str) -> None:
    st.session_state.pop(_STOPPED, None)
    STUDIO.forget(key)


def download(making: Making, name: str, pack: Callable[[], bytes]) -> None:
    """A button that fetches all files of what was made, each image with its record inside.

    Args:
        making: Which.
        name: Of the file, without suffix.
        pack: Makes the ZIP, when somebody asks for it.
    """

    def packed() -> bytes:
        try:
            return pack()
        except ArchiveError as error:  # Streamlit shows only that it failed
            raise RuntimeError(str(error)) from error

    st.download_button(
        say("Fetch images with their records, page and figures (ZIP)"),
        packed,
        file_name=f"{name}.zip",
        mime="application/zip",
        key=f"developing.download.{making.key}",
        on_click="ignore",
    )

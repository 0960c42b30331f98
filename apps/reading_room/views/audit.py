"""Audit: run a suite over an archive, read its report, look at the works behind each finding."""

from __future__ import annotations

import streamlit as st

from latentarchive.archive import Archive
from latentarchive.audit.suite import Offer
from latentarchive.errors import ArchiveError
from latentarchive.line import Job
from reading_room import audits, navigation, reports, shared
from reading_room.language import say
from reading_room.shared import plainly

FIRST = "quick"
"""The suite that is proposed to who has none in mind."""


def choose(name: str, archive: Archive) -> None:
    """The page one comes to: which audits there are, and what earlier ones found."""
    st.title(say("Audit"))
    st.markdown(
        say(
            "An audit asks a fixed list of questions of an archive and answers each in a sentence, with its figures "
            "and the works it speaks of. It changes nothing, and can be run again to see what has changed."
        )
    )
    offered = {one.name: one for one in audits.suites()}
    named = st.query_params.get("suite", FIRST)
    chosen = st.selectbox(
        say("Suite"),
        list(offered),
        index=list(offered).index(named) if named in offered else 0,
        format_func=lambda one: title_of(offered[one]),
        key="audit.suite",
        on_change=reports.remember,
        args=("suite", "audit.suite"),
    )
    offer = offered[chosen]
    if offer.suite is None:
        st.error(say("This suite cannot be run: {problem}", problem=plainly(offer.problem)))
    else:
        suite = offer.suite
        st.markdown(plainly(" ".join(suite.about.split())) or say("Its file says nothing of what it is for."))
        told = [say("{count} checks", count=len(suite.checks))]
        if before := audits.seconds_before(name, archive, suite):
            told.append(say("{time} the last time", time=audits.duration(sum(before.values()))))
        st.caption(" · ".join(told))
        with st.expander(say("What it asks")):
            for bound in suite.checks:
                st.markdown(f"`{bound.check.name}` {plainly(bound.check.about.partition(chr(10))[0])}")
        st.button(say("Run this audit"), on_click=begin, args=(name, archive, offer))
    if notice := st.session_state.pop("audit.notice", ""):
        st.info(plainly(notice))
    if waiting := audits.LINE.titles():
        st.caption(say("At work now: {titles}", titles=plainly("; ".join(waiting))))
    reports.earlier_reports(name, archive)


def title_of(offer: Offer) -> str:
    """A suite in the list of suites, where nothing is read as Markdown; one that cannot be read by its file."""
    return say("{name} (cannot be read)", name=offer.name) if offer.suite is None else offer.suite.title


def begin(name: str, archive: Archive, offer: Offer) -> None:
    """Put the chosen audit into the line, and watch it."""
    if offer.suite is None:
        return
    try:
        job = audits.start(name, archive, offer.suite)
    except ArchiveError as error:
        st.session_state["audit.notice"] = str(error)
        return
    st.query_params.from_dict(navigation.kept({"archive": name, "run": job.name}))


def watch(name: str, archive: Archive, job: Job) -> None:
    """A job that waits or is at work, looked at every second."""
    run: audits.Run = job.key
    st.title(plainly(run.suite.title))
    before = audits.seconds_before(name, archive, run.suite)

    @st.fragment(run_every=1.0)
    def progress() -> None:
        if job.over:
            st.rerun()
        if job.state == "waiting":
            count = audits.LINE.ahead(job)
            st.info(
                say("One audit is run before this one. It begins by itself.")
                if count == 1
                else say("{count} audits are run before this one. It begins by itself.", count=count)
            )
            return
        total = job.total or len(run.suite.checks)
        left = audits.left(job, run.suite, before)
        said = say("{done} of {total} checks done", done=job.done, total=total)
        st.progress(min(job.done / total, 1.0), f"{said} · {say('{time} left', time=left)}" if left else said)
        asked = next((one.check.about.partition("\n")[0] for one in run.suite.checks if one.check.name == job.note), "")
        st.markdown(f"`{job.note}` {plainly(asked)}" if job.note else say("Beginning …"))

    progress()
    st.caption(say("It goes on if you leave this page; this address brings you back. Its report is kept."))
    st.button(say("Call it off"), on_click=call_off, args=(name, job))


def call_off(name: str, job: Job) -> None:
    """Wait no more for a job."""
    audits.LINE.leave(job.name)
    others = job.askers > 0
    st.session_state["audit.notice"] = (
        say("Somebody else waits for the same audit: it goes on, without you.")
        if others
        else say("The audit was called off. Nothing of it was kept.")
    )
    st.query_params.from_dict(navigation.kept({"archive": name}))


def running(name: str, archive: Archive, token: str) -> None:
    """The page of a run: its progress, then its report."""
    job = audits.LINE.job(token)
    if job is None or job.key.archive != name:
        st.info(say("This run is not known any more. If it came to its end, its report is below."))
        reports.earlier_reports(name, archive)
    elif job.state == "done":
        st.query_params.from_dict(navigation.kept({"archive": name, "report": str(job.result)}))
        st.rerun()
    elif job.state == "failed":
        known = isinstance(job.error, ArchiveError)
        st.error(plainly(str(job.error)) if known else say("The audit broke off; the log has the details."))
        reports.earlier_reports(name, archive)
    elif job.state == "cancelled":
        st.info(say("The audit was called off. Nothing of it was kept."))
        reports.earlier_reports(name, archive)
    else:
        watch(name, archive, job)


name, archive = shared.chosen()
which = st.query_params.get("report", "")
try:
    if token := st.query_params.get("run", ""):
        running(name, archive, token)
    elif which and (number := st.query_params.get("finding", "")):
        reports.one_finding(name, archive, which, int(number) if number.isdecimal() else 0)
    elif which:
        reports.read(name, archive, which)
    else:
        choose(name, archive)
except ArchiveError as error:
    st.error(plainly(str(error)))
    reports.link(say("All audits"), name, icon=":material/arrow_back:")

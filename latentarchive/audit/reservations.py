"""Reservations of data mining and of AI training, as they are recorded: in files, tables and fields of the web.

Nothing is fetched. A reservation that was never recorded cannot be found here, and silence allows nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa

from latentarchive.audit.finding import MOST_EXAMPLES, Finding, Picture, Skip, Table
from latentarchive.audit.recorded import MOST, SILENCE, addresses, column_of, distinct, first, found, ids_of, recorded
from latentarchive.audit.registry import check
from latentarchive.audit.subject import Subject
from latentarchive.measures.intervals import WILSON, wilson
from latentarchive.optouts import (
    AI_AGENTS,
    HIDING,
    RESERVING,
    directives_for,
    read_robots,
    read_robots_tag,
    read_tdm_fields,
    read_tdm_file,
    read_usage,
)
from latentarchive.rights import mining_code, reserves_mining

ROBOTS_TAG = ("x_robots_tag", "x-robots-tag", "robots_tag", "xrobotstag")
USAGE = ("content_usage", "content-usage", "contentusage")
TDM = ("tdm_reservation", "tdm-reservation", "tdmreservation")
TDM_POLICY = ("tdm_policy", "tdm-policy", "tdmpolicy")
"""Names by which recorders keep the fields of HTTP."""


@check
def mining(subject: Subject, *, top: int = 200) -> Iterator[Finding]:
    """Items whose file or catalogue reserves data mining or training in the words of the PLUS vocabulary.

    Each code of the vocabulary is counted. Those that point to constraints or rights expressions elsewhere count as
    reservations until a person has read these.

    Options:
        top: How many items are listed.
    """
    column = f"trim(CAST({subject.sql('mining')} AS VARCHAR))"
    codes = {written: mining_code(written or "") for (written, _) in distinct(subject, column)}
    reserved = [written for written, code in codes.items() if reserves_mining(code)]
    counts = Counter[str]()
    for written, n in distinct(subject, column):
        counts[codes[written] or "not of the vocabulary"] += n
    yield found(subject, column, reserved, "reserve data mining", top, said=lambda written: codes[written])
    if counts:
        listed = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        yield Finding(
            sentence=f"{sum(counts.values()):,} of {subject.n:,} {subject.items} say something of data mining; most "
            f"often {listed[0][0]}.",
            value=sum(counts.values()) / subject.n,
            unit="share",
            n=subject.n,
            denominator=subject.items,
            table=Table(columns=("PLUS Data Mining", "items"), rows=tuple(listed)),
            picture=Picture(kind="bars", x=0, y=(1,), alt="Bars: items by what they say of data mining."),
        )
    if subject.archive is not None:
        yield from _kept(subject, reserved)


def _kept(subject: Subject, reserved: list[str]) -> Iterator[Finding]:
    """Whether what files reserve is reserved in the records, which is what every later step reads."""
    stated = "extra['embedded.xmp:plus:DataMining']"
    in_files = [written for written, _ in distinct(subject, stated) if reserves_mining(mining_code(written))]
    subject.put("said", pa.table({"v": pa.array(in_files, pa.string())}))
    subject.put("kept", pa.table({"v": pa.array(reserved, pa.string())}))
    of_files, lost = f"{stated} IN (SELECT v FROM said)", "mining NOT IN (SELECT v FROM kept)"
    n = subject.row(f"SELECT count(*) FROM items WHERE {of_files}")[0]
    ids = [str(one) for (one,) in subject.rows(f"SELECT id FROM items WHERE {of_files} AND {lost} ORDER BY id")]
    if not n:
        return
    yield Finding(
        sentence=f"{len(ids):,} of {n:,} reservations that the files state were lost on the way into the records.",
        value=len(ids),
        unit="reservations",
        n=n,
        denominator="files that reserve data mining",
        examples=tuple(ids[:MOST_EXAMPLES]),
        notes=("Thumbnails and tables carry no metadata of the file: what is made of them must go by the record.",),
    )


@check
def robots_tag(subject: Subject, *, agents: tuple[str, ...] = ("img2dataset",), top: int = 200) -> Iterator[Finding]:
    """Items whose recorded X-Robots-Tag asks not to be used for AI (noai, noimageai).

    A line that names a robot speaks for that robot alone. Directives for search engines (noindex, noimageindex) are
    counted apart: they say nothing of AI, although some downloaders pass over such images too.

    Options:
        agents: Product tokens of the robots on whose behalf the field is read.
        top: How many items are listed.
    """
    column = column_of(subject, ROBOTS_TAG, "X-Robots-Tag")
    read = {written: directives_for(read_robots_tag(written), agents) for written, _ in distinct(subject, column)}
    yield found(subject, column, [w for w, asked in read.items() if asked & RESERVING],
                 "ask in their X-Robots-Tag not to be used for AI", top,
                 said=lambda written: ", ".join(sorted(read[written])))  # fmt: skip
    counts = Counter[str]()
    for written, n in distinct(subject, column):
        counts.update(dict.fromkeys(read[written], n))
    hidden = sum(n for written, n in distinct(subject, column) if read[written] & HIDING)
    yield Finding(
        sentence=f"{hidden:,} of {subject.n:,} {subject.items} ask search engines not to show them.",
        value=hidden / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        table=Table(
            columns=("directive", "items"), rows=tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
        )
        if counts
        else None,
    )


@check
def usage(subject: Subject, *, category: str = "train-ai", top: int = 200) -> Iterator[Finding]:
    """Items whose recorded Content-Usage field (AIPREF, a draft of the IETF) does not want a use.

    Options:
        category: The use that is asked about.
        top: How many items are listed.
    """
    column = column_of(subject, USAGE, "Content-Usage")
    read = {written: read_usage(written) for written, _ in distinct(subject, column)}
    yield found(subject, column, [w for w, said in read.items() if said is not None and said.get(category) is False],
                 f"say {category}=n in their Content-Usage", top, said=lambda written: written,
                 note="AIPREF is a draft: its words may change before it is a standard.")  # fmt: skip
    broken = sum(n for written, n in distinct(subject, column) if read[written] is None)
    if broken:
        yield Finding(
            sentence=f"{broken:,} of {subject.n:,} {subject.items} have a Content-Usage that is no structured field "
            "(RFC 9651): by the draft it counts as absent.",
            value=broken / subject.n,
            unit="share",
            n=subject.n,
            denominator=subject.items,
            examples=ids_of(subject, column, [w for w, said in read.items() if said is None], MOST_EXAMPLES),
        )


@check
def tdm(subject: Subject, *, files: str = "", top: int = 200) -> Iterator[Finding]:
    """Items whose mining is reserved by TDMRep: in recorded HTTP fields, else in the file of their site.

    What an HTML page says of itself in ``meta`` elements is said of the page and not of the images that it shows; it
    is not read here.

    Options:
        files: Folder with the tdmrep.json of each site as ``HOST.json``; "": the fields alone.
        top: How many items are listed.
    """
    sites = recorded(files, ".json") if files else {}
    column = first(subject, TDM)
    if column is None and not sites:
        message = f"there is no column of TDMRep: looked for {', '.join(TDM)}; and no folder of files is given"
        raise Skip(message)
    reserved: dict[str, str] = {}
    by_field = 0
    if column is not None:
        policy = first(subject, TDM_POLICY) or "''"
        both = f"concat(coalesce({column}, ''), chr(10), coalesce({policy}, ''))"
        for written, n in distinct(subject, both):
            value, _, place = written.partition("\n")
            said = read_tdm_fields({"tdm-reservation": value, "tdm-policy": place})
            if said is not None and said.reserved:
                by_field += n
                for item in ids_of(subject, both, [written], top):
                    reserved[item] = said.policy or "fields"
    asked, by_file, problems = 0, 0, {}
    silent = f"{column} IS NULL OR trim({column}) NOT IN ('0', '1')" if column is not None else "true"
    for item, host, path in addresses(subject, sites, silent) if sites else ():
        asked += 1
        try:
            said = read_tdm_file(sites[host], path)
        except ValueError as error:
            problems[host] = str(error)
            continue
        if said is not None and said.reserved:
            by_file += 1
            if len(reserved) < top:
                reserved[item] = said.policy or f"file of {host}"
    total = by_field + by_file
    rows = tuple(sorted(reserved.items())[:top])
    yield Finding(
        sentence=f"{total:,} of {subject.n:,} {subject.items} are reserved by TDMRep: {by_field:,} by their own "
        f"fields, {by_file:,} by the file of their site.",
        value=total / subject.n,
        unit="share",
        n=subject.n,
        denominator=subject.items,
        examples=tuple(item for item, _ in rows[:MOST_EXAMPLES]),
        table=Table(columns=("item", "policy, or where it stands"), rows=rows, ids=(0,)) if rows else None,
        notes=(
            SILENCE,
            *((f"Files of {len(sites):,} sites were at hand; {asked:,} addresses lie on them.",) if sites else ()),
            *(f"The file of {host} was not read: {why}." for host, why in sorted(problems.items())[:5]),
        ),
    )


@check
def robots(
    subject: Subject, *, files: str, agents: tuple[str, ...] = tuple(AI_AGENTS), top: int = 20
) -> Iterator[Finding]:
    """Items that the recorded robots.txt of their site asks robots of AI not to fetch.

    A robots.txt of today says nothing of what stood there when a collection was gathered.

    Options:
        files: Folder with the robots.txt of each site as ``HOST.txt``.
        agents: Product tokens of the robots that are asked about.
        top: How many sites are listed.
    """
    sites = {host: read_robots(text) for host, text in recorded(files, ".txt").items()}
    closed: dict[str, Counter[str]] = {agent: Counter() for agent in agents}
    per = Counter[str]()
    unwanted = Counter[str]()
    examples: list[str] = []
    for item, host, path in addresses(subject, sites, "true"):
        per[host] += 1
        refused = [agent for agent in agents if not sites[host].allows(agent, path)]
        for agent in refused:
            closed[agent][host] += 1
        unwanted[host] += any(sites[host].usage(agent, path).get("train-ai") is False for agent in agents)
        if refused and len(examples) < MOST_EXAMPLES:
            examples.append(item)
    n = sum(per.values())
    if not n:
        message = f"none of the addresses lies on one of the {len(sites):,} sites whose robots.txt is in {files}"
        raise Skip(message)
    worst = max(agents, key=lambda agent: (closed[agent].total(), agent))
    yield Finding(
        sentence=f"{closed[worst].total():,} of {n:,} addresses on the {len(per):,} sites with a recorded robots.txt "
        f"are closed to {worst}, the robot that most are closed to.",
        value=closed[worst].total() / n,
        interval=wilson(closed[worst].total(), n) if n == MOST else None,
        interval_by=f"{WILSON}, of a draw by hash" if n == MOST else "",
        unit="share",
        n=n,
        denominator="addresses on sites with a recorded robots.txt",
        examples=tuple(sorted(examples)),
        table=Table(
            columns=("robot", "whose", "addresses closed to it"),
            rows=tuple((agent, AI_AGENTS.get(agent, ""), closed[agent].total()) for agent in agents),
        ),
        picture=Picture(kind="bars", x=0, y=(2,), alt="Bars: addresses closed to each robot."),
        notes=(
            f"{subject.n - n:,} of {subject.n:,} {subject.items} lie on other sites, of which nothing is known.",
            SILENCE,
        ),
    )
    yield Finding(
        sentence=f"{unwanted.total():,} of {n:,} are open to robots and say train-ai=n in their site's robots.txt "
        "(AIPREF, a draft).",
        value=unwanted.total() / n,
        unit="share",
        n=n,
        denominator="addresses on sites with a recorded robots.txt",
        table=Table(
            columns=("site", "addresses", f"closed to {worst}", "train-ai=n", "licence in robots.txt"),
            rows=tuple(
                (host, count, closed[worst][host], unwanted[host], ", ".join(sites[host].licences))
                for host, count in sorted(per.items(), key=lambda one: (-one[1], one[0]))[:top]
            ),
        ),
    )

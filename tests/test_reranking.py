"""Another order of results, asked for in words and told with its cost; neighbours of other kinds."""

import json

import pyarrow as pa
import pytest
from click.testing import CliRunner

from latentarchive.archive import Archive
from latentarchive.build import build_archive
from latentarchive.cli.main import main
from latentarchive.errors import QueryError
from latentarchive.facets import facet_values
from latentarchive.query import Query, Term
from latentarchive.recipes import load_recipe
from latentarchive.reranking import METHODS, Rerank, parse_rerank
from tests.conftest import RECIPE, write_recipe

NEWTON, SCHUTT = "Newton, Amanda Almira", "Schutt, Ellen Isham"


def creators(results):
    return [hit.item.creator for hit in results.hits]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("mmr", Rerank("mmr")),
        ("dpp@0.25", Rerank("dpp", strength=0.25)),
        ("facility@1", Rerank("facility", strength=1)),
        ("calibrated:decade@.7", Rerank("calibrated", "decade", strength=0.7)),
        ("det-greedy:place,even", Rerank("det-greedy", "place", even=True)),
        ("det-const-sort:extra.shelf mark", Rerank("det-const-sort", "extra.shelf mark")),
        (f"fa-ir:creator={NEWTON}@0.4", Rerank("fa-ir", "creator", NEWTON, strength=0.4)),
        ("fa-ir:extra.at=a@b.org", Rerank("fa-ir", "extra.at", "a@b.org")),
    ],
)
def test_orders_are_read_and_written(text, asked):
    assert parse_rerank(text) == asked
    assert parse_rerank(str(asked)) == asked


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mmx", "no way to re-rank called 'mmx'; did you mean 'mmr'?"),
        ("", "'' is no way to re-rank; write METHOD"),
        ("mmr@lots", "'mmr@lots' is no way to re-rank"),
        ("mmr@1.5", "the strength of mmr must lie between 0 and 1, got 1.5"),
        ("mmr@nan", "must lie between 0 and 1, got nan"),
        ("mmr:place", "mmr looks at images and takes no field"),
        ("calibrated", "calibrated needs a field: calibrated:place"),
        ("fa-ir:place", "fa-ir needs the value that must not fall short: fa-ir:place=VALUE"),
        ("det-greedy:place@0.5", "det-greedy keeps shares, more or less of which there is not"),
    ],
)
def test_orders_that_cannot_be(text, message):
    with pytest.raises(QueryError) as caught:
        parse_rerank(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_else_is_refused(archive):
    with pytest.raises(QueryError, match=r"diverse is the re-ranking mmr@0\.4"):
        Query(terms=(Term("text", "red"),), diverse=0.4, rerank=Rerank("dpp"))
    with pytest.raises(QueryError, match="no field 'creater' to group items by; did you mean 'creator'"):
        archive.search("red", rerank="calibrated:creater")
    with pytest.raises(QueryError, match="nothing that was searched has creator = 'Newton, Amanda'; did you mean"):
        archive.search("red", rerank="fa-ir:creator=Newton, Amanda")
    with pytest.raises(QueryError, match="takes none of them"):
        Rerank("calibrated", "place", "x")


@pytest.mark.parametrize("method", METHODS)
def test_every_order_keeps_the_plain_rank_and_tells_its_cost(archive, method):
    field = "" if method in ("mmr", "dpp", "facility") else ":creator" + (f"={NEWTON}" if method == "fa-ir" else "")
    plain = archive.search("red", by="meaning", k=10)
    found = archive.search("red", by="meaning", k=4, rerank=method + field)
    order = [hit.item.id for hit in plain.hits]
    assert len({hit.item.id for hit in found.hits}) == 4
    assert all(order[hit.plain_rank - 1] == hit.item.id for hit in found.hits)
    assert [hit.rank for hit in found.hits] == [1, 2, 3, 4]
    told = found.reranked
    assert told.score == pytest.approx(sum(hit.score for hit in found.hits) / 4)
    assert told.plain_score == pytest.approx(sum(hit.score for hit in plain.hits[:4]) / 4)
    assert told.mean_plain_rank == sum(hit.plain_rank for hit in found.hits) / 4
    assert (told.kept, told.of) == (sum(hit.plain_rank <= 4 for hit in found.hits), 4)
    assert told.score <= told.plain_score
    assert str(told) == found.notes[-1]
    assert json.loads(json.dumps(found.record()))["reranked"]["method"] == method + field
    assert plain.reranked is None


def test_shares_by_hand(archive):
    """Two makers, wanted alike: two works of each among four, and the best of all first."""
    plain = archive.search("red", by="meaning", k=10, where="creator <> ''")
    even = archive.search("red", by="meaning", k=4, where="creator <> ''", rerank="det-greedy:creator,even")
    assert creators(even)[:2] in ([NEWTON, SCHUTT], [SCHUTT, NEWTON])
    assert sorted(creators(even)) == [NEWTON, NEWTON, SCHUTT, SCHUTT]
    assert even.hits[0].item.id == plain.hits[0].item.id
    none = archive.search("red", by="meaning", k=4, rerank="calibrated:extra.shelf")
    assert [hit.item.id for hit in none.hits] == [hit.item.id for hit in archive.search("red", by="meaning", k=4).hits]
    assert "no candidate states extra.shelf" in none.notes[-1]
    years = archive.search("red", by="meaning", k=3, where="year < 1905", rerank="det-greedy:decade")
    assert "the one value of decade" in years.notes[-1]


def test_withheld_works_count_in_no_share(archive):
    archive.withhold([item.id for item in archive.shown("creator LIKE 'Newton%'")], reason="asked")
    with pytest.raises(QueryError, match="nothing that was searched has creator"):
        archive.search("red", rerank=f"fa-ir:creator={NEWTON}")


def test_an_archive_of_metadata_balances_fields_and_says_that_it_compares_no_images(tmp_path, swatches):
    text = RECIPE.replace('"toy"', '"none"')
    bare = Archive.open(
        build_archive(load_recipe(str(write_recipe(tmp_path, text)), root=swatches), out=tmp_path / "a").path
    )
    varied = bare.search("Plate", k=4, rerank="dpp")
    assert varied.reranked is None
    assert "not re-ranked, since no images can be compared" in varied.notes[0]
    even = bare.search("Plate", k=4, rerank="det-greedy:creator,even")
    assert sorted(creators(even)) == [NEWTON, NEWTON, SCHUTT, SCHUTT]
    assert (even.reranked.score, even.reranked.plain_score) == (None, None)
    assert [side.kind for side in bare.neighborhood("s:red.png", by=["creator"]).sides] == ["creator"]


def test_neighbours_of_other_kinds_by_hand(archive):
    """In the order of file names "red" stands between "red-white" and "white"."""
    found = archive.neighborhood("s:red.png", k=2)
    meaning, shelf, creator, decade = found.sides
    assert [hit.item.id for hit in meaning.hits] == [hit.item.id for hit in archive.neighbors("s:red.png", k=2).hits]
    assert [hit.item.id for hit in shelf.hits] == ["s:red-white.png", "s:white.png"]
    assert (creator.kind, creator.value) == ("creator", archive.item("s:red.png").creator)
    assert all(hit.item.creator == creator.value for hit in creator.hits)
    assert creator.others == len(list(archive.shown(f"creator = '{creator.value}'"))) - 1
    assert creator.of == 9
    assert creator.shared == sum(hit.item.creator == creator.value for hit in meaning.hits)
    assert (decade.value, decade.others, decade.nearest) == ("1900s", 8, 2)
    assert json.loads(json.dumps(found.record()))["sides"][2]["value"] == creator.value


def test_neighbours_are_not_withheld_ones_and_what_cannot_be_asked(archive):
    archive.withhold(["s:red-blue.png"], reason="asked")
    sides = archive.neighborhood("s:red.png", k=99).sides
    assert not [hit for side in sides for hit in side.hits if hit.item.id in ("s:red-blue.png", "s:red.png")]
    for asked, message in (
        ({"by": ["plaice"]}, "did you mean 'place'"),
        ({"by": ["place"]}, "item s:red.png states no place"),
        ({"k": 0}, "k must be 1 or more"),
    ):
        with pytest.raises(QueryError, match=message):
            archive.neighborhood("s:red.png", **asked)
    with pytest.raises(QueryError, match="is withheld"):
        archive.neighborhood("s:red-blue.png")


def test_on_the_command_line(archive):
    done = CliRunner().invoke(
        main, ["search", str(archive.path), "red", "--rerank", "det-greedy:creator,even", "-k", "4"]
    )
    assert done.exit_code == 0
    assert "note: re-ranked by DetGreedy: shares kept at every rank, the 2 values of creator among" in done.stdout
    assert "what it costs: mean cosine" in done.stdout
    done = CliRunner().invoke(main, ["search", str(archive.path), "red", "--rerank", "mmr:place"])
    assert (done.exit_code, done.stderr) == (1, "latentarchive: mmr looks at images and takes no field\n")
    done = CliRunner().invoke(main, ["neighbors", str(archive.path), "s:red.png", "--by", "creator", "-k", "2"])
    assert done.exit_code == 0
    assert "the same creator, " in done.stdout
    assert "of the 2 nearest:" in done.stdout


def test_decades_and_centuries_are_of_the_middle_of_dates_that_are_near_enough():
    """1895 to 1905 is of 1900; a century has no decade; "before 1700" has no first year, and falls nowhere."""
    table = pa.table({"year": [1890, 1895, 1801, 1801, None], "year_end": [1890, 1905, 1900, 1950, 1700]})
    assert facet_values(table, "decade").to_pylist() == ["1890s", "1900s", None, None, None]
    assert facet_values(table, "century").to_pylist() == ["1800 to 1899", "1900 to 1999", "1800 to 1899", None, None]

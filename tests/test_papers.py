"""Croissant and datasheets: valid, true to the bytes, without what is withheld, with blanks that are blank."""

import json
import re
import socket
from dataclasses import replace

import pytest
from click.testing import CliRunner

import latentarchive
from latentarchive.cli.main import main
from latentarchive.errors import ArchiveError
from latentarchive.export import export_archive
from latentarchive.export.croissant import FIELDS, FILE, croissant
from latentarchive.export.datasheet import BLANK, CLASSIC, EUROPEANA, datasheet
from latentarchive.export.facts import measure
from latentarchive.export.rai import NAMES, problems
from latentarchive.recipes import without_places


@pytest.fixture
def folder(archive, tmp_path):
    """A data set of the swatches, of which one is withheld."""
    archive.withhold(["s:red-copy.png"], reason="asked by the family")
    path, n = export_archive(archive, "croissant", out=tmp_path / "set")
    assert n == 9
    return path


@pytest.fixture
def document(folder):
    return json.loads((folder / FILE).read_bytes())


def offline(*_):
    message = "the network is blocked"
    raise OSError(message)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of libraries that mlcroissant uses
def test_mlcroissant_reads_the_set_without_a_network(folder, monkeypatch):
    for name in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, offline)
    import mlcroissant

    data = mlcroissant.Dataset(jsonld=str(folder / FILE))
    assert not data.metadata.ctx.issues.errors
    assert not data.metadata.ctx.issues.warnings
    rows = list(data.records("items"))
    copy = latentarchive.open(folder)
    assert [row["items/id"].decode() for row in rows] == [item.id for item in copy.collection]
    assert [row["items/title"].decode() for row in rows] == [item.title for item in copy.collection]
    assert set(rows[0]) == {f"items/{name}" for name in FIELDS}


def test_our_own_check_finds_what_mlcroissant_passes_over(document, folder):
    assert problems(document, folder) == []
    wrong = {**document, "rai:dataBiasez": ["x"]}
    assert problems(wrong, folder) == [
        "'rai:dataBiasez' is no property of Croissant RAI 1.0; did you mean 'dataBiases'?"
    ]
    nested = {**document, "recordSet": [{"field": [{"rai:useCases": ""}]}]}
    assert "rai:useCases" in problems(nested, folder)[0]
    del wrong["rai:dataBiasez"], wrong["license"]
    wrong["conformsTo"] = wrong["conformsTo"][:1]
    assert problems(wrong, folder) == [
        "'license' is missing",
        "it does not say that it conforms to http://mlcommons.org/croissant/RAI/1.0",
    ]
    file = next(folder.glob("items/*.parquet"))
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    assert problems(document, folder) == [f"items/{file.name} is not the file that is described"]
    assert len(NAMES) == len(set(NAMES)) == 20


def test_the_set_is_a_sound_archive_and_names_nothing_withheld(folder, document):
    assert CliRunner().invoke(main, ["verify", str(folder)]).exit_code == 0
    text = json.dumps(document)
    assert "red-copy" not in text
    assert "withheld" not in text
    assert not [path for path in folder.rglob("*.json*") if "red-copy" in path.read_text()]


def test_rights_are_told_as_they_are(document):
    said = [one for one in document["license"] if isinstance(one, str)]
    assert said == ["http://rightsstatements.org/vocab/NoC-US/1.0/"]
    words = document["license"][-1]["description"]
    # ten swatches, every third restricted (numbers 0, 3 and 6), one copy without a side file, which is withheld
    assert "(6 open, 3 restricted;" in words
    assert "has stated no licence" in words


def test_figures_are_those_of_the_shown_items(archive, document):
    facts = measure(archive, archive.rows())
    assert (facts.n, facts.withheld, facts.first, facts.last, facts.dated) == (9, 1, 1900, 1908, 9)
    assert facts.mean_year == 1904
    assert facts.classes == {"open": 6, "restricted": 3}
    assert facts.missing["title"] == 0
    assert facts.missing["medium"] == 9
    assert facts.size == (64, 64)
    [records] = document["recordSet"]
    assert [one["value"] for one in records["annotation"]] == [9]
    by_name = {field["name"]: field for field in records["field"]}
    assert [one["value"] for one in by_name["year"]["annotation"]] == [1900, 1904.0]
    assert [one["value"] for one in by_name["year_end"]["annotation"]] == [1908]
    assert "medium: 9 of 9 say nothing" in document["rai:dataCollectionMissingData"]


def test_nothing_is_said_in_the_name_of_the_collection(document):
    for name in ("dataSocialImpact", "personalSensitiveInformation", "dataUseCases", "dataReleaseMaintenancePlan"):
        assert f"rai:{name}" not in document


def test_an_audit_adds_its_figures_and_one_of_something_else_is_refused(archive, tmp_path):
    suite = tmp_path / "s.toml"
    suite.write_text('title = "T"\n[[check]]\nname = "composition.values"\nfield = "creator"\n')
    runner, report = CliRunner(), tmp_path / "audit" / "report.json"
    done = runner.invoke(main, ["audit", str(archive.path), str(suite), "--out", str(report.parent)])
    assert done.exit_code == 0, done.output
    out = str(tmp_path / "set")
    done = runner.invoke(main, ["export", str(archive.path), "croissant", "--out", out, "--report", str(report)])
    assert done.exit_code == 0, done.output
    document = json.loads((tmp_path / "set" / FILE).read_bytes())
    assert any("values of creator" in said for said in document["rai:dataBiases"])
    done = runner.invoke(
        main, ["export", str(archive.path), "datasheet", "--out", str(tmp_path / "d.md"), "--report", str(report)]
    )
    assert done.exit_code == 0, done.output
    assert "2.0 values of creator" in (tmp_path / "d.md").read_text()
    other = json.loads(report.read_bytes()) | {"subject": "elsewhere"}
    report.write_text(json.dumps(other))
    with pytest.raises(ArchiveError, match="is about 'elsewhere', not about archive 'swatches'"):
        export_archive(archive, "datasheet", out=tmp_path / "e.md", report=report)
    with pytest.raises(ArchiveError, match="csv takes no report"):
        export_archive(archive, "csv", out=tmp_path / "e.csv", report=report)
    assert not (tmp_path / "e.md").exists()


@pytest.mark.parametrize(("name", "form"), [("datasheet", EUROPEANA), ("datasheet-classic", CLASSIC)])
def test_every_question_is_answered_or_left_blank(archive, tmp_path, name, form):
    archive.withhold(["s:red-copy.png"], reason="r")
    path, _ = export_archive(archive, name, out=tmp_path / "sheet.md")
    text = path.read_text()
    assert re.findall(r"^## (.*)$", text, re.M) == [title for title, _ in form]
    blank = sum(not answer for _, questions in form for _, answer in questions)
    assert text.count(f"\n\n{BLANK}\n") == blank
    for _, questions in form:
        for question, answer in questions:
            after = text.split(f"**{question}**\n\n")[1].split("\n**")[0].strip()
            assert (after.startswith(BLANK) and not answer) or after.strip()
    assert "red-copy" not in text
    assert "9 works" in text


def test_what_a_catalogue_says_means_nothing_to_markdown(tmp_path, swatches):
    from latentarchive.build import build_archive
    from latentarchive.recipes import load_recipe
    from tests.conftest import write_recipe

    side = json.loads((swatches / "red.json").read_text()) | {"place": "# <b>*x*</b>\n| a"}
    (swatches / "red.json").write_text(json.dumps(side))
    built = build_archive(load_recipe(str(write_recipe(tmp_path)), root=swatches), out=tmp_path / "archive")
    path, _ = export_archive(latentarchive.open(built.path), "datasheet", out=tmp_path / "sheet.md")
    assert r"\# \<b\>\*x\*\</b\>" in path.read_text()


def test_a_paper_names_no_folder_of_the_machine(archive, tmp_path):
    place = tmp_path / "somebody" / "model"
    recipe = f'{archive.manifest.recipe}\n[encoder]\nid = "local:{place}"\nroot = \'~/pictures/all\'\npage = "https://e.example/a"\n'
    told = replace(archive.manifest, encoder=f"local:{place}", recipe=recipe)
    object.__setattr__(archive, "manifest", told)
    facts = measure(archive, archive.rows())
    sheet = datasheet(archive, facts, EUROPEANA, None)
    papers = [sheet, json.dumps(croissant(archive, facts, None))]
    for paper in papers:
        assert "somebody" not in paper
        assert "local:model" in paper
        assert told.fingerprint in paper
    assert "root = 'all'" in sheet
    assert 'page = "https://e.example/a"' in sheet


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ('id = "local:models/mine"', 'id = "local:mine"'),
        ("id = 'openclip:ViT-B-32/weights/a.pt'", "id = 'openclip:ViT-B-32/a.pt'"),
        ('id = "openclip:ViT-B-32/openai"', 'id = "openclip:ViT-B-32/openai"'),
        ('root = "C:\\\\works\\\\all"', 'root = "all"'),
        ('path = "plates/*.png"  # "/x/y"', 'path = "plates/*.png"  # "y"'),
        ('title = "either / or"', 'title = "either / or"'),
    ],
)
def test_a_recipe_is_published_without_places(line, published):
    assert without_places(line) == published

"""Every shipped recipe parses, and its columns are columns of the real files, whose headers stand here."""

import pytest

from latentarchive.items import local_id
from latentarchive.recipes import load_recipe, names

HEADERS = {
    "usda-pomological": "file,authors,fruit,image,subjects,thumbnail_image,year",
    "aic-paintings": "id,title,artist,date,medium,image_id,image_url,group,file",
    # https://laion.ai/blog/laion-400-open-dataset/
    "laion-metadata": "SAMPLE_ID,URL,TEXT,HEIGHT,WIDTH,LICENSE,NSFW,similarity",
    # embedding parts of LAION-5B; those of Re-LAION are not confirmed
    "relaion-embeddings": "image_path,caption,NSFW,similarity,LICENSE,url,key,status,error_message,width,height,"
    "original_width,original_height,exif,md5",
    # https://github.com/metmuseum/openaccess
    "met-open-access": "Object Number,Is Highlight,Is Timeline Work,Is Public Domain,Object ID,Gallery Number,"
    "Department,AccessionYear,Object Name,Title,Culture,Period,Dynasty,Reign,Portfolio,Constituent ID,Artist Role,"
    "Artist Prefix,Artist Display Name,Artist Display Bio,Artist Suffix,Artist Alpha Sort,"
    "Artist Nationality,Artist Begin Date,Artist End Date,Artist Gender,Artist ULAN URL,"
    "Artist Wikidata URL,Object Date,Object Begin Date,Object End Date,Medium,Dimensions,Credit Line,"
    "Geography Type,City,State,County,Country,Region,Subregion,Locale,Locus,Excavation,River,"
    "Classification,Rights and Reproduction,Link Resource,Object Wikidata URL,Metadata Date,Repository,"
    "Tags,Tags AAT URL,Tags Wikidata URL",
}
FIELDS = {
    "usda-pomological": ("title", "creator", "date", "url", "image"),
    "aic-paintings": ("title", "creator", "date", "medium", "url", "image"),
    "laion-metadata": ("text", "url"),
    "relaion-embeddings": ("text", "url"),
    "met-open-access": ("title", "creator", "date", "medium", "place", "url", "source"),
}


@pytest.mark.parametrize("name", sorted({*names(), *HEADERS}))
def test_recipe_parses(name):
    recipe = load_recipe(name)
    assert recipe.collection.name == ("cabinet" if name == "cabinet-generator" else name)
    assert recipe.title
    assert not str(getattr(recipe.collection, "path", "")).startswith(("/", ".."))


@pytest.mark.parametrize("name", HEADERS)
def test_columns_bind_to_the_real_header(name):
    header = HEADERS[name].split(",")
    catalogue = load_recipe(name).collection.catalogue
    catalogue.require([header], where=name)
    row = {column: f"{n} {column}" for n, column in enumerate(header)}
    found = catalogue.item(row | {"URL": "http://x", "url": "http://x", "image": "http://x"}, fallback="row-1")
    assert all(getattr(found, field) for field in FIELDS[name])
    said = " ".join([*found.extra, *map(str, found.record().values())])
    assert all(
        column in said or local_id(column) in said or column in ("URL", "url", "image", "key") for column in header
    ), said
    if name in ("laion-metadata", "relaion-embeddings", "met-open-access"):
        assert load_recipe(name).notes.startswith("Not run here")


def test_pomological_row():
    row = {"file": "images/p.jpg", "fruit": "Malus domestica: Wilson", "subjects": "Malus domestica , apples"}
    header = dict.fromkeys(HEADERS["usda-pomological"].split(","), "")
    found = load_recipe("usda-pomological").collection.catalogue.item(header | row, fallback="row-1")
    assert (found.id, found.medium) == ("usda-pomological:images/p.jpg", "watercolor")
    assert found.subjects == ("Malus domestica", "apples")
    assert (found.rights, found.rights_class) == ("http://rightsstatements.org/vocab/NoC-US/1.0/", "open")

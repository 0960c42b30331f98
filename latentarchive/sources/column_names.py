"""Which columns of a table fill which field of an item: usual names, unless a recipe names others."""

from __future__ import annotations

from functools import lru_cache

from latentarchive.sources.values import canonical

ALIASES: dict[str, tuple[str, ...]] = {
    # LAION SAMPLE_ID and hash, DataComp uid, COYO id, img2dataset key, Met Object ID, CollectionBuilder objectid
    "id": ("sampleid", "uid", "objectid", "id", "recordid", "itemid", "key", "hash", "accessionnumber",
           "inventorynumber", "identifier"),
    "image": ("file", "filename", "filepath", "imagepath", "imagefile", "localpath", "path", "image"),
    "title": ("title", "objecttitle", "worktitle", "name"),
    "text": (".txt", "caption", "text", "description", "alttext", "alt", "topcaption", "shortdescription"),
    "creator": ("creator", "creators", "artist", "artists", "artistdisplayname", "artisttitle", "artistname", "author",
                "authors", "photographer", "painter", "maker", "creator.fullname", "creator.name", "artist.name",
                "artistdisplay"),
    "date": ("date", "objectdate", "creationdate", "datecreated", "datedisplay", "displaydate", "datetext"),
    "year": ("year", "objectbegindate", "datestart", "startyear", "yearstart", "begindate", "dateearliest",
             "creationdateearliest"),
    "year_end": ("yearend", "objectenddate", "dateend", "endyear", "enddate", "datelatest", "creationdatelatest"),
    "medium": ("medium", "mediumdisplay", "technique", "materials", "formatoriginal", "originalformat"),
    "place": ("place", "location", "placeoforigin", "placename", "spatial", "coverage", "country"),
    "subjects": ("subjects", "subject", "tags", "keywords", "subjecttitles"),
    "rights": ("rightsstatement", "rightsuri", "rightsstatementuri", "licenseuri", "licenseurl", "license", "licence",
               "license.name", "license.url", "rights", "rightsandreproduction", "copyrightnotice", "copyright"),
    "mining": ("mining", "datamining", "plusdatamining"),
    "url": ("weburl", "pageurl", "objecturl", "linkresource", "homepage", "permalink", "landingpage", "url", "link"),
    "source": ("repository", "holdinginstitution", "institution", "dataprovider", "source"),
}  # fmt: skip
"""Usual column names of each field, in order of preference, as `canonical` writes them."""

IMAGE_ADDRESSES = ("imageurl", "primaryimage", "objectlocation")
"""Columns that hold the address of an image: they stand in for `url` and `image` where those are not stated."""

PUBLIC_DOMAIN_FLAGS = ("ispublicdomain", "publicdomain")
"""Columns that are true where the work is in the public domain; false states nothing about its rights."""

_SEVERAL = frozenset({"image", "rights", "url"})
"""Fields that look at every column with a usual name, not only at the first."""


@lru_cache(maxsize=256)
def columns_of(names: tuple[str, ...], mapped: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, tuple[str, ...]]:
    """The columns of each field, in order, for rows with these column names.

    Args:
        names: Of the columns, as written.
        mapped: Field and columns that the recipe names; they count before the usual ones.

    Returns:
        By field of `ALIASES`; and under "addresses" the columns of `IMAGE_ADDRESSES`.
    """
    own = dict(mapped)
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(canonical(name), name)
    found: dict[str, tuple[str, ...]] = {}
    for key, aliases in ALIASES.items():
        usual = tuple(by_name[a] for a in aliases if a in by_name)
        if key in ("year", "year_end"):  # a column that the recipe calls the date is a date as written
            usual = tuple(name for name in usual if name not in own.get("date", ()))
        found[key] = own.get(key, usual if key in _SEVERAL else usual[:1])
    addresses = tuple(by_name[a] for a in IMAGE_ADDRESSES if a in by_name)
    return found | {"addresses": addresses}

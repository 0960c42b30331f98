"""Rows in the shape of LAION's published metadata, made up: Parquet shards, any number of them, from one seed.

Domains are as heavy-tailed as on the web (rank r with weight 1/r), captions are words of six languages and, for one in
seven, a text that other rows have; a few rows are bad in ways that LAION's are. No address leads anywhere on purpose.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

SHARD = 1_000_000
"""Rows of a file."""

DOMAINS, TEMPLATES = 3_000_000, 200_000
"""How many domains and how many repeated captions there are to be drawn from."""

PLATFORMS = ("i.pinimg.com", "cdn.shopify.com", "slideplayer.com", "d1abcdef.cloudfront.net", "i0.wp.com")
SUFFIXES = ("com", "com", "com", "net", "org", "de", "co.uk", "fr", "com.br", "es", "ru", "info")
PREFIXES = ("www.", "", "images.", "cdn.")

WORDS = {
    "en": "red boat on the harbour with old woman and two children in front of a small house near market winter light "
    "painting vintage wooden table dress summer free shipping portrait garden flowers kitchen design black white",
    "de": "rotes Boot im alten Hafen mit einer Frau und zwei Kindern vor dem kleinen Haus am Markt im Winter Licht "
    "Gemälde hölzerner Tisch Kleid für den Sommer Bild der Stadt Garten Blumen Küche schwarz weiß",
    "fr": "bateau rouge dans le vieux port avec une femme et deux enfants devant la petite maison près du marché "
    "lumière peinture table en bois robe été portrait jardin fleurs cuisine noir et blanc pour les vacances",
    "es": "barco rojo en el puerto viejo con una mujer y dos niños delante de la casa pequeña cerca del mercado luz de "
    "invierno pintura mesa de madera vestido verano retrato jardín flores cocina blanco y negro para",
    "ru": "красная лодка в старой гавани с женщиной и двумя детьми перед маленьким домом у рынка зимний свет картина "
    "деревянный стол платье лето портрет сад цветы кухня чёрный белый для всей семьи",
    "nl": "rode boot in de oude haven met een vrouw en twee kinderen voor het kleine huis bij de markt winter licht "
    "schilderij houten tafel jurk zomer portret tuin bloemen keuken zwart wit voor het hele gezin",
}
LANGUAGES = (("en", 60), ("de", 12), ("fr", 10), ("es", 10), ("ru", 5), ("nl", 3))
"""Of a hundred captions."""


def write(folder: Path, rows: int) -> Path:
    """So many rows as files of `SHARD`; files that are there already are taken as they are.

    Returns:
        The folder with exactly these rows.
    """
    place = folder / f"laion-{rows}"
    place.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect(config={"preserve_insertion_order": "false"})
    for number, start in enumerate(range(0, rows, SHARD)):
        path = place / f"part-{number:05d}.parquet"
        if not path.exists():
            half = path.with_suffix(".half")
            db.execute(
                f"COPY ({query(start, min(start + SHARD, rows))}) TO '{half}' (FORMAT parquet, COMPRESSION zstd)"
            )
            half.rename(path)
    db.close()
    return place


def query(start: int, stop: int) -> str:
    """The SQL that gives the rows from one number up to another: each depends on its number alone."""
    said = [code for code, of in LANGUAGES for _ in range(of)]
    words = ", ".join(f"'{code}': {WORDS[code].split()}" for code in WORDS)
    return f"""
    WITH drawn AS (
        SELECT i, {_unit(1)} AS a, {_unit(2)} AS b, {_unit(3)} AS c, {_unit(4)} AS d, {_unit(5)} AS e,
            {said}[1 + ({_draw("i", 6)} % 100)::INTEGER] AS said,
            floor(exp({_unit(7)} * ln({DOMAINS})))::BIGINT AS rank,
            -- A repeated caption is the one of a row that is drawn again and again.
            CASE WHEN {_unit(8)} < 0.15 THEN -1 - floor(exp({_unit(9)} * ln({TEMPLATES})))::BIGINT ELSE i END AS told
        FROM range({start}, {stop}) AS numbers(i)
    ), named AS (
        SELECT *, MAP {{{words}}}[CASE WHEN told < 0 THEN 'en' ELSE said END] AS w,
            CASE WHEN rank <= {len(PLATFORMS)} THEN {list(PLATFORMS)}[rank]
                ELSE {list(PREFIXES)}[1 + ({_draw("i", 10)} % 2 + {_draw("rank", 11)} % 3)::INTEGER] || 'site-'
                    || to_base(({_draw("rank", 12)} % 100000000)::BIGINT, 36) || '.'
                    || {list(SUFFIXES)}[1 + ({_draw("rank", 13)} % {len(SUFFIXES)})::INTEGER] END AS host
        FROM drawn
    ), captioned AS (
        SELECT *, array_to_string(list_transform(range(4 + ({_draw("told", 14)} % 9)::BIGINT),
            lambda k: w[1 + (hash(told, k) % len(w))::INTEGER]), ' ') AS caption FROM named
    )
    SELECT
        CASE WHEN i % 100003 = 7 THEN NULL WHEN i % 50021 = 9 THEN 'data:image/gif;base64,R0lGOD'
             WHEN i % 70001 = 3 THEN 'http://' || replace(host, '.', ' ') || '/a.jpg'
             ELSE CASE WHEN e < 0.7 THEN 'https://' ELSE 'http://' END || host
                || CASE WHEN b < 0.2 THEN '/wp-content/uploads/' || 2005 + ({_draw("i", 15)} % 17)
                    || '/0' || 1 + ({_draw("i", 16)} % 9) ELSE '/images' END
                || '/' || replace(w[1 + (i % len(w))], ' ', '-') || '-'
                || to_base(({_draw("i", 17)} % 2000000000)::BIGINT, 36)
                || '.jpg' END AS "URL",
        CASE WHEN i % 200003 = 1 THEN NULL WHEN i % 30011 = 5 THEN ''
             WHEN d < 0.01 THEN 'IMG_' || 1000 + i % 9000 || '.jpg'
             ELSE caption END AS "TEXT",
        CASE WHEN i % 90001 = 4 THEN 0 ELSE (40 * pow(2, 6 * a))::INTEGER END AS "WIDTH",
        greatest(1, (40 * pow(2, 6 * a) * pow(2, 1.2 * (b - 0.6)))::INTEGER) AS "HEIGHT",
        CASE WHEN i % 1000003 = 11 THEN 6016.0 WHEN i % 2000003 = 12 THEN 'NaN'::FLOAT
             ELSE 0.26 - ln(1 - c) * 0.035 END::FLOAT AS similarity,
        ({_draw("i", 18)}::HUGEINT - 9223372036854775808)::BIGINT AS hash,
        pow(d, 4)::FLOAT AS punsafe, pow(e, 2)::FLOAT AS pwatermark,
        CASE WHEN i % 11 = 0 THEN '?' WHEN told < 0 THEN 'en' ELSE said END AS "LANGUAGE",
        CASE WHEN i % 997 = 0 THEN NULL WHEN d < 0.9 THEN 'UNLIKELY'
             WHEN d < 0.98 THEN 'UNSURE' ELSE 'NSFW' END AS "NSFW",
        CASE WHEN i % 5003 = 0 THEN 'http://creativecommons.org/licenses/by/2.0/' ELSE '?' END AS "LICENSE"
    FROM captioned"""


def _draw(of: str, stream: int) -> str:
    """A number of 64 bits that a value and the number of a stream decide."""
    return f"hash({of}, {stream})"


def _unit(stream: int) -> str:
    """One from 0 to 1 for the row."""
    return f"({_draw('i', stream)} / 18446744073709551616.0)"

-- What the suite `training-set` counts, as somebody would count it by hand: the same columns, the same raw counts, no
-- findings. `items` is a view over the Parquet files. Registered domains are cut to two labels, since SQL knows no public
-- suffixes; languages are not identified: the sample of 200,000 captions is drawn, and no more.

-- Cells that say nothing, of every column.
SELECT count(*) AS total,
    count(*) - count(URL), count(*) FILTER (trim(URL) = ''), count(*) - count(TEXT), count(*) FILTER (trim(TEXT) = ''),
    count(*) - count(WIDTH), count(*) - count(HEIGHT), count(*) - count(hash),
    count(*) FILTER (similarity IS NULL OR isnan(similarity)), count(*) FILTER (punsafe IS NULL OR isnan(punsafe)),
    count(*) FILTER (pwatermark IS NULL OR isnan(pwatermark)),
    count(*) - count(LANGUAGE), count(*) FILTER (LANGUAGE = ''), count(*) - count(NSFW), count(*) FILTER (NSFW = ''),
    count(*) - count(LICENSE), count(*) FILTER (LICENSE IN ('', '?'))
FROM items;

-- Hosts, domains, and the largest tenth of these.
CREATE TEMP TABLE hosts AS SELECT lower(split_part(URL, '/', 3)) AS host, count(*) AS n FROM items GROUP BY host;
CREATE TEMP TABLE domains AS
    SELECT array_to_string(string_split(host, '.')[-2:], '.') AS domain, sum(n) AS n FROM hosts GROUP BY domain;
SELECT regexp_replace(host, '^www\.', '') AS netloc, sum(n) AS n FROM hosts GROUP BY netloc ORDER BY n DESC LIMIT 20;
SELECT domain, n FROM domains ORDER BY n DESC LIMIT 1000;
SELECT n, count(*) FROM domains GROUP BY n ORDER BY n;
SELECT count(*) FROM items WHERE URL IS NULL OR URL NOT SIMILAR TO 'https?://.+';

-- Captions: lengths, names of files, repeats.
SELECT length(TEXT) AS chars, count(*) FROM items GROUP BY chars ORDER BY chars;
SELECT count(*) FROM items WHERE regexp_matches(lower(TEXT), '\.(jpe?g|png|gif|webp|bmp|tiff?|svg|heic|avif)$');
CREATE TEMP TABLE repeated AS
    SELECT hash(TEXT) AS h, count(*) AS n FROM items WHERE TEXT <> '' GROUP BY h HAVING count(*) > 1;
SELECT sum(n)::BIGINT AS again, (sum(n) FILTER (n >= 10))::BIGINT AS often FROM repeated;
SELECT TEXT, count(*) AS n FROM items WHERE hash(TEXT) IN (SELECT h FROM repeated ORDER BY n DESC, h LIMIT 20)
    GROUP BY TEXT ORDER BY n DESC;

-- A sample of the captions, for their languages.
CREATE TEMP TABLE drawn AS SELECT TEXT, LANGUAGE FROM items USING SAMPLE reservoir (200000 ROWS) REPEATABLE (0);

-- Values as they stand.
SELECT LANGUAGE, count(*) AS n FROM items GROUP BY LANGUAGE ORDER BY n DESC;
SELECT NSFW, count(*) AS n FROM items GROUP BY NSFW ORDER BY n DESC;
SELECT LICENSE, count(*) AS n FROM items GROUP BY LICENSE ORDER BY n DESC;

-- Sizes.
SELECT count(*) FILTER (WIDTH > 0 AND HEIGHT > 0), count(*) FILTER (least(WIDTH, HEIGHT) < 224),
    count(*) FILTER (least(WIDTH, HEIGHT) < 256), count(*) FILTER (least(WIDTH, HEIGHT) < 512),
    count(*) FILTER (least(WIDTH, HEIGHT) < 1024) FROM items;
SELECT floor(4 * log2(WIDTH * HEIGHT)) AS area, floor(4 * log2(WIDTH / HEIGHT)) AS aspect, count(*)
    FROM items WHERE WIDTH > 0 AND HEIGHT > 0 GROUP BY ALL;
SELECT WIDTH, count(*) AS n FROM items GROUP BY WIDTH ORDER BY n DESC LIMIT 1;
SELECT HEIGHT, count(*) AS n FROM items GROUP BY HEIGHT ORDER BY n DESC LIMIT 1;

-- Scores.
SELECT floor(similarity * 10000) AS bin, count(*) FROM items GROUP BY bin ORDER BY bin;
SELECT floor(punsafe * 10000) AS bin, count(*) FROM items GROUP BY bin ORDER BY bin;
SELECT floor(pwatermark * 10000) AS bin, count(*) FROM items GROUP BY bin ORDER BY bin;
SELECT hash, similarity FROM items WHERE NOT similarity BETWEEN -1 AND 1 ORDER BY similarity DESC LIMIT 20;

-- Years in addresses.
SELECT regexp_extract(URL, '/((?:19|20)[0-9][0-9])/(?:0[1-9]|1[0-2])/', 1) AS year, count(*) FROM items GROUP BY year;

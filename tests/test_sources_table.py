"""Tables in every format, whole and damaged."""

import csv
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from latentarchive.errors import SourceError
from latentarchive.items import Record
from latentarchive.sources import Table
from tests.source_helpers import items, keeps_its_promises, rejected

ROWS = [{"id": str(n), "title": f"Work {n}", "note": "ä" * n} for n in range(7)]


def table(root, path, **options):
    return Table(name="t", root=root, path=path, **options)


def write(root, name, text, encoding="utf-8"):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    (root / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


def csv_text(delimiter=","):
    return "\n".join([delimiter.join(ROWS[0])] + [delimiter.join(row.values()) for row in ROWS]) + "\n"


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("a.csv", csv_text(), {}),
        ("a.csv", "\ufeff" + csv_text(), {}),
        ("a.CSV", csv_text().replace("\n", "\r\n"), {}),
        ("a.csv.gz", csv_text(), {}),
        ("a.tsv", csv_text("\t"), {}),
        ("a.csv", csv_text(";"), {"delimiter": ";"}),
        ("a.dat", csv_text(), {"format": "csv"}),
        ("a.csv", csv_text().encode("utf-16"), {"encoding": "utf-16"}),
        ("a.csv", csv_text().encode("latin-1"), {"encoding": "latin-1"}),
        ("a.jsonl", "\n\n".join(map(json.dumps, ROWS)), {}),
        ("a.ndjson.gz", "\n".join(map(json.dumps, ROWS)), {}),
        ("a.json", json.dumps(ROWS), {}),
        ("a.json", json.dumps({row["id"]: row for row in ROWS}), {}),
    ],
)
def test_every_format_gives_the_same_items(tmp_path, name, text, options):
    write(tmp_path, name, text)
    source = table(tmp_path, name, **options)
    keeps_its_promises(source)
    found = items(source)
    assert [(i.id, i.title) for i in found] == [(f"t:{n}", f"Work {n}") for n in range(7)]
    assert found[3].extra["note"] == "äää"


def test_parquet_parts_in_number_order(tmp_path):
    for number, rows in ((2, ROWS[2:5]), (10, ROWS[5:]), (1, ROWS[:2])):
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"part-{number}.parquet", row_group_size=2)
    for path in (".", "part-*.parquet"):
        source = table(tmp_path, path)
        keeps_its_promises(source)
        assert [i.id for i in items(source)] == [f"t:{n}" for n in range(7)]
        assert source.count() == 7


def test_parquet_with_nested_columns(tmp_path):
    rows = [{"key": "a", "license": {"name": "CC BY 4.0"}, "people": [{"n": "x"}, {"n": "y"}], "scores": [1.0, 0.5]}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    [found] = items(table(tmp_path, "a.parquet", columns={"creator": "people.n"}))
    assert (found.creator, found.extra["scores"]) == ("x; y", "1; 0.5")
    assert found.rights == "https://creativecommons.org/licenses/by/4.0/"


def test_a_damaged_row_group_is_rejected_row_by_row(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [f"{n:05d}" for n in range(20)]}), path, row_group_size=10, compression="zstd")
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    data[column.data_page_offset : column.data_page_offset + 30] = b"\xff" * 30
    path.write_bytes(data)
    source = table(tmp_path, "a.parquet")
    keeps_its_promises(source)
    assert len(items(source)) == 10
    assert len(rejected(source)) == 10
    assert "row group 1 cannot be read" in rejected(source)["a.parquet:11"]


def test_broken_rows_are_rejected_with_their_line_and_the_rest_goes_on(tmp_path):
    lines = [
        b"id,title,note", b"1,a,b", b"2,short", b"3,a,b,c", b"4,\xff,b", b'5,"two', b'lines",b', b"",
        b"6,nul\0,b", b"7,a,b",
        b'8,"never closed,b', b"9,a,b",
    ]  # fmt: skip
    write(tmp_path, "a.csv", b"\n".join(lines))
    source = table(tmp_path, "a.csv")
    keeps_its_promises(source)
    assert [(i.id, i.title) for i in items(source)] == [("t:1", "a"), ("t:5", "two lines"), ("t:7", "a")]
    assert rejected(source) == {
        "a.csv:3": "2 fields where the header has 3 (line 3)",
        "a.csv:4": "4 fields where the header has 3 (line 4)",
        "a.csv:5": "bytes that are not utf-8 (line 5)",
        "a.csv:9": "a NUL byte (line 9)",
        "a.csv:11": "2 fields where the header has 3 (lines 11 to 12; is a quote not closed?)",
    }


def test_broken_json_lines(tmp_path):
    lines = [
        b'{"id": 1}',
        b"{broken",
        b"[1]",
        b'{"id": "\xff"}',
        b"null",
        b'{"id": 2, "title": "\\ud800"}',
        b"[" * 99999,
    ]
    write(tmp_path, "a.jsonl", b"\n".join(lines))
    source = table(tmp_path, "a.jsonl")
    keeps_its_promises(source)
    assert [i.id for i in items(source)] == ["t:1", "t:2"]
    why = rejected(source)
    assert why["a.jsonl:2"].startswith("not JSON: ")
    assert why["a.jsonl:3"] == "not a JSON object but a list (line 3)"
    assert why["a.jsonl:4"] == "bytes that are not utf-8 (line 4)"
    assert why["a.jsonl:5"] == "not a JSON object but null (line 5)"
    assert len(why) == 5


def test_long_fields_are_read_and_the_limit_is_put_back(tmp_path):
    write(tmp_path, "a.csv", f"id,text\n1,{'x' * 200_000}\n2,y\n")
    before = csv.field_size_limit()
    records = table(tmp_path, "a.csv").records()
    assert len(next(records).item.text) == 200_000
    assert csv.field_size_limit() == before


def test_a_truncated_gzip_keeps_what_could_be_read(tmp_path):
    text = csv_text() + "".join(f"{n},Work,{n * 7919 % 10007}\n" for n in range(7, 9000))
    whole = gzip.compress(text.encode())
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    source = table(tmp_path, "a.csv.gz")
    *read, last = list(source.records())
    assert len(read) > 7
    assert all(isinstance(r, Record) for r in read)
    assert "damaged from here on" in last.reason


def test_images(tmp_path, tmp_path_factory):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a b.jpg").write_bytes(b"picture")
    outside = tmp_path_factory.mktemp("outside") / "x.jpg"
    outside.write_bytes(b"secret")
    (tmp_path / "pictures" / "link.jpg").symlink_to(outside)
    names = ["a b.jpg", "../table.csv", "/etc/passwd", "link.jpg", "gone.jpg", "https://x.org/1.jpg", ""]
    write(tmp_path, "a.csv", "file,title\n" + "".join(f"{name},T\n" for name in names))
    source = table(tmp_path, "a.csv", images="pictures")
    records = list(source.records())
    assert [list(source.records(k)) == records[k:] for k in range(8)] == [True] * 8
    first, _, _, _, gone, remote, none = records
    assert (first.item.id, first.item.image) == ("t:a%20b.jpg", "pictures/a b.jpg")
    assert first.read() == source.locate(first.item.image) == b"picture"
    assert set(rejected(source)) == {"../table.csv", "/etc/passwd", "link.jpg"}
    assert {records[n].stage for n in (1, 2, 3)} == {"read"}
    assert records[1].reason.endswith("(a.csv:3)")
    with pytest.raises(SourceError, match=r"gone\.jpg cannot be read: No such file or directory"):
        gone.read()
    assert (remote.item.image, remote.read) == ("https://x.org/1.jpg", None)
    assert (none.item.id, none.read) == ("t:row-7", None)


def test_json_object_of_plain_values(tmp_path):
    write(tmp_path, "countries.json", '{"AD": "Andorra", "AX": "\\u00c5land Islands"}')
    assert [(i.id, i.title) for i in items(table(tmp_path, "countries.json"))] == [
        ("t:AD", "Andorra"),
        ("t:AX", "Åland Islands"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", "its first line names no columns"),
        ("a.csv", "id,title\n", "holds no rows, only a header or nothing at all"),
        ("a.csv", "id,title,id\n1,2,3\n", "it has two columns 'id'; rename one"),
        ("a.csv", "id,,title\n1,2,3\n", "column 2 has no name; name it"),
        ("a.csv", "img/1.jpg,Apple,1907\nimg/2.jpg,Pear,1908\n", "its first line holds '1907', a value"),
        ("a.csv", "id;title\n1;2\n", "set delimiter = ';'"),
        ("a.csv", csv_text().encode("utf-16"), "its first line is not utf-8; set encoding"),
        ("a.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "run: git lfs pull"),
        ("a.csv", "id,titel\n1,2\n", "no column 'title' for title; did you mean 'titel'?"),
        ("a.jsonl", '{"id": 1}\n{"titel": 2}\n', "no column 'title' for title; did you mean 'titel'?"),
        ("a.json", "3", "is a number; a table is an array of objects"),
        ("a.json", '{"data": [1]}', "is an object of lists; a table is"),
        ("a.json", "{", "is not JSON"),
        ("a.parquet", "no", "cannot be read as Parquet"),
        ("a.csv.gz", b"", "its first line names no columns"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, name, text, message):
    write(tmp_path, name, text)
    columns = {"title": "title"} if "titel" in str(text) else {}
    with pytest.raises(SourceError) as error:
        list(table(tmp_path, name, columns=columns).records())
    assert message in str(error.value)
    assert str(tmp_path) in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_tables_say_what_is_there(tmp_path):
    write(tmp_path, "works.csv", csv_text())
    with pytest.raises(SourceError, match=r"no table .*work\.csv; found there: 1 \.csv; is the root right"):
        list(table(tmp_path, "work.csv").records())
    with pytest.raises(SourceError, match=r"no Parquet files in .*found there: 1 \.csv"):
        list(table(tmp_path, ".").records())
    write(tmp_path, "a.xlsx", "x")
    with pytest.raises(SourceError, match=r"suffix '\.xlsx' is not known; known: csv, json, jsonl, parquet, tsv"):
        list(table(tmp_path, "a.xlsx").records())
    with pytest.raises(SourceError, match="not a path below"):
        list(table(tmp_path, "../a.csv").records())


def test_encoding_that_does_not_exist(tmp_path):
    write(tmp_path, "a.csv", csv_text())
    with pytest.raises(SourceError, match="unknown encoding: utf8x"):
        list(table(tmp_path, "a.csv", encoding="utf8x").records())


def test_the_index_column_that_pandas_leaves_unnamed_is_kept(tmp_path):
    write(tmp_path, "a.csv", ",title\n0,A\n1,B\n")
    assert [i.extra for i in items(table(tmp_path, "a.csv"))] == [{"column 1": "0"}, {"column 1": "1"}]

"""Every format can be read, and written from every other one."""

import csv
import gzip
import io
import json
import random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.bulk.errors import Refused, UnreadableInput
from service.bulk.formats import Dialect, Form, form_of_content, output_form
from service.bulk.reading.parquet_rows import open_parquet, read_parquet
from service.bulk.reading.source import open_source
from service.bulk.tables import ListTable
from service.bulk.writing.csv_text import CsvEncoder
from tests.service.bulk.helpers import done, texts_job

ROWS = [{"id": "007", "body": "good, really"}, {"id": "008", "body": ""}, {"id": "009", "body": 'ein "schöner" Film'}]
LENGTHS = [12.0, None, 18.0]
RANDOM = gzip.compress(b"body\n" + random.Random(1).randbytes(300_000).hex("\n", 30).encode())
DAMAGED = RANDOM[:100_000] + b"\xff" * 200 + RANDOM[100_200:]
FORMATS = ["csv", "csv.gz", "tsv", "jsonl", "ndjson.gz", "parquet"]


def written(path, rows=ROWS):
    """A file of rows in the format of its name."""
    raw = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif "json" in path.name:
        path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    else:
        separator = "\t" if path.suffix == ".tsv" else ","
        pd.DataFrame(rows).to_csv(path, index=False, sep=separator)
    return path


def read_back(path):
    """The rows of an output."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if "json" in path.name:
        return [json.loads(line) for line in raw.splitlines()]
    separator = "\t" if path.suffix == ".tsv" else ","
    frame = pd.read_csv(io.BytesIO(raw), dtype={"id": str, "body": str, "error": str}, sep=separator)
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_every_format_is_written_from_every_other(tmp_path, source, target):
    """The rows are the same, with the model's columns beside them."""
    out = tmp_path / f"out.{target}"
    progress, _ = done(texts_job(written(tmp_path / f"in.{source}"), out))
    rows = read_back(out)
    assert (progress.read, progress.rows, progress.errors) == (3, 3, 1)
    assert [row["id"] for row in rows] == ["007", "008", "009"]
    assert [row["body"] or "" for row in rows] == [row["body"] for row in ROWS]
    assert [row["length"] for row in rows] == LENGTHS
    assert [row["error"] for row in rows] == [None, "no text", None]


def test_types_of_parquet_are_kept(tmp_path):
    """Also those that the model does not read."""
    table = pa.table(
        {
            "body": ["a", "b"],
            "when": pa.array([1, 2], pa.timestamp("ms", "UTC")),
            "price": pa.array([None, 3], pa.decimal128(8, 2)),
            "tags": pa.array([["x"], []], pa.list_(pa.string())),
            "kind": pa.array(["u", "v"]).dictionary_encode(),
            "n": pa.array([1, 2], pa.int8()),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    done(texts_job(tmp_path / "in.parquet", tmp_path / "out.parquet"))
    result = pq.read_table(tmp_path / "out.parquet")
    assert result.select(table.column_names).to_pylist() == table.to_pylist()
    for name in ("when", "price", "tags", "n"):
        assert result.schema.field(name).type == table.schema.field(name).type
    assert result.schema.field("error").type == pa.string()


def test_types_hold_for_all_batches(tmp_path):
    """Nothing but nulls in the first batch, numbers later; a key that comes late; a key that is text and number."""
    rows = [{"body": "x", "late": None, "mixed": 1}] * 1000 + [{"body": "y", "late": 2.5, "mixed": "one", "new": True}]
    out = tmp_path / "out.parquet"
    done(texts_job(written(tmp_path / "in.jsonl", rows), out))
    table = pq.read_table(out)
    assert table.schema.field("late").type == pa.float64()
    assert table.schema.field("mixed").type == pa.string()
    assert table.to_pylist()[0] == {"new": None, "body": "x", "late": None, "mixed": "1", "length": 1.0, "error": None}
    assert table.to_pylist()[-1] == {
        "new": True,
        "body": "y",
        "late": 2.5,
        "mixed": "one",
        "length": 1.0,
        "error": None,
    }


def test_keys_that_come_late_have_a_column_of_csv(tmp_path):
    """Rows before them have nothing there."""
    rows = [{"body": "x"}] * 1000 + [{"new": 1, "body": "y"}]
    done(texts_job(written(tmp_path / "in.jsonl", rows), tmp_path / "out.csv"))
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert (lines[0], lines[1], lines[-1]) == ("new,body,length,error", ",x,1.0,", "1,y,1.0,")


def test_more_keys_than_a_table_has_columns_are_refused(tmp_path):
    """In all of a file; JSON lines need no columns."""
    rows = [{"body": "x", **{f"k{row}_{key}": 1 for key in range(6)}} for row in range(2500)]
    written(tmp_path / "in.jsonl", rows)
    with pytest.raises(Refused, match=r"more than 10,000 different keys.*--keep, or write JSON lines"):
        done(texts_job(tmp_path / "in.jsonl", tmp_path / "out.csv"))
    progress, _ = done(texts_job(tmp_path / "in.jsonl", tmp_path / "out.jsonl"))
    assert progress.rows == 2500


def test_keys_that_come_late_are_refused_where_the_header_is_written_already(tmp_path):
    rows = [{"body": "x"}] * 1000 + [{"new": 1, "body": "y"}]
    with pytest.raises(Refused, match=r"'new' comes first after row 1,000.*--keep"):
        done(texts_job(written(tmp_path / "in.jsonl", rows), None), io.BytesIO())


def test_json_lines_keep_what_a_row_has(tmp_path):
    """A key that a row lacks is not made up; nested values stay."""
    rows = [{"body": "x", "n": {"a": [1, None]}}, {"body": "y"}]
    done(texts_job(written(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"))
    assert read_back(tmp_path / "out.jsonl") == [
        {"body": "x", "n": {"a": [1, None]}, "length": 1.0, "error": None},
        {"body": "y", "length": 1.0, "error": None},
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_stdout_gets_rows_in_every_format(tmp_path, form):
    """Parquet too, whose directory comes last."""
    stdout = io.BytesIO()
    done(texts_job(written(tmp_path / "in.csv"), None, form=form), stdout)
    path = tmp_path / f"back.{form}"
    path.write_bytes(stdout.getvalue())
    assert [row["length"] for row in read_back(path)] == LENGTHS


def test_a_clashing_column_is_renamed(tmp_path):
    """What the input had is not lost."""
    _, warnings = done(texts_job(written(tmp_path / "in.csv", [{"body": "x", "length": 7}]), tmp_path / "out.jsonl"))
    assert read_back(tmp_path / "out.jsonl") == [{"body": "x", "input_length": "7", "length": 1.0, "error": None}]
    assert "input_length" in warnings[0]


@pytest.mark.parametrize("target", ["out.csv", "out.jsonl", "out.parquet"])
def test_a_clashing_column_does_not_replace_another(tmp_path, target):
    """One that has the new name already."""
    _, warnings = done(
        texts_job(written(tmp_path / "in.csv", [{"body": "x", "length": 7, "input_length": 8}]), tmp_path / target)
    )
    (row,) = read_back(tmp_path / target)
    assert (str(row["input_length"]), str(row["input_input_length"]), row["length"]) == ("7", "8", 1.0)
    assert "input_input_length" in warnings[1]


@pytest.mark.parametrize(("keep", "names"), [((), "length,error"), (("id",), "id,length,error")])
def test_columns_can_be_dropped(tmp_path, keep, names):
    done(texts_job(written(tmp_path / "in.csv"), tmp_path / "out.csv", keep=keep))
    assert (tmp_path / "out.csv").read_text().splitlines()[0] == names


def test_the_dialect_of_the_input_is_that_of_the_output(tmp_path):
    """Decimal commas too."""
    (tmp_path / "in.csv").write_text("id;body\n1,5;abc\n")
    done(texts_job(tmp_path / "in.csv", tmp_path / "out.csv", dialect=Dialect(";", ",")))
    assert (tmp_path / "out.csv").read_text() == "id;body;length;error\n1,5;abc;3,0;\n"


def test_bytes_in_another_encoding_pass_through(tmp_path):
    """Only the text that is read with them is an error."""
    (tmp_path / "in.csv").write_bytes(b"id,body\n\xe9,abc\nx,caf\xe9\n")
    done(texts_job(tmp_path / "in.csv", tmp_path / "out.csv"))
    first, second = (tmp_path / "out.csv").read_bytes().splitlines()[1:]
    assert first == b"\xe9,abc,3.0,"
    assert b"--encoding" in second
    done(texts_job(tmp_path / "in.csv", tmp_path / "out.jsonl", dialect=Dialect(encoding="latin-1")))
    assert read_back(tmp_path / "out.jsonl")[1]["body"] == "café"


def test_a_header_in_another_encoding_passes_through(tmp_path):
    """Its columns are not those that are scored."""
    (tmp_path / "in.csv").write_bytes(b"caf\xe9,body\n1,xyz\n")
    done(texts_job(tmp_path / "in.csv", tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_bytes() == b"caf\xe9,body,length,error\n1,xyz,3.0,\n"


def test_bytes_of_parquet_are_written_alike_as_csv_and_json_lines(tmp_path):
    pq.write_table(pa.table({"body": ["x"], "raw": [b"\xff\xfe"]}), tmp_path / "in.parquet")
    done(texts_job(tmp_path / "in.parquet", tmp_path / "out.csv"))
    done(texts_job(tmp_path / "in.parquet", tmp_path / "out.jsonl"))
    assert read_back(tmp_path / "out.csv")[0]["raw"] == read_back(tmp_path / "out.jsonl")[0]["raw"] == "__4="


def test_csv_is_read_alike_without_pyarrow(tmp_path, monkeypatch):
    source = written(tmp_path / "in.csv", [{"id": number, "body": f"text {number}"} for number in range(3000)])
    done(texts_job(source, tmp_path / "with.csv"))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    done(texts_job(source, tmp_path / "without.csv"))
    assert (tmp_path / "with.csv").read_bytes() == (tmp_path / "without.csv").read_bytes()


def test_a_file_without_rows_gives_one_without_rows(tmp_path):
    for source in ("csv", "parquet"):
        path = tmp_path / f"in.{source}"
        pd.DataFrame({"id": pd.Series([], dtype=str), "body": pd.Series([], dtype=str)}).to_csv(
            path, index=False
        ) if source == "csv" else pq.write_table(
            pa.table({"id": pa.array([], "str"), "body": pa.array([], "str")}), path
        )
        done(texts_job(path, tmp_path / f"{source}.csv"))
        assert (tmp_path / f"{source}.csv").read_text() == "id,body,length,error\n"
        done(texts_job(path, tmp_path / f"{source}.parquet"))
        assert pq.read_table(tmp_path / f"{source}.parquet").column_names == ["id", "body", "length", "error"]


def test_csv_is_quoted_as_the_standard_library_does(tmp_path):
    """Delimiters, quotation marks and line ends; also in a header, and a row of one empty field."""
    texts = ["a,b", 'say "x"', "two\nlines", "plain", "", " ", "ä;b"]
    expected = io.StringIO()
    csv.writer(expected, lineterminator="\n").writerows([["na,me", "n"], *([text, "1"] for text in texts)])
    encoder = CsvEncoder()
    names, body = encoder(None, ListTable({"na,me": texts, "n": [1] * len(texts)}))
    assert (encoder.header(names) + body).decode() == expected.getvalue()
    assert encoder(None, ListTable({"a": ["a\rb"], "b": ["x"]}))[1] == b'"a\rb",x\n'  # read back as one row
    assert encoder(None, ListTable({"a": ["", "x", None, True]}))[1] == b'""\nx\n""\ntrue\n'


def test_a_file_with_one_column_needs_no_quotation_marks(tmp_path):
    """Commas are text there."""
    (tmp_path / "in.csv").write_text('body\nA film, a long one\n"Quoted, too"\n')
    done(texts_job(tmp_path / "in.csv", tmp_path / "out.jsonl"))
    assert [row["body"] for row in read_back(tmp_path / "out.jsonl")] == ["A film, a long one", "Quoted, too"]


def test_keys_to_keep_may_come_late_in_json_lines(tmp_path):
    """A key that is nowhere holds nothing."""
    done(texts_job(written(tmp_path / "in.jsonl", [{"body": "x"}]), tmp_path / "out.csv", keep=("id",)))
    assert (tmp_path / "out.csv").read_text() == "id,length,error\n,1.0,\n"


def test_large_rows_of_parquet_are_read_a_few_at_a_time(tmp_path):
    """Batches are bounded by their bytes."""
    pq.write_table(pa.table({"body": ["x" * 3_000_000] * 5}), tmp_path / "in.parquet", use_dictionary=False)
    with open_source(str(tmp_path / "in.parquet")).stream as stream:
        batches = list(read_parquet(open_parquet(stream, "x"), "x", 1000, None))
    assert max(len(batch.rows) for batch in batches) <= 2
    assert sum(len(batch.rows) for batch in batches) == 5


def test_empty_lines_of_csv_are_no_rows(tmp_path):
    """Also where there are many of them."""
    (tmp_path / "in.csv").write_text("\nid,body\n" + "\n" * 3000 + "1,x\n\n2,y\n")
    progress, _ = done(texts_job(tmp_path / "in.csv", tmp_path / "out.csv"))
    assert progress.read == 2


def test_what_is_not_a_table_is_refused(tmp_path):
    """Each message says what to do."""
    cases = {
        "empty.csv": (b"", "is empty"),
        "twice.csv": (b"body,body\n1,2\n", "two columns named 'body'"),
        "open.csv": (b'body\nx\n"abc' + b"x\n" * 1_000_000, "after row 1, .*quotation mark"),
        "unclosed.csv": (b'body\nx\n"y\nz\n', "after row 1, .*a quotation mark is never closed$"),
        "zstd.csv.zst": (b"\x28\xb5\x2f\xfd\x04", "compressed with zstd.*zstd -dc FILE"),
        "book.csv": (b"PK\3\4" + b"x" * 100, "workbooks of Excel"),
        "wide.csv": ("body\nx\n".encode("utf-16"), "is in UTF-16; --encoding utf-16 reads it"),
        "wide.jsonl": ('{"body": "x"}'.encode("utf-16"), "is in UTF-16; JSON is read in UTF-8: iconv"),
        "unmarked.csv": ("body\nx\n".encode("utf-16-le"), "--encoding utf-16-le reads that"),
        "line.csv": (b"body\n" + b"x" * 2_000_000, "a line has more than"),
        "other.csv": (b"text\nabc\n", "has no column 'body'; its columns are text"),
        "no.parquet": (b"PAR1", "is no Parquet file"),
        "cut.csv.gz": (gzip.compress(b"body\n" + b"abc\n" * 1000)[:-9], "cannot be read to its end"),
        "array.json": (b"[1, 2]", "an object a line"),
        "cr.csv": (b"body,id\ra,1\rb,2\r", "a line ends with CR alone"),
        "row.csv": (b"a,b,c,d,e,f,body\n" + b",".join([b'"' + b"x\n" * 500_000 + b'"'] * 7), "a row has more than"),
        "damaged.csv.gz": (DAMAGED, "cannot be read to its end"),
        "head.csv.gz": (gzip.compress(b"")[:10] + b"\x07" * 50, "cannot be read to its end: Error -3"),
        "keys.jsonl": (
            b"".join(json.dumps({f"k{row}_{key}": 1 for key in range(500)}).encode() + b"\n" for row in range(30)),
            "have more than 10,000 different keys.*below one key",
        ),
    }
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableInput, match=message):
            done(texts_job(tmp_path / name, tmp_path / "out.jsonl", restart=True))


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(Refused, match=r"pip install 'gatecast\[parquet\]'"):
        done(texts_job(written(tmp_path / "in.csv"), tmp_path / "out.parquet"))


def test_forms_are_known_by_name_and_content():
    assert output_form(None, None, "csv") == Form("csv")
    assert form_of_content(b'{"a": 1}') == Form("jsonl")
    assert form_of_content(b" [1]") == Form("json")
    assert form_of_content(b"PAR1\x15\x04xx") == Form("parquet")
    assert (
        form_of_content(b"PAR1,PAR2\n")
        == form_of_content("PAR1ö\n".encode())
        == form_of_content(b"PAR1\n")
        == Form("csv")
    )
    with pytest.raises(Refused, match="known are csv"):
        form_of_content(b"", "xml")


def test_text_in_another_encoding_is_told(tmp_path):
    (tmp_path / "in.csv").write_text("body\nabc\n")
    with pytest.raises(UnreadableInput, match="not in the encoding that --encoding names"):
        done(texts_job(tmp_path / "in.csv", tmp_path / "out.csv", dialect=Dialect(encoding="utf-16")))


def test_fields_of_any_length_are_written_again(tmp_path):
    """A key that comes late widens the rows before it, also where a field was longer in JSON than in CSV."""
    before = csv.field_size_limit(1000)
    rows = [{"body": "x" * 200_000}] + [{"body": "y"}] * 1000 + [{"new": 1, "body": "y"}]
    try:
        done(texts_job(written(tmp_path / "in.jsonl", rows), tmp_path / "out.csv"))
        assert csv.field_size_limit() == 1000
    finally:
        csv.field_size_limit(before)
    assert (tmp_path / "out.csv").read_text().splitlines()[1].strip(",").startswith("x" * 200_000)


def test_numbers_that_fit_into_no_type_become_text(tmp_path):
    """A whole number beyond 2^53, and a fraction in a later batch: nothing is lost."""
    rows = [{"body": "x", "k": 2**53 + 1}] * 1000 + [{"body": "x", "k": 0.5}]
    done(texts_job(written(tmp_path / "in.jsonl", rows), tmp_path / "out.parquet"))
    column = pq.read_table(tmp_path / "out.parquet").column("k").to_pylist()
    assert (column[0], column[-1]) == ("9007199254740993", "0.5")
    stdout = io.BytesIO()
    done(texts_job(tmp_path / "in.jsonl", None, form="parquet"), stdout)
    assert pq.read_table(io.BytesIO(stdout.getvalue())).column("k").to_pylist() == column


def test_an_empty_key_is_a_key(tmp_path):
    """And rows without any are rows."""
    rows = [{"body": "x", "": 5}]
    done(texts_job(written(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"))
    assert read_back(tmp_path / "out.jsonl") == [{"body": "x", "": 5, "length": 1.0, "error": None}]
    (tmp_path / "none.jsonl").write_text('{"body": "x"}\n' * 1000 + "1\n2\n")
    progress, _ = done(texts_job(tmp_path / "none.jsonl", tmp_path / "none.csv", keep=()))
    assert (progress.read, progress.errors) == (1002, 2)

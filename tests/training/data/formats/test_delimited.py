"""Text files in every usual dialect, with every usual damage: read as they are meant, or refused with line and remedy."""

import gzip
import zipfile

import pytest

from tests.csv_files import write
from training.data.tables import FOUND_OUT, DataError, FileOptions, Table, read_table

DAYS = range(10, 28)
SERIES = "date,value\n" + "".join(f"2020-01-{day},{day}.5\n" for day in DAYS)
TEXTS = "text,label\n" + "".join(f"a good lamp number {i},pos\na bad lamp number {i},neg\n" for i in range(20))
QUOTED = "text,label\n" + "".join(f'"a good, small lamp {i}",pos\n"bad; broke {i}",neg\n' for i in range(20))
FIRST, LAST = ["2020-01-10", "10.5"], ["2020-01-27", "27.5"]


def edit(text: str, line: int, old: str, new: str) -> str:
    lines = text.splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return "".join(lines)


def read(directory, text: str, options: FileOptions = FOUND_OUT) -> Table:
    path = directory / "my.csv"
    path.write_bytes(text.encode())
    return read_table(path, options, min_columns=2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_table_is_read_in_every_dialect(tmp_path, delimiter, ending, quote):
    rows = [line.split(",") for line in SERIES.splitlines()]
    text = ending.join(delimiter.join(f"{quote}{cell}{quote}" for cell in row) for row in rows)
    table = read(tmp_path, text)
    assert [list(table.frame.columns), *table.frame.to_numpy().tolist()] == rows
    assert table.rows.tolist() == list(range(2, 20))


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("head", ["date;value\n", ""])
@pytest.mark.parametrize("written", ["{},25", "1,{}5", "$1,{}0", "{}.5", "{}", "1.{}0,5"])
@pytest.mark.parametrize("date", ["{}.01.2020", "01/{}/2020", "2020-01-{} 00:00:00", "Jan {}, 2020"])
def test_numbers_and_dates_with_marks_of_other_dialects_do_not_mislead(tmp_path, delimiter, head, written, date):
    """Decimal commas, thousands, points and colons, with a header and without."""
    rows = [[date.format(day), written.format(day)] for day in DAYS]
    text = head.replace(";", delimiter) + "".join(delimiter.join(row) + "\n" for row in rows)
    table = read(tmp_path, text)
    assert table.frame.to_numpy().tolist() == rows
    assert table.understood["header"].startswith("line 1: 'date'" if head else "none: line 1 looks like the rows below")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_texts_with_other_delimiters_in_them_are_read(tmp_path, delimiter):
    lines = [f"a lamp; it is small, and {word} number {i}" for i in range(20) for word in ("good", "bad")]
    cells = [f'"{line}"' if delimiter in line else line for line in lines]
    table = read(
        tmp_path, f"text{delimiter}label\n" + "".join(f"{cell}{delimiter}{i % 2}\n" for i, cell in enumerate(cells))
    )
    assert table.frame.text.tolist() == lines


UNDERSTOOD = [
    # (name, text, label in understood, what it says); the table has the rows of SERIES
    ("sep=", "sep=;\n" + SERIES.replace(",", ";"), "file", "a line sep=; above"),
    ("spaces", SERIES.replace(",", "  "), "file", "spaces between columns"),
    ("apostrophes", "".join("'{}';'{}'\n".format(*line.split(",")) for line in SERIES.split()), "file", "quotes are apostrophes"),
    ("NUL", SERIES.replace("value", "va\0lue"), "file", "1 control character"),
    ("trailing delimiter", SERIES.replace("\n", ",\n"), "header", "'date', 'value'"),
    ("trailing delimiter, not in the header", SERIES.replace("5\n", "5,\n"), "header", "'date', 'value'"),
    ("comments", "# by hand\n# in 2020, twice\n" + SERIES, "header", "'# by hand' (line 1); '# in 2020 |"),
    ("a comment between", edit(SERIES, 5, "2020", "# a word\n2020"), "left out", "line 5 ('# a word'): a comment"),
    ("a comment names the columns", "#" + SERIES, "header", "line 1: 'date', 'value'"),
    ("preamble", "Category: All\n\n" + SERIES, "header", "line 3: 'date', 'value' (--no-header if these are values); what stands"),
    ("preamble with delimiters", "Report,\nMade in,\n,\n" + SERIES, "header", "'Made in |' (line 2)"),
    ("blank lines", edit(SERIES, 5, "2020", "\n\n2020"), "blank", "2 blank lines between others"),
    ("blank lines at the end", SERIES + "\n,\n\n", "header", "line 1"),
    ("units", SERIES.replace("value\n", "value\n,kWh\n"), "left out", "line 2 ('| kWh'): units"),
    ("units and format", SERIES.replace("value\n", "value\nYYYY-MM-DD,[EUR]\n"), "left out", "line 2 ('YYYY-MM-DD | [EUR]')"),
    ("three rows of names", "Price,Close\nTicker,ABC\nDate,\n" + SERIES.split("\n", 1)[1], "left out", "line 3 ('Date |')"),
    ("total", SERIES + "Total,333\n", "left out", "line 20 ('Total | 333'): no row"),
    ("grand total", SERIES + "Grand Total:,333\n", "left out", "line 20"),
    ("source", SERIES + "\nSource: the office\n", "left out", "line 21 ('Source: the office')"),
    ("source with commas", SERIES + "Source: the office, 2020, London\n", "left out", "line 20"),
    ("row count", SERIES + "(18 rows)\n", "left out", "(18 rows)"),
    ("notes", SERIES + "Note: revised\n* estimated\n", "left out", "'* estimated'"),
    ("header again", edit(SERIES, 9, "2020", "date,value\n2020"), "left out", "line 9 ('date | value'): the header again"),
    ("an empty column", SERIES.replace(",", ",,"), "columns", "column 2 has no name; column 'column 2' is empty and left out"),
    ("an index", "".join(f"{'' if i == 0 else i - 1},{line}\n" for i, line in enumerate(SERIES.split())), "columns", "only counts the rows"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "label", "says"), [row[1:] for row in UNDERSTOOD], ids=[row[0] for row in UNDERSTOOD])
def test_what_stands_around_a_table_is_left_out_and_named(tmp_path, text, label, says):
    table = read(tmp_path, text)
    assert len(table.frame) == 18
    assert (table.frame.iloc[0].tolist(), table.frame.iloc[-1].tolist()) == (FIRST, LAST)
    assert says in table.understood[label]
    lines = text.replace("\r", "").split("\n")
    assert all("2020-01-" in lines[row - 1] for row in table.rows), "rows are the lines of the file"


REFUSED = [
    ("a field too many", edit(SERIES, 5, "\n", ",3\n"), r"line 5 has 3 fields, the header in line 1 has 2 .*decimal comma"),
    ("a field too few", edit(SERIES, 5, ",13.5", ""), r"line 5 has 1 field, .*is the row cut off"),
    ("cut off", SERIES + "2020-0", r"line 20 has 1 field"),
    ("text cut off", TEXTS + "a good la", r"line 42 has 1 field"),
    ("a name too few", SERIES.replace("5\n", "5,7\n"), r"header in line 1 .* has 2 fields, the rows below have 3"),
    ("decimal commas between commas", SERIES.replace(".5", ",5"), r"does a number contain the delimiter, as decimal comma"),
    ("text with commas", edit(TEXTS, 7, "bad lamp", "bad, small lamp"), r"line 7 has 3 fields.*does a text contain the delimiter"),
    ("quote that swallows no rows", edit(QUOTED, 10, ' 4",', " 4,"), r"quote that opens in line 10"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_rows_that_do_not_fit_are_refused_with_line_and_remedy(tmp_path, text, fault):
    with pytest.raises(DataError, match=fault):
        read(tmp_path, text)


HEADERS = [
    # (text, whether the first row names the columns)
    ("store,2019,2020,2021\nA,1,2,3\nB,2,3,4\nC,3,4,5\n", True),
    ("store,2020-01,2020-02,2020-03\nA,1,2,3\nB,2,3,4\n", True),
    ("date,1,2,3\n2020-01-01,5,6,7\n2020-01-02,5,6,7\n", True),
    ("A,2020-01-01,5\nB,2020-01-02,6\n", False),
    ("so good a lamp,1\nso bad a lamp,0\na fine lamp too,1\n", False),
    ("great lamp,pos\nbad lamp,neg\nfine lamp,pos\nfaulty lamp,neg\n", False),
    ("phrase,mood\nso good a lamp it was,pos\nso bad a lamp it was,neg\nfine it was and so cheap,pos\n", True),
    ("I love the lamp! It shines,pos\nI hate it all the same,neg\nIt came on time for once,pos\nIt broke on day one,neg\n", False),
    ("0,12.5\n1,13.5\n2,11.5\n", False),
    (",x\na,1\nb,2\n", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "named"), HEADERS)
def test_the_first_row_names_the_columns_or_does_not(tmp_path, text, named):
    table = read(tmp_path, text)
    assert table.understood["header"].startswith("line 1" if named else "none: line 1")
    assert len(table.frame) == text.count("\n") - named


def test_the_user_decides_on_the_header(tmp_path):
    assert read(tmp_path, SERIES, FileOptions(header=False)).frame.columns.tolist() == ["column 1", "column 2"]
    assert read(tmp_path, "1,2\n3,4\n", FileOptions(header=True)).frame.columns.tolist() == ["1", "2"]


def test_names_are_made_unique(tmp_path):
    table = read(tmp_path, "a,a,,a.1,a\n1,2,3,4,5\n")
    assert table.frame.columns.tolist() == ["a", "a.1'", "column 3", "a.1", "a.2"]
    assert "'a' is there twice; column 2 is called 'a.1''" in table.understood["columns"]


def test_the_user_decides_on_the_delimiter(tmp_path):
    table = read(tmp_path, SERIES.replace(",", "^"), FileOptions(delimiter="^"))
    assert table.frame.iloc[0].tolist() == FIRST


def test_a_backslash_before_quotes_is_understood(tmp_path):
    rows = "".join(f'"he said \\"no\\", then went {i}",{i % 2}\n' for i in range(20))
    table = read(tmp_path, "text,label\n" + rows)
    assert table.frame.text[0] == 'he said "no", then went 0'


@pytest.mark.parametrize("name", ["my.csv.gz", "my.txt", "my.zip"])
def test_packed_files_are_read_whatever_their_name(tmp_path, name):
    path = tmp_path / name
    if name.endswith("gz"):
        path.write_bytes(gzip.compress(SERIES.encode()))
    elif name.endswith("zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data.csv", SERIES)
            archive.writestr("__MACOSX/._data.csv", b"\x00\x05")
    else:
        write(tmp_path, SERIES, name)
    assert len(read_table(path).frame) == 18


def test_an_archive_of_several_files_is_refused_with_their_names(tmp_path):
    with zipfile.ZipFile(tmp_path / "my.zip", "w") as archive:
        archive.writestr("a.csv", SERIES)
        archive.writestr("b.csv", SERIES)
    with pytest.raises(DataError, match=r"holds 2 files \('a.csv', 'b.csv'\); unpack it and name one"):
        read_table(tmp_path / "my.zip")

"""Rows that are readings: whole series, in order, however the file is cut into batches."""

from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.bulk import run as runs
from service.bulk.errors import UnreadableInput
from service.bulk.formats import Dialect
from service.bulk.known_ids import KnownIds
from service.bulk.limits import SERIES_READINGS
from service.bulk.panels import PanelBatches
from service.bulk.reading import csv_rows
from service.bulk.tables import Batch, ListTable
from tests.service.bulk.helpers import done, panel_job

CSV = """store,day,units,region
b,2020-01-30,1,north
b,2020-01-31,2,south
a,2020-01-31,3.5,west
"""


def chunks(ids, size):
    """The rows of some ids in chunks, whose values are the row numbers."""
    for number, begin in enumerate(range(0, len(ids), size)):
        some = ids[begin : begin + size]
        values = list(range(begin + 1, begin + 1 + len(some)))
        yield Batch(number, begin + 1, ListTable({"id": some, "row": values}))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("readings", [1, 3, 100])
def test_series_are_whole_in_every_batch(size, readings):
    """Wherever the reader cuts the file, the rows are all there, in order."""
    ids = list("bbbaacdddde")
    batches = list(PanelBatches("x", "id", readings).batches(chunks(ids, size)))
    assert [name for batch in batches for name in batch.rows.values("id")] == ids
    for batch in batches:
        assert batch.rows.values("row")[0] == batch.first
    owners = [set(batch.rows.values("id")) for batch in batches]
    assert sum(map(len, owners)) == len(set(ids))
    assert [batch.number for batch in batches] == list(range(len(batches)))


def test_an_id_that_comes_back_is_refused_with_its_row():
    with pytest.raises(UnreadableInput, match=r"row 4: the id 'a' comes back.*sort the file by id"):
        list(PanelBatches("x", "id").batches(chunks(list("aaba"), 2)))


def test_of_a_series_without_end_little_is_held():
    """Its readings over the limit are counted, and not kept."""
    (batch,) = PanelBatches("x", "id", 10**9).batches(chunks(["a"] * (SERIES_READINGS + 5000), 1000))
    assert len(batch.rows) == SERIES_READINGS + 1
    assert batch.left_out == 4999


def test_all_rows_of_a_series_without_end_are_counted(tmp_path):
    """Also those that are not kept."""
    (tmp_path / "in.csv").write_text("store,units\n" + "a,1\n" * (SERIES_READINGS + 5000) + "b,1\n")
    progress, _ = done(panel_job(tmp_path / "in.csv", tmp_path / "out.csv", time=None))
    assert (progress.read, progress.errors) == (SERIES_READINGS + 5001, 1)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_row_without_an_id_does_not_end_a_series(size):
    """It comes after it; a run of many does end it."""
    ids = ["a", None, "a", None, None, "a", "b", None, "c"]
    batches = list(PanelBatches("x", "id", 1).batches(chunks(ids, size)))
    assert [batch.rows.values("row") for batch in batches] == [[1, 3, 6, 2, 4, 5], [7, 8], [9]]
    with pytest.raises(UnreadableInput, match="comes back"):
        list(PanelBatches("x", "id", 1).batches(chunks(["a", *[None] * 2000, "a"], 500)))


def test_a_line_that_cannot_be_read_does_not_end_a_series(tmp_path):
    """Each has its error, after the series that it is in."""
    (tmp_path / "in.jsonl").write_text(
        '{"store": "a", "units": 1}\n{"store": "a",\n{"units": 5}\n{"store": "a", "units": 3}\n{"store": "b", "units": 4}\n'
    )
    progress, _ = done(panel_job(tmp_path / "in.jsonl", tmp_path / "out.csv", time=None))
    frame = pd.read_csv(tmp_path / "out.csv")
    assert frame["store"].fillna("").tolist() == ["a", "a", "", "", "b", "b"]
    assert frame["forecast"].fillna(0).tolist() == [3, 3, 0, 0, 4, 4]
    assert ["no JSON" in str(frame["error"][2]), frame["error"][3]] == [True, "the row has no id"]
    assert progress.read == 5


def test_a_number_and_its_text_are_two_ids():
    """Numbers that are equal are one."""
    ids = [1, "1", 2]
    assert len(list(PanelBatches("x", "id", 1).batches(chunks(ids, 10)))) == 3
    for ids in ([1, 2, 1.0], ["1", 2, "1"]):
        with pytest.raises(UnreadableInput, match="comes back"):
            list(PanelBatches("x", "id", 1).batches(chunks(ids, 10)))


def test_forecasts_are_in_the_order_of_the_series(tmp_path):
    """Dates are dates, ids are as they were; a column that is kept has the series' last value."""
    (tmp_path / "in.csv").write_text(CSV)
    progress, _ = done(panel_job(tmp_path / "in.csv", tmp_path / "out.csv", keep=("region",)))
    assert (tmp_path / "out.csv").read_text() == (
        "store,region,day,forecast,error\n"
        "b,south,2020-02-01,2.0,\n"
        "b,south,2020-02-02,2.0,\n"
        "a,west,2020-02-01,3.5,\n"
        "a,west,2020-02-02,3.5,\n"
    )
    assert (progress.read, progress.rows) == (3, 4)


def test_one_bad_series_spoils_no_other(tmp_path):
    """Its row has the error, at its place."""
    (tmp_path / "in.csv").write_text(
        CSV + "c,2020-01-01,x,\nd,yesterday,1,\n,2020-01-01,1,\ne,2020-01-01,,\nf,2020-01-01,9,\n"
    )
    done(panel_job(tmp_path / "in.csv", tmp_path / "out.csv"))
    frame = pd.read_csv(tmp_path / "out.csv")
    assert frame["store"].fillna("").tolist() == ["b", "b", "a", "a", "c", "d", "", "e", "f", "f"]
    errors = frame["error"].fillna("").tolist()
    assert errors[4] == "reading 1: 'x' is no number"
    assert "'yesterday' is no date" in errors[5]
    assert errors[6] == "the row has no id"
    assert errors[7] == "all readings are missing"
    assert errors[8] == ""


def test_parquet_keeps_the_types_of_ids_and_dates(tmp_path):
    table = pa.table(
        {
            "store": pa.array([2, 2, 1], pa.int16()),
            "day": pa.array(pd.to_datetime(["2020-01-30", "2020-01-31", "2020-01-31"])),
            "units": pa.array([1, None, 4], pa.int32()),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    done(panel_job(tmp_path / "in.parquet", tmp_path / "out.parquet"))
    result = pq.read_table(tmp_path / "out.parquet")
    assert result.schema.field("store").type == pa.int16()
    assert pa.types.is_timestamp(result.schema.field("day").type)
    assert result.column("forecast").to_pylist() == [None, None, 4.0, 4.0]


def test_times_can_be_whole_numbers_or_left_out(tmp_path):
    """Steps go on; without times they are numbered."""
    (tmp_path / "in.csv").write_text("store,day,units\na,7,1\na,8,2\n")
    done(panel_job(tmp_path / "in.csv", tmp_path / "number.csv"))
    assert (tmp_path / "number.csv").read_text() == "store,day,forecast,error\na,9,2.0,\na,10,2.0,\n"
    done(panel_job(tmp_path / "in.csv", tmp_path / "none.csv", time=None))
    assert (tmp_path / "none.csv").read_text() == "store,step,forecast,error\na,1,2.0,\na,2,2.0,\n"
    done(panel_job(tmp_path / "in.csv", tmp_path / "one.csv", name=None))
    assert (tmp_path / "one.csv").read_text() == "day,forecast,error\n9,2.0,\n10,2.0,\n"


def test_dates_and_numbers_of_other_countries_are_read(tmp_path):
    (tmp_path / "in.csv").write_text("store;day;units\na;30.01.2020;1,5\na;31.01.2020;2,5\n")
    job = panel_job(tmp_path / "in.csv", tmp_path / "out.csv", dialect=Dialect(";", ","), time_format="%d.%m.%Y")
    done(job)
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == "a;2020-02-01;2,5;"


def test_batches_do_not_change_the_result(tmp_path, monkeypatch):
    """A file that is read in pieces of two rows gives the same bytes."""
    rows = [f"s{n},2020-01-{day:02},{n * day}" for n in range(20) for day in range(1, 4)]
    (tmp_path / "in.csv").write_text("\n".join(["store,day,units", *rows]))
    done(panel_job(tmp_path / "in.csv", tmp_path / "whole.csv"))
    monkeypatch.setattr(runs, "CHUNK_ROWS", 2)
    done(panel_job(tmp_path / "in.csv", tmp_path / "pieces.csv"))
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize("name", ['"c"', "caf\udce9"])
def test_a_batch_can_have_blocks_that_were_read_in_different_ways(tmp_path, monkeypatch, name):
    """Plain ones, one with quotation marks, and one in another encoding."""
    lines = [f"{store},2020-01-{day:02},{day}\n" for store in ("a", "b", name, "d") for day in range(1, 9)]
    source = tmp_path / "in.csv"
    source.write_text("store,day,units\n" + "".join(lines), errors="surrogateescape")
    done(panel_job(source, tmp_path / "whole.csv"))
    monkeypatch.setattr(csv_rows, "BLOCK", 40)
    done(panel_job(source, tmp_path / "blocks.csv"))
    rows = (tmp_path / "blocks.csv").read_bytes()
    assert rows == (tmp_path / "whole.csv").read_bytes()
    assert rows.count(b"8.0") == 8


def test_ids_are_known_after_they_were_merged(monkeypatch):
    """The array and the recent ones are both asked."""
    monkeypatch.setattr("service.bulk.known_ids.RECENT", 3)
    known = KnownIds()
    assert [known.add(name) for name in "abcdabcde"] == [True] * 4 + [False] * 4 + [True]


@pytest.mark.parametrize(
    ("values", "last"),
    [
        (pa.array([Decimal("1.5"), None, Decimal("2.5")], pa.decimal128(20, 2)), 2.5),
        (pa.array([1, 2, 2**53 + 1], pa.int64()), 2.0**53),
        (pa.array([1, 2, 2**64 - 1], pa.uint64()), 2.0**64),
    ],
)
def test_numbers_of_every_kind_are_read(tmp_path, values, last):
    """To the nearest number of double precision."""
    days = pa.array(
        [1_577_836_800_000_000_001, 1_577_923_200_000_000_001, 1_578_009_600_000_000_001], pa.timestamp("ns")
    )
    pq.write_table(pa.table({"store": ["a"] * 3, "day": days, "units": values}), tmp_path / "in.parquet")
    done(panel_job(tmp_path / "in.parquet", tmp_path / "out.csv"))
    assert pd.read_csv(tmp_path / "out.csv")["forecast"].tolist() == [last, last]


def test_a_step_that_is_too_large_spoils_no_other_series(tmp_path):
    """Large ones keep their digits."""
    (tmp_path / "in.csv").write_text(
        f"store,day,units\na,{2**53 + 1},1\nb,{5 * 10**18},1\nc,{10**30},1\nd,9223372036854775807,1\ne,1.5,1\nf,3,1\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.bulk.job.times_of", lambda values: "number")
        progress, _ = done(panel_job(tmp_path / "in.csv", tmp_path / "out.csv"))
    lines = (tmp_path / "out.csv").read_text().splitlines()[1:]
    assert lines[0].split(",")[1] == str(2**53 + 2)
    assert (progress.errors, lines[-1]) == (4, "f,5,1.0,")

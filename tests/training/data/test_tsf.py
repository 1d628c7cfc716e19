"""Sets of series in Monash files."""

import gzip
import zipfile

import numpy as np
import pytest

from training.data import tsf
from training.data.tables import DataError

HEADER = """# a comment
@relation Fruit
@attribute series_name string
@attribute start_timestamp date
@frequency daily
@horizon 2
@missing true
@equallength false
"""
DATA = "@data\nT1:1996-03-18 00-00-00:1.5,?,3,4,5\nT2:1996-03-18 00-00-00:1,2,3,4\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fruit_daily_dataset.tsf"


def test_a_file_is_a_set(path):
    """It is named after the file; days have a season of a week, and MASE compares them with the day before."""
    path.write_text(HEADER + DATA)
    found = tsf.read_tsf(path)
    assert (found.name, found.season_length, found.horizon, found.lag) == ("fruit_daily", 7, 2, 1)
    assert [series.name for series in found.series] == ["T1", "T2"]
    np.testing.assert_array_equal(found.series[0].readings, [1.5, np.nan, 3, 4, 5])


def test_a_file_may_be_compressed(path):
    packed, archive = path.with_name("fruit.tsf.gz"), path.with_name("fruit.tsf.zip")
    packed.write_bytes(gzip.compress((HEADER + DATA).encode()))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("fruit.tsf", HEADER + DATA)
    for each in (packed, archive):
        assert len(tsf.read_tsf(each).series) == 2


def test_a_file_without_a_horizon_needs_one(path):
    path.write_text(HEADER.replace("@horizon 2\n", "") + DATA)
    with pytest.raises(DataError, match="pass --horizon"):
        tsf.read_tsf(path)
    assert tsf.read_tsf(path, 1).horizon == 1


def test_a_file_without_a_frequency_has_no_season(path):
    path.write_text(HEADER.replace("@frequency daily\n", "") + DATA)
    assert tsf.read_tsf(path).season_length == 1


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("@horizon 2", "@horizon two", "line 6: '@horizon two' is no header line"),
        ("@horizon 2", "@horizon 0", "line 6"),
        ("@frequency daily", "@frequency fortnightly", "line 5"),
        ("@attribute series_name string", "@attribute series_name", "line 3"),
        ("@missing true", "@missing maybe", "line 7"),
        ("@relation Fruit", "Fruit", "line 2: 'Fruit' is no header line"),
        ("@missing true", "@missing false", "line 10: a reading is missing (?)"),
        ("@equallength false", "@equallength true", "line 11: has 4 readings, the first series 5"),
        ("@data", "@daten", "line 9"),
        (DATA, "", "has no line @data"),
        (DATA, "@data\n", "has no series after @data"),
        ("T2:1996-03-18 00-00-00:", "T2:", "line 11: has 1 attributes before its readings, the header 2"),
        ("1,2,3,4", "1,2,x,4", "line 11: 'x' is no finite number"),
        ("1,2,3,4", "1,2,nan,4", "line 11: 'nan' is no finite number"),
        ("1,2,3,4", "1,2,inf,4", "line 11: 'inf' is no finite number"),
        ("1,2,3,4", "1,2,,4", "line 11: '' is no finite number"),
        ("1,2,3,4", "1,2,3", "line 11: 3 readings are too few"),
    ],
)
def test_the_line_of_a_fault_is_named(path, old, new, fault):
    path.write_text((HEADER + DATA).replace(old, new))
    with pytest.raises(DataError) as raised:
        tsf.read_tsf(path)
    assert fault in str(raised.value)


@pytest.mark.parametrize(("limit", "value"), [("MAX_LINE", 30), ("MAX_BYTES", 100), ("MAX_READINGS", 8)])
def test_sizes_are_bounded(path, monkeypatch, limit, value):
    monkeypatch.setattr(tsf, limit, value)
    path.write_text(HEADER + DATA)
    with pytest.raises(DataError, match=r"longer than|more than 8 readings"):
        tsf.read_tsf(path)


def test_an_archive_of_two_files_is_refused(path):
    archive = path.with_suffix(".tsf.zip")
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("a.tsf", "b.tsf"):
            file.writestr(name, HEADER + DATA)
    with pytest.raises(DataError, match="must hold one"):
        tsf.read_tsf(archive)

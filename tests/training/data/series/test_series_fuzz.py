"""Broken files of series: every one is read, or refused with a DataError of one line."""

import os

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.data.options import SeriesOptions
from training.data.series import future_dates, read_panel
from training.data.tables import DataError
from training.data.understanding import facts, lines

EXAMPLES = int(os.environ.get("SERIES_FUZZ_EXAMPLES", "60"))
CELLS = st.one_of(
    st.dates().map(str),
    st.datetimes().map(str),
    st.integers(-5, 40).map(str),
    st.integers(-(10**19), 10**19).map(str),
    st.floats().map(str),
    st.from_regex(r"\d{1,4}[-/. ]\d{1,4}([-/. ]\d{1,4})?( \d{1,2}:\d{2})?([+-]\d{2}:?\d{2}|Z)?", fullmatch=True),
    st.from_regex(r"(Q[1-4]|W\d{2}|Jan|mai|FY)[- ]?\d{1,4}", fullmatch=True),
    st.from_regex(r"\d{4}[-]?(Q[1-4]|W\d{2}|M\d{2})", fullmatch=True),
    st.sampled_from(
        [
            "",
            "NA",
            ".",
            "-",
            "1,5",
            "1.234,5",
            "$7",
            "a",
            '"',
            "\x00",
            "٣",
            "²",
            "1e999",
            "Ⅳ",
            "🙂",
            "T1",
            "nan",
            "0000-00-00",
        ]
    ),
    st.text(max_size=8),
)
NAMES = st.lists(
    st.sampled_from(["date", "time", "year", "month", "day", "hour", "value", "id", "store", "y", "", "2010", "Jan"]),
    min_size=1,
    max_size=5,
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=12)
REGULAR = st.tuples(
    st.datetimes(),
    st.sampled_from(["D", "h", "MS", "W", "ME", "QS", "B", "7min"]),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%y", "%Y%m%d", "%H:%M %d.%m.%Y", "%b %Y", "%s"]),
)
OPTIONS = st.builds(
    SeriesOptions,
    fill=st.booleans(),
    frequency=st.sampled_from([None, "D", "M", "5min", "4-4-5", "nonsense"]),
    date_order=st.sampled_from([None, "day_first", "month_first", "year_first"]),
    date_format=st.sampled_from([None, None, "%Y", "%d.%m.%Y %z", "%"]),
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 60, suppress_health_check=list(HealthCheck))
@given(names=NAMES, rows=ROWS, regular=st.none() | REGULAR, sep=st.sampled_from(",;\t"), options=OPTIONS)
def test_a_broken_file_is_read_or_refused(tmp_path_factory, names, rows, regular, sep, options):
    """What is read is finite and regular, goes on, and can be shown."""
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(_file(names, rows, regular, sep))
    try:
        panel = read_panel(path, options)
    except DataError as error:
        assert "\n" not in str(error)
        return
    for series in panel.series.values():
        assert np.isfinite(series.readings).all()
        assert len(series.readings) == len(series.dates) == len(series.filled) >= 3
        assert series.dates.is_monotonic_increasing
        assert series.dates.is_unique
        assert future_dates(series, 2)[0] > series.dates[-1]
        assert series.season_length >= 1
    assert all(len(line) <= 80 for line in lines(facts(panel)) if " " in line.strip())


def _file(names, rows, regular, sep):
    lines_of_file = [sep.join(names), *(sep.join(row) for row in rows)]
    if regular is not None:
        start, frequency, form = regular
        moments = [start]
        for _ in range(len(rows)):
            try:
                moments.append(
                    (pd.Timestamp(moments[-1]) + pd.tseries.frequencies.to_offset(frequency)).to_pydatetime()
                )
            except (ValueError, OverflowError):
                break
        dates = [moment.strftime(form) for moment in moments]
        lines_of_file = [f"{date}{sep}{line}" for date, line in zip(["date", *dates], lines_of_file, strict=False)]
    return "\n".join(lines_of_file).encode("utf-8", "surrogatepass")

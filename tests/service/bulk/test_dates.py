"""Dates have one form in a whole file, whatever its batches."""

import warnings
from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd
import pytest

from service.bulk.work.dates import DateForm, dates_in_form, form_of_dates, parse_dates, without_midnights
from tests.service.bulk.helpers import done, panel_job

HOUR = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2020-01-01", None, "x"], DateForm(None, None, True)),
        (["2020-01-01", "2020-01-01T01:00"], DateForm(None, None, False)),
        (["2020-01-01T00:00:00+01:00"], DateForm(None, HOUR, False)),
        (["2020-01-01T00:00:00+01:00", "2020-07-01T00:00:00+02:00"], DateForm(None, UTC, False)),
        (["", None], DateForm()),
    ],
)
def test_the_first_dates_say_the_form(values, form):
    assert form_of_dates(values, None) == form


def test_dates_of_another_form_are_found():
    """A date without an offset among those with one, and the other way round; what is no date is neither."""
    values = ["2020-01-01T01:00:00+01:00", "2020-01-02", "x", "2020-01-03T00:00:00Z"]
    dates, odd = dates_in_form(values, DateForm(None, HOUR))
    assert odd.tolist() == [False, True, False, False]
    assert [str(one) for one in dates[[0, 3]]] == ["2020-01-01 01:00:00+01:00", "2020-01-03 01:00:00+01:00"]
    dates, odd = dates_in_form(values, DateForm())
    assert (odd.tolist(), dates.tz) == ([True, False, False, True], None)
    assert dates_in_form(["2020-01-02"], DateForm(None, UTC))[1].tolist() == [True]


def test_several_offsets_and_early_dates_are_read_without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        both = parse_dates(["2020-01-01T00:00:00+01:00", "2020-01-02T00:00:00+02:00"], None)
        written = parse_dates(["01.01.2020 +0100", "02.01.2020 +0200"], "%d.%m.%Y %z")
        early = parse_dates(["1500-01-01", "2020-01-02"], None)
    assert (str(both.tz), str(written.tz)) == ("UTC", "UTC")
    assert early[1] == pd.Timestamp("2020-01-02")


def test_midnights_are_days():
    """A time of day and a zone stay."""
    values = [datetime(2020, 1, 1), None, datetime(2020, 1, 1, 1), datetime(2020, 1, 1, tzinfo=UTC)]
    assert without_midnights(values) == [date(2020, 1, 1), *values[1:]]


def test_the_form_of_dates_does_not_depend_on_batches(tmp_path, monkeypatch):
    """Hours begin a file whose last series has midnights alone."""
    monkeypatch.setattr("service.bulk.panels.PanelBatches.__init__.__defaults__", (1,))
    (tmp_path / "in.csv").write_text(
        "store,day,units\na,2020-01-01T05:00,1\nb,2020-01-01T00:00,2\nc,2020-01-01T00:00:00Z,3\n"
    )
    done(panel_job(tmp_path / "in.csv", tmp_path / "out.csv"))
    lines = (tmp_path / "out.csv").read_text().splitlines()[1:]
    assert [line.split(",")[1] for line in lines] == [
        "2020-01-02T05:00:00", "2020-01-03T05:00:00", "2020-01-02T00:00:00", "2020-01-03T00:00:00", ""
    ]  # fmt: skip
    assert "is a date with a UTC offset, and the first dates are without one" in lines[-1]

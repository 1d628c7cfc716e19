"""Which of the last readings were not to be expected, as a frame."""

import pandas as pd
import pytest

import service
from service.errors import NotOffered, TooFewReadings
from tests.service.local.made_series import months, panel


def spoilt(place: int = -5) -> "pd.Series[float]":
    """Months, one of which is far out."""
    series = months()
    series.iloc[place] = 200
    return series


def test_a_reading_that_is_far_out_is_an_anomaly(universal):
    """The others are none, and every reading has its date and what was expected."""
    frame = universal.anomalies(spoilt(), last=8)
    assert frame.columns.tolist() == [
        "timestamp", "reading", "expected", "lower", "upper", "score", "anomaly",
    ]  # fmt: skip
    assert frame["timestamp"].tolist() == months().index[-8:].tolist()
    assert frame[frame["anomaly"]]["reading"].tolist() == [200]


def test_readings_without_dates_are_counted(universal):
    """The place among the readings given, from 0."""
    assert universal.anomalies(spoilt().tolist(), last=2)["index"].tolist() == [58, 59]


def test_by_default_the_last_24_are_judged(universal):
    """Or as many as can be."""
    assert len(universal.anomalies(months())) == 24
    assert len(universal.anomalies(months(20))) == 8


def test_a_missing_reading_is_no_anomaly(universal):
    """It has what was expected, and no score."""
    series = spoilt()
    frame = universal.anomalies(series.drop(series.index[-3]), last=4)
    missing = frame[frame["reading"].isna()]
    assert missing["timestamp"].tolist() == [series.index[-3]]
    assert missing["score"].isna().all()
    assert not missing["anomaly"].any()


def test_one_bad_series_spoils_no_other(universal):
    """Its row has the error, and nothing else."""
    frame = universal.anomalies(pd.concat([panel(2), panel(3)[120:125]]), last=1, errors="column")
    assert frame["unique_id"].tolist() == ["a", "b", "c"]
    assert frame["error"].isna().tolist() == [True, True, False]
    assert pd.isna(frame["anomaly"][2])
    with pytest.raises(TooFewReadings, match="series 'c': a reading is judged by those before it"):
        universal.anomalies(pd.concat([panel(2), panel(3)[120:125]]))


@pytest.mark.parametrize("options", [{"level": 0}, {"level": 100}, {"level": "99"}, {"last": 0}, {"season": 0}])
def test_an_odd_option_is_refused(universal, options):
    """Levels are percentages, and counts are whole numbers."""
    with pytest.raises(service.InvalidRequest, match=r"`(level|last|season)`"):
        universal.anomalies(months(), **options)


def test_a_model_of_one_series_judges_nothing(lstm):
    """The message names the one that does."""
    with pytest.raises(NotOffered, match="models/universal"):
        lstm.anomalies(months())

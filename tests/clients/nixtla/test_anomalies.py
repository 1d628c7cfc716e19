"""detect_anomalies_online and detect_anomalies."""

import pandas as pd
import pytest

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


@pytest.fixture
def broken(panel):
    """Four series, two of which have one reading that is far out."""
    frame = panel(4, 72)
    frame.loc[frame.index[72 + 65], "y"] += 60
    frame.loc[frame.index[3 * 72 + 70], "y"] -= 60
    return frame


def test_the_last_readings_are_judged(client, broken):
    """Two are anomalies; a score says how far out each reading is, and the interval is that of the level."""
    frame = client.detect_anomalies_online(broken, h=1, detection_size=12, freq="MS", level=99)
    assert len(frame) == 4 * 12
    found = frame[frame["anomaly"]]
    assert set(zip(found["unique_id"], found["ds"], strict=True)) >= {
        ("s00001", pd.Timestamp("2025-06-01")),
        ("s00003", pd.Timestamp("2025-11-01")),
    }
    assert len(found) <= 4
    outside = (frame["y"] < frame["TimeGPT-lo-99"]) | (frame["y"] > frame["TimeGPT-hi-99"])
    assert (outside == frame["anomaly"]).all()
    assert found["anomaly_score"].min() > 2.5
    assert frame["anomaly_score"].idxmax() in found.index


def test_horizon_step_and_refit_change_nothing(client, broken):
    """Every reading is judged by a forecast of one step, which is never further ahead than was asked for."""
    one, other = (
        client.detect_anomalies_online(broken, detection_size=12, freq="MS", **options)
        for options in ({"h": 1}, {"h": 12, "step_size": 3, "refit": True})
    )
    pd.testing.assert_frame_equal(one, other)


def test_long_stretches_are_judged_in_pieces(client, panel):
    """More readings than are judged together, in the order of time."""
    frame = panel(2, 700, "h", 24)
    judged = client.detect_anomalies_online(frame, h=1, detection_size=600, freq="h")
    assert judged["ds"].tolist() == 2 * frame["ds"][100:700].tolist()
    assert judged["anomaly"].mean() < 0.03


def test_a_whole_history_is_judged_but_for_its_first_year(client, broken):
    """detect_anomalies has no horizon; twelve readings come before the first that is judged."""
    frame = client.detect_anomalies(broken, freq="MS", level=99.5)
    assert frame["ds"].tolist() == 4 * pd.date_range("2021-01-01", periods=60, freq="MS").tolist()
    assert frame["y"].tolist() == pytest.approx(broken.groupby("unique_id").tail(60)["y"].tolist())
    assert frame[frame["anomaly"]]["unique_id"].isin(["s00001", "s00003"]).mean() > 0.4
    assert {"TimeGPT-lo-99.5", "TimeGPT-hi-99.5"} < set(frame.columns)

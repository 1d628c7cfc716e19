"""The Python face gives what the service gives, for many series and texts too."""

import numpy as np
import pandas as pd
import pytest

from tests.service.local.made_series import months
from tests.texts import CASES

SERIES = 40
TOLERANCE = 1e-5  # networks compute in float32, and other batches round otherwise


@pytest.fixture(scope="module")
def wide() -> pd.DataFrame:
    """Series of several lengths, with gaps, some short, constant or repeating."""
    made = {f"s{number}": months(60 + 4 * (number % 9), number) for number in range(SERIES)}
    made["short"] = months(3)
    made["constant"] = months(40) * 0 + 7
    made["repeating"] = months(36).round(-1)
    made["gaps"] = months(90).drop(months(90).index[[40, 41, 50]])
    made["late"] = months(90).iloc[30:]
    return made


def asked(made, **options):
    """The body of a batch: each series from its first date to its last, null where a date is missing."""
    series = [
        {
            "id": name,
            "readings": [None if np.isnan(r) else r for r in each.asfreq("MS").tolist()],
            "start": each.index[0].isoformat(),
            "frequency": "MS",
        }
        for name, each in made.items()
    ]
    return {"series": series, **options}


def long_of(made) -> pd.DataFrame:
    return pd.concat([pd.DataFrame({"unique_id": k, "ds": v.index, "y": v.to_numpy()}) for k, v in made.items()])


@pytest.mark.parametrize("horizon", [1, 14, 70])
def test_forecasts_are_those_of_a_batch(universal, served, wide, horizon):
    """Values, intervals, dates, skill, warnings and errors."""
    body = asked(wide, horizon=horizon, levels=[80, 95], model="universal")
    results = served.post("/forecast/batch", json=body).json()["results"]
    frame = universal.forecast(long_of(wide), horizon, errors="column")
    for result in results:
        own = frame[frame["unique_id"] == result["id"]]
        if "error" in result:
            assert own["error"].tolist() == [result["error"]["detail"]]
            continue
        assert own["ds"].tolist() == [pd.Timestamp(each) for each in result["timestamps"]]
        np.testing.assert_allclose(own["forecast"], result["forecast"], rtol=TOLERANCE)
        for interval in result["intervals"]:
            np.testing.assert_allclose(own[f"lower_{interval['level']:g}"], interval["lower"], rtol=TOLERANCE)
            np.testing.assert_allclose(own[f"upper_{interval['level']:g}"], interval["upper"], rtol=TOLERANCE)
        assert frame.attrs["skill"][result["id"]] == pytest.approx(result["skill"])
        assert frame.attrs["warnings"][result["id"]] == result["warnings"]


def test_forecasts_of_a_model_of_one_series_are_those_of_a_batch(lstm, served, wide):
    """A named network answers alike."""
    results = served.post("/forecast/batch", json=asked(wide, horizon=5, model="lstm")).json()["results"]
    frame = lstm.forecast(long_of(wide), 5, errors="column")
    for result in results:
        own = frame[frame["unique_id"] == result["id"]]
        if "error" in result:
            assert own["error"].tolist() == [result["error"]["detail"]]
        else:
            np.testing.assert_allclose(own["forecast"], result["forecast"], rtol=TOLERANCE)


def test_anomalies_are_those_of_a_batch(universal, served, wide):
    """Expected readings, bounds, scores, dates and errors."""
    wide = {name: series for number, (name, series) in enumerate(wide.items()) if number % 5 == 0 or number >= SERIES}
    results = served.post("/anomalies/batch", json=asked(wide, level=95, last=12)).json()["results"]
    frame = universal.anomalies(long_of(wide), 95, 12, errors="column")
    for result in results:
        own = frame[frame["unique_id"] == result["id"]].reset_index(drop=True)
        if "error" in result:
            assert own["error"].tolist() == [result["error"]["detail"]]
            continue
        points = pd.DataFrame(result["points"])
        assert own["ds"].tolist() == [pd.Timestamp(each) for each in points["timestamp"]]
        for name in ("reading", "expected", "lower", "upper", "score"):
            np.testing.assert_allclose(own[name], points[name].astype(float), rtol=TOLERANCE, atol=TOLERANCE)
        assert own["anomaly"].tolist() == points["anomaly"].tolist()
        assert frame.attrs["warnings"][result["id"]] == result["warnings"]


def test_sentiment_is_that_of_a_batch(sentiment, served):
    """Probabilities, labels, doubts and errors, of texts of many kinds."""
    texts = [*CASES, "", "x" * 20_001, *["Good film, bad sound."] * 30, "Kein Wort davon ist auf Englisch."]
    results = served.post("/sentiment/batch", json={"texts": texts}).json()["results"]
    frame = sentiment.sentiment(texts, errors="column")
    for own, result in zip(frame.to_dict("records"), results, strict=True):
        if "error" in result:
            assert own["error"] == result["error"]["detail"]
            continue
        np.testing.assert_allclose(
            [own[f"p_{name}"] for name in result["probabilities"]],
            list(result["probabilities"].values()),
            rtol=TOLERANCE,
        )
        assert own["label"] == result["label"]
        assert (own["uncertain"], own["mixed"]) == (result["uncertain"], result["mixed"])
        assert own["score"] == pytest.approx(result["score"], abs=1e-6)
        codes = [warning["code"] for warning in result["warnings"]]
        assert (codes == []) if pd.isna(own["warnings"]) else own["warnings"] == ", ".join(codes)

"""Requests of the Nixtla client, for the tests of its routes."""

import math
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from tests import fakes

SEASON = [10.0, 12.0, 14.0, 13.0]
YEARS = SEASON * 10  # what the fake network continues exactly


def waves(series: int = 2, readings: int = 40) -> list[list[Any]]:
    """Series that rise and fall every four readings, at levels of their own."""
    return [
        [100 * index + value + math.sin(t) for t, value in enumerate(SEASON * readings)][:readings]
        for index in range(series)
    ]


def body(readings: list[list[Any]], /, **changes: Any) -> dict[str, Any]:
    """What the client sends for a forecast of three steps."""
    arrays = {"y": [value for each in readings for value in each], "sizes": [len(each) for each in readings], "X": None}
    defaults = {
        "series": arrays,
        "model": "timegpt-2.1",
        "h": 3,
        "freq": "QS",
        "clean_ex_first": True,
        "level": None,
        "finetune_steps": 0,
        "finetune_depth": 1,
        "finetune_loss": "default",
        "finetuned_model_id": None,
        "multivariate": False,
    }
    return defaults | changes


def forecast(client: TestClient, series: list[list[Any]], /, **changes: Any) -> Response:
    return client.post("/nixtla/v2/forecast", json=body(series, **({"feature_contributions": False} | changes)))


def cross_validation(client: TestClient, series: list[list[Any]], /, **changes: Any) -> Response:
    return client.post(
        "/nixtla/v2/cross_validation", json=body(series, **({"hist_exog": None, "refit": True} | changes))
    )


def online(client: TestClient, series: list[list[Any]], /, **changes: Any) -> Response:
    own = {
        "detection_size": 5,
        "threshold_method": "univariate",
        "step_size": None,
        "refit": False,
        "level": 99,
        "hist_exog": None,
    }
    return client.post("/nixtla/v2/online_anomaly_detection", json=body(series, **(own | changes)))


def anomalies(client: TestClient, series: list[list[Any]], /, **changes: Any) -> Response:
    sent = body(series, **({"level": 99} | changes))
    names = ("series", "model", "freq", "finetuned_model_id", "clean_ex_first", "level", "multivariate")
    return client.post("/nixtla/v2/anomaly_detection", json={name: sent[name] for name in names})


def bundles() -> list[Any]:
    """A forecaster of any series, one of one series, and a classifier."""
    return [fakes.universal_bundle(spread=3), *fakes.default_bundles()]

"""The Nixtla client against a running service, and the series that are sent."""

import logging

import numpy as np
import pandas as pd
import pytest
from nixtla import NixtlaClient

# Airline passengers a month, 1949-01 to 1960-12 (Box and Jenkins, 1976)
PASSENGERS = [
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140,
    145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194,
    196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229,
    242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306,
    315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337,
    360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
]  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def _quiet():
    """The client logs every step."""
    logging.getLogger("nixtla").setLevel(logging.ERROR)


@pytest.fixture(scope="session")
def client(service_url):
    """A client that would try again at once, so that a refusal which it takes for a passing fault shows."""
    return NixtlaClient(base_url=f"{service_url}/nixtla", api_key="any", max_retries=3, retry_interval=0)


@pytest.fixture
def passengers():
    """One series, as the client's examples have it."""
    return pd.DataFrame({"timestamp": pd.date_range("1949-01-01", periods=144, freq="MS"), "value": PASSENGERS})


@pytest.fixture
def one():
    """The same series by the client's default names."""
    dates = pd.date_range("1949-01-01", periods=144, freq="MS")
    return pd.DataFrame({"unique_id": "air", "ds": dates, "y": np.array(PASSENGERS, dtype=float)})


@pytest.fixture(scope="session")
def panel():
    """A function that makes many series of a frequency: a season of so many readings, and noise."""

    def make(series=4, readings=60, freq="MS", season=12):
        rng = np.random.default_rng(0)
        wave = 100 + 20 * np.sin(2 * np.pi * np.arange(readings) / season)
        return pd.DataFrame(
            {
                "unique_id": np.repeat([f"s{index:05d}" for index in range(series)], readings),
                "ds": np.tile(pd.date_range("2020-01-01", periods=readings, freq=freq), series),
                "y": (wave + rng.normal(0, 3, (series, readings))).ravel(),
            }
        )

    return make


@pytest.fixture(scope="session")
def forecast_of(service_url):
    """A function that asks POST /forecast, which speaks no protocol but ours."""
    import json
    import urllib.request

    def ask(readings, **options):
        body = json.dumps({"readings": [float(np.float32(each)) for each in readings], **options}).encode()
        request = urllib.request.Request(f"{service_url}/forecast", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=300) as reply:
            return json.load(reply)

    return ask

"""What to call: the exact request or call of the recommended forecaster."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.data.series import Series
from training.forecast.ranking.recommendation import MEAN
from training.forecast.ranking.rows import Ranked
from training.networks import universal

REQUEST = "request.json"  # beside the report
MAX_READINGS = 2_048  # that a request sends
URL = "http://127.0.0.1:8000/forecast"
CALLS = {
    "ets": "AutoETS(season_length={season})",
    "arima": "AutoARIMA(season_length={season})",
    "theta": "AutoTheta(season_length={season})",
    "seasonal_naive": "SeasonalNaive(season_length={season})",
    "last_value": "Naive()",
}
MSTL = 'MSTL(season_length={season}, trend_forecaster=AutoETS(model="ZZN"))'
LONGEST_ETS_SEASON = 24


def request(series: Series, steps: int, model: str | None) -> dict[str, Any]:
    """Return the body of a request for what follows the last reading; without a `model` the service chooses."""
    readings = series.readings[-MAX_READINGS:]
    body: dict[str, Any] = {"readings": [float(reading) for reading in readings], "horizon": steps}
    frequency = series.request_frequency
    if frequency is not None:
        body |= {"start": series.dates[-len(readings)].isoformat(), "frequency": frequency}
    return body if model is None else {"model": model} | body


def write_request(directory: Path, body: dict[str, Any]) -> Path:
    """Write the body beside the report; return the file."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / REQUEST
    path.write_text(json.dumps(body) + "\n", "utf-8")
    return path


def curl(file: Path) -> str:
    """Return the command that sends a request."""
    return f"curl -s {URL} -H 'Content-Type: application/json' -d @{file}"


def call(name: str, season_length: int, positive: bool) -> str:
    """Return the lines of Python that give a statistic's forecast of `readings`, an array, with statsforecast."""
    if name == "mstl_log" or (name == "ets" and season_length > LONGEST_ETS_SEASON):
        model, imports = MSTL, "AutoETS, MSTL"
    else:
        model = CALLS[name]
        imports = model.split("(")[0]
    on_logarithm = positive and name in ("mstl_log", "arima")
    values = "np.log(readings)" if on_logarithm else "readings"
    line = f"{model.format(season=season_length)}.forecast(y={values}, h=STEPS, level=[80, 95])"
    lines = [f"from statsforecast.models import {imports}", f"forecast = {line}"]
    if on_logarithm:
        lines = ["import numpy as np", *lines, "forecast = {name: np.exp(values) for name, values in forecast.items()}"]
    return "\n".join(lines)


def is_request(row: Ranked) -> bool:
    """Whether the service gives the forecast."""
    return row.kind == "network" or row.name == universal.NAME


def statistic(row: Ranked, series: Series, steps: int, given: Sequence[str], parts: Mapping[str, float]) -> str:
    """Return how to get a statistic's forecast again; that of the mean is made by this command."""
    if row.name != MEAN:
        positive = bool((series.readings > 0).all())
        return call(row.name, series.season_length, positive).replace("STEPS", str(steps))
    shares = ", ".join(f"{share:.0%} {name}" for name, share in parts.items())
    return f"# forecast.csv again, in about a minute: {shares}\n{command_of_mean(given)}"


def command_of_mean(given: Sequence[str]) -> str:
    """Return the command that writes forecast.csv by the mean again: that of this run, whose last options count."""
    return f'make train-forecast ARGS="{shlex.join([*given, "--only", MEAN, "--export", "none"])}"'

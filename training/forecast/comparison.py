"""The network beside the forecaster of any series, on readings that neither has learnt: whether it may answer unasked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.artifacts import bundle
from service.artifacts.card import Comparison
from service.forecast.features.context_features import HORIZON
from service.interfaces import Array
from training.evaluation import rolling, served
from training.networks import universal

BASELINE = "seasonal_naive"


@dataclass(frozen=True)
class AnySeries:
    """The errors of one version of `universal` and of the seasonal naive forecast, both (origins, steps)."""

    name: str
    errors: Array
    naive_errors: Array


def measure_any_series(
    models_dir: Path, readings: Array, parts: Sequence[tuple[int, int]], steps: int, season_length: int
) -> AnySeries | None:
    """Forecast with the newest `universal` of a models directory; None if there is none that loads.

    parts: (first origin, end) of each part. Every origin of a part forecasts, from the readings before it, those up to the
    part's end.
    """
    versions = bundle.versions(models_dir / universal.NAME)
    try:
        method = served.load_method(versions[-1], season_length)
    except (IndexError, bundle.BundleError):
        return None
    steps = min(steps, HORIZON)
    errors, naive_errors = [], []
    for first, end in parts:
        origins = range(first, end)
        backtest = rolling.rolling_backtest(readings[:end], origins, steps, (), method)
        naive = rolling.seasonal_naive(season_length)
        actual, predicted = rolling.point_backtest(readings[:end], origins, steps, naive)
        errors.append(backtest.actual - backtest.predicted.point)
        naive_errors.append(actual - predicted)
    name = f"{universal.NAME}/{versions[-1].name}"
    return AnySeries(name, np.concatenate(errors), np.concatenate(naive_errors))


def compare(errors: Array, any_series: AnySeries) -> Comparison:
    """Return the RMSE by step of a network with these errors (origins, steps), beside those on the same origins."""
    steps = any_series.errors.shape[1]
    return Comparison(
        any_series=any_series.name,
        measured_on="rolling origins of the folds and of the test part, each forecast by a network fitted before it",
        origins=len(errors),
        baseline=BASELINE,
        model_rmse=_by_step(errors[:, :steps]),
        any_series_rmse=_by_step(any_series.errors),
        baseline_rmse=_by_step(any_series.naive_errors),
    )


def verdict(name: str, comparison: Comparison | None) -> str:
    """Say whether a network will answer requests that name no model."""
    if comparison is None:
        return f"'{name}' will not answer unasked beside a forecaster of any series: there was none to compare it with"
    model, other = (np.sqrt(np.mean(np.square(rmse))) for rmse in (comparison.model_rmse, comparison.any_series_rmse))
    how = "will" if model < other else "will not"
    return f"'{name}' {how} answer unasked: its RMSE is {model / other:.3f} times that of {comparison.any_series}"


def _by_step(errors: Array) -> list[float]:
    rmse: list[float] = np.sqrt(np.nanmean(np.square(errors), axis=0)).tolist()
    return rmse

"""The forecasts that a network has to beat, with their intervals; fitted again at every origin.

`last_value` and `seasonal_naive` are computed here, and the theta methods in service/forecast/theta.py; the others are
statsforecast's, which is imported when first used.
"""

import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from statistics import NormalDist
from typing import Any

import numpy as np

from service.forecast import theta
from service.interfaces import Array
from training.evaluation import rolling
from training.evaluation.rolling import Method, Predictions

MAX_ETS_SEASON = 24  # statsforecast's ETS ignores longer seasons
MISSING = (
    "statsforecast is not installed; it needs pandas 2, so give it an environment of its own: "
    "pip install --require-hashes -r requirements/backtest.txt; or pass --baselines naive,theta"
)
BASELINE = "seasonal_naive"  # every other method is measured against it
NAIVE = ("last_value", BASELINE)
QUICK = (*NAIVE, "theta", "mstl", "mstl_log", "ets")
THETA: dict[str, tuple[theta.Model, ...]] = {
    "standard_theta": ("STM",),
    "theta": ("OTM", "DOTM"),
    "dynamic_theta": ("DOTM",),
}
FITTED = ("mstl", "mstl_log", "ets", "ces", "arima")
MEAN_OF = ("ets", "mstl_log", "arima")
ALL = (*NAIVE, *THETA, *FITTED, "mean")
ON_LOGARITHM = ("mstl_log", "arima")


def naive_name(season_length: int) -> str:
    """Return what the naive forecast of a series is called: without a season it repeats the last value."""
    return BASELINE if season_length > 1 else "last_value"


class BaselineMissing(Exception):
    """The package that computes a baseline is not installed."""


def resolve_names(words: Sequence[str]) -> tuple[str, ...]:
    """Return names of baselines for names and the words `naive`, `quick`, `all` and `none`, in the order of `ALL`.

    Raises ValueError for an unknown name.
    """
    groups = {"none": (), "naive": NAIVE, "quick": QUICK, "all": ALL}
    names = {name for word in words for name in groups.get(word, (word,))}
    unknown = sorted(names - set(ALL))
    if unknown:
        raise ValueError(f"no baseline is named '{unknown[0]}'; there are {', '.join((*ALL, *groups))}")
    return tuple(name for name in ALL if name in names)


def method(name: str, season_length: int, *, refit_every: int = 1, n_jobs: int = 1) -> Method:
    """Return the baseline of that name, as `rolling_backtest` takes it. Raises ValueError for an unknown name.

    At every `refit_every`-th origin it is fitted again, with a new choice of model; for the origins between, the
    parameters stay and the state is updated. `n_jobs` processes share the origins. (Naive and theta methods are fast, and
    are fitted at every origin by this process.) The method raises BaselineMissing where it needs statsforecast, which is
    not installed.
    """
    if name in NAIVE:
        return partial(naive, season_length=season_length if name == BASELINE else 1)
    if name in THETA:
        return partial(theta_method, season_length=season_length, models=THETA[name])
    if name == "mean":
        parts = [method(part, season_length, refit_every=refit_every, n_jobs=n_jobs) for part in MEAN_OF]
        return lambda histories, steps, levels: mean([part(histories, steps, levels) for part in parts])
    if name not in FITTED:
        raise ValueError(f"no baseline is named '{name}'")
    return partial(fitted, name=name, season_length=season_length, refit_every=refit_every, n_jobs=n_jobs)


def naive(histories: list[Array], steps: int, levels: Sequence[float], *, season_length: int) -> Predictions:
    """Repeat the last reading of the same season, with normal intervals.

    The variance of step h is that of the seasonal differences times ⌈h/season_length⌉ (Hyndman and Athanasopoulos,
    Forecasting: principles and practice, section 5.5).
    """
    point = rolling.seasonal_naive(season_length)(histories, steps)
    sigma = np.array([np.sqrt(np.mean(np.square(h[season_length:] - h[:-season_length]))) for h in histories])
    deviation = sigma[:, np.newaxis] * np.sqrt(np.arange(steps) // season_length + 1)
    return _with_normal_intervals(point, deviation, levels)


def theta_method(
    histories: list[Array], steps: int, levels: Sequence[float], *, season_length: int, models: tuple[theta.Model, ...]
) -> Predictions:
    """Forecast by the theta method, with normal intervals."""
    forecasts = [theta.forecast(history, steps, season_length, models) for history in histories]
    point = np.array([each.values for each in forecasts])
    return _with_normal_intervals(point, np.array([each.deviation for each in forecasts]), levels)


def _with_normal_intervals(point: Array, deviation: Array, levels: Sequence[float]) -> Predictions:
    """Return forecasts with deviations, both (histories, steps), as predictions."""
    ordered = tuple(sorted(levels))
    half_widths = np.array([NormalDist().inv_cdf(0.5 + level / 200) * deviation for level in ordered])
    half_widths = half_widths.reshape(-1, *point.shape)
    return Predictions(point, ordered, point - half_widths, point + half_widths)


def mean(parts: Sequence[Predictions]) -> Predictions:
    """Return the equal mean of forecasts, and of each end of their intervals (averaged quantiles)."""
    point, lower, upper = (
        np.mean([getattr(part, name) for part in parts], axis=0) for name in ("point", "lower", "upper")
    )
    return Predictions(point, parts[0].levels, lower, upper)


def fitted(
    histories: list[Array],
    steps: int,
    levels: Sequence[float],
    *,
    name: str,
    season_length: int,
    refit_every: int,
    n_jobs: int,
) -> Predictions:
    """Forecast with one of statsforecast's models at every origin, in groups that share a fit.

    Raises BaselineMissing where statsforecast is not installed.
    """
    groups = [histories[start : start + refit_every] for start in range(0, len(histories), refit_every)]
    ordered = tuple(sorted(levels))
    forecast = partial(_forecast_group, name=name, season_length=season_length, steps=steps, levels=ordered)
    if n_jobs == 1:
        forecasts = [forecast(group) for group in groups]
    else:
        with ProcessPoolExecutor(n_jobs, mp_context=get_context("spawn")) as pool:
            forecasts = list(pool.map(forecast, groups))
    stacked = np.concatenate(forecasts)  # (origins, 1 + 2 * levels, steps)
    count = len(ordered)
    lower, upper = (np.moveaxis(stacked[:, s], 1, 0) for s in (slice(1, 1 + count), slice(1 + count, None)))
    return Predictions(stacked[:, 0], ordered, lower, upper)


def _forecast_group(
    histories: list[Array], *, name: str, season_length: int, steps: int, levels: tuple[float, ...]
) -> Array:
    """Fit on the first history and forecast from each: (histories, 1 + 2 * levels, steps).

    The rows are the point, every level's lower end, every upper end. Where every reading is positive, the models of
    `ON_LOGARITHM` are fitted on logarithms, and the exponential of their forecast is its median.
    """
    on_logarithm = name in ON_LOGARITHM and all((history > 0).all() for history in histories)
    first, *later = [np.log(history) for history in histories] if on_logarithm else histories
    model = _model(name, season_length, len(first))
    level = [int(level) if float(level).is_integer() else level for level in levels]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optimizers that stop early: their forecasts are measured all the same
        if not later:
            forecasts = [model.forecast(y=first, h=steps, level=level or None)]
        else:
            fit = model.fit(first)
            forecasts = [fit.predict(h=steps, level=level or None)]
            forecasts += [fit.forward(y=history, h=steps, level=level or None) for history in later]
    keys = ["mean", *(f"lo-{percent}" for percent in level), *(f"hi-{percent}" for percent in level)]
    rows: Array = np.array(
        [[np.broadcast_to(forecast[key], (steps,)) for key in keys] for forecast in forecasts], np.float64
    )
    return np.exp(rows) if on_logarithm else rows


def _model(name: str, season_length: int, length: int) -> Any:
    """Return a new statsforecast model; without a season where the history holds no more than two.

    ETS cannot have a season longer than `MAX_ETS_SEASON`: there, as in MSTL, ETS without a season forecasts the
    seasonally adjusted readings.
    """
    models = _statsforecast()
    season_length = season_length if length > 2 * season_length else 1
    is_adjusted = name.startswith("mstl") or (name == "ets" and season_length > MAX_ETS_SEASON)
    if is_adjusted and season_length > 1:
        return models.MSTL(season_length=season_length, trend_forecaster=models.AutoETS(model="ZZN"))
    if name in ("ets", "mstl", "mstl_log"):
        return models.AutoETS(season_length=season_length)
    if name == "arima":
        return models.AutoARIMA(season_length=season_length)
    return models.AutoCES(season_length=season_length)


def _statsforecast() -> Any:
    """Import statsforecast's models late: they are no part of serving, and the import takes seconds."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from statsforecast import models
    except ImportError as error:
        raise BaselineMissing(MISSING) from error
    return models

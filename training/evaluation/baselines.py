"""The forecasts that a network has to beat, with their intervals; refitted at every origin.

`last_value` and `seasonal_naive` are ours; the rest is statsforecast's, which is imported when it is first needed.
"""

import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from statistics import NormalDist
from typing import Any

import numpy as np

from service.interfaces import Array
from training.evaluation import rolling
from training.evaluation.rolling import Method, Predictions

MAX_ETS_SEASON = 24  # statsforecast's ETS leaves longer seasons out
MISSING = (
    "statsforecast is not installed; it needs pandas 2, so give it an environment of its own: "
    "pip install --require-hashes -r requirements/backtest.txt; or pass --baselines naive"
)
NAIVE = ("last_value", "seasonal_naive")
QUICK = (*NAIVE, "theta", "mstl", "mstl_log", "ets")
FITTED = ("theta", "dynamic_theta", "mstl", "mstl_log", "ets", "ces", "arima")
MEAN_OF = ("ets", "mstl_log", "arima")
ALL = (*NAIVE, *FITTED, "mean")
ON_LOGARITHM = ("mstl_log", "arima")


class BaselineMissing(Exception):
    """The package that computes a baseline is not installed."""


def chosen(words: Sequence[str]) -> tuple[str, ...]:
    """Names of baselines from names and the words `naive`, `quick`, `all` and `none`, in the order of `ALL`.

    Raises ValueError for a name that is none.
    """
    groups = {"none": (), "naive": NAIVE, "quick": QUICK, "all": ALL}
    names = {name for word in words for name in groups.get(word, (word,))}
    unknown = sorted(names - set(ALL))
    if unknown:
        raise ValueError(f"no baseline is named '{unknown[0]}'; there are {', '.join((*ALL, *groups))}")
    return tuple(name for name in ALL if name in names)


def method(name: str, season: int, *, refit_every: int = 1, n_jobs: int = 1) -> Method:
    """The baseline of that name, as `evaluate.walk` takes it.

    It is fitted anew, its choice of model included, at every `refit_every`-th origin; in between its parameters are
    kept and its state is brought up to the origin. `n_jobs` processes share the origins.
    """
    if name in NAIVE:
        return partial(naive, season=season if name == "seasonal_naive" else 1)
    if name == "mean":
        parts = [method(part, season, refit_every=refit_every, n_jobs=n_jobs) for part in MEAN_OF]
        return lambda histories, steps, levels: mean([part(histories, steps, levels) for part in parts])
    if name not in FITTED:
        raise ValueError(f"no baseline is named '{name}'")
    return partial(fitted, name=name, season=season, refit_every=refit_every, n_jobs=n_jobs)


def naive(histories: list[Array], steps: int, levels: Sequence[float], *, season: int) -> Predictions:
    """The last reading of the same season, with normal intervals.

    The variance of step h is that of the seasonal differences times ⌈h/season⌉ (Hyndman & Athanasopoulos, Forecasting:
    principles and practice, section 5.5).
    """
    point = rolling.seasonal_naive(season)(histories, steps)
    sigma = np.array([np.sqrt(np.mean(np.square(h[season:] - h[:-season]))) for h in histories])
    width = sigma[:, np.newaxis] * np.sqrt(np.arange(steps) // season + 1)
    ordered = tuple(sorted(levels))
    half = np.array([NormalDist().inv_cdf(0.5 + level / 200) * width for level in ordered]).reshape(-1, *point.shape)
    return Predictions(point, ordered, point - half, point + half)


def mean(parts: Sequence[Predictions]) -> Predictions:
    """The equal mean of forecasts, and of each end of their intervals (averaged quantiles)."""
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
    season: int,
    refit_every: int,
    n_jobs: int,
) -> Predictions:
    """One of statsforecast's methods at every origin, in groups that share a fit."""
    groups = [histories[begin : begin + refit_every] for begin in range(0, len(histories), refit_every)]
    ordered = tuple(sorted(levels))
    work = partial(_group, name=name, season=season, steps=steps, levels=ordered)
    if n_jobs == 1:
        answers = [work(group) for group in groups]
    else:
        with ProcessPoolExecutor(n_jobs, mp_context=get_context("spawn")) as pool:
            answers = list(pool.map(work, groups))
    stacked = np.concatenate(answers)  # (origins, 1 + 2 * levels, steps)
    count = len(ordered)
    lower, upper = (np.moveaxis(stacked[:, s], 1, 0) for s in (slice(1, 1 + count), slice(1 + count, None)))
    return Predictions(stacked[:, 0], ordered, lower, upper)


def _group(histories: list[Array], *, name: str, season: int, steps: int, levels: tuple[float, ...]) -> Array:
    """(histories, 1 + 2 * levels, steps): the point, then every level's lower end, then every upper end.

    The logarithm is taken where every reading of the group is positive; its median comes back.
    """
    logarithm = name in ON_LOGARITHM and all((history > 0).all() for history in histories)
    seen = [np.log(history) for history in histories] if logarithm else histories
    model = _model(name, season, len(histories[0]))
    asked = [int(level) if float(level).is_integer() else level for level in levels]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of optimisers that stop early: what they found is measured
        if len(seen) == 1:
            answers = [model.forecast(y=seen[0], h=steps, level=asked or None)]
        else:
            fit = model.fit(seen[0])
            answers = [fit.predict(h=steps, level=asked or None)]
            answers += [fit.forward(y=later, h=steps, level=asked or None) for later in seen[1:]]
    keys = ["mean", *(f"lo-{level}" for level in asked), *(f"hi-{level}" for level in asked)]
    rows: Array = np.array([[np.broadcast_to(answer[key], (steps,)) for key in keys] for answer in answers], np.float64)
    return np.exp(rows) if logarithm else rows


def _model(name: str, season: int, length: int) -> Any:
    """A fresh statsforecast model; without a season where the history holds fewer than two of them.

    ETS of a season longer than it takes is fitted, without one, on the seasonally adjusted readings of MSTL.
    """
    models = _statsforecast()
    season = season if length > 2 * season else 1
    adjusted = name.startswith("mstl") or (name == "ets" and season > MAX_ETS_SEASON)
    if adjusted and season > 1:
        return models.MSTL(season_length=season, trend_forecaster=models.AutoETS(model="ZZN"))
    if name in ("ets", "mstl", "mstl_log"):
        return models.AutoETS(season_length=season)
    if name == "arima":
        return models.AutoARIMA(season_length=season)
    if name == "ces":
        return models.AutoCES(season_length=season)
    kind = models.AutoTheta if name == "theta" else models.DynamicOptimizedTheta
    return kind(season_length=season)


def _statsforecast() -> Any:
    """statsforecast's models, imported late: it is no part of serving and takes seconds."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from statsforecast import models
    except ImportError as error:
        raise BaselineMissing(MISSING) from error
    return models


BASELINE = "seasonal_naive"

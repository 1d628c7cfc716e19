"""Scores of a forecaster on sets of series: one window each, and the same questions for everyone.

    rows = score_sets(forecast, sets)

`forecast` gets queries of one set and returns quantiles, (queries, horizon, 9): the deciles. Two more, the 2.5 % and the
97.5 % quantile, give the coverage of 95 % intervals. The median is the point forecast; a forecaster without intervals gives
NaN for the other quantiles.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from service.interfaces import Array, Mask
from training.data.sets import SeriesSet, SetSeries
from training.evaluation.metrics import pinball

DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
OUTER = (0.025, 0.975)
MEDIAN, LOW, HIGH = DECILES.index(0.5), 0, len(DECILES) - 1
BATCH = 256


class SeriesQuery(NamedTuple):
    """What a forecaster is told of one series: `values` (time,) without gaps, and False where one was interpolated.

    A gap before the test part holds the last reading. Missing readings at the beginning are left out.
    """

    values: Array
    observed: Mask
    season_length: int
    horizon: int


QuantileForecast = Callable[[list[SeriesQuery]], Array]  # → (queries, horizon, 9 or 11)


@dataclass(frozen=True)
class SetScore:
    """One forecaster on one set. NaN where a score is not known.

    mase: the mean over series of the MAE over that of the seasonal naive forecast inside the readings before the test
    part. wql: the quantile losses of all deciles, over the readings' magnitude. coverage: shares of the test readings.
    """

    name: str
    series: int
    season_length: int
    horizon: int
    lag: int
    mase: float
    wql: float
    coverage_80: float
    coverage_95: float
    naive_mase: float
    naive_wql: float
    seconds: float
    unscaled: int  # series whose readings never change from season to season: they have no MASE

    @property
    def ratio(self) -> float:
        """MASE over the seasonal naive forecast's, NaN where that has no error."""
        return self.mase / self.naive_mase if self.naive_mase > 0 else float("nan")

    @property
    def wql_ratio(self) -> float:
        """WQL over the seasonal naive forecast's, NaN where that has no loss."""
        return self.wql / self.naive_wql if self.naive_wql > 0 else float("nan")

    @property
    def series_per_second(self) -> float:
        """Series that were forecast in a second of one core."""
        return self.series / self.seconds if self.seconds > 0 else float("nan")


def score_sets(
    forecast: QuantileForecast,
    sets: Sequence[SeriesSet],
    *,
    context: int | None = None,
    batch: int = BATCH,
    limit: int | None = None,
) -> list[SetScore]:
    """Return the scores on each set. `context`: forecasters see the last so many readings; all without it.

    `batch` series share a call; `limit` takes the first series of each set only.
    """
    return [score_set(forecast, each.first(limit), context=context, batch=batch) for each in sets]


def score_set(
    forecast: QuantileForecast, series_set: SeriesSet, *, context: int | None = None, batch: int = BATCH
) -> SetScore:
    """Return the scores on one set. Raises ValueError where a forecast has another shape or is not finite."""
    queries = [query(series, series_set, context) for series in series_set.series]
    begin = time.process_time()
    quantiles = np.concatenate([forecast(queries[i : i + batch]) for i in range(0, len(queries), batch)])
    seconds = time.process_time() - begin
    _check(quantiles, (len(queries), series_set.horizon))
    actual = np.stack([series.readings[-series_set.horizon :] for series in series_set.series])
    scales = np.array([scale(series.readings[: -series_set.horizon], series_set.lag) for series in series_set.series])
    naive = seasonal_naive([_naive_query(series, series_set) for series in series_set.series])
    has_outer = quantiles.shape[2] > len(DECILES)
    return SetScore(
        name=series_set.name,
        series=len(queries),
        season_length=series_set.season_length,
        horizon=series_set.horizon,
        lag=series_set.lag,
        mase=mase(actual, quantiles[:, :, MEDIAN], scales),
        wql=weighted_quantile_loss(actual, quantiles),
        coverage_80=coverage(actual, quantiles[:, :, LOW], quantiles[:, :, HIGH]),
        coverage_95=coverage(actual, quantiles[:, :, -2], quantiles[:, :, -1]) if has_outer else float("nan"),
        naive_mase=mase(actual, naive[:, :, MEDIAN], scales),
        naive_wql=weighted_quantile_loss(actual, naive),
        seconds=seconds,
        unscaled=int((~(scales > 0)).sum()),
    )


def query(series: SetSeries, series_set: SeriesSet, context: int | None) -> SeriesQuery:
    """Return what a forecaster is told: the last `context` readings before the test part, without gaps."""
    history = series.readings[: -series_set.horizon]
    is_missing = np.isnan(history)
    first = int(np.argmin(is_missing))
    history, is_missing = history[first:], is_missing[first:]
    if is_missing.any():
        positions = np.arange(len(history))
        history = np.interp(positions, positions[~is_missing], history[~is_missing])
    begin = 0 if context is None else max(0, len(history) - context)
    return SeriesQuery(history[begin:], ~is_missing[begin:], series_set.season_length, series_set.horizon)


def _naive_query(series: SetSeries, series_set: SeriesSet) -> SeriesQuery:
    return query(series, series_set, None)._replace(season_length=series_set.lag)


def scale(history: Array, lag: int) -> float:
    """Return the scale of MASE: the MAE of the forecast "as `lag` readings before" inside a history with NaN.

    A history that is no longer than the lag is compared with the reading before. 0 or NaN where there is no scale.
    """
    lag = lag if len(history) > lag else 1
    differences = np.abs(history[lag:] - history[:-lag])
    known = differences[~np.isnan(differences)]
    return float(known.mean()) if known.size else float("nan")


def mase(actual: Array, median: Array, scales: Array) -> float:
    """Return the mean over series of MAE over scale; series without a scale are left out."""
    has_scale = scales > 0
    errors = np.nanmean(np.abs(actual - median), axis=1)
    return float(np.mean(errors[has_scale] / scales[has_scale])) if has_scale.any() else float("nan")


def weighted_quantile_loss(actual: Array, quantiles: Array) -> float:
    """Return twice the quantile loss summed over all readings, over their summed magnitude; the mean over the deciles."""
    losses = [np.nansum(2 * pinball(actual, quantiles[:, :, i], q)) for i, q in enumerate(DECILES)]
    magnitude = np.nansum(np.abs(actual))
    if np.isnan(quantiles[:, :, : len(DECILES)]).any():
        return float("nan")
    return float(np.mean(losses) / magnitude) if magnitude > 0 else float("nan")


def coverage(actual: Array, lower: Array, upper: Array) -> float:
    """Return the share of the known readings that lie within the bounds."""
    is_known = ~np.isnan(actual)
    if np.isnan(lower).any() or np.isnan(upper).any():
        return float("nan")
    return float(((actual >= lower) & (actual <= upper))[is_known].mean())


def seasonal_naive(queries: list[SeriesQuery]) -> Array:
    """Repeat the last season's readings, with normal intervals (see baselines.naive): (queries, horizon, 11)."""
    return np.stack([_naive(*each) for each in queries])


def _naive(values: Array, observed: Mask, season_length: int, horizon: int) -> Array:
    """A reading that is missing in the last season is replaced by the one a season before, and so on."""
    lag = season_length if len(values) > season_length else 1
    known = np.where(observed, values, np.nan)
    padded = np.concatenate([np.full(-len(known) % lag, np.nan), known]).reshape(-1, lag)
    rows = len(padded) - 1 - np.argmax(~np.isnan(padded[::-1]), axis=0)
    last = padded[rows, np.arange(lag)]
    last = np.where(np.isnan(last), values[-lag:], last)
    differences = known[lag:] - known[:-lag]
    variance = np.mean(np.square(differences[~np.isnan(differences)])) if len(differences) else 0.0
    steps = np.arange(horizon)
    deviation = np.sqrt(np.nan_to_num(variance) * (steps // lag + 1))
    normal = np.array([NormalDist().inv_cdf(q) for q in (*DECILES, *OUTER)])
    forecast: Array = last[steps % lag][:, None] + deviation[:, None] * normal
    return forecast


def _check(quantiles: Array, shape: tuple[int, int]) -> None:
    widths = (len(DECILES), len(DECILES) + len(OUTER))
    if quantiles.ndim != 3 or quantiles.shape[:2] != shape or quantiles.shape[2] not in widths:
        raise ValueError(f"forecasts have shape {quantiles.shape}, expected {shape} and 9 or 11 quantiles")
    if not np.isfinite(quantiles[:, :, MEDIAN]).all():
        raise ValueError("a forecast is not a finite number")

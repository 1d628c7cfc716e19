"""The widths of intervals by season length: real validation series tell how far synthetic ones are from them.

Monthly series are also added up to quarters and to years, so that these are measured too.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from service.artifacts.card import SeasonWidths
from service.forecast.forecaster import Forecaster
from service.interfaces import Array
from training.data.sets import SeriesSet, SetSeries
from training.evaluation import set_methods, set_scores

AGGREGATES = ((3, 4, 8, 80), (12, 1, 6, 40))  # months, season length, steps, readings that are kept
MIN_SERIES = 100  # fewer of a season length say too little
WIDEST = 2.0
LEVELS = (80.0, set_methods.OUTER_LEVEL)


def with_aggregates(sets: Sequence[SeriesSet]) -> list[SeriesSet]:
    """Return the sets, and quarterly and yearly means of those of months, without their incomplete first periods."""
    return [*sets, *(each for months in sets if months.season_length == 12 for each in _aggregates(months))]


def _aggregates(months: SeriesSet) -> Iterator[SeriesSet]:
    for size, season_length, steps, kept in AGGREGATES:
        series = []
        for name, readings in months.series:
            means = readings[len(readings) % size :].reshape(-1, size).mean(axis=1)[-kept:]
            if not np.isnan(means).any() and len(means) >= steps + 10:
                series.append(SetSeries(name, means))
        if series:
            yield SeriesSet(f"{months.name} by {size} months", season_length, steps, season_length, series)


def measure_widths(forecaster: Forecaster, sets: Sequence[SeriesSet]) -> dict[str, SeasonWidths]:
    """Return the widths with which the intervals of a forecaster hold what they state, for each season length.

    All steps and series of a season length are pooled. Season lengths of few series are left out.
    """
    by_season: dict[int, list[SeriesSet]] = {}
    for each in sets:
        by_season.setdefault(each.season_length, []).append(each)
    widths = {}
    for season_length, alike in sorted(by_season.items()):
        count = sum(len(each.series) for each in alike)
        if count >= MIN_SERIES:
            ratios = [_ratios(forecaster, each) for each in alike]
            pooled = [np.concatenate(at_level) for at_level in zip(*ratios, strict=True)]
            low, high = (_width(at_level, level) for at_level, level in zip(pooled, LEVELS, strict=True))
            measured_on = f"{count} series of {', '.join(each.name for each in alike)}"
            widths[str(season_length)] = SeasonWidths(percent_80=low, percent_95=high, measured_on=measured_on)
    return widths


def _width(ratios: Array, level: float) -> float:
    """The factor with which a share of `level` percent of the errors lies within the bounds, within limits."""
    return round(min(max(float(np.quantile(ratios, level / 100)), 1 / WIDEST), WIDEST), 3)


def _ratios(forecaster: Forecaster, series_set: SeriesSet) -> list[Array]:
    """For each level, errors over the distance of the interval's bound from the forecast: of all series and steps."""
    queries = [set_scores.query(each, series_set, None) for each in series_set.series]
    quantiles = set_methods.as_quantiles(forecaster)(queries)
    median = quantiles[:, :, set_scores.MEDIAN]
    error = np.stack([each.readings[-series_set.horizon :] for each in series_set.series]) - median
    ratios = []
    for level in LEVELS:
        low, high = set_methods.columns(level)
        distance = np.maximum(
            np.where(error > 0, quantiles[:, :, high] - median, median - quantiles[:, :, low]), 1e-300
        )
        ratios.append((np.abs(error) / distance)[~np.isnan(error)])
    return ratios

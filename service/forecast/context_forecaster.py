"""A network of any series: it reads the features of context_features.py and forecasts quantiles.

It also forecasts from a few earlier origins, in the same model call. The errors there widen or narrow the intervals, and
are its skill on these readings. They do not correct the forecast: the network reads all readings anyway.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.errors import ModelFault, ReadingsTooLarge
from service.forecast import seasonality
from service.forecast.backtest import rolling_backtest
from service.forecast.context_features import (
    CONTEXT,
    HORIZON,
    QUANTILES,
    ContextFeatures,
    context_features,
    quantiles,
)
from service.forecast.faults import how_many_are_listed, reading_faults
from service.forecast.forecaster import Forecast, Forecaster, PreparedSeries
from service.forecast.intervals import Interval
from service.forecast.surprise import DeviateMap
from service.interfaces import Array, Inputs, Notice, chunks

LENGTHS = (16, 32, 48, 64, 96, 128, 192, 256, 384, CONTEXT)  # readings; a context is padded to the next of these
STEPS = (8, 16, 32, HORIZON)  # the horizon is padded to the next of these
MAX_ORIGINS = 3  # with the present origin these are four rows, which cost hardly more than three
BACKTEST_STEPS = 16  # steps, at most, whose errors are measured
MAX_READING = 1e150  # larger ones would overflow when squared
MEDIAN, LOW, HIGH = QUANTILES.index(0.5), 0, len(QUANTILES) - 1
MIN_WIDENING = 0.7
COST_PER_CALL = 4096  # rows × padded readings of one model call


class _Rows(NamedTuple):
    """One item as the network reads it: the row of the present origin first, then those of earlier origins."""

    features: ContextFeatures
    origins: list[int]  # how many readings were known at each


class ContextForecaster(Forecaster):
    """Any readings in, the next readings out, in their own units."""

    @functools.cached_property
    def deviates(self) -> DeviateMap:
        """How far out errors of one step are, by the card's calibration."""
        return DeviateMap(() if self.card.calibration is None else self.card.calibration.scores[0])

    def _read(
        self, readings: Sequence[float | None], horizon: int, levels: tuple[float, ...], season: int | None
    ) -> PreparedSeries:
        """Without a `season` it is detected; a network that is fine-tuned to a series knows its own."""
        used = min(CONTEXT, len(readings))
        values, observed_mask, warnings = self._recent(readings, used, used)
        if max(map(abs, values)) >= MAX_READING:
            raise self._too_large(values, len(readings) - used)
        if min(values) == max(values):
            warnings.append(Notice("constant_readings", f"all of the {used} readings used are {values[0]:g}"))
        in_distribution = True
        if self._ood_check is not None:
            season = self.season_length
            in_distribution, notices = self._ood_check.check(values[-self.window :])
            warnings += notices
        elif season is None:
            season = seasonality.detect_season(np.array(values))
        season_length = 1 if season >= used else season
        rows = 1 + len(_origin_distances(used, season_length, horizon))
        cost = rows * _padded(used, LENGTHS)
        return PreparedSeries(values, horizon, cost, in_distribution, warnings, levels, observed_mask, season_length)

    def make_batches(self, items: Sequence[PreparedSeries]) -> list[list[int]]:
        """Series of one padded length and horizon share a call, the cheapest first."""
        by_shape: dict[tuple[bool, int, int], list[int]] = {}
        for index, item in enumerate(items):
            by_shape.setdefault((bool(item.origins), *_shape(item)), []).append(index)
        return [
            batch
            for shape in sorted(by_shape)
            for batch in chunks(by_shape[shape], max(1, COST_PER_CALL // max(items[i].cost for i in by_shape[shape])))
        ]

    def predict(self, batch: Sequence[PreparedSeries]) -> list[Forecast]:
        """Forecast every series. The forecast of one does not depend on the others."""
        forecasts: list[Forecast | None] = [None] * len(batch)
        for indices in self.make_batches(batch):
            for index, forecast in zip(indices, self._predict_alike([batch[i] for i in indices]), strict=True):
                forecasts[index] = forecast
        return [forecast for forecast in forecasts if forecast is not None]

    def _predict_alike(self, batch: Sequence[PreparedSeries]) -> list[Forecast]:
        """Forecast series of one padded length and horizon in one model call."""
        time, steps = _shape(batch[0])
        rows = [_rows(item, time, steps) for item in batch]
        outputs = self._outputs(
            np.concatenate([r.features.readings for r in rows]), np.concatenate([r.features.steps for r in rows])
        )
        ends = np.cumsum([len(r.origins) for r in rows])[:-1]
        return [self._finish(*each) for each in zip(batch, rows, np.split(outputs, ends), strict=True)]

    def _outputs(self, readings: Inputs, steps: Inputs) -> npt.NDArray[np.floating]:
        """One model call: (rows, time, 7) and (rows, steps, 18) → (rows, steps, quantiles), in units of the scale."""
        (outputs,) = self._network(readings, steps).values()
        expected = (len(steps), steps.shape[1], len(QUANTILES))
        if outputs.shape != expected:
            raise ModelFault(f"the network gives {outputs.shape}, expected {expected}")
        if not np.isfinite(outputs).all():
            raise ModelFault(f"model '{self.card.name}' gave a forecast that is not a number")
        return outputs

    def _finish(self, item: PreparedSeries, rows: _Rows, outputs: npt.NDArray[np.floating]) -> Forecast:
        """Turn the quantiles of all rows into the forecast, its intervals and its skill."""
        median, below, above = _median_and_spreads(quantiles(rows.features, outputs))
        if item.origins:
            return _one_step(median[:, 0], below[:, 0], above[:, 0])
        values = median[0, : item.horizon]
        local_scores, skill, warnings = None, None, list[Notice]()
        if len(rows.origins) > 1:
            earlier = np.argsort(rows.origins[1:]) + 1  # rows in order of time
            steps = min(item.horizon, BACKTEST_STEPS)
            origins = [rows.origins[i] for i in earlier]
            backtest = rolling_backtest(
                np.array(item.readings), item.observed_mask, origins, median[earlier, :steps], item.season_length
            )
            spread = np.where(backtest.errors > 0, above[earlier, :steps], below[earlier, :steps])
            local_scores = np.abs(backtest.errors) / spread
            skill, warnings = self._evaluate(backtest, local_scores, item.horizon)
        intervals = []
        if self._calibration is not None and item.levels:
            spreads = below[0, : item.horizon], above[0, : item.horizon]
            intervals = self._calibration.intervals(values, *spreads, item.levels, local_scores, MIN_WIDENING)
        return Forecast(values.tolist(), intervals, skill, warnings)

    def _too_large(self, values: list[float], offset: int) -> ReadingsTooLarge:
        indices = [i + offset for i, value in enumerate(values) if not -MAX_READING < value < MAX_READING]
        return ReadingsTooLarge(
            f"readings must lie within ±{MAX_READING:g}, and {len(indices)} do not{how_many_are_listed(len(indices))}; "
            "send them in larger units",
            faults=reading_faults(indices, "is too large"),
        )


def _shape(item: PreparedSeries) -> tuple[int, int]:
    return _padded(len(item.readings), LENGTHS), _padded(item.horizon, STEPS)


def _padded(size: int, sizes: tuple[int, ...]) -> int:
    return next((padded for padded in sizes if padded >= size), sizes[-1])


def _origin_distances(count: int, season_length: int, horizon: int) -> list[int]:
    """How many readings before the end each earlier origin is; at least half of the readings come before it."""
    stride = max(1, min(horizon, BACKTEST_STEPS) // 3)
    most = count - max(count // 2, 2 * season_length, 8)
    return list(range(stride, most + 1, stride))[:MAX_ORIGINS]


def _rows(item: PreparedSeries, time: int, steps: int) -> _Rows:
    """The network's inputs for the present origin and earlier ones, padded to `time` readings and `steps` steps."""
    count = len(item.readings)
    origins = list(item.origins) or [
        count,
        *(count - d for d in _origin_distances(count, item.season_length, item.horizon)),
    ]
    values, observed_mask = np.zeros((len(origins), time)), np.ones((len(origins), time), dtype=bool)
    readings, is_observed = np.array(item.readings), np.array(item.observed_mask or [True] * count)
    for row, origin in enumerate(origins):
        values[row, time - origin :] = readings[:origin]
        observed_mask[row, time - origin :] = is_observed[:origin]
    return _Rows(context_features(values, np.array(origins), observed_mask, item.season_length, steps), origins)


def _median_and_spreads(predictions: Array) -> tuple[Array, Array, Array]:
    """Quantiles (rows, steps, 9) → the median, and how far the outer quantiles are below and above it: (rows, steps)."""
    median = predictions[:, :, MEDIAN]
    least = 1e-12 * np.maximum(np.abs(median), 1e-300)
    return (
        median,
        np.maximum(median - predictions[:, :, LOW], least),
        np.maximum(predictions[:, :, HIGH] - median, least),
    )


def _one_step(median: Array, below: Array, above: Array) -> Forecast:
    """The forecast of one step from each origin: the medians, and the outer quantiles as one interval."""
    level = 100 * (QUANTILES[HIGH] - QUANTILES[LOW])
    interval = Interval(level, (median - below).tolist(), (median + above).tolist())
    return Forecast(median.tolist(), [interval], None, [])

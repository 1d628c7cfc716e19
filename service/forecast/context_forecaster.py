"""A network of any series: it reads the features of context_features.py and forecasts quantiles.

It also forecasts from a few earlier origins, in the same model call. The errors there widen or narrow the intervals, and
are its skill on these readings. They do not correct the forecast: the network reads all readings anyway. Steps beyond the
network's own are made from its own medians (feedback.py). Readings that repeat exactly need no network.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.errors import ModelFault, ReadingsTooLarge
from service.forecast import feedback, repetition
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
from service.forecast.forecaster import Forecast, Forecaster, PreparedSeries, SeriesFacts
from service.forecast.series_reading import read_series
from service.forecast.units import in_own_unit, in_unit
from service.interfaces import Array, Labels, Mask, Notice, chunks

# readings; a context is padded to the next of these
LENGTHS = tuple(n for n in (16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048) if n <= CONTEXT)
STEPS = (8, 16, 32, HORIZON)  # the horizon is padded to the next of these
MAX_ORIGINS = 3  # with the present origin these are four rows, which cost hardly more than three
BACKTEST_STEPS = 16  # steps, at most, whose errors are measured
MAX_READING = 1e150  # as in a request
MEDIAN, LOW, HIGH = QUANTILES.index(0.5), 0, len(QUANTILES) - 1
MIN_WIDENING = 0.7
COST_PER_CALL = 4096  # rows × padded readings of one model call


class _Shape(NamedTuple):
    """What series of one model call have in common. Steps that are fed back depend on the length."""

    time: int
    steps: int
    blocks: int = 1
    length: int = 0


class _Rows(NamedTuple):
    """One item as the network reads it: the row of the present origin first, then those of earlier origins."""

    features: ContextFeatures
    origins: list[int]  # how many readings were known at each


class ContextForecaster(Forecaster):
    """Any readings in, the next readings out, in their own units."""

    def _read(
        self,
        readings: Sequence[float | None],
        horizon: int,
        levels: tuple[float, ...],
        season: int | None,
        facts: SeriesFacts,
    ) -> PreparedSeries:
        """The season is the caller's, or the frequency's or the detected one; a network that is fine-tuned knows its own."""
        own = self.season_length if self._ood_check is not None else facts.season
        values, observed, season_length, pattern, warnings = read_series(readings, CONTEXT, season, own)
        if np.abs(values).max() > MAX_READING:
            raise self._too_large(values, len(readings) - len(values))
        if pattern is not None and len(pattern) == 1:
            warnings.append(
                Notice("constant_readings", f"all of the {observed.sum()} readings used are {pattern[0]:g}")
            )
        in_distribution = True
        if self._ood_check is not None:
            in_distribution, notices = self._ood_check.check(values[-self.window :].tolist())
            warnings += notices
        if horizon > HORIZON and pattern is None:
            warnings.append(feedback.notice(horizon, HORIZON))
        return PreparedSeries(
            values.tolist(),
            horizon,
            1 if pattern is not None else _cost(len(values), season_length, horizon),
            in_distribution,
            warnings,
            levels,
            None if observed.all() else observed.tolist(),
            season_length if season_length < len(values) or pattern is not None else 1,
            None if pattern is None else pattern.tolist(),
            facts.bounds,
        )

    def make_batches(self, items: Sequence[PreparedSeries]) -> list[list[int]]:
        """Series of one padded length and horizon share a call, the cheapest first."""
        by_shape: dict[_Shape, list[int]] = {}
        for index, item in enumerate(items):
            by_shape.setdefault(_shape(item), []).append(index)
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
        """Forecast series of one shape: in one model call, or one for each block of steps."""
        shape = _shape(batch[0])
        if batch[0].pattern is not None:
            return [repetition.forecast(item) for item in batch]
        units, items = zip(*map(in_own_unit, batch), strict=True)
        rows = [_rows(item, shape.time, shape.steps) for item in items]
        outputs = self._outputs([each.features for each in rows])
        ends = np.cumsum([len(each.origins) for each in rows])[:-1]
        predictions = [
            quantiles(each.features, output) for each, output in zip(rows, np.split(outputs, ends), strict=True)
        ]
        first = [each[0, :, MEDIAN] for each in predictions]
        medians = feedback.extend(items, first, shape.blocks, self._next_block)
        forecasts = map(self._finish, items, rows, predictions, medians)
        return [in_unit(unit, forecast) for unit, forecast in zip(units, forecasts, strict=True)]

    def _next_block(self, items: Sequence[PreparedSeries], medians: Sequence[Array]) -> list[Array]:
        """The medians of the next steps of every series, in one model call; `medians` are those of the steps before."""
        time = _padded(len(items[0].readings) + len(medians[0]), LENGTHS)
        features = [_features_after(item, known, time) for item, known in zip(items, medians, strict=True)]
        outputs = self._outputs(features)
        return [quantiles(each, outputs[i : i + 1])[0, :, MEDIAN] for i, each in enumerate(features)]

    def _outputs(self, features: Sequence[ContextFeatures]) -> npt.NDArray[np.floating]:
        """One model call for the rows of all features → (rows, steps, quantiles), in units of the scale."""
        readings = np.concatenate([each.readings for each in features])
        steps = np.concatenate([each.steps for each in features])
        (outputs,) = self._network(readings, steps).values()
        expected = (len(steps), steps.shape[1], len(QUANTILES))
        if outputs.shape != expected:
            raise ModelFault(f"the network gives {outputs.shape}, expected {expected}")
        if not np.isfinite(outputs).all():
            raise ModelFault(f"model '{self.card.name}' gave a forecast that is not a number")
        return outputs

    def _finish(self, item: PreparedSeries, rows: _Rows, predictions: Array, medians: Array) -> Forecast:
        """Turn the quantiles of all rows, and the medians of all steps, into the forecast, its intervals and its skill."""
        median, below, above = _median_and_spreads(predictions)
        values = medians[: item.horizon]
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
            low, high = (feedback.held(side[0], item.horizon) for side in (below, above))
            growth = feedback.growth(below[0] + above[0])
            intervals = self._calibration.intervals(values, low, high, item.levels, local_scores, MIN_WIDENING, growth)
        return self._answer(item, values, intervals, skill, warnings)

    def _too_large(self, values: Array, offset: int) -> ReadingsTooLarge:
        indices = (np.flatnonzero(np.abs(values) > MAX_READING) + offset).tolist()
        return ReadingsTooLarge(
            f"readings must lie within ±{MAX_READING:g}, and {len(indices)} do not{how_many_are_listed(len(indices))}; "
            "send them in larger units",
            faults=reading_faults(indices, "is too large"),
        )


def _shape(item: PreparedSeries) -> _Shape:
    if item.pattern is not None:
        return _Shape(0, 0)
    count, blocks = len(item.readings), -(-item.horizon // HORIZON)
    return _Shape(_padded(count, LENGTHS), _padded(item.horizon, STEPS), blocks, count if blocks > 1 else 0)


def _padded(size: int, sizes: tuple[int, ...]) -> int:
    return next((padded for padded in sizes if padded >= size), sizes[-1])


def _cost(count: int, season_length: int, horizon: int) -> int:
    """Rows × padded readings of all model calls."""
    fed_back = sum(_padded(count + known, LENGTHS) for known in range(HORIZON, horizon, HORIZON))
    return (1 + len(_origin_distances(count, season_length, horizon))) * _padded(count, LENGTHS) + fed_back


def _origin_distances(count: int, season_length: int, horizon: int) -> list[int]:
    """How many readings before the end each earlier origin is; at least half of the readings come before it."""
    stride = max(1, min(horizon, BACKTEST_STEPS) // 3)
    most = count - max(count // 2, 2 * season_length, 8)
    return list(range(stride, most + 1, stride))[:MAX_ORIGINS]


def _rows(item: PreparedSeries, time: int, steps: int) -> _Rows:
    """The network's inputs for the present origin and earlier ones, padded to `time` readings and `steps` steps."""
    count = len(item.readings)
    origins = [count, *(count - d for d in _origin_distances(count, item.season_length, item.horizon))]
    readings, observed = np.array(item.readings), np.array(item.observed_mask or [True] * count)
    rows = [(readings[:origin], observed[:origin]) for origin in origins]
    return _Rows(_features(rows, item.season_length, time, steps), origins)


def _features_after(item: PreparedSeries, medians: Array, time: int) -> ContextFeatures:
    """The inputs for the steps after `medians`, which count as readings."""
    readings = np.concatenate([item.readings, medians])[-time:]
    observed = np.concatenate([item.observed_mask or [True] * len(item.readings), [True] * len(medians)])[-time:]
    return _features([(readings, observed)], item.season_length, time, HORIZON)


def _features(rows: Sequence[tuple[Array, Mask]], season_length: int, time: int, steps: int) -> ContextFeatures:
    """The inputs of rows of readings with their masks, padded on the left to `time` readings."""
    values, observed_mask = np.zeros((len(rows), time)), np.ones((len(rows), time), dtype=bool)
    for row, (readings, observed) in enumerate(rows):
        values[row, time - len(readings) :] = readings
        observed_mask[row, time - len(readings) :] = observed
    lengths: Labels = np.array([len(readings) for readings, _ in rows])
    return context_features(values, lengths, observed_mask, season_length, steps)


def _median_and_spreads(predictions: Array) -> tuple[Array, Array, Array]:
    """Quantiles (rows, steps, 9) → the median, and how far the outer quantiles are below and above it: (rows, steps)."""
    median = predictions[:, :, MEDIAN]
    least = 1e-12 * np.maximum(np.abs(median), 1e-300)
    return (
        median,
        np.maximum(median - predictions[:, :, LOW], least),
        np.maximum(predictions[:, :, HIGH] - median, least),
    )

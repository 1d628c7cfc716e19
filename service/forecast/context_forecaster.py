"""A network of any series: it reads the features of context_features.py and forecasts quantiles.

It also forecasts from an earlier origin or a few, in the same model call. The errors there widen or narrow the intervals, and
are its skill on these readings. They do not correct the forecast: the network reads all readings anyway. Steps beyond the
network's own are made from its own medians (feedback.py). Readings that repeat exactly need no network.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..artifacts.bundle import Bundle
from ..artifacts.files import BundleError
from ..errors import ModelFault, ReadingsTooLarge
from ..interfaces import Array, Notice, chunks
from . import context_rows, feedback, repetition
from .context_answers import HIGH, LOW, MEDIAN, IntervalRules, answers_of
from .faults import how_many_are_listed, reading_faults
from .features.context_features import (
    CONTEXT,
    FORM,
    HORIZON,
    QUANTILES,
    ContextFeatures,
    block_count,
    quantiles,
)
from .forecaster import Forecast, Forecaster, PreparedSeries, SeriesFacts
from .intervals import Interval
from .series_reading import read_series
from .surprise import DeviateMap
from .units import in_own_unit, in_unit

# readings; a context is padded to the next of these
LENGTHS = (16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, CONTEXT)
STEPS = (8, 16, 24, 32, 48, HORIZON)  # the horizon is padded to the next of these
MAX_READING = 1e150  # as in a request
COST_PER_CALL = 2560  # rows × blocks of readings of one model call


class _Shape(NamedTuple):
    """What series of one model call have in common. Steps that are fed back depend on the length."""

    time: int
    steps: int
    blocks: int = 1
    length: int = 0
    is_one_step: bool = False


class ContextForecaster(Forecaster):
    """Any readings in, the next readings out, in their own units."""

    def __init__(self, bundle: Bundle) -> None:
        """Raise BundleError for a network that reads other features than this service makes."""
        super().__init__(bundle)
        if self.card.features != FORM:
            raise BundleError(
                f"the network reads features of form {self.card.features}, and this service makes those of form {FORM}: "
                "train it again"
            )
        calibration = self.card.calibration
        widths = {int(season): each for season, each in calibration.widths.items()} if calibration else {}
        self._intervals = IntervalRules(self._calibration, widths, self._checks_coverage)

    @functools.cached_property
    def deviates(self) -> DeviateMap:
        """How far out errors of one step are, by the card's calibration."""
        return DeviateMap(() if self.card.calibration is None else self.card.calibration.scores[0])

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
            values,
            horizon,
            1 if pattern is not None else _cost(len(values), season_length, horizon),
            in_distribution,
            warnings,
            levels,
            None if observed.all() else observed,
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
        if not shape.time:
            return [repetition.forecast(item) for item in batch]
        units, items = zip(*map(in_own_unit, batch), strict=True)
        rows = [context_rows.rows_of(item) for item in items]
        features = context_rows.features_of([row for each in rows for row in each], shape.time, shape.steps)
        ends = np.cumsum([len(each) for each in rows])[:-1]
        predictions = np.split(quantiles(features, self._outputs(features)), ends)
        if shape.is_one_step:
            return [in_unit(unit, _one_step(each[:, 0])) for unit, each in zip(units, predictions, strict=True)]
        first = [each[0, :, MEDIAN] for each in predictions]
        medians = feedback.extend(items, first, shape.blocks, self._next_block)
        return self._finish(units, items, predictions, medians)

    def _next_block(self, items: Sequence[PreparedSeries], medians: Sequence[Array]) -> list[Array]:
        """The medians of the next steps of every series, in one model call; `medians` are those of the steps before."""
        time = _padded(len(items[0].readings) + len(medians[0]), LENGTHS)
        rows = [context_rows.row_after(item, known, time) for item, known in zip(items, medians, strict=True)]
        features = context_rows.features_of(rows, time, HORIZON)
        return list(quantiles(features, self._outputs(features))[:, :, MEDIAN])

    def _outputs(self, features: ContextFeatures) -> npt.NDArray[np.floating]:
        """One model call: (rows, blocks, 10) and (rows, steps, 41) → (rows, steps, quantiles), in units of the scale."""
        readings, steps = features.readings, features.steps
        (outputs,) = self._network(readings, steps).values()
        expected = (len(steps), steps.shape[1], len(QUANTILES))
        if outputs.shape != expected:
            raise ModelFault(f"the network gives {outputs.shape}, expected {expected}")
        if not np.isfinite(outputs).all():
            raise ModelFault(f"model '{self.card.name}' gave a forecast that is not a number")
        return outputs

    def _finish(
        self,
        units: Sequence[float],
        items: Sequence[PreparedSeries],
        predictions: Sequence[Array],
        medians: Sequence[Array],
    ) -> list[Forecast]:
        """Turn the quantiles of all rows, and the medians of all steps, into forecasts with intervals and skill.

        Series that were asked for alike, with as many earlier origins, are computed together.
        """
        alike: dict[tuple[int, tuple[float, ...], int], list[int]] = {}
        for index, (item, each) in enumerate(zip(items, predictions, strict=True)):
            alike.setdefault((item.horizon, item.levels, len(each)), []).append(index)
        finished: dict[int, Forecast] = {}
        for indices in alike.values():
            answers = answers_of(
                [units[i] for i in indices],
                [items[i] for i in indices],
                [predictions[i] for i in indices],
                [medians[i] for i in indices],
                self._intervals,
            )
            finished.update(zip(indices, answers, strict=True))
        return [finished[index] for index in range(len(items))]

    def _too_large(self, values: Array, offset: int) -> ReadingsTooLarge:
        indices = (np.flatnonzero(np.abs(values) > MAX_READING) + offset).tolist()
        return ReadingsTooLarge(
            f"readings must lie within ±{MAX_READING:g}, and {len(indices)} do not{how_many_are_listed(len(indices))}; "
            "send them in larger units",
            faults=reading_faults(indices, "is too large"),
        )


def _shape(item: PreparedSeries) -> _Shape:
    if item.pattern is not None and not item.origins:
        return _Shape(0, 0)
    count, blocks = len(item.readings), -(-item.horizon // HORIZON)
    return _Shape(
        _padded(count, LENGTHS), _padded(item.horizon, STEPS), blocks, count if blocks > 1 else 0, bool(item.origins)
    )


def _padded(size: int, sizes: tuple[int, ...]) -> int:
    return next((padded for padded in sizes if padded >= size), sizes[-1])


def row_cost(count: int) -> int:
    """Return what a row of so many readings costs: its blocks."""
    return block_count(_padded(count, LENGTHS))


def _cost(count: int, season_length: int, horizon: int) -> int:
    """Rows × blocks of all model calls."""
    fed_back = sum(row_cost(count + known) for known in range(HORIZON, horizon, HORIZON))
    return (1 + len(context_rows.origin_distances(count, season_length, horizon))) * row_cost(count) + fed_back


def _one_step(predictions: Array) -> Forecast:
    """The forecast of one step from each origin: the medians, and the outer quantiles as one interval; (rows, 9)."""
    level = 100 * (QUANTILES[HIGH] - QUANTILES[LOW])
    interval = Interval(level, predictions[:, LOW].tolist(), predictions[:, HIGH].tolist())
    return Forecast(predictions[:, MEDIAN].tolist(), [interval], None, [])

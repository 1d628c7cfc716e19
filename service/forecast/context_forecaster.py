"""A network of any series: it sees readings as service/forecast/context_features.py shows them, and forecasts quantiles.

Earlier origins are looked from in the same model call, a few of them and spread out: their errors widen or narrow
the intervals, and are its skill on these very readings. The forecast itself is not corrected by them: the network
sees all of the readings.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from service.errors import Fault, InvalidRequest, ModelFault
from service.forecast import seasonality
from service.forecast.backtest import rolling_backtest
from service.forecast.context_features import (
    CONTEXT,
    HORIZON,
    QUANTILES,
    READING_FEATURES,
    STEP_FEATURES,
    ContextFeatures,
    context_features,
    quantiles,
)
from service.forecast.forecaster import Forecast, Forecaster, PreparedSeries
from service.forecast.imputation import impute
from service.interfaces import Array, Inputs, Notice, chunks

LENGTHS = (16, 32, 48, 64, 96, 128, 192, 256, 384, CONTEXT)  # a context is padded to the next of these
STEPS = (8, 16, 32, HORIZON)  # and the steps asked for
ORIGINS = 3  # earlier origins, at most: with the present, four rows, which cost hardly more than three
WALKED_STEPS = 16  # of which skill and scores are taken, at most
LARGEST = 1e150  # readings beyond it would overflow when squared
MEDIAN, LOW, HIGH = QUANTILES.index(0.5), 0, len(QUANTILES) - 1
LEAST_WIDENING = 0.7
TIME_PER_CALL = 4096  # rows × padded readings of one model call


class _Rows(NamedTuple):
    """One item as the network sees it: the present row first, then earlier origins."""

    features: ContextFeatures
    ends: list[int]  # readings known at each row's origin


class ContextForecaster(Forecaster):
    """Any readings in, the next readings out, in their own units."""

    def _prepared(
        self, readings: Sequence[float | None], horizon: int, levels: tuple[float, ...], season: int | None
    ) -> PreparedSeries:
        """Without a `season` it is detected; one fine-tuned to a series knows its own."""
        used = min(CONTEXT, len(readings))
        values, seen, warnings = impute(readings, used, used)
        if max(map(abs, values)) >= LARGEST:
            raise self._too_large(values, len(readings) - used)
        if min(values) == max(values):
            warnings.append(Notice("constant_readings", f"all of the {used} readings used are {values[0]:g}"))
        familiar = True
        if self._familiarity is not None:
            season = self.season
            familiar, remarks = self._familiarity.check(values[-self.window :])
            warnings += remarks
        elif season is None:
            season = seasonality.detect_season(np.array(values))
        if season >= used:
            season = 1
        rows = 1 + len(_origins(used, season, horizon))
        return PreparedSeries(values, horizon, rows * _padded(used, LENGTHS), familiar, warnings, levels, seen, season)

    def cut(self, items: Sequence[PreparedSeries]) -> list[list[int]]:
        """Windows of one padded length and horizon go together, the quickest first."""
        alike: dict[tuple[int, int], list[int]] = {}
        for place, item in enumerate(items):
            alike.setdefault(_shape(item), []).append(place)
        return [
            group
            for shape in sorted(alike)
            for group in chunks(alike[shape], max(1, TIME_PER_CALL // max(items[i].cost for i in alike[shape])))
        ]

    def predict(self, batch: Sequence[PreparedSeries]) -> list[Forecast]:
        """Forecasts of `horizon` steps for each window, original units; an item's answer does not depend on others."""
        answers: list[Forecast | None] = [None] * len(batch)
        for group in self.cut(batch):
            for place, answer in zip(group, self._together([batch[i] for i in group]), strict=True):
                answers[place] = answer
        return [answer for answer in answers if answer is not None]

    def _together(self, batch: Sequence[PreparedSeries]) -> list[Forecast]:
        time, steps = _shape(batch[0])
        rows = [_rows(item, time, steps) for item in batch]
        outputs = self._output(
            np.concatenate([r.features.readings for r in rows]), np.concatenate([r.features.steps for r in rows])
        )
        ends = np.cumsum([len(r.ends) for r in rows])[:-1]
        return [self._finished(*each) for each in zip(batch, rows, np.split(outputs, ends), strict=True)]

    def _output(self, readings: Inputs, steps: Inputs) -> npt.NDArray[np.floating]:
        (output,) = self._run(readings, steps).values()
        expected = (len(steps), steps.shape[1], len(QUANTILES))
        if output.shape != expected:
            raise ModelFault(f"the network gives {output.shape}, expected {expected}")
        if not np.isfinite(output).all():
            raise ModelFault(f"model '{self.card.name}' gave a forecast that is not a number")
        return output

    def _finished(self, item: PreparedSeries, rows: _Rows, output: npt.NDArray[np.floating]) -> Forecast:
        found = quantiles(rows.features, output)
        middle, below, above = _spreads(found)
        values = middle[0, : item.horizon]
        own, skill, warnings = None, None, list[Notice]()
        if len(rows.ends) > 1:
            early = np.argsort(rows.ends[1:]) + 1  # in time's order
            walked = min(item.horizon, WALKED_STEPS)
            past = rolling_backtest(
                np.array(item.readings),
                item.seen,
                [rows.ends[i] for i in early],
                middle[early, :walked],
                item.season,
            )
            side = np.where(past.errors > 0, above[early, :walked], below[early, :walked])
            own = np.abs(past.errors) / side
            skill, warnings = self._judged(past, own, item.horizon)
        bands = []
        if self._calibration is not None and item.levels:
            sides = below[0, : item.horizon], above[0, : item.horizon]
            bands = self._calibration.bands(values, *sides, item.levels, own, LEAST_WIDENING)
        return Forecast(values.tolist(), bands, skill, warnings)

    def _too_large(self, values: list[float], offset: int) -> InvalidRequest:
        far = [i for i, value in enumerate(values) if not -LARGEST < value < LARGEST]
        return InvalidRequest(
            f"readings must lie within ±{LARGEST:g}; send them in larger units",
            faults=[Fault(f"/readings/{i + offset}", "is too large") for i in far],
        )


def _shape(item: PreparedSeries) -> tuple[int, int]:
    return _padded(len(item.readings), LENGTHS), _padded(item.horizon, STEPS)


def _padded(size: int, sizes: tuple[int, ...]) -> int:
    return next((each for each in sizes if each >= size), sizes[-1])


def _origins(count: int, season: int, horizon: int) -> list[int]:
    """How many readings before the end each earlier origin lies; at least half the readings stay before it."""
    stride = max(1, min(horizon, WALKED_STEPS) // 3)
    most = count - max(count // 2, 2 * season, 8)
    return list(range(stride, most + 1, stride))[:ORIGINS]


def _rows(item: PreparedSeries, time: int, steps: int) -> _Rows:
    count = len(item.readings)
    ends = [count, *(count - back for back in _origins(count, item.season, item.horizon))]
    values, seen = np.zeros((len(ends), time)), np.ones((len(ends), time), dtype=bool)
    readings, there = np.array(item.readings), np.array(item.seen or [True] * count)
    for row, end in enumerate(ends):
        values[row, time - end :] = readings[:end]
        seen[row, time - end :] = there[:end]
    return _Rows(context_features(values, np.array(ends), seen, item.season, steps), ends)


def _spreads(found: Array) -> tuple[Array, Array, Array]:
    """The median, and how far the outer quantiles lie below and above it: each (rows, steps)."""
    middle = found[:, :, MEDIAN]
    tiny = 1e-12 * np.maximum(np.abs(middle), 1e-300)
    return middle, np.maximum(middle - found[:, :, LOW], tiny), np.maximum(found[:, :, HIGH] - middle, tiny)


# what an engine may try a network with
EXAMPLE = (np.zeros((1, LENGTHS[0], READING_FEATURES), np.float32), np.zeros((1, STEPS[0], STEP_FEATURES), np.float32))

"""Which readings were not to be expected: each is judged by a forecast of one step from those before it.

A reading that is far out is masked for the readings after it: they are forecast as if it had been as expected. Three such
readings in a row on the same side are no accident but a new level, so from the third on they are believed. A mask
changes later forecasts, and these may change masks, so the readings are judged a few times.
"""

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np

from ..errors import Fault, MissingReadings, TooFewReadings
from ..interfaces import Array, Mask
from .context_forecaster import LENGTHS, row_cost
from .features.context_features import CONTEXT
from .forecaster import Forecast, PreparedSeries
from .surprise import RECENT, DeviateMap, Surprise, deviate_of_level, p_value

DEFAULT_LAST = 24  # readings that are judged
MIN_BEFORE = 12  # readings before the first one that is judged
MIN_CONTEXT = 128  # readings that a forecast is made from, or so many seasons as below if they are more
SEASONS = 4
ORIGINS = 16  # of one item of a model call
LEAST_SPREAD = 1e-12  # of the outer deciles: a share of the median
MAX_SCORE = 1e6  # where a network expects no error at all
MAX_PASSES = 4  # times that the readings are judged, at most
MASKED = deviate_of_level(99)  # a reading further out is masked, whatever level was asked for
MAX_MASKED = 2  # readings in a row on the same side
WARNINGS = frozenset(["missing_readings", "constant_readings"])  # of a forecaster, that hold for judgements too
Failure = TypeVar("Failure", bound=Exception)


class Point(NamedTuple):
    """One judged reading. It is None if it is missing, and then there is no score, the share of normal ones further out."""

    position: int
    reading: float | None
    expected: float
    lower: float
    upper: float
    score: float | None
    anomaly: bool


class Judgement:
    """Judges the last readings of one series.

    Have a forecaster predict the `items`, and give its forecasts to `update`, until there are no items left. The readings
    before those that are asked for are judged too, as far as they tell the scale of the errors.
    """

    def __init__(
        self,
        readings: Sequence[float | None],
        prepared: PreparedSeries,
        last: int,
        level: float,
        card: DeviateMap,
    ) -> None:
        """prepared: what the forecaster reads of `readings`; last: as `check_last` returns it; level: in percent.

        Raises MissingReadings if a gap leaves too few readings before those that are judged.
        """
        count = len(prepared.readings)
        if count - last < MIN_BEFORE:
            raise too_many_missing(readings)
        self._last = last
        self._offset = len(readings) - count
        self._level, self._card = deviate_of_level(level), card
        self._readings = np.array(readings[-count:], dtype=np.float64)  # None becomes NaN
        self._is_known = ~np.isnan(self._readings)
        self._first = max(MIN_BEFORE, count - self._last - RECENT)
        self.season_length = prepared.season_length
        self._values = _filled(self._readings, prepared)
        self._is_masked: Mask = np.zeros(count, dtype=bool)
        self._forecasts = np.ones((3, count))  # the median, and the distances of the outer deciles below and above it
        self._origins = list(range(self._first, count))
        self._passes = 0

    @property
    def items(self) -> list[PreparedSeries]:
        """What to forecast now: one step from a few origins each."""
        length = max(MIN_CONTEXT, SEASONS * self.season_length)
        time = next((padded for padded in LENGTHS if padded >= length), LENGTHS[-1])
        return [self._item(self._origins[i : i + ORIGINS], time) for i in range(0, len(self._origins), ORIGINS)]

    def _item(self, origins: list[int], time: int) -> PreparedSeries:
        end = origins[-1]
        start = max(0, end - time)
        is_observed = self._is_known[start:end] & ~self._is_masked[start:end]
        return PreparedSeries(
            self._values[start:end].tolist(),
            horizon=1,
            cost=len(origins) * row_cost(end - start),
            in_distribution=True,
            warnings=[],
            observed_mask=is_observed.tolist(),
            season_length=self.season_length if self.season_length < end - start else 1,
            origins=tuple(origin - start for origin in origins),
        )

    def update(self, forecasts: Sequence[Forecast]) -> None:
        """Take the forecasts of all items, and find the readings that are to be masked."""
        median = np.array([value for forecast in forecasts for value in forecast.values])
        lower = np.array([bound for forecast in forecasts for bound in forecast.intervals[0].lower])
        upper = np.array([bound for forecast in forecasts for bound in forecast.intervals[0].upper])
        least = np.maximum(LEAST_SPREAD * np.abs(median), 1e-300)
        self._forecasts[:, self._origins] = median, np.maximum(median - lower, least), np.maximum(upper - median, least)
        self._passes += 1
        is_masked = self._find_masked()
        changed = np.flatnonzero(is_masked != self._is_masked)
        self._is_masked = is_masked
        replaced = is_masked | ~self._is_known
        replaced[: self._first] = False
        self._values = np.where(replaced, self._forecasts[0], np.where(self._is_known, self._readings, self._values))
        is_done = self._passes >= MAX_PASSES or not changed.size
        self._origins = [] if is_done else list(range(int(changed[0]) + 1, len(self._values)))

    def _find_masked(self) -> Mask:
        sides = np.zeros(len(self._readings), dtype=np.int64)
        for index, deviate, _ in self._deviates():
            if deviate > MASKED:
                sides[index] = 1 if self._readings[index] > self._forecasts[0, index] else -1
        run = sides != 0
        is_level = run.copy()
        for distance in range(1, MAX_MASKED + 1):
            is_level[distance:] &= sides[distance:] == sides[:-distance]
            is_level[:distance] = False
        is_masked: Mask = run & ~is_level
        return is_masked

    def _deviates(self) -> list[tuple[int, float, float]]:
        """For each judged reading its index, its deviate (NaN if it is missing), and the score of the level asked for."""
        surprise = Surprise(self._card)
        median, below, above = self._forecasts
        error = self._readings - median
        with np.errstate(over="ignore"):
            scores = np.minimum(np.abs(error) / np.where(error > 0, above, below), MAX_SCORE)
        deviates = []
        for index in range(self._first, len(scores)):
            score = float(scores[index])
            bound = surprise.score(self._level)
            if math.isnan(score):
                deviates.append((index, math.nan, bound))
            else:
                deviates.append((index, surprise.deviate(score), bound))
                surprise.add(score)
        return deviates

    def points(self) -> list[Point]:
        """Return the last readings, judged."""
        return [self._point(*each) for each in self._deviates()[-self._last :]]

    def _point(self, index: int, deviate: float, bound: float) -> Point:
        median, below, above = self._forecasts[:, index].tolist()
        lower, upper = median - bound * below, median + bound * above
        if math.isnan(deviate):
            return Point(self._offset + index, None, median, lower, upper, None, False)
        reading = float(self._readings[index])
        is_anomaly = not lower <= reading <= upper
        return Point(self._offset + index, reading, median, lower, upper, p_value(deviate), is_anomaly)


def questions(judgements: Sequence[Judgement], failed: Container[int]) -> dict[int, list[PreparedSeries]]:
    """Return what to forecast now, by the place of the judgement. Those that are done, or have failed, ask nothing."""
    asked = {place: each.items for place, each in enumerate(judgements) if place not in failed}
    return {place: items for place, items in asked.items() if items}


def distribute(
    judgements: Sequence[Judgement],
    asked: Mapping[int, Sequence[PreparedSeries]],
    answers: Iterable[Forecast | Failure],
) -> Iterator[tuple[int, Failure | None]]:
    """Give the judgements the answers to their questions, in order, one by one.

    Yields the place of each, and the first of its answers that is an error; it is not updated then.
    """
    left = iter(answers)
    for place, items in asked.items():
        own = list(islice(left, len(items)))
        failure = next((each for each in own if isinstance(each, Exception)), None)
        if failure is None:
            judgements[place].update([each for each in own if not isinstance(each, Exception)])
        yield place, failure


def too_many_missing(readings: Sequence[float | None]) -> MissingReadings:
    """Why the last readings cannot be judged after a long gap, with a pointer to the last one that is missing."""
    return MissingReadings(
        f"so many readings are missing that those after them have too few before them: {CONTEXT:,} are read at once, and "
        f"{MIN_BEFORE} must come before the first that is judged. Send what lies before and after the gap as two series, or "
        "have fewer judged",
        pointer=f"/readings/{max(index for index, each in enumerate(readings) if each is None)}",
    )


def check_last(last: int | None, readings: int, most: int = CONTEXT) -> int:
    """Return how many of so many readings to judge: `last`, or by default as many as can be, up to DEFAULT_LAST.

    most: readings that are read, at most. Raises TooFewReadings where too few come before those that are judged.
    """
    room = min(readings, most) - MIN_BEFORE
    if room < 1:
        raise TooFewReadings(
            f"a reading is judged by those before it: at least {MIN_BEFORE + 1} are needed; {readings} were sent",
            faults=[Fault("/readings", f"needs at least {MIN_BEFORE + 1} items")],
        )
    if last is not None and last > room:
        raise TooFewReadings(
            f"the first reading that is judged needs {MIN_BEFORE} before it: of {readings} readings the last {room} can "
            f"be judged; {last} were asked for",
            faults=[Fault("/last", f"must be at most {room}")],
        )
    return min(DEFAULT_LAST, room) if last is None else last


def _filled(readings: Array, prepared: PreparedSeries) -> Array:
    """The readings, with the one of a season before where one is missing: a forecast must not see what comes after.

    Where nothing lies so far back, it is what the forecaster reads there.
    """
    values = np.where(np.isnan(readings), np.array(prepared.readings), readings)
    for index in np.flatnonzero(np.isnan(readings)):
        before = index - (prepared.season_length if index >= prepared.season_length else 1)
        if before >= 0:
            values[index] = values[before]
    return values

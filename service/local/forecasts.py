"""Series → forecasts → a data frame. All series share the model's calls, as those of POST /forecast/batch do."""

import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..artifacts.card import MAX_HORIZON
from ..errors import Fault, GatecastError, InvalidRequest, ModelFault
from ..forecast.bounds import Bounds, bounds_of, check_readings
from ..forecast.dates.timestamps import season_of
from ..forecast.forecaster import MAX_SEASON, Forecast, Forecaster, PreparedSeries, SeriesFacts
from ..forecast.intervals import wide_intervals
from ..interfaces import Array, BatchModel, Notice
from .series.numbers import MAX_READING
from .series.tables import Series
from .series.timelines import Timeline

Item = TypeVar("Item")
Result = TypeVar("Result")
MAX_LEVELS = 5
AT_ONCE = 512  # series that are prepared together: memory stays flat however many there are


class ForecastOptions(NamedTuple):
    """What holds for all series of a call, checked."""

    horizon: int
    levels: tuple[float, ...]
    season: int | None
    bounds: Bounds


class Forecasted(NamedTuple):
    """One series, what the model read of it, and its forecast."""

    timeline: Timeline
    item: PreparedSeries
    forecast: Forecast

    @property
    def warnings(self) -> list[Notice]:
        """What there is to say of the readings and the forecast."""
        wide = wide_intervals(self.item.readings, self.forecast.intervals)
        return [*self.item.warnings, *self.forecast.warnings, *([wide] if wide else [])]

    def rows(self) -> Array:
        """Return the medians, and the lower and the upper bounds of each interval: (1 + 2 · levels, steps)."""
        sides = (side for interval in self.forecast.intervals for side in interval[1:])
        return np.array([self.forecast.values, *sides])

    def skill(self, predictor: Forecaster) -> dict[str, Any]:
        """The error over the baseline's, measured on the readings, or on the card's backtest where they are too few."""
        return self.forecast.skill or predictor.skill(self.item.horizon)


def check_options(
    predictor: Forecaster,
    horizon: int | None,
    levels: Sequence[float] | None,
    season: int | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
) -> ForecastOptions:
    """Return options that are checked, with the model's own where none are given. Raises InvalidRequest."""
    horizon = predictor.card.horizon if horizon is None else whole("horizon", horizon, MAX_HORIZON)
    return ForecastOptions(
        horizon,
        predictor.levels(None if levels is None else checked_levels(levels)),
        None if season is None else whole("season", season, MAX_SEASON),
        bounds_of(_number("minimum", minimum), _number("maximum", maximum)),
    )


def _number(name: str, value: Any) -> float | None:
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if value is None or (
        is_number and -MAX_READING <= (value if isinstance(value, int) else float(value)) <= MAX_READING
    ):
        return None if value is None else float(value)
    raise InvalidRequest(f"`{name}` must be a finite number", pointer=f"/{name}")


def whole(name: str, value: Any, most: int) -> int:
    """Return a whole number from 1 to `most`. Raises InvalidRequest."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not 1 <= value <= most:
        raise InvalidRequest(f"`{name}` must be a whole number from 1 to {most:,}", pointer=f"/{name}")
    return int(value)


def checked_levels(levels: Any) -> list[float]:
    """Return levels in percent. Raises InvalidRequest."""
    numbers = _percentages(levels)
    if numbers is None:
        raise InvalidRequest("`levels` is a list of percentages, such as (80, 95)", pointer="/levels")
    if len(numbers) > MAX_LEVELS or not all(1 <= number < 100 for number in numbers):
        raise InvalidRequest(
            f"`levels` has up to {MAX_LEVELS} percentages from 1 to less than 100, such as (80, 95); 80 and not 0.8",
            pointer="/levels",
        )
    return numbers


def _percentages(levels: Any) -> list[float] | None:
    """Levels as numbers; None for what has no numbers, such as text, whose characters are no levels, and truth values."""
    if isinstance(levels, str | bytes | bytearray):
        return None
    try:
        given = list(levels)
        return None if any(isinstance(level, bool | np.bool_) for level in given) else [float(level) for level in given]
    except (TypeError, ValueError, OverflowError):
        return None


def forecast_all(
    predictor: Forecaster, series: Iterable[Timeline | InvalidRequest], options: ForecastOptions
) -> Iterator[Forecasted | GatecastError]:
    """Yield a forecast or an error for each series, in order. What is an error already stays it."""
    for some in pieces(series, AT_ONCE):
        prepared = [each if isinstance(each, InvalidRequest) else _prepare(predictor, each, options) for each in some]
        answers = iter(ask_all(predictor, [each for each in prepared if isinstance(each, PreparedSeries)]))
        for timeline, item in zip(some, prepared, strict=True):
            if isinstance(timeline, InvalidRequest) or isinstance(item, InvalidRequest):
                yield item if isinstance(item, InvalidRequest) else timeline  # type: ignore[misc]
            else:
                answer = next(answers)
                yield answer if isinstance(answer, GatecastError) else Forecasted(timeline, item, answer)


def pieces(series: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield items in lists of at most `size`, in order."""
    items = iter(series)
    while some := list(islice(items, size)):
        yield some


def _prepare(predictor: Forecaster, series: Timeline, options: ForecastOptions) -> PreparedSeries | InvalidRequest:
    try:
        readings = series.listed()
        check_readings(readings, options.bounds)
        facts = SeriesFacts(options.season, options.bounds)
        usual = usual_season(series.grid.frequency)
        return predictor.read(readings, options.horizon, options.levels, usual, facts)
    except InvalidRequest as error:
        return error


@functools.lru_cache(256)
def usual_season(frequency: str | None) -> int | None:
    """Return how many readings of a frequency make a season, None if it is unknown."""
    return None if frequency is None else season_of(frequency)


def ask_all(model: BatchModel[Item, Result], items: Sequence[Item]) -> list[Result | GatecastError]:
    """Return a result or an error for each item, in order. One that makes a call of the model fail spoils no other."""
    results: list[Result | GatecastError | None] = [None] * len(items)
    for indices in model.make_batches(items):
        for index, result in zip(indices, _ask(model, [items[i] for i in indices]), strict=True):
            results[index] = result
    return [result for result in results if result is not None]


def _ask(model: BatchModel[Item, Result], batch: Sequence[Item]) -> Sequence[Result | GatecastError]:
    try:
        return model.predict(batch)
    except Exception as error:  # whatever a network may raise
        if len(batch) == 1:
            return [error if isinstance(error, GatecastError) else ModelFault(f"the model failed: {error!r}")]
        return [result for item in batch for result in _ask(model, [item])]


def of_series(error: GatecastError, series: Series) -> GatecastError:
    """Return an error that says which series it is about."""
    if series.id is None:
        return error
    faults = [Fault(fault.pointer, fault.detail) for fault in error.faults]
    return type(error)(f"series '{series.id}': {error.detail}", faults=faults)


def level_columns(levels: Iterable[float]) -> list[str]:
    """Return the names of the columns of intervals, a name of its own for each level: six digits, more only where two share them."""
    levels = list(levels)
    sharing = Counter(f"{level:g}" for level in set(levels))
    names = [_named(level, sharing[f"{level:g}"]) for level in levels]
    return [f"{side}_{name}" for name in names for side in ("lower", "upper")]


def _named(level: float, sharing: int) -> str:
    short = f"{level:g}"
    return short if sharing == 1 or float(short) == level else repr(float(level))

"""Series → forecasts → a data frame. All series share the model's calls, as those of POST /forecast/batch do."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from ..artifacts.card import MAX_HORIZON
from ..errors import Fault, GatecastError, InvalidRequest, ModelFault
from ..forecast.bounds import Bounds, bounds_of, check_readings
from ..forecast.dates.timestamps import season_of
from ..forecast.forecaster import Forecast, Forecaster, PreparedSeries, SeriesFacts
from ..forecast.intervals import wide_intervals
from ..interfaces import BatchModel, Notice
from .series.tables import Series
from .series.timelines import Timeline

Item = TypeVar("Item")
Result = TypeVar("Result")
MAX_SEASON = 10_000  # readings in a season, as in a request
MAX_LEVELS = 5
AT_ONCE = 4096  # series that are prepared together: memory stays flat however many there are


class ForecastOptions(NamedTuple):
    """What holds for all series of a call, checked."""

    horizon: int
    levels: tuple[float, ...]
    season: int | None
    bounds: Bounds


class Forecasted(NamedTuple):
    """One series, its forecast, and what there is to say of it."""

    timeline: Timeline
    forecast: Forecast
    skill: dict[str, Any]
    warnings: list[Notice]


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
        bounds_of(minimum, maximum),
    )


def whole(name: str, value: Any, most: int) -> int:
    """Return a whole number from 1 to `most`. Raises InvalidRequest."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not 1 <= value <= most:
        raise InvalidRequest(f"`{name}` must be a whole number from 1 to {most:,}", pointer=f"/{name}")
    return int(value)


def checked_levels(levels: Any) -> list[float]:
    """Return levels in percent. Raises InvalidRequest."""
    try:
        numbers = [float(level) for level in levels]
    except (TypeError, ValueError):
        raise InvalidRequest("`levels` is a list of percentages, such as (80, 95)", pointer="/levels") from None
    if len(numbers) > MAX_LEVELS or not all(0 < number < 100 for number in numbers):
        hint = "; 0.8 means 0.8 percent: write 80" if any(0 < n < 1 for n in numbers) else ""
        raise InvalidRequest(
            f"`levels` has up to {MAX_LEVELS} percentages between 0 and 100, such as (80, 95){hint}", pointer="/levels"
        )
    return numbers


def forecast_all(
    predictor: Forecaster, series: Iterable[Timeline | InvalidRequest], options: ForecastOptions
) -> Iterator[Forecasted | GatecastError]:
    """Yield a forecast or an error for each series, in order. What is an error already stays it."""
    for some in _pieces(series):
        prepared = [each if isinstance(each, InvalidRequest) else _prepare(predictor, each, options) for each in some]
        asked = [each for each in prepared if isinstance(each, PreparedSeries)]
        answers = iter(ask_all(predictor, asked))
        for timeline, item in zip(some, prepared, strict=True):
            if isinstance(item, InvalidRequest) or isinstance(timeline, InvalidRequest):
                yield item  # type: ignore[misc]
                continue
            answer = next(answers)
            yield answer if isinstance(answer, GatecastError) else _forecasted(predictor, timeline, item, answer)


def _pieces(series: Iterable[Timeline | InvalidRequest]) -> Iterator[list[Timeline | InvalidRequest]]:
    some: list[Timeline | InvalidRequest] = []
    for each in series:
        some.append(each)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _prepare(predictor: Forecaster, series: Timeline, options: ForecastOptions) -> PreparedSeries | InvalidRequest:
    try:
        check_readings(series.readings, options.bounds)
        facts = SeriesFacts(options.season, options.bounds)
        usual = usual_season(series.frequency)
        return predictor.read(series.readings, options.horizon, options.levels, usual, facts)
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


def _forecasted(predictor: Forecaster, timeline: Timeline, item: PreparedSeries, forecast: Forecast) -> Forecasted:
    wide = wide_intervals(item.readings, forecast.intervals)
    warnings = [*item.warnings, *forecast.warnings, *([wide] if wide else [])]
    return Forecasted(timeline, forecast, forecast.skill or predictor.skill(item.horizon), warnings)


def of_series(error: GatecastError, series: Series) -> GatecastError:
    """Return an error that says which series it is about."""
    if series.id is None:
        return error
    faults = [Fault(fault.pointer, fault.detail) for fault in error.faults]
    return type(error)(f"series '{series.id}': {error.detail}", faults=faults)


def level_columns(levels: Iterable[float]) -> list[str]:
    """Return the names of the columns of intervals."""
    return [f"{side}_{level:g}" for level in levels for side in ("lower", "upper")]


def flat(values: Iterable[Iterable[float]], count: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Return the numbers of many lists as one array."""
    return np.fromiter(chain.from_iterable(values), np.float64, count)


def empty_labels(axis: Any) -> pd.Index:
    """Return a column of labels without any."""
    column: pd.Index = axis.column(axis.empty())
    return column

"""Many origins of a series: forecasts from each of them (cross-validation, fitted values), and long stretches judged.

Nothing is kept of a series but what its next requests need, however many there are: they are asked for in slices.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from typing import NamedTuple, TypeVar

from ..artifacts.card import MAX_HORIZON
from ..errors import NotOffered
from ..forecast.intervals import Interval
from ..interfaces import Caller
from .anomalies import AnomalyAnswer, AnomalyOptions, AnomalyQuery, judge_many
from .forecasts import ForecastAnswer, forecast_many
from .registry import Registry
from .selection import ForecastOptions, ForecastQuery, default_forecaster, find_eligible

SLICE = 256  # forecasts that are asked for together
STRETCHES = 32  # that are judged together
PIECE = 256  # readings of a stretch, and a few more
MAX_KNOWN = 10_000  # readings before an origin that are read, as of a request of one series
MIN_BEFORE = 12  # readings before the first origin of fitted values, as before the first one that is judged

Readings = Sequence[float | None]
T = TypeVar("T")


class Origin(NamedTuple):
    """One forecast: what is known at the origin, and how many readings are missing just before it."""

    query: ForecastQuery
    missing: int = 0


class Stretch(NamedTuple):
    """Readings of one series that are judged together: the last ones of the query."""

    query: AnomalyQuery
    last: int


def first_origin(registry: Registry, options: ForecastOptions) -> int:
    """Return how many readings the first fitted value is made from. Raises UnknownModel or UnsupportedLevel."""
    eligible = find_eligible(registry, options)
    models = eligible.any_series or eligible.of_one_series
    return max(MIN_BEFORE, min(model.predictor.window for model in models))


def origins_of(query: ForecastQuery, known: Iterable[int], horizon: int) -> Iterator[Origin]:
    """Yield an origin for each count of `known` readings.

    A forecast begins after a reading that is there. Where those just before the origin are missing, it reaches over them.
    """
    for count in known:
        end = count
        while count - end < MAX_HORIZON - horizon and end and query.readings[end - 1] is None:
            end -= 1
        yield Origin(query._replace(readings=_until(query.readings, end)), count - end)


async def forecast_origins(
    registry: Registry, options: ForecastOptions, origins: Iterable[Origin], caller: Caller
) -> AsyncIterator[ForecastAnswer | Exception]:
    """Forecast `options.horizon` steps from every origin: an answer or an error for each, in order.

    Raises GatecastError for all of them, as forecast_many does.
    """
    assert options.horizon is not None
    for missing, run in groupby(origins, key=lambda origin: origin.missing):
        longer = options._replace(horizon=options.horizon + missing)
        for some in _slices(run, SLICE):
            async for answer in forecast_many(registry, longer, (origin.query for origin in some), caller):
                yield _after(answer, missing) if missing and isinstance(answer, ForecastAnswer) else answer


def check_judge(registry: Registry, model: str | None) -> None:
    """Check that the named model judges readings; None names the one that does. Raises UnknownModel or NotOffered."""
    if model is None:
        return
    (named,) = registry.forecasters(model, None)
    judge = default_forecaster(registry)
    if judge is None or named.predictor.card.name != judge.predictor.card.name:
        by = "" if judge is None else f", which is '{judge.predictor.card.name}' here"
        raise NotOffered(
            f"readings are judged by the forecaster of any series{by}; leave `model` out", pointer="/model"
        )


def stretches_of(query: AnomalyQuery, last: int) -> Iterator[tuple[Stretch, int]]:
    """Yield the last readings of a series in stretches of PIECE or a few more, and where each ends.

    A stretch ends with a reading that is there.
    """
    count = len(query.readings)
    end = count - last
    while end < count:
        begin, end = end, min(end + PIECE, count)
        while end < count and query.readings[end - 1] is None:
            end += 1
        yield Stretch(query._replace(readings=_until(query.readings, end)), end - begin), end


async def judge_stretches(
    registry: Registry, level: float, stretches: Iterable[Stretch], caller: Caller
) -> AsyncIterator[AnomalyAnswer | Exception]:
    """Judge every stretch: an answer or an error for each, in order. Raises GatecastError for all, as judge_many does."""
    for last, run in groupby(stretches, key=lambda stretch: stretch.last):
        for some in _slices(run, STRETCHES):
            queries = [stretch.query for stretch in some]
            async for answer in judge_many(registry, AnomalyOptions(level, last), queries, caller):
                yield answer


def _slices(items: Iterator[T], size: int) -> Iterator[Iterator[T]]:
    """The items in slices, each of which is used up before the next."""
    for first in items:
        yield chain([first], islice(items, size - 1))


def _until(readings: Readings, end: int) -> Readings:
    """What is read of the readings before `end`. If older ones are left out, it begins with one that is there."""
    begin = max(0, end - MAX_KNOWN)
    while 0 < begin < end and readings[begin] is None:
        begin += 1
    return readings[begin:end]


def _after(answer: ForecastAnswer, steps: int) -> ForecastAnswer:
    """The answer without its first steps."""
    forecast = answer.forecast
    intervals = [Interval(each.level, each.lower[steps:], each.upper[steps:]) for each in forecast.intervals]
    shorter = forecast._replace(values=forecast.values[steps:], intervals=intervals)
    return answer._replace(horizon=answer.horizon - steps, forecast=shorter)

"""Many origins of a series: forecasts from each of them (cross-validation, fitted values), and long stretches judged.

Nothing is kept of a series but what its next requests need, however many there are: they are asked for in slices.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from typing import NamedTuple, TypeVar

from ..artifacts.card import MAX_HORIZON
from ..errors import GatecastError, MissingReadings, NotOffered
from ..forecast.anomalies import MIN_BEFORE, too_many_missing
from ..forecast.features.context_features import CONTEXT
from ..forecast.intervals import Interval
from ..interfaces import Caller
from .anomalies import AnomalyAnswer, AnomalyOptions, AnomalyQuery, judge_many
from .forecasts import ForecastAnswer, forecast_many
from .registry import Registry
from .selection import ForecastOptions, ForecastQuery, default_forecaster, find_eligible
from .turns import Turns

SLICE = 256  # forecasts that are asked for together
STRETCHES = 32  # that are judged together
PIECE = 256  # readings of a stretch, and a few more
MAX_KNOWN = 10_000  # readings before an origin that are read, as of a request of one series
LONGEST = CONTEXT - MIN_BEFORE  # readings of a stretch, with those of a gap

Readings = Sequence[float | None]
T = TypeVar("T")


class Origin(NamedTuple):
    """One forecast: what is known at the origin, and how many readings are missing just before it.

    begin: index of the first reading that the query has of its series.
    """

    query: ForecastQuery
    missing: int = 0
    begin: int = 0


class Stretch(NamedTuple):
    """Readings of one series that are judged together: the last ones of the query. If that cannot be done, it says why.

    begin: index of the first reading that the query has of its series.
    """

    query: AnomalyQuery | MissingReadings
    last: int
    begin: int = 0


def last_origin(query: ForecastQuery) -> Origin:
    """The origin at the end of a series. Its last reading must be there."""
    known, begin = _until(query.readings, len(query.readings))
    return Origin(query._replace(readings=known), begin=begin)


def first_origin(registry: Registry, options: ForecastOptions) -> int:
    """Return how many readings the first fitted value is made from: as many as before the first one that is judged.

    It takes more if all forecasters read more. Raises UnknownModel or UnsupportedLevel.
    """
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
        readings, begin = _until(query.readings, end)
        yield Origin(query._replace(readings=readings), count - end, begin)


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


def stretches_of(query: AnomalyQuery, last: int) -> Iterator[Stretch]:
    """Yield the last readings of a series in stretches of PIECE or a few more.

    A stretch ends with a reading that is there. Where too many are missing, it says so, and it is the last one. A series whose
    first reading is missing is no such case: who judges it says what is wrong.
    """
    count = len(query.readings)
    end = count - last
    while end < count:
        begin, end = end, min(end + PIECE, count)
        while end < min(begin + LONGEST, count) and query.readings[end - 1] is None:
            end += 1
        known, first = _until(query.readings, end)
        piece = query._replace(readings=known)
        if not _can_be_judged(known, end - begin) or (end < count and known[-1] is None):
            is_gap = known[0] is not None or len(known) > CONTEXT
            yield Stretch(too_many_missing(known) if is_gap else piece, end - begin, first)
            return
        yield Stretch(piece, end - begin, first)


def stretches_in(last: int) -> int:
    """How many stretches so many readings of a series make, at most. Each costs as much as a series of POST /anomalies."""
    return -(-last // PIECE)


async def judge_stretches(
    registry: Registry, level: float, stretches: Iterable[Stretch], caller: Caller
) -> AsyncIterator[AnomalyAnswer | Exception]:
    """Judge every stretch: an answer or an error for each, in order. Raises GatecastError for all, as judge_many does."""
    turns = Turns(caller)
    for last, run in groupby(stretches, key=lambda stretch: stretch.last):
        for some in _slices(run, STRETCHES):
            queries: list[AnomalyQuery | GatecastError] = []
            for stretch in some:
                queries.append(stretch.query)
                await turns.next()
            async for answer in judge_many(registry, AnomalyOptions(level, last), queries, caller):
                yield answer


def _slices(items: Iterator[T], size: int) -> Iterator[Iterator[T]]:
    """The items in slices, each of which is used up before the next."""
    for first in items:
        yield chain([first], islice(items, size - 1))


def _until(readings: Readings, end: int) -> tuple[Readings, int]:
    """What is read of the readings before `end`, and where it begins.

    If older ones are left out, it begins with one that is there, unless none is.
    """
    begin = max(0, end - MAX_KNOWN)
    known = readings[begin:end]
    missing = _missing_first(known) if begin else 0
    return (known[missing:], begin + missing) if missing < len(known) else (known, begin)


def _missing_first(readings: Readings) -> int:
    """How many are missing before the first that is there."""
    return next((index for index, each in enumerate(readings) if each is not None), len(readings))


def _can_be_judged(known: Readings, last: int) -> bool:
    """Whether missing readings leave enough before the last ones: what is read begins with one that is there."""
    recent = known[-CONTEXT:]
    missing = _missing_first(recent)
    return not missing or len(recent) - missing - last >= MIN_BEFORE


def _after(answer: ForecastAnswer, steps: int) -> ForecastAnswer:
    """The answer without its first steps."""
    forecast = answer.forecast
    intervals = [Interval(each.level, each.lower[steps:], each.upper[steps:]) for each in forecast.intervals]
    shorter = forecast._replace(values=forecast.values[steps:], intervals=intervals)
    return answer._replace(horizon=answer.horizon - steps, forecast=shorter)

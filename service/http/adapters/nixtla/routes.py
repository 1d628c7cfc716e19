"""The routes that predict: forecast, cross_validation, anomaly_detection and online_anomaly_detection."""

import functools
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from ....errors import GatecastError, TooFewReadings
from ....forecast.anomalies import Point
from ....serving.anomalies import AnomalyQuery
from ....serving.forecasts import ForecastAnswer
from ....serving.rolling import (
    MIN_BEFORE,
    Origin,
    Stretch,
    check_judge,
    first_origin,
    forecast_origins,
    judge_stretches,
    origins_of,
    stretches_of,
)
from ....serving.selection import ForecastOptions, ForecastQuery
from ...predict_route import Handler, PredictRoute
from ...predict_route import Reply as AnyReply
from ...request import RequestContext
from ...routes.common import PredictRouter
from .panel import Panel, Place, check_judged, check_work, named, translated
from .replies import Column, Judged, Levels, Reply, column_of
from .schemas import (
    NixtlaAnomaliesRequest,
    NixtlaAnomaliesResponse,
    NixtlaCrossValidationRequest,
    NixtlaCrossValidationResponse,
    NixtlaForecastRequest,
    NixtlaForecastResponse,
    NixtlaOnlineAnomaliesRequest,
)


async def forecast(body: NixtlaForecastRequest, context: RequestContext) -> bytes:
    """Forecast many series."""
    panel, levels = Panel(body), Levels(body.level)
    options = _options(panel, body.h, levels, len(panel), context)
    places = [Place(series, size) for series, size in enumerate(panel.sizes)]
    origins = (Origin(_query(panel, place.series)) for place in places)
    reply = Reply(levels)
    async for _, answer in _answers(panel, options, places, origins, context):
        reply.add_forecast(answer.forecast)
    return reply.json()


async def cross_validation(body: NixtlaCrossValidationRequest, context: RequestContext) -> bytes:
    """Forecast the last windows of many series, each from the readings before it; or all readings, one step ahead."""
    panel, levels = Panel(body), Levels(body.level)
    horizon = 1 if body.full_history else body.h
    known = _whole_history(panel, levels, context) if body.full_history else _windows(panel, body)
    options = _options(panel, horizon, levels, sum(map(len, known)), context)
    places = [Place(series, count) for series, counts in enumerate(known) for count in counts]
    origins = (
        origin for series, counts in enumerate(known) for origin in origins_of(_query(panel, series), counts, horizon)
    )
    reply, idxs = Reply(levels), Column()
    async for place, answer in _answers(panel, options, places, origins, context):
        reply.add_forecast(answer.forecast)
        first = panel.offsets[place.series] + place.known
        idxs.add(list(range(first, first + horizon)))
    return reply.json(sizes=column_of([horizon * len(counts) for counts in known]), idxs=idxs)


async def anomalies(body: NixtlaAnomaliesRequest, context: RequestContext) -> bytes:
    """Judge all readings of many series but the first ones, each by a forecast of one step from those before it."""
    return await _judge(body, [size - MIN_BEFORE for size in body.series.sizes], context)


async def online_anomalies(body: NixtlaOnlineAnomaliesRequest, context: RequestContext) -> bytes:
    """Judge the last readings of many series, each by a forecast of one step from those before it."""
    return await _judge(body, [body.detection_size] * len(body.series.sizes), context)


def _query(panel: Panel, series: int) -> ForecastQuery:
    return ForecastQuery(panel.readings(series), frequency=panel.frequency, dated=False)


def _options(panel: Panel, horizon: int, levels: Levels, forecasts: int, context: RequestContext) -> ForecastOptions:
    """What is asked of the forecasters, after a check of how much it is. Raises TooManyAtOnce or TooManyRequests."""
    check_work(forecasts, horizon, 1 + 2 * len(levels.names))
    context.charge(forecasts)
    return ForecastOptions(horizon, levels.calibrated, panel.model, None)


async def _answers(
    panel: Panel, options: ForecastOptions, places: Sequence[Place], origins: Iterator[Origin], context: RequestContext
) -> AsyncIterator[tuple[Place, ForecastAnswer]]:
    """The forecasts of all origins, which lie at `places`. One that cannot be made refuses all. Raises GatecastError."""
    place = iter(places)
    async for answer in forecast_origins(context.registry, options, origins, context):
        at = next(place)
        if isinstance(answer, Exception):
            (origin,) = origins_of(_query(panel, at.series), [at.known], options.horizon or 1)
            raise named(answer, panel, at.series, at.known - origin.missing - len(origin.query.readings))
        context.model, context.version = answer.card.name, answer.card.version
        yield at, answer


def _windows(panel: Panel, body: NixtlaCrossValidationRequest) -> list[range]:
    """How many readings are known before each window of each series. Raises TooFewReadings."""
    step = body.step_size or body.h
    last = body.h + step * (body.n_windows - 1)
    for series, size in enumerate(panel.sizes):
        if size <= last:
            fault = TooFewReadings(
                f"{body.n_windows:,} windows of {body.h:,} steps, {step:,} readings apart, take the last {last:,} readings, "
                f"and some must come before; it has {size:,}",
                pointer="/n_windows",
            )
            raise named(fault, panel, series)
    return [range(size - last, size - body.h + 1, step) for size in panel.sizes]


def _whole_history(panel: Panel, levels: Levels, context: RequestContext) -> list[range]:
    """How many readings are known before each reading that has a fitted value."""
    least = first_origin(context.registry, ForecastOptions(1, levels.calibrated, panel.model, None))
    return [range(least, size) for size in panel.sizes]


async def _judge(
    body: NixtlaAnomaliesRequest | NixtlaOnlineAnomaliesRequest, sizes: Sequence[int], context: RequestContext
) -> bytes:
    """Judge the last readings of each series, so many. Raises GatecastError."""
    panel = Panel(body)
    check_judge(context.registry, panel.model)
    for series, (size, last) in enumerate(zip(panel.sizes, sizes, strict=True)):
        if not 1 <= last <= size - MIN_BEFORE:
            raise named(_too_few(size, last), panel, series)
    check_judged(sum(sizes))
    context.charge(len(panel))
    judged = Judged(body.level)
    async for stretch, points in _judged(panel, sizes, body.level, context):
        judged.add(points, stretch)
    return judged.json(sizes)


async def _judged(
    panel: Panel, sizes: Sequence[int], level: float, context: RequestContext
) -> AsyncIterator[tuple[int, Sequence[Point]]]:
    """The judged readings, and where in `y` the first reading that was given with them lies. Raises GatecastError."""
    begins: deque[tuple[int, int]] = deque()  # the series of each stretch, and its first reading

    def stretches() -> Iterator[Stretch]:
        for series, last in enumerate(sizes):
            query = AnomalyQuery(panel.readings(series), frequency=panel.frequency, dated=False)
            for stretch, end in stretches_of(query, last):
                begins.append((series, end - len(stretch.query.readings)))
                yield stretch

    async for answer in judge_stretches(context.registry, level, stretches(), context):
        series, begin = begins.popleft()
        if isinstance(answer, Exception):
            raise named(answer, panel, series, begin)
        context.model, context.version = answer.card.name, answer.card.version
        yield panel.offsets[series] + begin, answer.points


def _too_few(size: int, last: int) -> TooFewReadings:
    if size <= MIN_BEFORE:
        detail = f"a reading is judged by those before it: at least {MIN_BEFORE + 1} are needed; it has {size}"
        return TooFewReadings(detail, pointer="/readings")
    return TooFewReadings(
        f"the first reading that is judged needs {MIN_BEFORE} before it: of {size:,} readings the last {size - MIN_BEFORE:,} "
        f"can be judged; {last:,} were asked for",
        pointer="/last",
    )


def _translating(handler: Handler) -> Handler:
    """A handler whose refusals speak of the fields of this protocol."""

    @functools.wraps(handler)
    async def translate(body: Any, context: RequestContext) -> bytes | AnyReply:
        try:
            return await handler(body, context)
        except GatecastError as error:
            raise translated(error) from None

    return translate


PREDICT_ROUTES = {
    f"/nixtla/v2/{name}": PredictRoute(body, response, _translating(handler), is_frame=True)
    for name, body, response, handler in (
        ("forecast", NixtlaForecastRequest, NixtlaForecastResponse, forecast),
        ("cross_validation", NixtlaCrossValidationRequest, NixtlaCrossValidationResponse, cross_validation),
        ("anomaly_detection", NixtlaAnomaliesRequest, NixtlaAnomaliesResponse, anomalies),
        ("online_anomaly_detection", NixtlaOnlineAnomaliesRequest, NixtlaAnomaliesResponse, online_anomalies),
    )
}
router = PredictRouter("nixtla", PREDICT_ROUTES)

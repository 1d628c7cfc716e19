"""The routes that predict: forecast, cross_validation, anomaly_detection and online_anomaly_detection."""

import functools
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from operator import sub
from typing import Any, TypeVar

from ....errors import GatecastError, TooFewReadings
from ....forecast.anomalies import MIN_BEFORE, check_last
from ....serving.anomalies import AnomalyAnswer, AnomalyQuery
from ....serving.forecasts import ForecastAnswer
from ....serving.rolling import (
    Origin,
    Stretch,
    check_judge,
    first_origin,
    forecast_origins,
    judge_stretches,
    last_origin,
    origins_of,
    stretches_in,
    stretches_of,
)
from ....serving.selection import ForecastOptions, ForecastQuery
from ...predict_route import Handler, PredictRoute, Reply
from ...request import RequestContext
from ...routes.common import PredictRouter
from .panel import Panel, Place, Windows, check_judged, check_work, named, noted, translated
from .replies import Column, Forecasts, IntervalNames, Judged, column_of
from .schemas import (
    NixtlaAnomaliesRequest,
    NixtlaAnomaliesResponse,
    NixtlaCrossValidationRequest,
    NixtlaCrossValidationResponse,
    NixtlaForecastRequest,
    NixtlaForecastResponse,
    NixtlaOnlineAnomaliesRequest,
)

Answer = TypeVar("Answer", ForecastAnswer, AnomalyAnswer)


async def forecast(body: NixtlaForecastRequest, context: RequestContext) -> bytes:
    """Forecast many series."""
    panel, levels = Panel(body, context.registry), IntervalNames(body.level)
    options = _options(panel, body.h, levels, len(panel), context)
    forecasts = Forecasts(levels)
    async for _, answer in _answers(panel, options, _ends(panel), context):
        forecasts.add_forecast(answer.forecast)
    return await forecasts.json()


async def cross_validation(body: NixtlaCrossValidationRequest, context: RequestContext) -> bytes:
    """Forecast the last windows of many series, each from the readings before it; or all readings, one step ahead."""
    panel, levels = Panel(body, context.registry), IntervalNames(body.level)
    windows = _whole_history(panel, levels, context) if body.full_history else _windows(panel, body)
    options = _options(panel, windows.horizon, levels, sum(windows.counts), context)
    forecasts, idxs = Forecasts(levels), Column()
    async for place, answer in _answers(panel, options, _origins(panel, windows), context):
        forecasts.add_forecast(answer.forecast)
        first = panel.offsets[place.series] + place.known
        idxs.add(list(range(first, first + windows.horizon)))
    return await forecasts.json(sizes=column_of([windows.horizon * count for count in windows.counts]), idxs=idxs)


async def anomalies(body: NixtlaAnomaliesRequest, context: RequestContext) -> bytes:
    """Judge all readings of many series but the first ones, each by a forecast of one step from those before it."""
    return await _judge(body, [max(1, size - MIN_BEFORE) for size in body.series.sizes], context)


async def online_anomalies(body: NixtlaOnlineAnomaliesRequest, context: RequestContext) -> bytes:
    """Judge the last readings of many series, each by a forecast of one step from those before it."""
    return await _judge(body, [body.detection_size] * len(body.series.sizes), context)


def _query(panel: Panel, series: int) -> ForecastQuery:
    return ForecastQuery(panel.readings(series), frequency=panel.frequency, dated=False)


def _options(
    panel: Panel, horizon: int, levels: IntervalNames, forecasts: int, context: RequestContext
) -> ForecastOptions:
    """What is asked of the forecasters, after a check of how much it is. Raises TooManyAtOnce or TooManyRequests."""
    check_work(forecasts, horizon, 1 + 2 * len(levels.names))
    context.charge(forecasts)
    return ForecastOptions(horizon, levels.calibrated, panel.model, None)


def _ends(panel: Panel) -> Iterator[tuple[Place, Origin]]:
    """The origins at the ends of all series."""
    for series, size in enumerate(panel.sizes):
        origin = last_origin(_query(panel, series))
        yield Place(series, origin.begin, size), origin


def _origins(panel: Panel, windows: Windows) -> Iterator[tuple[Place, Origin]]:
    """The origins of all windows."""
    for series, count in enumerate(windows.counts):
        if count:
            known = windows.known(panel.sizes[series], count)
            origins = origins_of(_query(panel, series), known, windows.horizon)
            for end, origin in zip(known, origins, strict=True):
                yield Place(series, origin.begin, end), origin


def _windows(panel: Panel, body: NixtlaCrossValidationRequest) -> Windows:
    """The last windows of all series. Raises TooFewReadings."""
    step = body.step_size or body.h
    last = body.h + step * (body.n_windows - 1)
    if (least := min(panel.sizes)) <= last:
        fault = TooFewReadings(
            f"{body.n_windows:,} windows of {body.h:,} steps, {step:,} readings apart, take the last {last:,} readings, "
            f"and some must come before; it has {least:,}",
            pointer="/n_windows",
        )
        raise named(fault, panel, Place(panel.sizes.index(least)))
    return Windows(body.h, step, [body.n_windows] * len(panel))


def _whole_history(panel: Panel, levels: IntervalNames, context: RequestContext) -> Windows:
    """A window of one step for each reading that has a fitted value."""
    least = first_origin(context.registry, ForecastOptions(1, levels.calibrated, panel.model, None))
    return Windows(1, 1, [max(0, size - least) for size in panel.sizes])


async def _answers(
    panel: Panel, options: ForecastOptions, origins: Iterable[tuple[Place, Origin]], context: RequestContext
) -> AsyncIterator[tuple[Place, ForecastAnswer]]:
    """The forecasts of all origins. One that cannot be made refuses all. Raises GatecastError."""
    places: deque[Place] = deque()
    answers = forecast_origins(context.registry, options, noted(origins, places), context)
    async for place, answer in _located(answers, places, panel, context):
        yield place, answer


async def _located(
    answers: AsyncIterator[Answer | Exception], places: deque[Place], panel: Panel, context: RequestContext
) -> AsyncIterator[tuple[Place, Answer]]:
    """Each answer with its place. An error is raised as that of its series."""
    async for answer in answers:
        place = places.popleft()
        if isinstance(answer, Exception):
            raise named(answer, panel, place)
        context.model, context.version = answer.card.name, answer.card.version
        yield place, answer


async def _judge(
    body: NixtlaAnomaliesRequest | NixtlaOnlineAnomaliesRequest, sizes: Sequence[int], context: RequestContext
) -> bytes:
    """Judge the last readings of each series, so many. Raises GatecastError."""
    panel = Panel(body, context.registry)
    check_judge(context.registry, panel.model)
    _check_sizes(panel, sizes)
    context.charge(sum(map(stretches_in, sizes)))
    places: deque[Place] = deque()
    answers = judge_stretches(context.registry, body.level, noted(_stretches(panel, sizes), places), context)
    judged = Judged(body.level)
    async for place, answer in _located(answers, places, panel, context):
        judged.add(answer.points, panel.offsets[place.series] + place.begin)
    return await judged.json(sizes)


def _check_sizes(panel: Panel, sizes: Sequence[int]) -> None:
    """Check that so many of the last readings of each series can be judged. Raises TooFewReadings or TooManyAtOnce."""
    rooms = list(map(sub, panel.sizes, sizes))
    if (least := min(rooms)) < MIN_BEFORE:
        series = rooms.index(least)
        try:
            check_last(sizes[series], panel.sizes[series], most=panel.sizes[series])
        except TooFewReadings as error:
            raise named(error, panel, Place(series)) from None
    check_judged(sum(sizes))


def _stretches(panel: Panel, sizes: Sequence[int]) -> Iterator[tuple[Place, Stretch]]:
    """What is judged together, of all series."""
    for series, last in enumerate(sizes):
        query = AnomalyQuery(panel.readings(series), frequency=panel.frequency, dated=False)
        for stretch in stretches_of(query, last):
            yield Place(series, stretch.begin), stretch


def _translating(handler: Handler) -> Handler:
    """A handler whose refusals speak of the fields of this protocol."""

    @functools.wraps(handler)
    async def translate(body: Any, context: RequestContext) -> bytes | Reply:
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

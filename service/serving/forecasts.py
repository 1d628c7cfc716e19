"""How series are asked of the forecasters: one or many. selection.py says which ones are asked."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from ..artifacts.card import ForecastCard
from ..errors import DeadlineExceeded, GatecastError, InvalidRequest
from ..forecast.forecaster import Forecast
from ..forecast.intervals import wide_intervals
from ..interfaces import Caller, Notice
from .learnt import Selection
from .queues import Answer
from .registry import Registry
from .selection import (
    ForecastOptions,
    ForecastQuery,
    PreparedQuery,
    find_eligible,
    prepare,
    with_faults_of,
)
from .turns import PREPARING_SHARE, Turns, check_any_is_done, models_deadline

T = TypeVar("T")


class ForecastAnswer(NamedTuple):
    """The forecast of one series. `skill` is measured on the readings, or by the card.

    `selection` says why this forecaster answers; None if the request named it.
    """

    card: ForecastCard
    horizon: int
    season: int
    forecast: Forecast
    timestamps: list[str] | None
    skill: dict[str, Any]
    warnings: list[Notice]
    selection: Selection | None = None


async def forecast_one(
    registry: Registry, options: ForecastOptions, query: ForecastQuery, caller: Caller
) -> ForecastAnswer:
    """Forecast one series. Raises GatecastError."""
    try:
        eligible = find_eligible(registry, options)
    except InvalidRequest as error:
        raise with_faults_of(error, registry, options, query) from None
    prepared = prepare(registry, options, eligible, query)
    answer = await prepared.model.batcher.submit(prepared.series, caller.deadline, caller.is_disconnected)
    card = prepared.model.predictor.card
    caller.record(answer.queue_seconds, answer.compute_seconds, answer.items, answer.started, card)
    return _answer(prepared, answer.result)


async def forecast_many(
    registry: Registry, options: ForecastOptions, queries: Iterable[ForecastQuery | GatecastError], caller: Caller
) -> AsyncIterator[ForecastAnswer | Exception]:
    """Forecast many series: an answer or an error for each, in order. Raises GatecastError for all of them.

    A query that is an error already stays that error. A series that is not done by the caller's deadline gets
    DeadlineExceeded; it is raised if no series is done.
    """
    prepared = await _prepare_all(registry, options, queries, caller)
    outcomes = await _ask_all(prepared, caller)
    check_any_is_done(outcomes)
    turns = Turns(caller)
    for item, outcome in zip(prepared, outcomes, strict=True):
        if isinstance(item, PreparedQuery) and isinstance(outcome, Forecast):
            yield _answer(item, outcome)
        elif isinstance(outcome, Exception):
            yield outcome
        await turns.pause()


async def _prepare_all(
    registry: Registry, options: ForecastOptions, queries: Iterable[ForecastQuery | GatecastError], caller: Caller
) -> list[PreparedQuery | GatecastError]:
    """Check every series. Those that there is no time for get DeadlineExceeded."""
    eligible = find_eligible(registry, options)
    turns = Turns(caller, PREPARING_SHARE)
    prepared: list[PreparedQuery | GatecastError] = []
    for query in queries:
        try:
            await turns.next()
            prepared.append(query if isinstance(query, GatecastError) else prepare(registry, options, eligible, query))
        except (InvalidRequest, DeadlineExceeded) as error:
            prepared.append(error)
    return prepared


async def _ask_all(prepared: Sequence[PreparedQuery | GatecastError], caller: Caller) -> list[Forecast | Exception]:
    """For each item, its forecast or an error.

    Every model is asked once, for all of its series, and all models are asked at the same time.
    """
    by_model: dict[int, list[PreparedQuery]] = {}
    for item in prepared:
        if isinstance(item, PreparedQuery):
            by_model.setdefault(id(item.model), []).append(item)
    deadline = models_deadline(caller)

    def ask(items: list[PreparedQuery]) -> Coroutine[Any, Any, list[Answer[Forecast] | Exception]]:
        return items[0].model.batcher.submit_many([item.series for item in items], deadline, caller.is_disconnected)

    asked = await _gather([ask(items) for items in by_model.values()])
    answers = dict(zip(by_model, map(iter, asked), strict=True))
    return [
        _outcome(next(answers[id(item.model)]), item, caller) if isinstance(item, PreparedQuery) else item
        for item in prepared
    ]


def _outcome(answer: Answer[Forecast] | Exception, prepared: PreparedQuery, caller: Caller) -> Forecast | Exception:
    if isinstance(answer, Exception):
        return answer
    card = prepared.model.predictor.card
    caller.record(answer.queue_seconds, answer.compute_seconds, answer.items, answer.started, card)
    return answer.result


async def _gather(coroutines: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All results in order. When one raises, the others are cancelled."""
    if len(coroutines) == 1:
        return [await coroutines[0]]
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _answer(prepared: PreparedQuery, forecast: Forecast) -> ForecastAnswer:
    model, series = prepared.model, prepared.series
    wide = wide_intervals(series.readings, forecast.intervals)
    return ForecastAnswer(
        model.predictor.card,
        series.horizon,
        series.season_length,
        forecast,
        prepared.timestamps,
        forecast.skill or model.predictor.skill(series.horizon),
        [*series.warnings, *forecast.warnings, *([wide] if wide else [])],
        prepared.selection,
    )

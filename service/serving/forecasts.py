"""How series are asked of the forecasters: one or many. selection.py says which ones are asked."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from service.artifacts.card import ForecastCard
from service.errors import DeadlineExceeded, GatecastError, InvalidRequest
from service.forecast.forecaster import Forecast
from service.interfaces import Caller, Notice
from service.serving.queues import Answer
from service.serving.registry import Registry
from service.serving.selection import (
    Candidate,
    ForecastOptions,
    ForecastQuery,
    PreparedQuery,
    find_eligible,
    prepare,
    select,
    with_faults_of,
)
from service.serving.turns import PREPARING_SHARE, Turns, check_any_is_done, models_deadline

T = TypeVar("T")


class ForecastAnswer(NamedTuple):
    """The forecast of one series, by the selected forecaster. `skill` is measured on the readings, or by the card."""

    card: ForecastCard
    horizon: int
    season: int
    forecast: Forecast
    timestamps: list[str] | None
    skill: dict[str, Any]
    warnings: list[Notice]


async def forecast_one(
    registry: Registry, options: ForecastOptions, query: ForecastQuery, caller: Caller
) -> ForecastAnswer:
    """Forecast one series. Raises GatecastError."""
    try:
        eligible = find_eligible(registry, options)
    except InvalidRequest as error:
        raise with_faults_of(error, registry, options, query) from None
    prepared = prepare(registry, options, eligible, query)
    answers = await _gather(
        [
            candidate.model.batcher.submit(candidate.series, caller.deadline, caller.is_disconnected)
            for candidate in prepared.candidates
        ]
    )
    for answer in answers:
        caller.record(answer.queue_seconds, answer.compute_seconds)
    return _answer(prepared, [answer.result for answer in answers])


async def forecast_many(
    registry: Registry, options: ForecastOptions, queries: Sequence[ForecastQuery | GatecastError], caller: Caller
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
        yield _answer(item, outcome) if isinstance(item, PreparedQuery) and isinstance(outcome, list) else outcome
        await turns.pause()


async def _prepare_all(
    registry: Registry, options: ForecastOptions, queries: Sequence[ForecastQuery | GatecastError], caller: Caller
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


async def _ask_all(prepared: Sequence[PreparedQuery | GatecastError], caller: Caller) -> list[Any]:
    """For each item, the forecasts of all its candidates, or the first error.

    Every model is asked once, for all of its series, and all models are asked at the same time.
    """
    by_model: dict[int, list[Candidate]] = {}
    for item in prepared:
        for candidate in item.candidates if isinstance(item, PreparedQuery) else ():
            by_model.setdefault(id(candidate.model), []).append(candidate)
    deadline = models_deadline(caller)

    def ask(candidates: list[Candidate]) -> Coroutine[Any, Any, list[Answer[Forecast] | Exception]]:
        series = [candidate.series for candidate in candidates]
        return candidates[0].model.batcher.submit_many(series, deadline, caller.is_disconnected)

    asked = await _gather([ask(candidates) for candidates in by_model.values()])
    answers = dict(zip(by_model, map(iter, asked), strict=True))
    return [_forecasts(item, answers, caller) if isinstance(item, PreparedQuery) else item for item in prepared]


def _forecasts(
    item: PreparedQuery, answers: Mapping[int, Iterator[Answer[Forecast] | Exception]], caller: Caller
) -> list[Forecast] | Exception:
    """The next forecast of each candidate of an item, or the first error."""
    forecasts: list[Forecast] = []
    failure: Exception | None = None
    for candidate in item.candidates:
        answer = next(answers[id(candidate.model)])
        if isinstance(answer, Answer):
            caller.record(answer.queue_seconds, answer.compute_seconds)
            forecasts.append(answer.result)
        elif failure is None:
            failure = answer
    return forecasts if failure is None else failure


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


def _answer(prepared: PreparedQuery, forecasts: Sequence[Forecast]) -> ForecastAnswer:
    index = select(prepared.candidates, forecasts) if len(forecasts) > 1 else 0
    (model, series), forecast = prepared.candidates[index], forecasts[index]
    return ForecastAnswer(
        model.predictor.card,
        series.horizon,
        series.season_length,
        forecast,
        prepared.timestamps[: series.horizon] if prepared.timestamps else None,
        forecast.skill or model.predictor.skill(series.horizon),
        [*series.warnings, *forecast.warnings],
    )

"""POST /forecast and /forecast/batch."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from service.errors import GatecastError, InvalidRequest
from service.forecast.forecaster import Forecast
from service.forecast.timestamps import season_of, timestamps
from service.http.middleware import Asked, PredictRoute
from service.http.routes.common import AskingRouter, outcome, warned, within
from service.http.schemas import (
    BatchSeries,
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ForecastResponse,
    SeriesOptions,
)
from service.serving.batching import Answer
from service.serving.registry import Candidate, ForecastQuery, Registry, select

T = TypeVar("T")
PREPARED_AT_ONCE = 64  # series of a batch checked before other requests have their turn


class Prepared:
    """One checked series: who may answer it, what is asked, and the dates of the answer."""

    def __init__(self, models: Registry, series: ForecastRequest | BatchSeries, options: SeriesOptions) -> None:
        self.contenders = models.contenders(options.model, options.version, _question(series, options))
        self._series = series
        # one who leaves fields out has them answered in the model's own way; dates are checked for the longest
        self.timestamps = _dates(series, max(c.window.horizon for c in self.contenders))

    def response(self, forecasts: Sequence[Forecast]) -> dict[str, Any]:
        """A ForecastResponse as a dictionary, from the contenders' forecasts."""
        place = select(self.contenders, forecasts) if len(forecasts) > 1 else 0
        (model, window), forecast = self.contenders[place], forecasts[place]
        predictor, horizon = model.predictor, window.horizon
        return {
            "model": predictor.card.name,
            "version": predictor.card.version,
            "horizon": horizon,
            "forecast": forecast.values,
            "timestamps": self.timestamps[:horizon] if self.timestamps else None,
            "intervals": [interval._asdict() for interval in forecast.intervals],
            "skill": forecast.skill or predictor.skill(horizon),
            "warnings": warned([*window.warnings, *forecast.warnings]),
        }


def _question(series: ForecastRequest | BatchSeries, options: SeriesOptions) -> ForecastQuery:
    return ForecastQuery(series.readings, options.horizon, options.levels, _season(series.frequency), series.frequency)


def _season(frequency: str | None) -> int | None:
    """Of a frequency that is sent; None where there is none, or none that is known (`_dates` says so)."""
    return season_of(frequency) if frequency is not None else None


def _dates(series: ForecastRequest | BatchSeries, horizon: int) -> list[str] | None:
    """The timestamps of the answer, where `start` and `frequency` were sent."""
    if series.start is not None and series.frequency is not None:
        return timestamps(series.start, series.frequency, len(series.readings), horizon)
    if series.start is not None or series.frequency is not None:
        missing = "frequency" if series.frequency is None else "start"
        raise InvalidRequest("`start` and `frequency` go together", pointer=f"/{missing}")
    return None


def _check_options(models: Registry, options: SeriesOptions) -> None:
    """Refuse what no series could be answered with: an unknown model, too long a horizon."""
    if options.version is not None and options.model is None:
        raise InvalidRequest("a `version` needs the `model` that it is of", pointer="/model")

    def check_horizon() -> None:
        models.check_horizon(options.model, options.version, options.horizon)

    try:
        models.check_levels(options.model, options.version, options.levels)
    except InvalidRequest as error:
        raise error.joined_by(check_horizon) from None
    check_horizon()


def _prepare(models: Registry, series: ForecastRequest | BatchSeries, options: SeriesOptions) -> Prepared:
    """The series, checked; what is wrong with it is found in one go."""
    try:
        return Prepared(models, series, options)
    except InvalidRequest as error:
        raise error.joined_by(*_series_checks(models, series, options)) from None


def _series_checks(
    models: Registry, series: ForecastRequest | BatchSeries, options: SeriesOptions
) -> tuple[Callable[[], object], ...]:
    """What can be wrong with a series, whatever else is wrong."""

    def check_readings() -> None:
        plain = ForecastQuery(series.readings, None, (), None)
        models.contenders(options.model, options.version, plain)

    return check_readings, lambda: _dates(series, 1)


async def forecast(body: ForecastRequest, asked: Asked) -> dict[str, Any]:
    """Forecast one series from its recent readings."""
    models = asked.models
    try:
        _check_options(models, body)
    except InvalidRequest as error:
        raise error.joined_by(*_series_checks(models, body, body)) from None
    prepared = _prepare(models, body, body)
    answers = await _together(
        [c.model.engine.ask(c.window, asked.deadline, asked.call.gone) for c in prepared.contenders]
    )
    for answer in answers:
        asked.call.waited(answer.queued, answer.worked)
    return prepared.response([answer.result for answer in answers])


async def forecast_batch(body: ForecastBatchRequest, asked: Asked) -> dict[str, Any]:
    """Forecast many series; one that is bad gets its own error and spoils no other."""
    _check_options(asked.models, body)
    items: list[Prepared | GatecastError] = []
    for index, series in enumerate(body.series):
        try:
            items.append(_prepare(asked.models, series, body))
        except GatecastError as error:
            items.append(within(error, f"/series/{index}"))
        if index % PREPARED_AT_ONCE == PREPARED_AT_ONCE - 1:
            await asyncio.sleep(0)
    forecasts = await _ask_all(items, asked)
    results = []
    for series, item, found in zip(body.series, items, forecasts, strict=True):
        if isinstance(item, Prepared) and isinstance(found, list):
            results.append({"id": series.id, **item.response(found)})
        else:
            assert isinstance(found, GatecastError)
            results.append({"id": series.id, "error": found.problem(asked.call.path, asked.call.request_id)})
    return {"results": results}


async def _ask_all(items: list[Prepared | GatecastError], asked: Asked) -> list[list[Forecast] | GatecastError]:
    """Forecasts of every contender in the order of `items`, the models asked side by side, each for all of its series.

    A series of which one contender fails has that error.
    """
    by_model: dict[int, list[tuple[int, int, Candidate]]] = {}  # with the places of the item and of the contender
    for index, item in enumerate(items):
        for place, contender in enumerate(item.contenders if isinstance(item, Prepared) else ()):
            by_model.setdefault(id(contender.model), []).append((index, place, contender))

    def ask(entries: list[tuple[int, int, Candidate]]) -> Coroutine[Any, Any, list[Answer[Forecast] | Exception]]:
        engine = entries[0][2].model.engine
        return engine.ask_many([c.window for _, _, c in entries], asked.deadline, asked.call.gone)

    answers = await _together([ask(entries) for entries in by_model.values()])
    given: dict[tuple[int, int], Answer[Forecast] | Exception] = {}
    for entries, answered in zip(by_model.values(), answers, strict=True):
        given.update({(index, place): one for (index, place, _), one in zip(entries, answered, strict=True)})
    found: list[list[Forecast] | GatecastError] = [e if isinstance(e, GatecastError) else [] for e in items]
    for index, place in sorted(given):
        one, so_far = outcome(given[index, place], asked.call), found[index]
        if isinstance(so_far, list):
            if isinstance(one, GatecastError):
                found[index] = one
            else:
                so_far.append(one)
    return found


async def _together(asking: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All results in order; where one is refused, nobody waits for the others."""
    if len(asking) == 1:
        return [await asking[0]]
    tasks = [asyncio.ensure_future(each) for each in asking]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


ASKING = {
    "/forecast": PredictRoute(ForecastRequest, ForecastResponse, forecast),
    "/forecast/batch": PredictRoute(ForecastBatchRequest, ForecastBatchResponse, forecast_batch),
}
router = AskingRouter("forecast", ASKING)

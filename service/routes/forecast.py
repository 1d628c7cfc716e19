"""POST /forecast and /forecast/batch."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from service.batching import Answer
from service.errors import GatecastError, InvalidRequest, NotOffered
from service.front import Asked, Asking
from service.future import timestamps
from service.predictors import Window
from service.registry import LoadedForecaster, Registry
from service.routes.common import AskingRouter, outcome, warned, within
from service.schemas import (
    BatchSeries,
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ForecastResponse,
    SeriesOptions,
)

PREPARED_AT_ONCE = 64  # series of a batch checked before other requests have their turn


class Prepared:
    """One checked series: who answers it, what is asked, and the dates of the answer."""

    def __init__(self, models: Registry, series: ForecastRequest | BatchSeries, options: SeriesOptions) -> None:
        self.model: LoadedForecaster
        self.window: Window
        self.model, self.window = models.prepared(options.model, options.version, series.readings, options.horizon)
        self.timestamps = _dates(series, self.window.horizon)

    def response(self, forecast: list[float]) -> dict[str, Any]:
        """A ForecastResponse as a dictionary."""
        card, window = self.model.predictor.card, self.window
        return {
            "model": card.name,
            "version": card.version,
            "horizon": window.horizon,
            "forecast": forecast,
            "timestamps": self.timestamps,
            "intervals": [],
            "skill": self.model.predictor.skill(window.horizon),
            "warnings": warned(window.warnings),
        }


def _dates(series: ForecastRequest | BatchSeries, horizon: int) -> list[str] | None:
    """The timestamps of the answer, where `start` and `frequency` were sent."""
    if series.start is not None and series.frequency is not None:
        return timestamps(series.start, series.frequency, len(series.readings), horizon)
    if series.start is not None or series.frequency is not None:
        missing = "frequency" if series.frequency is None else "start"
        raise InvalidRequest("`start` and `frequency` go together", pointer=f"/{missing}")
    return None


def _check_options(models: Registry, options: SeriesOptions) -> None:
    """Refuse what no series could be answered with: levels, an unknown model, too long a horizon."""
    if options.version is not None and options.model is None:
        raise InvalidRequest("a `version` needs the `model` that it is of", pointer="/model")

    def check_model() -> None:
        models.check_forecaster(options.model, options.version, options.horizon)

    if options.levels:
        detail = "no loaded model gives prediction intervals yet; leave `levels` out or send []"
        raise NotOffered(detail, pointer="/levels").joined_by(check_model)
    check_model()


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
        models.prepared(options.model, options.version, series.readings, None)

    return check_readings, lambda: _dates(series, 1)


async def forecast(body: ForecastRequest, asked: Asked) -> dict[str, Any]:
    """Forecast one series from its recent readings."""
    models = asked.models
    try:
        _check_options(models, body)
    except InvalidRequest as error:
        raise error.joined_by(*_series_checks(models, body, body)) from None
    prepared = _prepare(models, body, body)
    answer = await prepared.model.engine.ask(prepared.window, asked.deadline, asked.call.gone)
    asked.call.waited(answer.queued, answer.worked)
    return prepared.response(answer.result)


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


async def _ask_all(items: list[Prepared | GatecastError], asked: Asked) -> list[list[float] | GatecastError]:
    """Forecasts in the order of `items`, the models asked side by side, each for all of its series."""
    by_model: dict[int, list[int]] = {}
    for index, item in enumerate(items):
        if isinstance(item, Prepared):
            by_model.setdefault(id(item.model), []).append(index)

    async def ask(indices: Sequence[int]) -> list[Answer[list[float]] | Exception]:
        prepared = [item for i in indices if isinstance(item := items[i], Prepared)]
        engine = prepared[0].model.engine
        return await engine.ask_many([p.window for p in prepared], asked.deadline, asked.call.gone)

    asking = [asyncio.ensure_future(ask(indices)) for indices in by_model.values()]
    try:
        answers = await asyncio.gather(*asking)
    finally:
        for task in asking:
            task.cancel()  # where one is refused, nobody waits for the others
    found: dict[int, list[float] | GatecastError] = {i: e for i, e in enumerate(items) if isinstance(e, GatecastError)}
    for indices, given in zip(by_model.values(), answers, strict=True):
        for i, answer in zip(indices, given, strict=True):
            one = outcome(answer, asked.call)
            found[i] = one
    return [found[i] for i in range(len(items))]


ASKING = {
    "/forecast": Asking(ForecastRequest, ForecastResponse, forecast),
    "/forecast/batch": Asking(ForecastBatchRequest, ForecastBatchResponse, forecast_batch),
}
router = AskingRouter("forecast", ASKING)

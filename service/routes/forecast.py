"""POST /forecast and /forecast/batch."""

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from service.bodies import body, documented
from service.errors import GatecastError, InvalidRequest, NotOffered
from service.future import timestamps
from service.predictors import Window
from service.registry import LoadedForecaster, Registry
from service.routes.common import ASKING, Deadline, Models, Tracing, note, outcome, within
from service.schemas import (
    BatchSeries,
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ForecastResponse,
    Problem,
    SeriesError,
    SeriesOptions,
    SeriesResult,
    Skill,
    WarningBody,
)

router = APIRouter(tags=["forecast"], responses=ASKING)


class Prepared:
    """One checked series: who answers it, what is asked, and the dates of the answer."""

    def __init__(self, models: Registry, series: ForecastRequest | BatchSeries, options: SeriesOptions) -> None:
        readings = series.readings
        self.model: LoadedForecaster = models.forecaster(options.model, options.version, readings, options.horizon)
        self.window: Window = self.model.predictor.prepare(readings, options.horizon)
        self.timestamps = _dates(series, self.window.horizon)

    def response(self, forecast: list[float]) -> ForecastResponse:
        card, window = self.model.predictor.card, self.window
        return ForecastResponse(
            model=card.name,
            version=card.version,
            horizon=window.horizon,
            forecast=forecast,
            timestamps=self.timestamps,
            intervals=[],
            skill=Skill(**self.model.predictor.skill(window.horizon)),
            warnings=[WarningBody(code=w.code, detail=w.detail) for w in window.warnings],
        )


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
        model = models.forecaster(options.model, options.version, series.readings, None)
        model.predictor.prepare(series.readings)

    return check_readings, lambda: _dates(series, 1)


@router.post("/forecast", openapi_extra=documented(ForecastRequest))
async def forecast(
    asked: Annotated[ForecastRequest, Depends(body(ForecastRequest))],
    models: Models,
    deadline: Deadline,
    tracing: Tracing,
) -> ForecastResponse:
    """Forecast one series from its recent readings."""
    try:
        _check_options(models, asked)
    except InvalidRequest as error:
        raise error.joined_by(*_series_checks(models, asked, asked)) from None
    prepared = _prepare(models, asked, asked)
    answer = await prepared.model.engine.ask(prepared.window, deadline)
    tracing.waited(answer.queued, answer.worked)
    return prepared.response(answer.result)


@router.post("/forecast/batch", openapi_extra=documented(ForecastBatchRequest))
async def forecast_batch(
    request: Request,
    asked: Annotated[ForecastBatchRequest, Depends(body(ForecastBatchRequest))],
    models: Models,
    deadline: Deadline,
    tracing: Tracing,
) -> ForecastBatchResponse:
    """Forecast many series; one that is bad gets its own error and spoils no other."""
    _check_options(models, asked)
    items: list[Prepared | GatecastError] = []
    for index, series in enumerate(asked.series):
        try:
            items.append(_prepare(models, series, asked))
        except GatecastError as error:
            items.append(within(error, f"/series/{index}"))
        if index % 64 == 63:
            await asyncio.sleep(0)  # let other requests have their turn
    forecasts = await _ask_all(items, deadline, tracing)
    results: list[SeriesResult | SeriesError] = []
    for series, item, found in zip(asked.series, items, forecasts, strict=True):
        if isinstance(item, Prepared) and isinstance(found, list):
            results.append(SeriesResult(id=series.id, **item.response(found).model_dump()))
        else:
            assert isinstance(found, GatecastError)
            problem = found.problem(request.url.path, tracing.request_id)
            results.append(SeriesError(id=series.id, error=Problem(**problem)))
    return ForecastBatchResponse(results=results)


async def _ask_all(
    items: list[Prepared | GatecastError], deadline: float, tracing: Tracing
) -> list[list[float] | GatecastError]:
    """Forecasts in the order of `items`, each model asked for all of its series."""
    found: list[list[float] | GatecastError | None] = [
        item if isinstance(item, GatecastError) else None for item in items
    ]
    by_model: dict[int, list[int]] = {}
    for index, item in enumerate(items):
        if isinstance(item, Prepared):
            by_model.setdefault(id(item.model), []).append(index)
    for indices in by_model.values():
        prepared = [item for i in indices if isinstance(item := items[i], Prepared)]
        answers = await prepared[0].model.engine.ask_many([p.window for p in prepared], deadline)
        note(tracing, answers)
        for i, answer in zip(indices, answers, strict=True):
            found[i] = outcome(answer, tracing)
    return [item for item in found if item is not None]

"""POST /forecast and /forecast/batch."""

from typing import Any

from service.http.middleware import PredictRoute
from service.http.request import RequestContext
from service.http.routes.common import PredictRouter, item_problem
from service.http.schemas import (
    BatchSeries,
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ForecastResponse,
    SeriesOptions,
)
from service.serving.selection import ForecastAnswer, ForecastOptions, ForecastQuery, forecast_many, forecast_one


async def forecast(body: ForecastRequest, context: RequestContext) -> dict[str, Any]:
    """Forecast one series from its recent readings."""
    return _response(await forecast_one(context.registry, _options(body), _query(body), context))


async def forecast_batch(body: ForecastBatchRequest, context: RequestContext) -> dict[str, Any]:
    """Forecast many series; one that is bad gets its own error and spoils no other."""
    queries = [_query(series) for series in body.series]
    outcomes = await forecast_many(context.registry, _options(body), queries, context)
    results: list[dict[str, Any]] = []
    for index, (series, outcome) in enumerate(zip(body.series, outcomes, strict=True)):
        if isinstance(outcome, ForecastAnswer):
            results.append({"id": series.id, **_response(outcome)})
        else:
            results.append({"id": series.id, "error": item_problem(outcome, context, f"/series/{index}")})
    return {"results": results}


def _options(body: SeriesOptions) -> ForecastOptions:
    return ForecastOptions(body.horizon, body.levels, body.model, body.version)


def _query(series: ForecastRequest | BatchSeries) -> ForecastQuery:
    return ForecastQuery(series.readings, series.start, series.frequency)


def _response(answer: ForecastAnswer) -> dict[str, Any]:
    """A ForecastResponse as a JSON object."""
    return {
        "model": answer.card.name,
        "version": answer.card.version,
        "horizon": answer.horizon,
        "forecast": answer.forecast.values,
        "timestamps": answer.timestamps,
        "intervals": [interval._asdict() for interval in answer.forecast.intervals],
        "skill": answer.skill,
        "warnings": [warning._asdict() for warning in answer.warnings],
    }


PREDICT_ROUTES = {
    "/forecast": PredictRoute(ForecastRequest, ForecastResponse, forecast),
    "/forecast/batch": PredictRoute(ForecastBatchRequest, ForecastBatchResponse, forecast_batch),
}
router = PredictRouter("forecast", PREDICT_ROUTES)

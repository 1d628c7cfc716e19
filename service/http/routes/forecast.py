"""POST /forecast and /forecast/batch."""

from typing import Any

from pydantic_core import to_json

from ...forecast.bounds import bounds_of
from ...serving.forecasts import ForecastAnswer, forecast_many, forecast_one
from ...serving.learnt import Selection
from ...serving.selection import ForecastOptions, ForecastQuery
from ...serving.turns import PREPARING_SHARE, Turns
from ..predict_route import PredictRoute
from ..request import RequestContext
from ..schemas import (
    BatchSeries,
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ForecastResponse,
    SeriesFacts,
    SeriesOptions,
)
from .common import PredictRouter, series_results, validated_series


async def forecast(body: ForecastRequest, context: RequestContext) -> bytes:
    """Forecast one series from its recent readings."""
    context.charge(1)
    answer = await forecast_one(context.registry, _options(body), _query(body, body), context)
    context.model, context.version = answer.card.name, answer.card.version
    return to_json(_response(answer))


async def forecast_batch(body: ForecastBatchRequest, context: RequestContext) -> bytes:
    """Forecast many series; one that is bad gets its own error and spoils no other."""
    context.charge(len(body.series))
    bounds_of(body.minimum, body.maximum)  # a fault of the request, not of every series
    queries = await validated_series(
        BatchSeries, lambda valid: _query(valid, body), body.series, Turns(context, PREPARING_SHARE)
    )
    outcomes = forecast_many(context.registry, _options(body), queries, context)
    return await series_results(outcomes, _response, body.series, context)


def _options(body: SeriesOptions) -> ForecastOptions:
    return ForecastOptions(body.horizon, body.levels, body.model, body.version)


def _query(series: ForecastRequest | BatchSeries, defaults: SeriesFacts) -> ForecastQuery:
    """What a series does not say itself, `defaults` say."""
    return ForecastQuery(
        series.readings,
        series.start,
        series.frequency,
        defaults.season if series.season is None else series.season,
        defaults.minimum if series.minimum is None else series.minimum,
        defaults.maximum if series.maximum is None else series.maximum,
    )


def _response(answer: ForecastAnswer) -> dict[str, Any]:
    """A ForecastResponse as a JSON object."""
    return {
        "model": answer.card.name,
        "version": answer.card.version,
        "horizon": answer.horizon,
        "season": answer.season,
        "forecast": answer.forecast.values,
        "timestamps": answer.timestamps,
        "intervals": [interval._asdict() for interval in answer.forecast.intervals],
        "skill": answer.skill,
        "selection": answer.selection and _selection(answer.selection),
        "warnings": [warning._asdict() for warning in answer.warnings],
    }


def _selection(selection: Selection) -> dict[str, Any]:
    return {
        "rule": selection.rule,
        "series": selection.series,
        "candidates": [each._asdict() for each in selection.candidates],
    }


PREDICT_ROUTES = {
    "/forecast": PredictRoute(ForecastRequest, ForecastResponse, forecast),
    "/forecast/batch": PredictRoute(ForecastBatchRequest, ForecastBatchResponse, forecast_batch),
}
router = PredictRouter("forecast", PREDICT_ROUTES)

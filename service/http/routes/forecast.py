"""POST /forecast and /forecast/batch."""

from typing import Any

from pydantic_core import to_json

from service.errors import DeadlineExceeded, DuplicateId, GatecastError, InvalidRequest
from service.forecast.bounds import bounds_of
from service.http.body import validate
from service.http.middleware import PredictRoute
from service.http.request import RequestContext
from service.http.routes.common import PredictRouter, batch_json, item_problem
from service.http.schemas import (
    MAX_ID_CHARACTERS,
    BatchSeries,
    ForecastBatchRequest,
    ForecastBatchResponse,
    ForecastRequest,
    ForecastResponse,
    SeriesFacts,
    SeriesOptions,
)
from service.serving.forecasts import ForecastAnswer, forecast_many, forecast_one
from service.serving.selection import ForecastOptions, ForecastQuery
from service.serving.turns import PREPARING_SHARE, Turns


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
    queries = await _queries(body, Turns(context, PREPARING_SHARE))
    results: list[bytes] = []
    async for outcome in forecast_many(context.registry, _options(body), queries, context):
        index = len(results)
        series = body.series[index]
        if isinstance(outcome, ForecastAnswer):
            results.append(to_json({"id": series["id"], **_response(outcome)}))
        else:
            problem = item_problem(outcome, context, f"/series/{index}")
            results.append(to_json({"id": _id(series), "error": problem}))
    return batch_json(results)


async def _queries(body: ForecastBatchRequest, turns: Turns) -> list[ForecastQuery | GatecastError]:
    """Validate every series. Those that there is no time for get DeadlineExceeded."""
    queries: list[ForecastQuery | GatecastError] = []
    index_of: dict[str, int] = {}
    for index, each in enumerate(body.series):
        try:
            await turns.next()
            valid = validate(BatchSeries, each)
            if (first := index_of.setdefault(valid.id, index)) != index:
                raise DuplicateId(f"the id is used by /series/{first} already", pointer="/id")
            queries.append(_query(valid, body))
        except (InvalidRequest, DeadlineExceeded) as error:
            queries.append(error)
    return queries


def _id(series: Any) -> str | None:
    """The id of a series that may be anything."""
    sent = series.get("id") if isinstance(series, dict) else None
    return sent if isinstance(sent, str) and len(sent) <= MAX_ID_CHARACTERS else None


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
        "warnings": [warning._asdict() for warning in answer.warnings],
    }


PREDICT_ROUTES = {
    "/forecast": PredictRoute(ForecastRequest, ForecastResponse, forecast),
    "/forecast/batch": PredictRoute(ForecastBatchRequest, ForecastBatchResponse, forecast_batch),
}
router = PredictRouter("forecast", PREDICT_ROUTES)

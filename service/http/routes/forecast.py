"""POST /forecast and /forecast/batch."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

from service.errors import DeadlineExceeded, DuplicateId, GatecastError, InvalidRequest
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
    SeriesOptions,
)
from service.serving.forecasts import ForecastAnswer, forecast_many, forecast_one
from service.serving.learnt import Selection
from service.serving.selection import ForecastOptions, ForecastQuery
from service.serving.turns import PREPARING_SHARE, Turns


async def forecast(body: ForecastRequest, context: RequestContext) -> bytes:
    """Forecast one series from its recent readings."""
    context.charge(1)
    answer = await forecast_one(context.registry, _options(body), _query(body), context)
    context.model, context.version = answer.card.name, answer.card.version
    return to_json(_response(answer))


async def forecast_batch(body: ForecastBatchRequest, context: RequestContext) -> bytes:
    """Forecast many series; one that is bad gets its own error and spoils no other."""
    context.charge(len(body.series))
    queries = await _queries(body.series, Turns(context, PREPARING_SHARE))
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


async def _queries(series: Sequence[Any], turns: Turns) -> list[ForecastQuery | GatecastError]:
    """Validate every series. Those that there is no time for get DeadlineExceeded."""
    queries: list[ForecastQuery | GatecastError] = []
    index_of: dict[str, int] = {}
    for index, each in enumerate(series):
        try:
            await turns.next()
            valid = validate(BatchSeries, each)
            if (first := index_of.setdefault(valid.id, index)) != index:
                raise DuplicateId(f"the id is used by /series/{first} already", pointer="/id")
            queries.append(_query(valid))
        except (InvalidRequest, DeadlineExceeded) as error:
            queries.append(error)
    return queries


def _id(series: Any) -> str | None:
    """The id of a series that may be anything."""
    sent = series.get("id") if isinstance(series, dict) else None
    return sent if isinstance(sent, str) and len(sent) <= MAX_ID_CHARACTERS else None


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
        "selection": answer.selection and _selection(answer.selection),
        "warnings": [warning._asdict() for warning in answer.warnings],
    }


def _selection(selection: Selection) -> dict[str, Any]:
    return {"rule": selection.rule, "candidates": [each._asdict() for each in selection.candidates]}


PREDICT_ROUTES = {
    "/forecast": PredictRoute(ForecastRequest, ForecastResponse, forecast),
    "/forecast/batch": PredictRoute(ForecastBatchRequest, ForecastBatchResponse, forecast_batch),
}
router = PredictRouter("forecast", PREDICT_ROUTES)

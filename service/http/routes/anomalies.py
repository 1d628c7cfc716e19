"""POST /anomalies and /anomalies/batch."""

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

from ...serving import anomalies as serving
from ...serving.anomalies import AnomalyAnswer, AnomalyQuery, judge_many, judge_one
from ...serving.turns import PREPARING_SHARE, Turns
from ..predict_route import PredictRoute
from ..request import RequestContext
from ..schemas_anomalies import (
    AnomaliesBatchRequest,
    AnomaliesBatchResponse,
    AnomaliesRequest,
    AnomaliesResponse,
    AnomalyOptions,
    AnomalySeries,
)
from .common import PredictRouter, series_results, validated_series


async def anomalies(body: AnomaliesRequest, context: RequestContext) -> bytes:
    """Say which of the last readings were not to be expected from those before them."""
    context.charge(1)
    answer = await judge_one(context.registry, _options(body), _query(body), context)
    context.model, context.version = answer.card.name, answer.card.version
    return to_json(_response(answer))


async def anomalies_batch(body: AnomaliesBatchRequest, context: RequestContext) -> bytes:
    """Judge many series; one that is bad gets its own error and spoils no other."""
    context.charge(len(body.series))
    queries = await validated_series(AnomalySeries, _query, body.series, Turns(context, PREPARING_SHARE))
    outcomes = judge_many(context.registry, _options(body), queries, context)
    return await series_results(outcomes, _response, body.series, context)


def _options(body: AnomalyOptions) -> serving.AnomalyOptions:
    return serving.AnomalyOptions(body.level, body.last)


def _query(series: AnomaliesRequest | AnomalySeries) -> AnomalyQuery:
    return AnomalyQuery(series.readings, series.start, series.frequency, series.season)


def _response(answer: AnomalyAnswer) -> dict[str, Any]:
    """An AnomaliesResponse as a JSON object."""
    dates: Sequence[str | None] = answer.timestamps or [None] * len(answer.points)
    points = [
        {
            "index": point.position,
            "timestamp": date,
            "reading": point.reading,
            "expected": point.expected,
            "lower": point.lower,
            "upper": point.upper,
            "score": point.score,
            "anomaly": point.anomaly,
        }
        for point, date in zip(answer.points, dates, strict=True)
    ]
    return {
        "model": answer.card.name,
        "version": answer.card.version,
        "season": answer.season_length,
        "points": points,
        "warnings": [warning._asdict() for warning in answer.warnings],
    }


PREDICT_ROUTES = {
    "/anomalies": PredictRoute(AnomaliesRequest, AnomaliesResponse, anomalies),
    "/anomalies/batch": PredictRoute(AnomaliesBatchRequest, AnomaliesBatchResponse, anomalies_batch),
}
router = PredictRouter("anomalies", PREDICT_ROUTES)

"""The bodies of requests, for the OpenAPI schema: their models, the rules between their fields, and examples."""

from typing import Any

from .adapters.huggingface import PredictRequest, TeiError
from .adapters.inference_v2.schemas import InferenceError, InferenceRequest
from .adapters.nixtla.schemas import (
    NixtlaAnomaliesRequest,
    NixtlaCrossValidationRequest,
    NixtlaForecastRequest,
    NixtlaOnlineAnomaliesRequest,
)
from .schema_parts import RECENT_MONTHS
from .schemas import BatchSeries, ForecastBatchRequest, ForecastBatchResponse, ForecastRequest, Problem
from .schemas_anomalies import (
    AnomaliesBatchRequest,
    AnomaliesBatchResponse,
    AnomaliesRequest,
    AnomalySeries,
)
from .schemas_operations import ModelList, ReloadReport
from .schemas_sentiment import SentimentBatchRequest, SentimentBatchResponse, SentimentRequest

Json = dict[str, Any]

REQUESTS = (
    BatchSeries,
    ForecastRequest,
    ForecastBatchRequest,
    AnomalySeries,
    AnomaliesRequest,
    AnomaliesBatchRequest,
    SentimentRequest,
    SentimentBatchRequest,
    NixtlaForecastRequest,
    NixtlaCrossValidationRequest,
    NixtlaAnomaliesRequest,
    NixtlaOnlineAnomaliesRequest,
    InferenceRequest,
    PredictRequest,
)
RESPONSES = (
    ForecastBatchResponse,
    AnomaliesBatchResponse,
    SentimentBatchResponse,
    ModelList,
    ReloadReport,
    Problem,
    InferenceError,
    TeiError,
)


def _needs(field: str, other: str) -> Json:
    """A field that must not come without another. Null is as good as nothing."""
    without = {field: {"type": "string"}, other: {"type": "null"}}
    return {"not": {"properties": without, "required": [field]}}


# what holds between the fields of a body
RULES = {
    ForecastRequest: [_needs("start", "frequency"), _needs("frequency", "start"), _needs("version", "model")],
    ForecastBatchRequest: [_needs("version", "model")],
    BatchSeries: [_needs("start", "frequency"), _needs("frequency", "start")],
    AnomaliesRequest: [_needs("start", "frequency"), _needs("frequency", "start")],
    AnomalySeries: [_needs("start", "frequency"), _needs("frequency", "start")],
}
LAST_YEAR = {"readings": RECENT_MONTHS, "start": "2015-02-01", "frequency": "MS", "last": 12}
NEXT_YEAR = {"readings": RECENT_MONTHS, "start": "2015-02-01", "frequency": "MS", "horizon": 12}
REVIEW = "A warm, funny and beautifully acted film."
INFERENCES: dict[str, Json] = {
    "a text": {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": [REVIEW]}]},
    "a series": {
        "inputs": [{"name": "readings", "shape": [1, len(RECENT_MONTHS)], "datatype": "FP64", "data": RECENT_MONTHS}],
        "parameters": {"horizon": 3, "levels": "80,95"},
        "outputs": [{"name": "forecast"}],
    },
}
BODY_EXAMPLES: dict[str, dict[str, Json]] = {
    "/forecast": {
        "a year of months": NEXT_YEAR,
        "as short as can be": {"readings": RECENT_MONTHS},
        "no intervals": NEXT_YEAR | {"levels": []},
    },
    "/forecast/batch": {
        "two series": {"series": [{"id": name, "readings": RECENT_MONTHS} for name in ("a", "b")], "horizon": 3}
    },
    "/anomalies": {
        "the last year of months": LAST_YEAR,
        "only what is far out": {"readings": RECENT_MONTHS, "last": 3, "level": 99.9},
    },
    "/anomalies/batch": {
        "two series": {"series": [{"id": name, "readings": RECENT_MONTHS} for name in ("a", "b")], "last": 3}
    },
    "/sentiment": {"a review": {"text": REVIEW}, "with reasons": {"text": REVIEW, "explain": True, "sentences": True}},
    "/v2/models/{name}/infer": INFERENCES,
    "/v2/models/{name}/versions/{version}/infer": INFERENCES,
    "/predict": {
        "a text": {"inputs": REVIEW},
        "the likeliest label of a text": {"inputs": REVIEW, "parameters": {"top_k": 1}},
        "a batch": {"inputs": [[REVIEW], ["Two hours that I shall not get back."]]},
    },
    "/sentiment/batch": {"two reviews": {"texts": [REVIEW, "Two hours that I shall not get back."]}},
}

"""The wire of /anomalies: requests and responses, their limits and examples."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, FiniteFloat, Strict, WithJsonSchema

from ..serving.anomalies import MAX_LAST
from .schema_parts import (
    SERIES_OF_A_BATCH,
    Frequency,
    Readings,
    Request,
    Response,
    Season,
    SeriesId,
    Start,
    whole,
    with_example,
)
from .schemas import PROBLEM, SeriesError, WarningBody

ANOMALIES: dict[str, Any] = {
    "model": "universal",
    "version": "1",
    "season": 12,
    "points": [
        {
            "index": 34,
            "timestamp": "2017-12-01T00:00:00",
            "reading": 114.7212,
            "expected": 114.48,
            "lower": 108.21,
            "upper": 120.9,
            "score": 0.93,
            "anomaly": False,
        },
        {
            "index": 35,
            "timestamp": "2018-01-01T00:00:00",
            "reading": 149.4048,
            "expected": 119.36,
            "lower": 111.5,
            "upper": 127.8,
            "score": 0.00002,
            "anomaly": True,
        },
    ],
    "warnings": [],
}


class AnomalyOptions(Request):
    """What holds for one series or for all of a batch."""

    level: Annotated[float, Strict(), Field(gt=0, le=99.99)] = Field(
        99, description="percent of normal readings that lie within `lower` and `upper`"
    )
    last: Annotated[
        Annotated[int, Strict(), Field(ge=1, le=MAX_LAST)] | None,
        BeforeValidator(whole),
        Field(
            None,
            description="how many of the last readings are judged; each needs twelve before it. Default: 24, or as many as "
            "can be",
            examples=[24],
        ),
    ]


class AnomaliesRequest(AnomalyOptions):
    readings: Readings
    start: Start
    frequency: Frequency
    season: Season


class AnomalySeries(Request):
    id: SeriesId
    readings: Readings
    start: Start
    frequency: Frequency
    season: Season


class AnomaliesBatchRequest(AnomalyOptions):
    ITEMS, ITEM = "series", AnomalySeries

    series: Annotated[
        list[Annotated[Any, WithJsonSchema({"$ref": "#/components/schemas/AnomalySeries"})]],
        SERIES_OF_A_BATCH,
    ]


class AnomalyPoint(Response):
    """A reading beside what those before it let expect."""

    index: int = Field(description="of the reading, among those sent")
    timestamp: str | None = Field(description="null unless `start` and `frequency` were sent")
    reading: FiniteFloat | None = Field(description="null if it is missing")
    expected: FiniteFloat
    lower: FiniteFloat
    upper: FiniteFloat
    score: FiniteFloat | None = Field(
        ge=0, le=1, description="the share of normal readings that are further from what is expected; null if missing"
    )
    anomaly: bool = Field(description="whether the reading is outside `lower` and `upper`")


class AnomaliesResponse(Response):
    model_config = with_example(ANOMALIES)

    model: str
    version: str
    season: int = Field(description="readings in a season that was assumed; 1 for none")
    points: list[AnomalyPoint] = Field(description="the last readings, oldest first")
    warnings: list[WarningBody]


class AnomaliesResult(AnomaliesResponse):
    """One series of a batch."""

    model_config = with_example({"id": "a"} | ANOMALIES)

    id: str


class AnomaliesBatchResponse(Response):
    model_config = with_example({"results": [{"id": "a"} | ANOMALIES, {"id": "b", "error": PROBLEM}]})

    results: list[AnomaliesResult | SeriesError] = Field(description="in the order asked")

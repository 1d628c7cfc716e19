"""The wire: requests and responses, and their examples. A leaf but for the parts that they share."""

from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from .schema_parts import (
    SERIES_OF_A_BATCH,
    Frequency,
    Horizon,
    Levels,
    Maximum,
    Minimum,
    ModelName,
    ModelVersion,
    Readings,
    Request,
    Response,
    Season,
    SeriesId,
    Start,
    with_example,
    without_default,
)


class SeriesFacts(Request):
    """What the caller knows of a series. In a batch each series may have its own, and the request's hold for the others."""

    season: Season
    minimum: Minimum
    maximum: Maximum


class SeriesOptions(SeriesFacts):
    """What holds for one series or for all of a batch."""

    horizon: Horizon
    levels: Levels
    model: ModelName
    version: ModelVersion


class ForecastRequest(SeriesOptions):
    readings: Readings
    start: Start
    frequency: Frequency


class BatchSeries(SeriesFacts):
    id: SeriesId
    readings: Readings
    start: Start
    frequency: Frequency


class ForecastBatchRequest(SeriesOptions):
    ITEMS, ITEM = "series", BatchSeries

    series: Annotated[
        list[Annotated[Any, WithJsonSchema({"$ref": "#/components/schemas/BatchSeries"})]],
        SERIES_OF_A_BATCH,
    ]


FORECAST: dict[str, Any] = {
    "model": "gru",
    "version": "1",
    "horizon": 2,
    "season": 12,
    "forecast": [114.93, 101.72],
    "timestamps": ["2018-02-01T00:00:00", "2018-03-01T00:00:00"],
    "intervals": [
        {"level": 80, "lower": [111.02, 98.11], "upper": [118.84, 105.33]},
        {"level": 95, "lower": [108.46, 95.32], "upper": [121.40, 108.12]},
    ],
    "skill": {
        "baseline": "seasonal_naive",
        "metric": "rmse",
        "ratio": 0.87,
        "steps": 2,
        "measured_on": "readings",
        "origins": 24,
    },
    "selection": {
        "rule": "learnt_series",
        "series": None,
        "candidates": [
            {"model": "gru", "version": "1", "ratio": 0.94, "refused": None},
            {"model": "universal", "version": "1", "ratio": 0.97, "refused": "not_better"},
        ],
    },
    "warnings": [
        {
            "code": "outside_training_range",
            "detail": "1 of the 36 readings used lie outside the range of the training data (55.3151 to 128.907)",
        }
    ],
}
PROBLEM: dict[str, Any] = {
    "type": "/problems/too-few-readings",
    "title": "Too few readings",
    "status": 422,
    "detail": "model 'gru' reads a window of 15 readings; 9 were sent",
    "instance": "/forecast",
    "request_id": "0f6c5d0b7f7a4f0c9a1d2e3f4a5b6c7d",
    "errors": [{"pointer": "/readings", "detail": "needs at least 15 items"}],
}


class FaultBody(Response):
    pointer: str = Field(description="JSON Pointer (RFC 6901) into the request", examples=["/readings"])
    detail: str


class Problem(Response):
    """RFC 9457 problem details."""

    model_config = with_example(PROBLEM)

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    trace_id: str | SkipJsonSchema[None] = Field(
        None,
        description="the trace that the request belongs to, if it is traced or the header `traceparent` named one",
        examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
        json_schema_extra=without_default,
    )
    errors: list[FaultBody]


class WarningBody(Response):
    code: Literal[
        "missing_readings",
        "outlier_readings",
        "outside_training_range",
        "unlike_training_data",
        "recursive_horizon",
        "broken_season",
        "constant_readings",
        "poor_coverage",
        "truncated",
        "mostly_unknown_words",
        "not_english",
        "unlike_training_texts",
        "wide_intervals",
    ]
    detail: str


class Interval(Response):
    """Where the readings of each step will lie in `level` percent of cases."""

    level: FiniteFloat
    lower: list[FiniteFloat]
    upper: list[FiniteFloat]


class Skill(Response):
    """The model's error over the baseline's; below 1 is better."""

    baseline: str = Field(description="`seasonal_naive`, or `last_value` where the season is 1")
    metric: str
    ratio: FiniteFloat | None = Field(description="null where the baseline makes no error")
    steps: int = Field(description="the steps from 1 that the ratio pools")
    measured_on: Literal["readings", "card"] = Field(
        description="earlier origins within the readings sent, or, where they are too few, the card's backtest"
    )
    origins: int | None = Field(description="earlier origins within the readings")


class ConsideredForecaster(Response):
    model: str
    version: str
    ratio: FiniteFloat | None = Field(
        description="its RMSE over the seasonal naive forecast's, by its card: on readings that no candidate had learnt"
    )
    refused: str | None = Field(
        None,
        description="why it does not answer: `not_compared` (an old card), `not_better`, `other_frequency`, `other_season`, "
        "`too_few_readings`, `no_overlap` (with the readings that it has learnt), `other_level`, `other_amplitude`, "
        "`other_shape`, `unsuitable`; null for the one that does",
    )


class Selection(Response):
    """Why this forecaster answers a request that names none."""

    rule: Literal["learnt_series", "any_series", "no_forecaster_of_any_series"] = Field(
        description="the readings continue a series that this network has learnt, and it was the better one on readings "
        "that it had not; or they continue none, so the forecaster of any series answers; or there is none"
    )
    series: str | None = Field(
        None, description="the id of the learnt series that the readings continue, of a network that has learnt many"
    )
    candidates: list[ConsideredForecaster] = Field(description="the one that answers first, then at most five others")


class ForecastResponse(Response):
    model_config = with_example(FORECAST)

    model: str
    version: str
    horizon: int
    season: int = Field(description="readings in a season, as the model took it; 1 for none")
    forecast: list[FiniteFloat]
    timestamps: list[str] | None = Field(description="null unless `start` and `frequency` were sent")
    intervals: list[Interval]
    skill: Skill
    selection: Selection | None = Field(description="null where the request names the model")
    warnings: list[WarningBody]


class SeriesResult(ForecastResponse):
    """One forecast of a batch."""

    model_config = with_example({"id": "a"} | FORECAST)

    id: str


class SeriesError(Response):
    id: str | None = Field(description="null if the series has none that could be read")
    error: Problem


class ForecastBatchResponse(Response):
    model_config = with_example({"results": [{"id": "a"} | FORECAST, {"id": "b", "error": PROBLEM}]})

    results: list[SeriesResult | SeriesError] = Field(description="in the order asked")

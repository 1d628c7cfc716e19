"""The wire: requests and responses, their limits and examples. A leaf but for the card."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    FiniteFloat,
    Strict,
    WithJsonSchema,
)

from ..artifacts.card import MAX_HORIZON
from ..forecast.forecaster import MAX_SEASON

MAX_READINGS = 10_000
MAX_ITEMS = 1_000
MAX_ID_CHARACTERS = 200
# US electric and gas utilities production, 2015-02 to 2018-01 (Federal Reserve, IPG2211A2N)
RECENT_MONTHS = [
    116.3788, 104.4706, 89.7461, 91.093, 102.6495, 111.6354, 110.5925, 101.9204, 91.5959,
    93.0628, 103.2203, 117.0837, 106.6688, 95.3548, 89.3254, 90.7369, 104.0375, 114.5397,
    115.5159, 102.7637, 91.4867, 92.89, 112.7694, 114.8505, 99.4901, 101.0396, 88.353,
    92.0805, 102.1532, 112.1538, 108.9312, 98.6154, 93.6137, 97.3359, 114.7212, 129.4048,
]  # fmt: skip

MAX_READING = 1e150  # larger ones would overflow when squared
Reading = Annotated[FiniteFloat, Strict(), Field(ge=-MAX_READING, le=MAX_READING)]
Readings = Annotated[
    list[Reading | None],
    FailFast(),  # of ten thousand bad readings not each becomes an error
    Field(
        min_length=1,
        max_length=MAX_READINGS,
        description="oldest first, in the series' own units; null marks a missing reading, neither the first nor the "
        "last. A model of one series takes at most 20 % of them in its window",
        examples=[RECENT_MONTHS],
    ),
]


DATE = r"(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?"
MONTH, WEEK = r"(?!0000)\d{4}(?:-(?:0[1-9]|1[0-2]))?", r"(?!0000)\d{4}-W(?:0[1-9]|[1-4]\d|5[0-3])(?:-[1-7])?"
FIRST_DATE = re.compile(f"{DATE}(?:[Tt ]{TIME})?|{MONTH}|{WEEK}", re.ASCII)


def _first_date(value: object) -> object:
    """Dates are written; a number would be taken for seconds since 1970. A year, month or week begins with its first day."""
    if not isinstance(value, str) or not FIRST_DATE.fullmatch(value):
        raise ValueError(
            "must be an ISO 8601 date such as 2016-11-01, a month such as 2016-11, or a date and time such as "
            "2016-11-01T06:30Z; a quarter is written as its first month"
        )
    day = {4: "-01-01", 7: "-01"}.get(len(value), "")  # Python reads weeks and days, but neither years nor months
    try:
        return datetime.fromisoformat(value.upper() + day)
    except ValueError:
        raise ValueError("must be a date that the calendar has, such as 2016-11-01") from None


Start = Annotated[
    Annotated[
        datetime,
        BeforeValidator(_first_date),
        WithJsonSchema({"type": "string", "pattern": f"^(?:{FIRST_DATE.pattern})$"}),
    ]
    | None,
    Field(
        None,
        description="of the first reading, with `frequency`: an ISO 8601 date that the calendar has, a date and time, with "
        "or without a UTC offset, or a year, month or week, which stands for its first day",
        examples=["2015-02-01"],
    ),
]
Frequency = Annotated[
    str | None,
    Field(
        None,
        min_length=1,
        max_length=32,
        description="with `start`: a pandas offset alias (MS, ME, D, B, h, 30min, W-MON, QS, YE-JUN, …), one of the older "
        "names M, Q, A, Y, H, T, S, …, or an ISO 8601 period (P1M, P1W, PT15M, …). A month, quarter or year "
        "begins or ends with `start`; P1M, P3M and P1Y keep its day",
        examples=["MS"],
    ),
]


def _whole(value: object) -> object:
    """12.0 is an integer in JSON Schema, and what some languages write for 12."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Horizon = Annotated[
    Annotated[int, Strict(), Field(ge=1, le=MAX_HORIZON)] | None,
    BeforeValidator(_whole),
    Field(
        None,
        description="steps to forecast; steps beyond the model's own are made from its forecasts; default: its own",
    ),
]
Season = Annotated[
    Annotated[int, Strict(), Field(ge=1, le=MAX_SEASON)] | None,
    BeforeValidator(_whole),
    Field(
        None,
        description="readings in a season; default: that of the frequency (months 12, `3MS` 4, days 7, hours 24, `15min` "
        "96, …) or, where that is 1 or too long for the readings, the one that they show. A model of one series knows its own",
        examples=[12],
    ),
]
Minimum = Annotated[
    Reading | None,
    Field(
        None,
        description="the least reading that can be, 0 for counts: forecasts and intervals stay within",
        examples=[0],
    ),
]
Maximum = Annotated[Reading | None, Field(None, description="the greatest reading that can be", examples=[1000])]
Level = Annotated[float, Strict(), Field(gt=0, lt=100)]
Levels = Annotated[
    list[Level] | None,
    Field(
        None,
        max_length=5,
        description="prediction-interval levels in percent, up to what the model's calibration supports; "
        "default: 80 and 95; [] turns intervals off",
        examples=[[80, 95]],
    ),
]
ModelName = Annotated[
    str | None,
    Field(
        None,
        max_length=64,
        description="default: the forecaster of any series, unless the readings continue a series that a network has learnt",
        examples=["gru"],
    ),
]
ModelVersion = Annotated[
    str | None,
    Field(None, max_length=16, description="of the `model` named; default: the newest loaded", examples=["1"]),
]
SeriesId = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARACTERS, description="comes back with the result")]
SERIES_OF_A_BATCH = Field(
    min_length=1,
    max_length=MAX_ITEMS,
    description="each with an `id` of its own; one that is bad spoils no other",
    examples=[[{"id": "a", "readings": RECENT_MONTHS}]],
)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    ITEMS: ClassVar[str | None] = None  # the field whose items are validated one by one, when they are answered
    ITEM: ClassVar[type[BaseModel] | None] = None  # the model of such an item, if it has one


class SeriesFacts(_Request):
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


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True)


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
MODEL: dict[str, Any] = {
    "name": "gru",
    "version": "1",
    "task": "forecast",
    "default": True,
    "task_default": False,
    "engine": "onnx",
    "network": "GRU(256) → Dropout 0.2 → Dense(1)",
    "parameters": 199169,
    "window": 15,
    "max_horizon": 1000,
    "max_tokens": None,
}


def _example(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class FaultBody(_Response):
    pointer: str = Field(description="JSON Pointer (RFC 6901) into the request", examples=["/readings"])
    detail: str


class Problem(_Response):
    """RFC 9457 problem details."""

    model_config = _example(PROBLEM)

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FaultBody]


class WarningBody(_Response):
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


class Interval(_Response):
    """Where the readings of each step will lie in `level` percent of cases."""

    level: FiniteFloat
    lower: list[FiniteFloat]
    upper: list[FiniteFloat]


class Skill(_Response):
    """The model's error over the baseline's; below 1 is better."""

    baseline: str = Field(description="`seasonal_naive`, or `last_value` where the season is 1")
    metric: str
    ratio: FiniteFloat | None = Field(description="null where the baseline makes no error")
    steps: int = Field(description="the steps from 1 that the ratio pools")
    measured_on: Literal["readings", "card"] = Field(
        description="earlier origins within the readings sent, or, where they are too few, the card's backtest"
    )
    origins: int | None = Field(description="earlier origins within the readings")


class ConsideredForecaster(_Response):
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


class Selection(_Response):
    """Why this forecaster answers a request that names none."""

    rule: Literal["learnt_series", "any_series", "no_forecaster_of_any_series"] = Field(
        description="the readings continue a series that this network has learnt, and it was the better one on readings "
        "that it had not; or they continue none, so the forecaster of any series answers; or there is none"
    )
    series: str | None = Field(
        None, description="the id of the learnt series that the readings continue, of a network that has learnt many"
    )
    candidates: list[ConsideredForecaster] = Field(description="the one that answers first, then at most five others")


class ForecastResponse(_Response):
    model_config = _example(FORECAST)

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

    model_config = _example({"id": "a"} | FORECAST)

    id: str


class SeriesError(_Response):
    id: str | None = Field(description="null if the series has none that could be read")
    error: Problem


class ForecastBatchResponse(_Response):
    model_config = _example({"results": [{"id": "a"} | FORECAST, {"id": "b", "error": PROBLEM}]})

    results: list[SeriesResult | SeriesError] = Field(description="in the order asked")


class ModelSummary(_Response):
    model_config = _example(MODEL)

    name: str
    version: str
    task: Literal["forecast", "sentiment"]
    default: bool = Field(description="the version that answers when none is named")
    task_default: bool = Field(
        description="whether it answers requests of its task that name no model; a forecast may still come from a network "
        "that has learnt the series"
    )
    engine: Literal["onnx", "tensorflow"] = Field(description="what runs its network")
    network: str
    parameters: int
    window: int | None = Field(description="readings a forecaster needs")
    max_horizon: int | None
    max_tokens: int | None = Field(description="tokens a classifier reads")


class ModelList(_Response):
    model_config = _example({"models": [MODEL]})

    models: list[ModelSummary]


class State(_Response):
    model_config = _example({"status": "ready"})

    status: Literal["alive", "ready"]


class ServiceVersion(_Response):
    model_config = _example({"name": "gatecast", "version": "0.1.0", "python": "3.12.1", "models": {"gru": ["1"]}})

    name: Literal["gatecast"] = "gatecast"
    version: str
    python: str
    models: dict[str, list[str]] = Field(description="loaded versions by name")


class VersionName(_Response):
    name: str
    version: str


class RefusedVersion(_Response):
    name: str | None = Field(description="null when the models directory as a whole could not be read")
    version: str | None
    reason: str


class ReloadReport(_Response):
    """What a rescan of the models directory changed. A version that is refused leaves the one that served in place."""

    model_config = _example(
        {
            "loaded": [{"name": "gru", "version": "2"}],
            "retired": [{"name": "gru", "version": "1"}],
            "refused": [{"name": "lstm", "version": "2", "reason": "models/lstm/2/SHA256SUMS is missing"}],
            "tensorflow_loads": 0,
            "tensorflow_loads_left": 20,
        }
    )

    loaded: list[VersionName]
    retired: list[VersionName]
    refused: list[RefusedVersion]
    tensorflow_loads: int = Field(
        description="SavedModels that TensorFlow loaded since the start; it keeps their memory"
    )
    tensorflow_loads_left: int

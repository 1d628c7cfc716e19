"""What the schemas of requests and responses share: the kinds of fields, their limits, and the base classes."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    FiniteFloat,
    GetCoreSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic_core import CoreSchema

from ..artifacts.card import MAX_HORIZON
from ..errors import MAX_FAULTS
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


def whole(value: object) -> object:
    """12.0 is an integer in JSON Schema, and what some languages write for 12."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Horizon = Annotated[
    Annotated[int, Strict(), Field(ge=1, le=MAX_HORIZON)] | None,
    BeforeValidator(whole),
    Field(
        None,
        description="steps to forecast; steps beyond the model's own are made from its forecasts; default: its own",
    ),
]
Season = Annotated[
    Annotated[int, Strict(), Field(ge=1, le=MAX_SEASON)] | None,
    BeforeValidator(whole),
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
    Field(
        None, max_length=16, description="of the `model` named; default: that which GET /models shows", examples=["1"]
    ),
]
SeriesId = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARACTERS, description="comes back with the result")]
SERIES_OF_A_BATCH = Field(
    min_length=1,
    max_length=MAX_ITEMS,
    description="each with an `id` of its own; one that is bad spoils no other",
    examples=[[{"id": "a", "readings": RECENT_MONTHS}]],
)


def _parts_of(schema: Any) -> Iterator[dict[str, Any]]:
    """All dictionaries of a core schema."""
    if isinstance(schema, dict):
        yield schema
    children = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for child in children:
        yield from _parts_of(child)


class Request(BaseModel):
    """A request, or an object within one. Validation of a long list ends at its first bad item."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    ITEMS: ClassVar[str | None] = None  # the field whose items are validated one by one, when they are answered
    ITEM: ClassVar[type[BaseModel] | None] = None  # the model of such an item, if it has one

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As pydantic reads it: of 50,000 bad items not each becomes an error, which would take half a second."""
        schema = handler(source)
        for each in _parts_of(schema):
            if each.get("type") == "list" and (each.get("max_length") or MAX_FAULTS + 1) > MAX_FAULTS:
                each["fail_fast"] = True
        return schema


class Response(BaseModel):
    """A response, or an object within one."""

    model_config = ConfigDict(frozen=True)


def without_default(schema: dict[str, Any]) -> None:
    """Say nothing of a default: the field is left out."""
    schema.pop("default", None)


def with_example(example: dict[str, Any]) -> ConfigDict:
    """The configuration of a schema that shows an example."""
    return ConfigDict(json_schema_extra={"examples": [example]})

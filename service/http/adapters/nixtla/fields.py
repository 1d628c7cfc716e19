"""The kinds of fields that requests of the Nixtla client have: flat arrays, levels, and what can only be left out."""

from array import array
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    FailFast,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

from ....artifacts.card import MAX_HORIZON
from ....errors import InvalidRequest
from ...long_arrays import LongArray, doubles
from ...schema_parts import whole

MAX_NUMBERS = 4_000_000  # readings of a request
MAX_SERIES = 50_000
MAX_WINDOWS = 10_000
MAX_LEVELS = 200
HIGHEST_LEVEL = 99.99  # of anomalies
ARRAYS = {
    "series/y": LongArray(MAX_NUMBERS),
    "series/sizes": LongArray(MAX_SERIES, numbers=False),
    "series/start_datetime": LongArray(MAX_SERIES, numbers=False),
}
EXOGENOUS = (
    "cannot be used: the networks read a series alone. Leave out X_df, hist_exog_list, categorical_exog_list and "
    "date_features, and all columns of df but those of the id, the time and the target; the season is known from freq"
)
FINE_TUNING = "cannot be done in a request: train a version with python -m training, and name it as `model`"
CONTRIBUTIONS = "cannot be given: there are no exogenous features; leave feature_contributions out"
TOGETHER = "cannot be done: each series is read alone; leave `multivariate` out"
PARAMETERS = "cannot be used: the networks have no parameters that a request could set; leave them out"
ALONE = "must be 'univariate': each series is judged alone"


class FirstFault(FailFast):
    """Of fifty thousand bad items not each becomes an error. A part of a union needs a hash."""

    def __hash__(self) -> int:
        return hash(self.fail_fast)


class Only:
    """A field that may only have one of these values, or be left out. `words` say why."""

    def __init__(self, words: str, *allowed: object) -> None:
        self._words, self._allowed = words, allowed

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As pydantic reads it."""
        return no_info_before_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        """As the schema says it."""
        return {"enum": list(self._allowed)}

    def _check(self, value: object) -> object:
        if not any(type(whole(value)) is type(each) and value == each for each in self._allowed):
            raise ValueError(self._words)
        return value


def _readings(value: object) -> object:
    """Readings as doubles, NaN where one is missing."""
    if isinstance(value, array):
        return value
    if not isinstance(value, list):
        raise ValueError("must be a list of numbers and nulls")
    try:
        return doubles(value, "")
    except InvalidRequest as error:
        (fault,) = error.faults
        raise ValueError(f"has an item {fault.pointer[1:]} that {fault.detail}") from None


def _all_whole(values: object) -> object:
    """The items of a long list, which is seldom one with a decimal point."""
    return list(map(whole, values)) if isinstance(values, list) and float in set(map(type, values)) else values


def _level(value: object) -> object:
    """A level as it was sent: its number names the columns of the reply."""
    if type(value) not in (int, float) or not 0 <= value < 100:  # type: ignore[operator]
        raise ValueError("must be a number from 0 to less than 100")
    return value


def _anomaly_level(value: object) -> object:
    if type(value) not in (int, float) or not 0 < value <= HIGHEST_LEVEL:  # type: ignore[operator]
        raise ValueError(f"must be a number over 0, of at most {HIGHEST_LEVEL}")
    return value


Readings = Annotated[
    Any,
    BeforeValidator(_readings),
    WithJsonSchema({"type": "array", "items": {"type": ["number", "null"]}, "maxItems": MAX_NUMBERS}),
    Field(description="of all series, one after another, oldest first; null marks a missing reading"),
]
Size = Annotated[int, Strict(), Field(ge=1, le=MAX_NUMBERS), BeforeValidator(whole)]
Sizes = Annotated[
    list[Annotated[int, Strict(), Field(ge=1, le=MAX_NUMBERS)]],
    FirstFault(),
    Field(min_length=1, max_length=MAX_SERIES, description="how many readings each has"),
    BeforeValidator(_all_whole),
]
Dates = Annotated[
    Annotated[list[str], FirstFault()] | None,
    Field(None, max_length=MAX_SERIES, description="of the first readings; not read, as the client makes the dates"),
]
Depth = Annotated[int, Strict(), Field(ge=0, le=100), BeforeValidator(whole)]
Level = Annotated[
    Any, BeforeValidator(_level), WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 100})
]
Levels = Annotated[
    Annotated[list[Level], FirstFault()] | None,
    Field(
        None,
        max_length=MAX_LEVELS,
        description="of prediction intervals, in percent; 0 stands for the median, and levels may repeat",
    ),
]
AnomalyLevel = Annotated[
    Any,
    BeforeValidator(_anomaly_level),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": HIGHEST_LEVEL}),
    Field(99, description="percent of normal readings within the interval"),
]
Horizon = Annotated[
    Annotated[int, Strict(), Field(ge=1, le=MAX_HORIZON)],
    BeforeValidator(whole),
    Field(description="steps to forecast; steps beyond the model's own are made from its forecasts"),
]
Whole = Annotated[int, Strict(), Field(ge=1, le=MAX_WINDOWS), BeforeValidator(whole)]
Text = Annotated[str, Field(min_length=1, max_length=128)]

"""The wire of /v2: requests and responses, as their JSON is. Binary tensors follow after the JSON."""

from array import array
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, Strict, WithJsonSchema

from ....errors import InvalidRequest
from ...long_arrays import LongArray
from ...schema_parts import MAX_ITEMS, Request, Response

MAX_VALUES = 2_000_000  # numbers of a request: 1,000 series of 2,000 readings
MAX_TENSORS = 16
MAX_DIMENSIONS = 8
MAX_NAME = 200

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Size = Annotated[int, Strict(), Field(ge=0)]
Parameters = Annotated[
    dict[str, Any] | None,
    Field(None, max_length=32, description="by name: numbers, strings, true or false"),
]


def _values(data: Any) -> Any:
    """Not copied, as there may be millions; an array has doubles, where NaN stands for null."""
    if isinstance(data, InvalidRequest):
        raise ValueError(f"{data.faults[0].pointer} {data.faults[0].detail}".strip())
    if data is not None and not isinstance(data, list | array):
        raise ValueError("must be a list of values")
    return data


class InputTensor(Request):
    name: Annotated[Name, Field(examples=["text"])]
    shape: Annotated[list[Size], Field(min_length=1, max_length=MAX_DIMENSIONS, examples=[[1]])]
    datatype: Annotated[str, Field(min_length=1, max_length=16, examples=["BYTES"])]
    parameters: Parameters
    data: Annotated[
        Any,
        AfterValidator(_values),
        WithJsonSchema({"anyOf": [{"type": "array", "items": {}}, {"type": "null"}]}),
        Field(
            None,
            description="the values in row-major order, flat or as nested lists; null is a missing reading. Without it, "
            "`parameters.binary_data_size` bytes follow after the JSON",
            examples=[["A warm, funny and beautifully acted film."]],
        ),
    ]


class RequestedOutput(Request):
    name: Annotated[Name, Field(examples=["label"])]
    parameters: Parameters


class InferenceRequest(Request):
    LONG: ClassVar = {"inputs/*/data": LongArray(most=MAX_VALUES, numbers=False, most_others=MAX_ITEMS)}

    id: Annotated[str | None, Field(None, max_length=MAX_NAME, description="comes back")]
    model_name: Annotated[str | None, Field(None, max_length=MAX_NAME, description="the path names the model")]
    parameters: Annotated[
        dict[str, Any] | None,
        Field(
            None,
            max_length=32,
            description="of a forecaster: `horizon`, `levels` (such as `80,95`), `frequency`, `season`, `minimum`, "
            "`maximum`; of the protocol: `binary_data_output`, `timeout` in microseconds",
        ),
    ]
    inputs: Annotated[
        list[InputTensor],
        Field(
            min_length=1,
            max_length=MAX_TENSORS,
            description=f"`text` of a sentiment model, BYTES [n] or [n, 1]; `readings` of a forecaster, numbers [n, t]; n is "
            f"at most {MAX_ITEMS:,}",
        ),
    ]
    outputs: Annotated[
        list[RequestedOutput] | None, Field(None, max_length=MAX_TENSORS, description="those wanted; default: all")
    ]


class OutputTensor(Response):
    name: str
    shape: list[int]
    datatype: str
    parameters: dict[str, int] | None = None
    data: Annotated[list[Any] | None, Field(None, examples=[[0.98, 0.02]])]


class InferenceResponse(Response):
    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]


class TensorMetadata(Response):
    name: str
    datatype: str
    shape: Annotated[list[int], Field(description="-1 for any size")]


class ModelMetadata(Response):
    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    parameters: Annotated[
        dict[str, Any], Field(description="the classes, in the order of `probability`; or the horizon")
    ]


class ModelNames(Response):
    models: list[str]


class ServerMetadata(Response):
    name: str
    version: str
    extensions: list[str]


class Live(Response):
    live: bool


class Ready(Response):
    ready: bool


class ModelReady(Response):
    name: str
    ready: bool


class InferenceError(Response):
    error: str

"""A request's bytes → its JSON, and the bytes of each input that came in binary form."""

import struct
from array import array
from typing import Any, NamedTuple

from ....errors import Fault, InvalidRequest, MalformedBody, NotOffered
from ....serving.turns import Turns
from ...body import parse
from ...request import RequestContext
from .schemas import InferenceRequest

HEADER = b"inference-header-content-length"
HEADER_NAME = "Inference-Header-Content-Length"
BINARY = "binary_data_size"
SHARED = "shared_memory_region"
CONTENT_TYPE = "content_type"  # a hint of Seldon's clients for their own servers
OF_INPUTS = frozenset([BINARY, CONTENT_TYPE])
LENGTH = struct.Struct("<I")  # before each element of BYTES
MAX_DIGITS = 12


class Input(NamedTuple):
    """One input, and its place among those of the request. It has `data`, or `binary` if it came in binary form."""

    place: int
    name: str
    datatype: str
    shape: list[int]
    data: "list[Any] | array[float] | None"
    binary: memoryview | None = None

    def fault(self, step: str, detail: str) -> InvalidRequest:
        """A fault of the input at `step` within it, named by its own name too."""
        pointer = f"/inputs/{self.place}{step}"
        return InvalidRequest(f"{pointer} (`{self.name}`) {detail}", faults=[Fault(pointer, detail)])


class Inference(NamedTuple):
    """A request that was read."""

    request: InferenceRequest
    inputs: list[Input]

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the whole request."""
        return self.request.parameters or {}

    def only(self, name: str, model: str) -> Input:
        """The one input that a model has. Raises InvalidRequest if there are others, or another one."""
        names = [each.name for each in self.inputs]
        if names != [name]:
            raise InvalidRequest(
                f"model '{model}' has one input, `{name}`; send that one, once", pointer="/inputs/0/name"
            )
        return self.inputs[0]


async def read_inference(raw: bytes, context: RequestContext) -> Inference:
    """Read a request. Raises MalformedBody, InvalidRequest or NotOffered, and what Turns raises."""
    end = _json_bytes(context.headers.get(HEADER), len(raw))
    turns = Turns(context)
    request = await parse(raw if end == len(raw) else raw[:end], InferenceRequest, turns)
    rest = memoryview(raw)[end:]
    inputs: list[Input] = []
    position = 0
    for place, tensor in enumerate(request.inputs):
        each = Input(place, tensor.name, tensor.datatype, tensor.shape, tensor.data)
        size = _binary_size(each, tensor.parameters or {}, len(rest) - position)
        if size is not None:
            each = each._replace(binary=rest[position : position + size])
            position += size
        inputs.append(each)
    if position != len(rest):
        raise MalformedBody(
            f"the inputs have {position} bytes of binary data by their `{BINARY}`, but {len(rest)} bytes follow after the "
            f"JSON; {HEADER_NAME} is the length of the JSON in bytes"
        )
    return Inference(request, inputs)


def _json_bytes(header: bytes | None, size: int) -> int:
    """How many bytes of the body are JSON."""
    if header is None:
        return size
    header = header.strip()
    if not header.isdigit() or len(header) > MAX_DIGITS or not 0 < int(header) <= size:
        raise MalformedBody(
            f"the header {HEADER_NAME} must be the length of the JSON in bytes, from 1 to that of the body, which is {size}"
        )
    return int(header)


def _binary_size(each: Input, parameters: dict[str, Any], left: int) -> int | None:
    """How many bytes an input has of the `left` ones after the JSON; None if its values are in the JSON."""
    if SHARED in parameters:
        raise NotOffered(
            "shared memory is not offered: the tensors come with the request",
            pointer=f"/inputs/{each.place}/parameters",
        )
    if unknown := next((name for name in parameters if name not in OF_INPUTS), None):
        known = " and ".join(f"`{name}`" for name in sorted(OF_INPUTS))
        raise each.fault(
            "/parameters", f"may have {known}, and not `{unknown[:40]}`; other parameters are the request's"
        )
    size = parameters.get(BINARY)
    if size is None:
        if each.data is None:
            raise each.fault("", f"needs `data`, or `{BINARY}` among its parameters")
        return None
    if each.data is not None:
        raise each.fault("", f"has both `data` and `{BINARY}`; send one of them")
    if type(size) is not int or not 0 <= size <= left:
        raise each.fault(
            f"/parameters/{BINARY}",
            f"must be a whole number of bytes; {left} are left after the JSON, and {HEADER_NAME} is the length of the JSON",
        )
    return size

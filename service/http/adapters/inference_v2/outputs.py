"""Tensors out: those that were asked for, in JSON or binary form, and the reply that holds them."""

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import to_json

from ....errors import InvalidRequest, NotOffered
from ...encoding import joined
from ...error_forms import JSON
from ...predict_route import Reply
from .requests import BINARY, CONTENT_TYPE, HEADER_NAME, LENGTH, SHARED, Inference

OCTETS = b"application/octet-stream"
ALL_BINARY, ONE_BINARY, CLASSIFICATION = "binary_data_output", "binary_data", "classification"
OF_OUTPUTS = frozenset([ONE_BINARY, CONTENT_TYPE])


class Wanted(NamedTuple):
    """One output that is asked for, and whether in binary form."""

    name: str
    is_binary: bool


def wanted_outputs(inference: Inference, names: Sequence[str], model: str) -> list[Wanted]:
    """The outputs that a request asks for, in its order; all of them in the model's if it names none.

    Raises InvalidRequest for an output that the model does not have, NotOffered for shared memory or classifications.
    """
    all_binary = _flag(inference.parameters, ALL_BINARY, "/parameters")
    wanted: dict[str, Wanted] = {}
    for index, output in enumerate(inference.request.outputs or ()):
        pointer, parameters = f"/outputs/{index}", output.parameters or {}
        if output.name not in names:
            raise InvalidRequest(
                f"{pointer}/name: model '{model}' has the outputs {', '.join(names)}", pointer=f"{pointer}/name"
            )
        if CLASSIFICATION in parameters or SHARED in parameters:
            raise NotOffered(
                "neither `classification` nor shared memory is offered; the outputs are `label` and `probability`",
                pointer=f"{pointer}/parameters",
            )
        if unknown := next((each for each in parameters if each not in OF_OUTPUTS), None):
            raise InvalidRequest(
                f"{pointer}/parameters may have `{ONE_BINARY}`, and not `{unknown[:40]}`; other parameters are the request's",
                pointer=f"{pointer}/parameters",
            )
        is_binary = _flag(parameters, ONE_BINARY, f"{pointer}/parameters", all_binary)
        wanted[output.name] = Wanted(output.name, is_binary)
    return list(wanted.values()) or [Wanted(name, all_binary) for name in names]


def _flag(parameters: dict[str, Any], name: str, pointer: str, default: bool = False) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise InvalidRequest(f"{pointer}/{name} must be true or false", pointer=f"{pointer}/{name}")
    return value


@dataclass
class Output:
    """One tensor of a reply, which grows piece by piece. `datatype` is FP64, BOOL or BYTES."""

    name: str
    datatype: str
    shape: list[int]
    is_binary: bool
    pieces: list[bytes] = field(default_factory=list)

    def add(self, values: Sequence[Any]) -> None:
        """Add some of the values, in row-major order."""
        if self.is_binary:
            self.pieces.append(_packed(values, self.datatype))
        elif values:
            self.pieces.append(to_json(values)[1:-1])


def _packed(values: Sequence[Any], datatype: str) -> bytes:
    if datatype == "FP64":
        packed = array("d", values)
        if sys.byteorder == "big":
            packed.byteswap()
        return packed.tobytes()
    if datatype == "BOOL":
        return bytes(values)
    return b"".join(_with_length(text.encode()) for text in values)


def _with_length(element: bytes) -> bytes:
    return LENGTH.pack(len(element)) + element


async def reply(inference: Inference, name: str, version: str, outputs: Sequence[Output]) -> Reply:
    """The reply to a request: JSON, and after it the tensors in binary form."""
    named = {"model_name": name, "model_version": version}
    if inference.request.id is not None:
        named["id"] = inference.request.id
    head = [to_json(named)[:-1], b',"outputs":[']
    tail: list[bytes] = []
    for output in outputs:
        head += [*_head(output), b","]
        if output.is_binary:
            tail += output.pieces
    head[-1] = b"]}"
    if not any(output.is_binary for output in outputs):
        return Reply(await joined(head), JSON)
    return Reply(await joined([*head, *tail]), OCTETS, {HEADER_NAME: str(sum(map(len, head)))})


def _head(output: Output) -> list[bytes]:
    """The JSON of an output, in pieces."""
    said: dict[str, Any] = {"name": output.name, "shape": output.shape, "datatype": output.datatype}
    if output.is_binary:
        said["parameters"] = {BINARY: sum(map(len, output.pieces))}
        return [to_json(said)]
    values = [part for piece in output.pieces for part in (b",", piece)][1:]
    return [to_json(said)[:-1], b',"data":[', *values, b"]}"]

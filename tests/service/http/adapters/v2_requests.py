"""Requests of /v2 as clients send them: JSON, and after it the tensors in binary form."""

import json
import struct
from array import array
from typing import Any

HEADER = "inference-header-content-length"
TEXT_PATH, READINGS_PATH = "/v2/models/sentiment/infer", "/v2/models/any/infer"
GOOD, BAD = "a good film", "a bad film"


def tensor(name: str, shape: list[int], datatype: str, **rest: Any) -> dict[str, Any]:
    """One input."""
    return {"name": name, "shape": shape, "datatype": datatype, **rest}


def texts(*values: str) -> dict[str, Any]:
    """An input of texts in JSON."""
    return tensor("text", [len(values)], "BYTES", data=[*values])


def readings(*rows: list[Any], datatype: str = "FP64") -> dict[str, Any]:
    """An input of readings in JSON."""
    return tensor("readings", [len(rows), len(rows[0])], datatype, data=[*rows])


def packed_texts(*values: bytes) -> bytes:
    """Texts in binary form."""
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


def doubles(*values: float) -> bytes:
    """Numbers in binary form."""
    return array("d", values).tobytes()


def binary_body(request: dict[str, Any], *tensors: bytes) -> dict[str, Any]:
    """`content` and `headers` of a request whose inputs follow in binary form, in order."""
    for each, content in zip(request["inputs"], tensors, strict=True):
        each.setdefault("parameters", {})["binary_data_size"] = len(content)
    head = json.dumps(request).encode()
    return {"content": b"".join([head, *tensors]), "headers": {HEADER: str(len(head))}}


def outputs(reply: Any) -> dict[str, Any]:
    """The outputs of a reply in JSON, by name."""
    return {each["name"]: each for each in reply.json()["outputs"]}


def split(reply: Any) -> tuple[dict[str, Any], bytes]:
    """The JSON of a reply in binary form, and what follows."""
    end = int(reply.headers[HEADER])
    return json.loads(reply.content[:end]), reply.content[end:]

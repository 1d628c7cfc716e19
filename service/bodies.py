"""Request bodies: read within the size limit, and validated in one pass from bytes.

FastAPI's own way answers an oversized body in plain text and parses JSON twice over; this one refuses with
problem+json and hands the bytes to pydantic.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from service.errors import BodyTooLarge, DeadlineExceeded, Fault, InvalidRequest, MalformedBody, UnsupportedMedia

Body = TypeVar("Body", bound=BaseModel)
MAX_FAULTS = 50


def body(model: type[Body]) -> Callable[[Request], Awaitable[Body]]:
    """A dependency that reads and validates the request's JSON as `model`.

    Raises UnsupportedMedia, BodyTooLarge, DeadlineExceeded (a body that trickles in), MalformedBody or
    InvalidRequest.
    """

    async def read(request: Request) -> Body:
        _check_type(request)
        settings = request.app.state.settings
        try:
            async with asyncio.timeout(settings.timeout_ms / 1000):
                raw = await _read(request, settings.max_body_bytes)
        except TimeoutError:
            raise DeadlineExceeded(f"the body did not arrive within {settings.timeout_ms} ms") from None
        try:
            return model.model_validate_json(raw)
        except ValidationError as error:
            raise _refusal(error) from None

    return read


def documented(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is `model`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _check_type(request: Request) -> None:
    sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if sent != "application/json" and not (sent.startswith("application/") and sent.endswith("+json")):
        raise UnsupportedMedia("send the body as JSON, with 'Content-Type: application/json'")


async def _read(request: Request, limit: int) -> bytes:
    too_large = BodyTooLarge(f"the body is larger than {limit} bytes; send less at once")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > limit:
        raise too_large
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise too_large
        pieces.append(piece)
    return b"".join(pieces)


def _refusal(error: ValidationError) -> MalformedBody | InvalidRequest:
    """Every fault with its JSON Pointer, never the input."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return MalformedBody(f"the body is not JSON: {found[0]['msg'].removeprefix('Invalid JSON: ')}")
    faults = [Fault(_pointer(fault["loc"]), fault["msg"]) for fault in found[:MAX_FAULTS]]
    more = f", the first {MAX_FAULTS} of {len(found)} are listed" if len(found) > MAX_FAULTS else ""
    where = faults[0].pointer or "the body"
    return InvalidRequest(f"the request is not valid: {where}: {faults[0].detail}{more}", faults=faults)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)

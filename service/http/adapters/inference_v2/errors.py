"""Errors as the clients of the protocol read them: `{"error": "…"}`, all faults in one text."""

from pydantic_core import to_json

from ....errors import GatecastError, InvalidRequest, MalformedBody
from ...error_forms import WrittenError

JSON = b"application/json"  # KServe's client reads the error of exactly this content type
MAX_LISTED = 10  # faults in the text


def as_error(error: GatecastError, path: str, request_id: str) -> WrittenError:  # noqa: ARG001 - the form of forms
    """Write an error. The protocol has 400 for what is JSON, but not a valid request."""
    status = MalformedBody.status if isinstance(error, InvalidRequest) else error.status
    return WrittenError(status, JSON, to_json({"error": text_of(error)}))


def text_of(error: GatecastError) -> str:
    """The detail of an error, and what it does not say of the faults."""
    faults = [f"{fault.pointer} {fault.detail}".strip() for fault in error.faults if fault.detail not in error.detail]
    listed = "; ".join(faults[:MAX_LISTED])
    return f"{error.detail}: {listed}" if listed else error.detail

"""Errors as the clients of the protocol read them: `{"error": "…"}`, all faults in one text."""

from pydantic_core import to_json

from ....errors import GatecastError, InvalidRequest, MalformedBody
from ...error_forms import JSON, WrittenError, text_of


def as_error(error: GatecastError, path: str, request_id: str) -> WrittenError:  # noqa: ARG001 - the form of forms
    """Write an error. The protocol has 400 for what is JSON, but not a valid request.

    Its content type is exactly `application/json`: KServe's client reads the text of no other.
    """
    status = MalformedBody.status if isinstance(error, InvalidRequest) else error.status
    return WrittenError(status, JSON, to_json({"error": text_of(error)}))

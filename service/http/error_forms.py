"""How errors are written: as problem+json, or as the clients of another protocol read them, by the first part of the path."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pydantic_core import to_json

from ..errors import GatecastError
from .access import first_part

PROBLEM = b"application/problem+json"
JSON = b"application/json"
MAX_LISTED = 10  # faults in the text of an error


class WrittenError(NamedTuple):
    """An error as it goes to the client. Its headers are the error's own."""

    status: int
    content_type: bytes
    body: bytes


ErrorForm = Callable[[GatecastError, str, str], WrittenError]  # of an error, the path, the request id


def as_problem(error: GatecastError, path: str, request_id: str, trace_id: str | None = None) -> WrittenError:
    """Write an error as problem details (RFC 9457)."""
    return WrittenError(error.status, PROBLEM, to_json(error.problem(path, request_id, trace_id)))


def text_of(error: GatecastError) -> str:
    """The detail of an error, and what it does not say of the faults: for clients that read one text."""
    faults = [f"{fault.pointer} {fault.detail}".strip() for fault in error.faults if fault.detail not in error.detail]
    listed = "; ".join(faults[:MAX_LISTED])
    return f"{error.detail}: {listed}" if listed else error.detail


class ErrorForms:
    """The forms of errors. `forms` has those that are not problem+json, by the first part of a path."""

    def __init__(self, forms: Mapping[str, ErrorForm] | None = None, root_path: str = "") -> None:
        self.forms = dict(forms or {})
        self._root_path = root_path

    def write(self, error: GatecastError, path: str, request_id: str, trace_id: str | None = None) -> WrittenError:
        """Write an error in the form of its path. Only problems have room for a trace id."""
        form = self.forms.get(first_part(path.removeprefix(self._root_path)))
        return as_problem(error, path, request_id, trace_id) if form is None else form(error, path, request_id)

"""How errors are written: as problem+json, or as the clients of another protocol read them, by the first part of the path."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pydantic_core import to_json

from ..errors import GatecastError

PROBLEM = b"application/problem+json"


class WrittenError(NamedTuple):
    """An error as it goes to the client. Its headers are the error's own."""

    status: int
    content_type: bytes
    body: bytes


ErrorForm = Callable[[GatecastError, str, str], WrittenError]  # of an error, the path, the request id


def as_problem(error: GatecastError, path: str, request_id: str) -> WrittenError:
    """Write an error as problem details (RFC 9457)."""
    return WrittenError(error.status, PROBLEM, to_json(error.problem(path, request_id)))


class ErrorForms:
    """The forms of errors. `forms` has those that are not problem+json, by the first part of a path."""

    def __init__(self, forms: Mapping[str, ErrorForm] | None = None, root_path: str = "") -> None:
        self.forms = dict(forms or {})
        self._root_path = root_path

    def write(self, error: GatecastError, path: str, request_id: str) -> WrittenError:
        """Write an error in the form of its path."""
        local = path.removeprefix(self._root_path)
        return self.forms.get(local[1:].partition("/")[0], as_problem)(error, path, request_id)

"""The refusal that an overloaded service sends, as bytes. protocol.py decides who is refused."""

import http
import math
from typing import NamedTuple

from ..errors import Overloaded
from ..serving.repository import ModelRepository
from .error_forms import ErrorForms

NO_TIMING = b"server-timing: queue;dur=0.00, model;dur=0.00, total;dur=0.00\r\n"
OVERLOADED_HEAD = b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\nretry-after: %d\r\n" + NO_TIMING
REFRESH_SECONDS = 0.05  # how long a refusal is reused before the queues are measured again
PLACEHOLDER = "\N{SYMBOL FOR SUBSTITUTE}"  # stands for the request id in a prepared refusal


class Refusal(NamedTuple):
    """A refusal without its request id, which stands between the two parts of the body if it stands there at all."""

    head: bytes
    before: bytes
    after: bytes
    status: int = Overloaded.status
    has_id: bool = True

    def body(self, request_id: str) -> bytes:
        """The body for one request."""
        return self.before + request_id.encode() + self.after if self.has_id else self.before


class LoadShedding:
    """Refusals of an overloaded service by path, prepared a few times a second instead of for each of thousands."""

    def __init__(self, repository: ModelRepository, errors: ErrorForms | None = None) -> None:
        self._repository = repository
        self._errors = errors or ErrorForms()
        self._prepared: dict[str, Refusal] = {}
        self._valid_until = 0.0

    def refusal(self, path: str, now: float) -> Refusal:
        """Return the refusal of a request to `path`, one of few. `now` is in seconds."""
        if now >= self._valid_until:
            self._valid_until = now + REFRESH_SECONDS
            self._prepared.clear()
        prepared = self._prepared.get(path)
        if prepared is None:
            prepared = self._prepared[path] = self._prepare(path)
        return prepared

    def _prepare(self, path: str) -> Refusal:
        seconds = max(1, math.ceil(self._repository.registry.wait_seconds))
        error = Overloaded(f"as many requests as may be in flight are being answered; try again in {seconds} s")
        status, content_type, body = self._errors.write(error, path, PLACEHOLDER)
        head = OVERLOADED_HEAD % (status, http.HTTPStatus(status).phrase.encode(), content_type, seconds)
        before, placeholder, after = body.partition(PLACEHOLDER.encode())
        return Refusal(head, before, after, status, bool(placeholder))

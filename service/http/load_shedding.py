"""The refusal that an overloaded service sends, as bytes. protocol.py decides who is refused."""

import math

from pydantic_core import to_json

from ..errors import Overloaded
from ..serving.repository import ModelRepository

NO_TIMING = b"server-timing: queue;dur=0.00, model;dur=0.00, total;dur=0.00\r\n"
OVERLOADED_HEAD = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: %d\r\n" + NO_TIMING
)
REFRESH_SECONDS = 0.05  # how long a refusal is reused before the queues are measured again
PLACEHOLDER = "\N{SYMBOL FOR SUBSTITUTE}"  # stands for the request id in a prepared refusal


class LoadShedding:
    """Refusals of an overloaded service by path, prepared a few times a second instead of for each of thousands."""

    def __init__(self, repository: ModelRepository) -> None:
        self._repository = repository
        self._prepared: dict[str, tuple[bytes, bytes, bytes]] = {}
        self._valid_until = 0.0

    def refusal(self, path: str, now: float) -> tuple[bytes, bytes, bytes]:
        """Return the head, and the body before and after the request id. `now` is in seconds."""
        if now >= self._valid_until:
            self._valid_until = now + REFRESH_SECONDS
            self._prepared.clear()
        prepared = self._prepared.get(path)
        if prepared is None:
            seconds = max(1, math.ceil(self._repository.registry.wait_seconds))
            error = Overloaded(f"as many requests as may be in flight are being answered; try again in {seconds} s")
            before, after = to_json(error.problem(path, PLACEHOLDER)).split(PLACEHOLDER.encode())
            prepared = self._prepared[path] = OVERLOADED_HEAD % seconds, before, after
        return prepared

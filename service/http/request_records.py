"""What is kept of a request when its response has been written: it is counted, and a few times a second all are logged."""

import asyncio
import time

from starlette.types import Scope

from ..errors import ModelFault, Refusal
from .access_log import RequestRecord
from .request import RequestContext
from .state import State

FLUSH_SECONDS = 0.2  # between two times that requests are logged
MAX_RECORDS = 100  # requests that wait for it; the lines of so many take half a millisecond


class RequestRecords:
    """Counts requests, and keeps their records until these are logged."""

    def __init__(self, state: State) -> None:
        self._counts = state.counts
        self._serving_measures = state.serving_measures
        self._log = state.access_log
        self._records: list[RequestRecord] = []

    def answered(self, context: RequestContext, scope: Scope) -> None:
        """Count a request that was answered, and note it for the log."""
        scope_route = scope.get("route")  # set by FastAPI, if it has one
        route = context.template or (context.path if scope_route is None else scope_route.path)
        status, seconds = context.status or ModelFault.status, context.total_seconds
        sampled = context.sampled_trace_id
        self._counts.count(scope["method"], route, status, seconds, context.refusal, sampled)
        if sampled is not None and context.model:
            self._serving_measures.keep_exemplar(context.model, context.version, context.queue_seconds, sampled)
        self._add(
            RequestRecord(
                scope["method"],
                context.path,
                route,
                status,
                seconds,
                context.request_id,
                time.time(),
                context.client or None,
                context.caller.key or None if context.caller is not None else None,
                context.model or None,
                context.version or None,
                context.items or None,
                context.body_bytes or None,
                context.reply_bytes or None,
                context.queue_seconds if context.model else None,
                context.compute_seconds if context.model else None,
                context.trace_id,
            )
        )

    def refused(
        self,
        method: str,
        path: str,
        template: str,
        status: int,
        request_id: str,
        client: tuple[str, int] | None,
        refusal: Refusal | None,
    ) -> None:
        """Count and note a request that protocol.py refused. `method` is "" and `path` may be if they were not read."""
        self._counts.count(method, template, status, 0.0, refusal)
        address = client[0] if client else None
        self._add(RequestRecord(method, path, template, status, 0.0, request_id, time.time(), address))

    def _add(self, record: RequestRecord) -> None:
        """Keep a record. Requests are logged with others, a few times a second."""
        self._records.append(record)
        if len(self._records) == 1:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        elif len(self._records) >= MAX_RECORDS:
            self.flush()

    def flush(self) -> None:
        """Log the requests that were noted."""
        records, self._records = self._records, []
        if records:
            self._log.write(records)

"""Options → traces: the SDK's resource, spans and exporter. Only this module and what it imports need the extra `tracing`."""

import os
import uuid
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter

from ... import __version__
from .attributes import Attributes
from .options import TraceOptions
from .reports import Reasons, Reports
from .sampling import make_sampling
from .span_queue import QueueLimits, SpanQueue
from .spans import SpanMaker
from .tracer import RequestTracing

MAX_REPLY_BYTES = 1 << 16  # of a collector's reply that are read


def make_tracing(options: TraceOptions, reasons: Reasons, worker: int | None) -> RequestTracing:
    """Start to trace. Raises what the SDK raises."""
    limits = QueueLimits(options.max_spans, options.batch_spans, options.delay_s)
    maker = SpanMaker(make_resource(worker))
    queue = SpanQueue(_exporter(options), maker.make, limits, Reports(reasons).tell)
    return RequestTracing(
        make_sampling(options), queue, takes_parents=options.takes_parents, when_closed=reasons.remove
    )


def make_resource(worker: int | None) -> Resource:
    """Who sends the spans. What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say goes before our own words.

    Workers of one host have the same variables, so the number of each ends the id of an instance that these name.
    """
    own: Attributes = {"service.name": "gatecast", "service.version": __version__, "process.pid": os.getpid()}
    told = OTELResourceDetector().detect()
    instance = str(told.attributes.get("service.instance.id") or "")
    if not instance:
        instance = str(uuid.uuid4())
    elif worker is not None:
        instance = f"{instance}.{worker}"
    return Resource.create(own).merge(told).merge(Resource({"service.instance.id": instance}))


def _exporter(options: TraceOptions) -> SpanExporter:
    if options.endpoint is None:
        return ConsoleSpanExporter(formatter=lambda span: span.to_json(indent=None) + "\n")
    return OTLPSpanExporter(endpoint=options.endpoint, timeout=options.timeout_s, session=_session())


def _session() -> requests.Session:
    """Reads replies of bounded length only."""
    session = requests.Session()
    session.stream = True
    session.hooks["response"].append(_read_reply)
    return session


def _read_reply(response: requests.Response, *_: Any, **__: Any) -> None:
    response.raw.read(MAX_REPLY_BYTES, decode_content=False)  # to its end, so that the connection can be used again
    response.close()

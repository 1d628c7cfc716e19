"""Spans of requests to the app: their ids, times and attributes, and which requests have none."""

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id

from service.http.tracing.sampling import LAST_BITS, Sampling
from service.http.tracing.span_queue import QueueLimits, SpanQueue
from service.http.tracing.spans import SpanMaker
from service.http.tracing.trace import MAX_CALLS, ModelCall, Trace
from service.http.tracing.tracer import RequestTracing
from tests import fakes
from tests.fakes import READINGS
from tests.patience import PATIENCE_S

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FORECAST = {"readings": READINGS}
ALWAYS_ON, PARENTS_ONLY = Sampling(), Sampling(bound=0, follows_parents=True)
LIMITS = QueueLimits(delay_s=600)  # spans are sent at the end


class Spans:
    """The app with traces that stay in memory."""

    def __init__(self, client, sampling=ALWAYS_ON, limits=LIMITS, **options):
        self.client = client
        self._memory = InMemorySpanExporter()
        queue = SpanQueue(self._memory, SpanMaker(Resource({})).make, limits, lambda *_: None)
        self.tracing = RequestTracing(sampling, queue, **options)
        client.app.state.tracing = self.tracing

    def finished(self):
        """End the traces; the spans of all requests, by name."""
        self.client.app.state.tracing = None
        self.tracing.close(PATIENCE_S)
        return {span.name: span for span in self._memory.get_finished_spans()}


def parent(flags="01"):
    return {"traceparent": f"00-{TRACE}-{SPAN}-{flags}", "tracestate": "vendor=1"}


def test_a_request_has_a_span_with_children_in_order(client):
    """Times are nested: read, queue and model one after the other, within the server's."""
    spans = Spans(client)
    assert client.post("/forecast", json=FORECAST).status_code == 200
    found = spans.finished()
    server = found["POST /forecast"]
    children = [found[name] for name in ("read", "queue", "model")]
    assert len(found) == 4
    assert {child.parent.span_id for child in children} == {server.context.span_id}
    assert {child.context.trace_id for child in children} == {server.context.trace_id}
    times = [server.start_time, *(time for child in children for time in (child.start_time, child.end_time))]
    assert [*times, server.end_time] == sorted([*times, server.end_time])
    assert (server.kind, server.parent, server.status.status_code) == (SpanKind.SERVER, None, StatusCode.UNSET)


def test_a_span_has_the_conventions_names(client):
    spans = Spans(client)
    reply = client.post("/forecast?key=secret", json=FORECAST, headers={"host": "forecasts.example.com"})
    found = spans.finished()
    assert dict(found["POST /forecast"].attributes) == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": "/forecast",
        "url.scheme": "http",
        "url.path": "/forecast",
        "network.protocol.version": "1.1",
        "server.address": "forecasts.example.com",
        "server.port": 80,
        "client.address": "testclient",
        "gatecast.request_id": reply.headers["x-request-id"],
        "gatecast.model": reply.json()["model"],
        "gatecast.version": reply.json()["version"],
        "gatecast.items": 1,
        "gatecast.model_calls": 1,
    }
    assert dict(found["model"].attributes) == {
        "gatecast.model": reply.json()["model"],
        "gatecast.version": reply.json()["version"],
        "gatecast.batch.items": 1,
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "name", "status"),
    [
        ("POST", "/forecast/batch", {"series": [{"id": "a", "readings": READINGS}]}, "POST /forecast/batch", 200),
        ("POST", "/anomalies", FORECAST, "POST /anomalies", None),
        ("POST", "/sentiment", {"text": "good"}, "POST /sentiment", 200),
        ("POST", "/predict", {"inputs": "good"}, "POST /predict", 200),
        ("POST", "/v2/models/sentiment/infer", {}, "POST /v2/models/{name}/infer", 400),
        ("POST", "/nixtla/v2/forecast", {}, "POST /nixtla/v2/forecast", 422),
        ("GET", "/models", None, "GET /models", 200),
        ("GET", "/v2/models/gru", None, "GET /v2/models/{name}", None),
        ("GET", "/nowhere/at/all", None, "GET", 404),
        ("BREW", "/models", None, "HTTP /models", 405),
    ],
)
def test_every_door_has_a_span_by_its_template(client, method, path, body, name, status):
    spans = Spans(client)
    reply = client.request(method, path, json=body)
    assert status is None or reply.status_code == status
    span = spans.finished()[name]
    assert span.attributes["http.response.status_code"] == reply.status_code
    assert span.attributes.get("http.route", "") == name.partition(" ")[2]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/v2/health/live", "/v2/health/ready"])
def test_probes_have_none(client, path):
    spans = Spans(client)
    client.get(path)
    assert spans.finished() == {}


def test_a_span_continues_the_trace_of_its_caller(client):
    spans = Spans(client, PARENTS_ONLY)
    client.post("/forecast", json=FORECAST, headers=parent())
    server = spans.finished()["POST /forecast"]
    assert format_trace_id(server.context.trace_id) == TRACE
    assert (format_span_id(server.parent.span_id), server.parent.is_remote) == (SPAN, True)
    assert dict(server.context.trace_state) == {"vendor": "1"}


def test_an_unsampled_caller_has_no_spans(client):
    spans = Spans(client, Sampling(follows_parents=True))
    client.post("/forecast", json=FORECAST, headers=parent("00"))
    assert spans.finished() == {}


def test_a_malformed_parent_counts_as_none(client):
    spans = Spans(client, Sampling(follows_parents=True))
    client.post("/forecast", json=FORECAST, headers={"traceparent": "nonsense", "tracestate": "nonsense"})
    assert spans.finished()["POST /forecast"].parent is None


def test_a_malformed_state_is_left_out(client):
    spans = Spans(client)
    client.post("/forecast", json=FORECAST, headers=parent() | {"tracestate": "nonsense"})
    server = spans.finished()["POST /forecast"]
    assert (format_trace_id(server.context.trace_id), dict(server.context.trace_state)) == (TRACE, {})


def test_callers_have_no_say_where_parents_are_not_taken(client):
    spans = Spans(client, takes_parents=False)
    client.post("/forecast", json=FORECAST, headers=parent())
    assert spans.finished()["POST /forecast"].parent is None


@pytest.mark.parametrize("follows_parents", [False, True])
def test_a_share_is_chosen(client, follows_parents):
    tracing = Spans(client, Sampling(1 << 63, follows_parents)).tracing
    chosen = [tracing.begin("/forecast", {}) for _ in range(400)]
    traces = [trace for trace in chosen if trace is not None]
    assert 150 < len(traces) < 250
    assert len({trace.trace_id for trace in traces}) == len(traces)
    assert all(trace.number & LAST_BITS < 1 << 63 for trace in traces)


def test_a_defect_is_marked_and_a_refusal_is_not(serve):
    is_broken = False

    def network(*arrays):
        if is_broken:
            raise RuntimeError("secret detail")
        return fakes.last_plus_ten(*arrays)

    client = serve([fakes.forecast_bundle(run=network)])
    spans = Spans(client)
    is_broken = True
    assert client.post("/forecast", json=FORECAST).status_code == 500
    defect = spans.finished()["POST /forecast"]
    assert (defect.status.status_code, defect.attributes["error.type"]) == (StatusCode.ERROR, "500")
    assert defect.events == ()  # an exception may repeat what a caller sent
    spans = Spans(client)
    assert client.post("/forecast", json={}).status_code == 422
    refusal = spans.finished()["POST /forecast"]
    assert refusal.status.status_code is StatusCode.UNSET
    assert "error.type" not in refusal.attributes


def test_a_problem_and_the_log_have_the_id_of_the_trace(client):
    spans = Spans(client)
    problem = client.post("/forecast", json={}).json()
    missing = client.get("/models/none").json()
    found = spans.finished()
    assert problem["trace_id"] == format_trace_id(found["POST /forecast"].context.trace_id)
    assert missing["trace_id"] == format_trace_id(found["GET /models/{name}"].context.trace_id)


def test_a_problem_within_a_batch_has_it_too(client):
    spans = Spans(client)
    (result,) = client.post("/forecast/batch", json={"series": [{"id": "a", "readings": []}]}).json()["results"]
    server = spans.finished()["POST /forecast/batch"]
    assert result["error"]["trace_id"] == format_trace_id(server.context.trace_id)


def test_without_traces_a_problem_has_the_id_that_the_caller_sent(client):
    assert client.post("/forecast", json={}, headers=parent()).json()["trace_id"] == TRACE
    assert "trace_id" not in client.post("/forecast", json={}).json()


def test_exemplars_lead_to_traces_that_are_sampled(client):
    """To one of ours, or to one that the caller says it samples; never to one without spans."""
    openmetrics = {"accept": "application/openmetrics-text"}
    client.post("/forecast", json=FORECAST, headers=parent("00"))
    assert "trace_id" not in client.get("/metrics", headers=openmetrics).text
    spans = Spans(client)
    client.post("/forecast", json=FORECAST)
    text = client.get("/metrics", headers=openmetrics).text
    server = spans.finished()["POST /forecast"]
    assert f'trace_id="{format_trace_id(server.context.trace_id)}"' in text


def test_a_request_without_room_for_its_spans_is_answered(client):
    spans = Spans(client, limits=QueueLimits(max_spans=3, batch_spans=3, delay_s=600))
    assert client.post("/forecast", json=FORECAST).status_code == 200
    assert spans.tracing.dropped == 4
    assert "gatecast_traces_dropped_total 4.0" in client.get("/metrics").text
    assert spans.finished() == {}


def test_a_request_of_many_model_calls_has_a_bounded_number_of_spans():
    trace = Trace(1, "/forecast/batch")
    for number in reversed(range(100)):
        trace.note(1.0, ModelCall(10.0 + number, 0.5, 4, None))
        trace.note(1.0, ModelCall(10.0 + number, 0.5, 4, None))
    assert trace.model_calls == 100
    assert [call.started for call in trace.calls()] == [10.0 + number for number in range(MAX_CALLS)]
    assert trace.asked == 9.0

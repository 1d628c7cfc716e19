"""The service as a process that sends its traces to a collector."""

import re
import signal
from contextlib import contextmanager

import httpx
import pytest

from service import __version__
from service.http.schema_parts import RECENT_MONTHS
from tests.collector import collecting
from tests.connections import until
from tests.patience import PATIENCE_S
from tests.processes import COMMAND, PATIENT, serving

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
BODY = {"readings": RECENT_MONTHS}
SERVER, ERROR = 2, 2  # in the protocol: the kind of a span, and its status


@contextmanager
def traced(monkeypatch, models, endpoint, command=COMMAND, **variables):
    """The service, whose spans go to this endpoint soon."""
    variables = {"EXPORTER_OTLP_ENDPOINT": endpoint, "BSP_SCHEDULE_DELAY": "20"} | variables
    for name, value in variables.items():
        monkeypatch.setenv(f"OTEL_{name}", value)
    with serving(models, command=command, engine="onnx", grace_s=0, log_format="json") as server:
        yield server


def test_requests_have_spans_in_the_collector(monkeypatch, models):
    """The ids and times of a request's spans, what they say of it, and who sent them."""
    with collecting() as collector, traced(monkeypatch, models, collector.url) as (process, client, log):
        client.get("/readyz")
        reply = client.post("/forecast", json=BODY, headers={"x-request-id": "mine"})
        (server,) = collector.wait_for(1, "POST /forecast")
        (read,), (queue,), (model,) = (collector.named(name) for name in ("read", "queue", "model"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        text = log.result(PATIENCE_S)
    children = (read, queue, model)
    assert {child.parent_id for child in children} == {server.span_id}
    assert {child.trace_id for child in children} == {server.trace_id}
    assert (server.parent_id, server.kind, server.status) == ("", SERVER, 0)
    times = [server.start, *(time for child in children for time in (child.start, child.end)), server.end]
    assert times == sorted(times)
    assert server.attributes["gatecast.request_id"] == "mine"
    assert server.attributes["gatecast.model"] == model.attributes["gatecast.model"] == reply.json()["model"]
    assert (server.attributes["http.route"], server.attributes["http.response.status_code"]) == ("/forecast", 200)
    assert model.attributes["gatecast.batch.items"] == 1
    assert (server.resource["service.name"], server.resource["service.version"]) == ("gatecast", __version__)
    assert server.resource["service.instance.id"]
    assert f'"trace_id":"{server.trace_id}"' in text
    assert str(RECENT_MONTHS[0]) not in str(collector.spans)
    assert len(collector.spans) == 4  # the probe has none


def test_a_caller_says_which_trace_a_request_belongs_to(monkeypatch, models):
    """One that samples has its trace continued, one that does not has no spans; problems name the trace of either."""
    with collecting() as collector, traced(monkeypatch, models, collector.url) as (_, client, _):
        parents = {flags: {"traceparent": f"00-{TRACE}-{SPAN}-{flags}"} for flags in ("00", "01")}
        problems = [client.post("/forecast", json={}, headers=headers).json() for headers in parents.values()]
        (server,) = collector.wait_for(1, "POST /forecast")
        client.get("/models", headers=parents["01"])
        collector.wait_for(1, "GET /models")
    assert [problem["trace_id"] for problem in problems] == [TRACE, TRACE]
    assert (server.trace_id, server.parent_id) == (TRACE, SPAN)
    assert (server.attributes["http.response.status_code"], server.status) == (422, 0)
    assert len(collector.named("POST /forecast")) == 1


def test_the_last_spans_are_sent_when_the_service_ends(monkeypatch, models):
    with (
        collecting() as collector,
        traced(monkeypatch, models, collector.url, PATIENT, BSP_SCHEDULE_DELAY="600000") as (process, client, _),
    ):
        client.post("/forecast", json=BODY)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert len(collector.named("POST /forecast")) == 1


@pytest.mark.parametrize("status", [400, 503])
def test_a_collector_that_refuses_costs_spans_only(monkeypatch, models, status):
    with collecting() as collector:
        collector.status = status
        variables = {"EXPORTER_OTLP_TIMEOUT": "200"}
        with traced(monkeypatch, models, collector.url, **variables) as (process, client, log):
            assert client.post("/forecast", json=BODY).status_code == 200
            until(lambda: collector.paths)
            assert client.post("/forecast", json=BODY).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
            assert "the collector did not take them" in log.result(PATIENCE_S)


def test_a_collector_that_is_away_costs_spans_only(monkeypatch, models):
    """Nothing of it reaches a caller, and the service ends within its time, with one line about it."""
    with traced(monkeypatch, models, "http://127.0.0.1:1") as (process, client, log):
        assert {client.post("/forecast", json=BODY).status_code for _ in range(20)} == {200}
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert len(re.findall("the collector did not take them: .*refused", log.result(PATIENCE_S))) == 1


def test_every_worker_sends_its_own_traces(monkeypatch, models):
    """They have the same variables, and are told apart by their instances."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod")
    monkeypatch.setenv("GATECAST_WORKERS", "2")
    with collecting() as collector, traced(monkeypatch, models, collector.url) as (_, client, _):

        def instances():
            with httpx.Client(base_url=client.base_url, timeout=PATIENCE_S) as another:
                another.post("/forecast", json=BODY)
            return {span.resource["service.instance.id"] for span in collector.spans}

        until(lambda: instances() == {"pod.0", "pod.1"})
    assert len({span.resource["process.pid"] for span in collector.spans}) == 2


def test_a_wrong_variable_warns_and_serves(monkeypatch, models):
    with traced(monkeypatch, models, "http://127.0.0.1:1", TRACES_SAMPLER="sometimes") as (process, client, _):
        assert client.post("/forecast", json=BODY).status_code == 200
        process.kill()

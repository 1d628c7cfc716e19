"""The start of traces from variables, and a start that goes on without them."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import _get_from_env_or_default
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from service.http.request import RequestContext
from service.http.tracing.options import SAMPLERS, read
from service.http.tracing.provider import make_resource
from service.http.tracing.sampling import make_sampling
from service.http.tracing.start import start_tracing
from service.http.tracing.trace_context import TraceParent
from tests.collector import collecting
from tests.patience import PATIENCE_S

SCOPE = {"method": "GET", "path": "/models", "scheme": "http", "http_version": "1.1", "headers": []}
ROOT = Path(__file__).parents[4]
ASKED = {"OTEL_TRACES_EXPORTER": "otlp"}


def traced_request(collector):
    """Send the spans of a request to a collector, and end."""
    tracing = start_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    context = RequestContext(SCOPE, asyncio.Queue().get)
    context.trace = tracing.begin("", context.headers)
    tracing.end(context, SCOPE)
    tracing.close(PATIENCE_S)
    return tracing


def test_nothing_is_started_and_said_where_nobody_asks(caplog):
    assert start_tracing({}) is None
    assert caplog.records == []


def test_a_wrong_variable_gives_one_line(caplog):
    assert start_tracing(ASKED | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}) is None
    (record,) = caplog.records
    assert record.getMessage().startswith("traces are off: OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf")


def test_without_the_extra_a_line_says_what_to_install(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "service.http.tracing.provider", None)
    assert start_tracing(ASKED) is None
    assert "traces are off: they need the packages of the extra 'tracing'" in caplog.text


def test_what_the_sdk_refuses_is_said(monkeypatch, caplog):
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1")
    assert start_tracing(ASKED) is None
    assert "traces are off: the SDK says: OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT must be" in caplog.text


def test_the_line_of_a_start_repeats_no_password(caplog):
    caplog.set_level("INFO", "gatecast")
    tracing = start_tracing(
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:secret@127.0.0.1:1", "OTEL_TRACES_SAMPLER": "traceidratio"}
    )
    tracing.close(PATIENCE_S)
    assert "traces: to http://127.0.0.1:1/v1/traces, sampler traceidratio, 1" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("flags", [None, 0, 1])
@pytest.mark.parametrize("ratio", ["0", "0.3", "1"])
@pytest.mark.parametrize("name", SAMPLERS)
def test_each_sampler_takes_what_the_sdks_does(monkeypatch, name, ratio, flags):
    """For requests without a parent, with one that is not sampled, and with one that is."""
    variables = {"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": ratio}
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    sampler, sampling = _get_from_env_or_default(), make_sampling(read(ASKED | variables, print))
    numbers = random.Random(1)
    for _ in range(50):
        number = numbers.getrandbits(128)
        parent = None if flags is None else TraceParent(f"{number:032x}", "00f067aa0ba902b7", flags)
        above = Context()
        if flags is not None:
            remote = SpanContext(number, 1, True, TraceFlags(flags))
            above = set_span_in_context(NonRecordingSpan(remote), above)
        decision = sampler.should_sample(above, number, "POST /forecast").decision
        assert decision.is_sampled() == sampling.takes(number, parent)


def test_every_process_has_an_id_of_its_own(monkeypatch):
    monkeypatch.delenv("OTEL_RESOURCE_ATTRIBUTES", raising=False)
    first, second = (make_resource(None).attributes for _ in range(2))
    assert (first["service.name"], first["telemetry.sdk.name"]) == ("gatecast", "opentelemetry")
    assert first["service.instance.id"] != second["service.instance.id"]


def test_the_variables_go_before_our_own_words(monkeypatch):
    """The workers of a host have the same variables: the number of each ends the id."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-1,service.version=9,team=sales")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "forecasts")
    attributes = make_resource(2).attributes
    assert attributes["service.name"] == "forecasts"
    assert (attributes["service.version"], attributes["team"]) == ("9", "sales")
    assert attributes["service.instance.id"] == "pod-1.2"
    assert make_resource(None).attributes["service.instance.id"] == "pod-1"


def test_spans_go_to_the_collector_with_its_headers(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    with collecting() as collector:
        tracing = traced_request(collector)
        assert [span.name for span in collector.spans] == ["GET"]
    assert collector.paths == ["/v1/traces"]
    assert (collector.headers[0]["api-key"], collector.headers[0]["content-encoding"]) == ("a b", "gzip")
    assert tracing.dropped == 0


def test_the_variables_for_limits_hold(monkeypatch):
    """Values are cut, and what is over the count is left out."""
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "4")
    with collecting() as collector:
        traced_request(collector)
    (span,) = collector.spans
    assert len(span.attributes) == 4
    assert span.attributes["url.path"] == "/mo"


def test_a_propagator_that_is_not_installed_ends_no_import():
    """OpenTelemetry raises for one where it is imported, which FastAPI does. The variable stays, so that a warning can name it."""
    code = "import service.app, os; print(os.environ['OTEL_PROPAGATORS'])"
    environment = os.environ | {"OTEL_PROPAGATORS": "b3,jaeger"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "b3,jaeger\n"), done.stderr

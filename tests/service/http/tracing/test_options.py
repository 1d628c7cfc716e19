"""The OTEL_ variables: what they ask for, and what is said of those that are wrong."""

import pytest

from service.http.tracing.options import MIN_QUEUE, SAMPLERS, Off, TraceOptions, read
from service.http.tracing.trace import MAX_CALLS

OTLP = {"OTEL_TRACES_EXPORTER": "otlp"}


def options_of(**variables):
    """The options of these variables, and the warnings."""
    warnings: list[str] = []
    return read({f"OTEL_{name}": value for name, value in variables.items()}, warnings.append), warnings


def reason(**variables):
    with pytest.raises(Off) as off:
        options_of(**variables)
    return str(off.value)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"},
        {"OTEL_TRACES_EXPORTER": " "},
        OTLP | {"OTEL_SDK_DISABLED": "TRUE"},
        {"OTEL_TRACES_SAMPLER": "always_on", "OTEL_SERVICE_NAME": "forecasts"},
    ],
)
def test_nothing_is_said_where_nobody_asks_for_traces(variables):
    with pytest.raises(Off) as off:
        read(variables, pytest.fail)
    assert str(off.value) == ""


def test_the_exporter_by_its_name_has_the_specifications_defaults():
    options, warnings = options_of(TRACES_EXPORTER="otlp")
    assert options == TraceOptions(
        "http://localhost:4318/v1/traces", "parentbased_always_on", 1.0, True, 10.0, 2048, 512, 5.0
    )
    assert warnings == []


def test_an_endpoint_asks_for_traces_too():
    options, _ = options_of(EXPORTER_OTLP_ENDPOINT="https://collector:4318/base/")
    assert options.endpoint == "https://collector:4318/base/v1/traces"


def test_the_endpoint_of_traces_is_used_as_it_is_and_wins():
    options, warnings = options_of(
        EXPORTER_OTLP_ENDPOINT="http://one:4318", EXPORTER_OTLP_TRACES_ENDPOINT="http://two:4318/in"
    )
    assert (options.endpoint, warnings) == ("http://two:4318/in", [])


def test_numbers_are_in_milliseconds_and_the_batch_fits_into_the_queue():
    options, warnings = options_of(
        TRACES_EXPORTER="otlp",
        EXPORTER_OTLP_TIMEOUT="2500",
        BSP_SCHEDULE_DELAY="200",
        BSP_MAX_QUEUE_SIZE="100",
        TRACES_SAMPLER="parentbased_traceidratio",
        TRACES_SAMPLER_ARG="0.01",
    )
    assert (options.timeout_s, options.delay_s, options.max_spans, options.batch_spans) == (2.5, 0.2, 100, 100)
    assert (options.sampler, options.ratio) == ("parentbased_traceidratio", 0.01)
    assert warnings == []


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"BSP_MAX_QUEUE_SIZE": "many"},
            "OTEL_BSP_MAX_QUEUE_SIZE must be a whole number from 32 to 65536; 2048 is used",
        ),
        ({"BSP_MAX_QUEUE_SIZE": "31"}, "OTEL_BSP_MAX_QUEUE_SIZE must be a whole number from 32"),
        ({"BSP_MAX_QUEUE_SIZE": "999999999999"}, "OTEL_BSP_MAX_QUEUE_SIZE"),
        ({"BSP_SCHEDULE_DELAY": "-1"}, "OTEL_BSP_SCHEDULE_DELAY"),
        ({"EXPORTER_OTLP_TRACES_TIMEOUT": "soon"}, "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"),
        ({"EXPORTER_OTLP_TIMEOUT": "10"}, "is in milliseconds; 10 is very short"),
        ({"EXPORTER_OTLP_COMPRESSION": "zstd"}, "OTEL_EXPORTER_OTLP_COMPRESSION must be none, gzip, deflate"),
        ({"EXPORTER_OTLP_ENDPOINT": "http://collector:4317"}, "where collectors expect gRPC"),
        ({"EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318"}, "collectors expect /v1/traces"),
        ({"PROPAGATORS": "b3"}, "only tracecontext"),
    ],
)
def test_what_can_be_left_out_is_and_a_line_says_so(variables, words):
    _, warnings = options_of(TRACES_EXPORTER="otlp", **variables)
    assert len(warnings) == 1
    assert words in warnings[0]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"TRACES_EXPORTER": "jaeger"}, "OTEL_TRACES_EXPORTER must be otlp, console or none"),
        ({"EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf"),
        ({"EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT must be a URL"),
        ({"EXPORTER_OTLP_ENDPOINT": "http://[::1"}, "must be a URL"),
        ({"EXPORTER_OTLP_ENDPOINT": "http://one:port"}, "must be a URL"),
        ({"EXPORTER_OTLP_ENDPOINT": "http://"}, "must be a URL"),
        ({"EXPORTER_OTLP_CERTIFICATE": "/nowhere/ca.pem"}, "OTEL_EXPORTER_OTLP_CERTIFICATE: the file cannot be read"),
        ({"EXPORTER_OTLP_CERTIFICATE": "a\0b"}, "OTEL_EXPORTER_OTLP_CERTIFICATE: the file cannot be read"),
        ({"TRACES_SAMPLER": "xray"}, "OTEL_TRACES_SAMPLER must be one of always_on"),
        ({"TRACES_SAMPLER": "traceidratio", "TRACES_SAMPLER_ARG": "1%"}, "OTEL_TRACES_SAMPLER_ARG must be a number"),
        ({"TRACES_SAMPLER": "traceidratio", "TRACES_SAMPLER_ARG": "nan"}, "OTEL_TRACES_SAMPLER_ARG must be a number"),
        ({"TRACES_SAMPLER": "traceidratio", "TRACES_SAMPLER_ARG": "5"}, "OTEL_TRACES_SAMPLER_ARG must be a number"),
    ],
)
def test_traces_are_off_where_it_is_unclear_what_to_send_or_to_whom(variables, words):
    assert words in reason(**({"TRACES_EXPORTER": "otlp"} | variables))


def test_the_shortest_queue_has_room_for_any_request():
    """Its own span, those of reading and waiting, and those of its model calls."""
    assert options_of(TRACES_EXPORTER="otlp", BSP_MAX_QUEUE_SIZE="32")[0].max_spans == 32
    assert MIN_QUEUE >= 3 + MAX_CALLS


@pytest.mark.parametrize("headers", ["token", "a=1,token", "a:1"])
def test_a_header_that_is_malformed_is_not_repeated(headers):
    """It may be a secret."""
    words = reason(TRACES_EXPORTER="otlp", EXPORTER_OTLP_HEADERS=headers)
    assert "OTEL_EXPORTER_OTLP_HEADERS: its part" in words
    assert headers not in words


def test_headers_that_are_well_formed_are_taken():
    _, warnings = options_of(TRACES_EXPORTER="otlp", EXPORTER_OTLP_HEADERS="api-key=a%20b, x=y=z")
    assert warnings == []


@pytest.mark.parametrize("propagators", ["none", "baggage"])
def test_callers_have_no_say_without_the_propagator(propagators):
    options, _ = options_of(TRACES_EXPORTER="otlp", PROPAGATORS=propagators)
    assert not options.takes_parents


def test_every_sampler_of_the_specification_is_known():
    for sampler in SAMPLERS:
        assert options_of(TRACES_EXPORTER="console", TRACES_SAMPLER=sampler)[0].sampler == sampler

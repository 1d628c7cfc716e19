"""What a span says of a request that is odd."""

import asyncio

import pytest

from service.http.request import RequestContext
from service.http.tracing.attributes import server_attributes, span_name
from service.http.tracing.finished import MAX_PATH
from service.http.tracing.trace import Trace
from service.http.tracing.tracer import finished

SCOPE = {"method": "GET", "scheme": "https", "http_version": "1.1", "server": ("10.0.0.1", 8000), "headers": []}


def attributes(path="/models", host=None, **changes):
    scope = SCOPE | changes | {"path": path, "headers": [] if host is None else [(b"host", host)]}
    context = RequestContext(scope, asyncio.Queue().get)
    context.status = 200
    return server_attributes(finished(context, Trace(1, ""), scope))


@pytest.mark.parametrize(
    ("host", "address", "port"),
    [
        (b"example.com", "example.com", 443),
        (b"example.com:8443", "example.com", 8443),
        (b"[::1]:8443", "::1", 8443),
        (b"me:secret@example.com", "example.com", 443),
        (None, "10.0.0.1", 8000),
        (b"", "10.0.0.1", 8000),
        (b"[", "10.0.0.1", 8000),
        (b"example.com:port", "10.0.0.1", 8000),
        (b"\xff", "10.0.0.1", 8000),
    ],
)
def test_the_server_is_what_the_client_asked_for_or_what_it_reached(host, address, port):
    found = attributes(host=host)
    assert (found["server.address"], found["server.port"]) == (address, port)


def test_a_path_is_cut_and_can_be_encoded():
    """The exporter would refuse half a surrogate pair, and with it the spans of other requests."""
    assert attributes("/" + "a" * 1000)["url.path"] == "/" + "a" * (MAX_PATH - 1)
    assert attributes("/\ud800")["url.path"] == "/?"


def test_methods_that_nobody_knows_make_no_names():
    assert attributes(method="BREW")["http.request.method"] == "_OTHER"
    assert [span_name("BREW", ""), span_name("GET", "/models")] == ["HTTP", "GET /models"]

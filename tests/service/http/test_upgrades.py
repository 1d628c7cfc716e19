"""Offers to upgrade to another protocol, on real connections: they are ignored, and the request is answered over HTTP/1.1."""

import json
import socket

import pytest

from service.http.protocol import AdmissionProtocol
from service.http.upgrades import new_parser, without_offer
from tests import fakes
from tests.connections import connected, post_head, read_status, until
from tests.fakes import READINGS, Gate
from tests.patience import PATIENCE_S

OFFER = [
    "Connection: Upgrade, HTTP2-Settings",
    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    "Upgrade: h2c",
]
FORECAST = json.dumps({"readings": READINGS}).encode()
LENGTH = f"Content-Length: {len(FORECAST)}"
OFFERED = post_head("/forecast", *OFFER, LENGTH) + FORECAST
PLAIN = post_head("/forecast", LENGTH) + FORECAST
CHUNKS = b"9\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (FORECAST[:9], len(FORECAST) - 9, FORECAST[9:])


@pytest.fixture(autouse=True)
def lingering(monkeypatch):
    """Who still sends what was refused is not cut off by a reset, however slowly it sends."""
    monkeypatch.setattr("service.http.refusing.LINGER_SECONDS", PATIENCE_S)


def statuses(running, sent, count):
    """The statuses of the answers to what is sent on one connection, which stays open."""
    with running.connect() as connection, connection.makefile("rb") as responses:
        connection.sendall(sent)
        return [read_status(responses) for _ in range(count)]


def exchange(running, sent):
    """Everything that the service answers to these bytes until it closes the connection."""
    with running.connect() as connection, connection.makefile("rb") as reply:
        connection.sendall(sent)
        return reply.read()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (OFFERED, 200),
        (OFFERED.replace(b"Upgrade", b"uPGRADE").replace(b"h2c", b"h2c, websocket"), 200),
        (post_head("/forecast", "Connection: keep-alive", *OFFER, LENGTH) + FORECAST, 200),
        (post_head("/forecast", *OFFER, "Upgrade: other/1", LENGTH) + FORECAST, 200),
        (post_head("/forecast", *OFFER, "Transfer-Encoding: chunked") + CHUNKS, 200),
        (post_head("/forecast", *OFFER, "Content-Length: 2") + b"{}", 422),
        (post_head("/forecast", *OFFER), 400),
        (post_head("/livez", *OFFER).replace(b"POST", b"GET"), 200),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 200),
        (b"GET /forecast HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 405),
    ],
)
def test_an_offer_to_upgrade_is_ignored(tmp_path, sent, status):
    """The request is answered like any other, with its body, as often as it is sent on one connection."""
    with connected(tmp_path) as running:
        assert statuses(running, 3 * sent, 3) == [status] * 3
        until(lambda: running.app.state.lifecycle.in_flight == 0)


@pytest.mark.parametrize("body", [[LENGTH], ["Transfer-Encoding: chunked"]], ids=["length", "chunks"])
def test_an_offer_that_comes_byte_by_byte_is_ignored(tmp_path, body):
    sent = post_head("/forecast", *OFFER, *body) + (FORECAST if body == [LENGTH] else CHUNKS)
    with connected(tmp_path) as running, running.connect() as connection, connection.makefile("rb") as responses:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in sent:
            connection.sendall(bytes([byte]))
        assert read_status(responses) == 200


def test_an_offer_that_is_split_anywhere_is_ignored(tmp_path):
    """In two parts, wherever the first one ends."""
    with connected(tmp_path) as running, running.connect() as connection, connection.makefile("rb") as responses:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for end in range(1, len(OFFERED)):
            connection.sendall(OFFERED[:end])
            connection.sendall(OFFERED[end:])
            assert read_status(responses) == 200


def test_offers_among_other_requests_are_answered_in_order(tmp_path):
    probe = b"GET /missing HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    with connected(tmp_path) as running:
        assert statuses(running, PLAIN + OFFERED + probe + PLAIN + OFFERED, 5) == [200, 200, 404, 200, 200]


def test_many_offers_at_once_are_answered(tmp_path):
    """More than are parsed in one piece."""
    probe = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n"
    with connected(tmp_path) as running:
        assert statuses(running, 500 * probe, 500) == [200] * 500


@pytest.mark.parametrize("connection", ["Connection: close, Upgrade", "Connection: Upgrade\r\nConnection: close"])
def test_an_offer_with_close_ends_the_connection_after_its_answer(tmp_path, connection):
    """What comes after it is dropped."""
    sent = post_head("/forecast", connection, "Upgrade: h2c", LENGTH) + FORECAST
    with connected(tmp_path) as running:
        answer = exchange(running, sent + PLAIN)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer


def test_an_offer_over_http_1_0_is_ignored(tmp_path):
    with connected(tmp_path) as running:
        answer = exchange(running, OFFERED.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer


def test_an_offer_that_waits_for_100_continue_gets_it(tmp_path):
    with connected(tmp_path) as running, running.connect() as connection, connection.makefile("rb") as responses:
        connection.sendall(post_head("/forecast", *OFFER, LENGTH, "Expect: 100-continue"))
        assert responses.readline() + responses.readline() == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(FORECAST)
        assert read_status(responses) == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (post_head("/forecast", *OFFER, LENGTH, "Transfer-Encoding: chunked") + CHUNKS, 400),
        (post_head("/forecast", *OFFER, LENGTH, "Content-Length: 3") + FORECAST, 400),
        (post_head("/forecast", *OFFER, "Transfer-Encoding: gzip") + FORECAST, 400),
        (post_head("/forecast", *OFFER, "Host: y", LENGTH) + FORECAST, 400),
        (post_head("/forecast", *OFFER, LENGTH).replace(b"Host: x\r\n", b"") + FORECAST, 400),
        (post_head("/forecast", *OFFER, LENGTH, "Expect: foo") + FORECAST, 417),
        (OFFERED.replace(b"HTTP/1.1", b"HTTP/2.0"), 400),
        (post_head("/forecast", *OFFER, *["A: 1"] * 95, LENGTH) + FORECAST, 431),
        (post_head("/forecast", *["A: 1"] * 50, *["Upgrade: h2c"] * 50, *OFFER, LENGTH) + FORECAST, 431),
        (post_head("/forecast", *OFFER, "Upgrade: " + "a" * 40_000, LENGTH) + FORECAST, 431),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 400),
        (b"CONNECT http://x/livez HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ],
)
def test_a_head_that_is_refused_is_refused_with_an_offer_too(tmp_path, sent, status):
    """Once, and the connection ends."""
    with connected(tmp_path) as running:
        answer = exchange(running, sent)
        counts = running.app.state.metrics.text()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"\r\n\r\n") == 1
    assert b"connection: close" in answer
    assert b'status="%d"} 1.0' % status in counts


def test_a_tunnel_is_refused_in_words(tmp_path):
    with connected(tmp_path) as running:
        assert b"CONNECT asks for a tunnel" in exchange(running, b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n")


def test_an_offer_to_a_full_service_is_refused_after_its_body(tmp_path):
    """As a request without one is, on a connection that stays open; at once, if the client waits for `100 Continue`."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate, max_in_flight=1) as running:
        gate.close()
        in_flight = running.connect()
        in_flight.sendall(OFFERED)
        until(lambda: running.app.state.lifecycle.in_flight == 1)
        assert statuses(running, 2 * OFFERED, 2) == [503, 503]
        waiting = exchange(running, post_head("/forecast", *OFFER, LENGTH, "Expect: 100-continue"))
        gate.open()
        assert in_flight.recv(100).startswith(b"HTTP/1.1 200")
        in_flight.close()
    assert waiting.startswith(b"HTTP/1.1 503")
    assert b"connection: close" in waiting


def test_a_plain_request_with_an_offer_needs_no_task(tmp_path, monkeypatch):
    """It takes the way of the same request without the offer."""
    whole = []
    answer = AdmissionProtocol._answer_whole
    monkeypatch.setattr(AdmissionProtocol, "_answer_whole", lambda self, path: (whole.append(path), answer(self, path)))
    with connected(tmp_path) as running:
        assert statuses(running, OFFERED, 1) == [200]
    assert whole == ["/forecast"]


class Heads:
    """What a parser calls, which keeps the heads."""

    def __init__(self):
        self.url, self.headers = b"", []

    def on_url(self, url):
        self.url += url

    def on_header(self, name, value):
        self.headers.append((name.lower(), value))


def test_a_head_without_its_offer_is_the_same_but_for_the_offer():
    """Every other field is kept, with its place, also one that is empty or comes twice."""
    heads = Heads()
    parser = new_parser(heads)
    parser.feed_data(b"PUT /a?b=%20 HTTP/1.0\r\nA:\r\nUpgrade: x\r\nB:  1\r\nConnection: close\r\nb: \xe9,2\r\n\r\n")
    expected = b"PUT /a?b=%20 HTTP/1.0\r\na: \r\nb: 1\r\nconnection: close\r\nb: \xe9,2\r\n\r\n"
    assert without_offer(parser, heads.url, heads.headers) == expected

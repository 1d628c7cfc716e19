"""Admission control on real connections: refusals, limits of the head, slow clients, and clients that hang up."""

import asyncio
import contextlib
import gc
import json
import re
import socket
from threading import Thread

import httpx
import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from service.http.lifecycle import Phase
from service.http.protocol import AdmissionProtocol
from service.http.request import RequestContext
from service.http.uvicorn_connection import UVICORN_ATTRIBUTES, UvicornConnection
from service.http.whole_request import WholeRequest
from tests import fakes
from tests.connections import connected, gated_app, post_bytes, post_head, read_status, until
from tests.fakes import READINGS, Gate
from tests.patience import PATIENCE_S

BODY = {"readings": READINGS}


@pytest.fixture(autouse=True)
def lingering(monkeypatch):
    """Who still sends what was refused is not cut off by a reset, however slowly it sends."""
    monkeypatch.setattr("service.http.refusing.LINGER_SECONDS", PATIENCE_S)


class FakeTransport(asyncio.Transport):
    """A connection that takes everything and sends nothing."""

    def write(self, data):
        pass

    def is_closing(self):
        return False

    def close(self):
        pass

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


async def not_found(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_uvicorn_has_every_attribute_that_is_listed():
    """The list is checked on uvicorn's own protocol during a request, so that nothing of ours can hide a gap."""

    async def missing_attributes():
        state = ServerState()
        protocol = HttpToolsProtocol(uvicorn.Config(not_found, log_config=None), state, {})
        protocol.connection_made(FakeTransport())
        protocol.data_received(post_bytes("/forecast", BODY))
        parts = {
            "protocol": protocol,
            "cycle": protocol.cycle,
            "server_state": protocol.server_state,
            "flow": protocol.flow,
            "parser": protocol.parser,
        }
        assert None not in parts.values()
        assert parts.keys() == UVICORN_ATTRIBUTES.keys()
        missing = [
            f"{part}.{name}"
            for part, names in UVICORN_ATTRIBUTES.items()
            for name in names
            if not hasattr(parts[part], name)
        ]
        await asyncio.gather(*state.tasks)
        protocol.connection_lost(None)
        return missing

    assert asyncio.run(missing_attributes()) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/forecast", BODY),
        ("/forecast/batch", {"series": [{"id": str(i), "readings": READINGS} for i in range(50)]}),
    ],
)
def test_a_client_that_hangs_up_before_its_turn_costs_no_model_call(tmp_path, path, body):
    """One request is in a model call, two wait, and the client of one of these leaves: the model is called for the others only."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate) as running:
        batcher = running.app.state.repository.registry.get("gru").batcher
        calls = len(gate.batches)
        gate.close()
        first = running.post("/forecast", BODY)
        assert gate.entered.wait(PATIENCE_S)
        leaving = running.post(path, body)
        staying = running.post("/forecast", BODY)
        until(lambda: batcher.depth >= 2)
        leaving.close()
        until(lambda: len(running.server.server_state.connections) == 2)
        gate.open()
        assert first.recv(100).startswith(b"HTTP/1.1 200")
        assert staying.recv(100).startswith(b"HTTP/1.1 200")
        until(lambda: running.app.state.lifecycle.in_flight == 0)
        assert len(gate.batches) - calls == 2
        assert batcher.counts.left == 1
        first.close()
        staying.close()


def test_a_body_that_is_cut_off_is_no_defect(tmp_path, caplog):
    """A client that leaves in the middle of its body is dropped without an error in the log."""
    with connected(tmp_path) as running:
        connection = running.connect()
        connection.sendall(post_head("/forecast", "Content-Length: 50") + b"{")
        until(lambda: running.app.state.lifecycle.in_flight == 1)
        connection.close()
        until(lambda: running.app.state.lifecycle.in_flight == 0)
        assert running.app.state.repository.registry.get("gru").batcher.counts.failed == 0
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_full_service_refuses_at_once(tmp_path):
    """As a problem with Retry-After, on a connection that stays open. Requests in flight and probes are answered."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate, max_in_flight=2) as running:
        gate.close()
        in_flight = [running.post("/forecast", BODY) for _ in range(2)]
        until(lambda: running.app.state.lifecycle.in_flight == 2)
        with httpx.Client(base_url=running.url, timeout=PATIENCE_S) as client:
            refused = client.post("/forecast", json=BODY, headers={"x-request-id": "me"})
            large = client.post("/sentiment", content=b" " * 900_000)
            assert client.get("/livez").status_code == 200
            gate.open()
            for connection in in_flight:
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
                connection.close()
            assert client.post("/forecast", json=BODY).status_code == 200
            text = client.get("/metrics").text
    assert refused.status_code == large.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["x-request-id"] == refused.json()["request_id"] == "me"
    assert refused.headers["server-timing"].startswith("queue;dur=")
    assert refused.json()["type"] == "/problems/overloaded"
    assert 'http_requests_total{handler="/forecast",method="POST",status="503"} 1.0' in text


def test_a_client_that_waits_for_100_continue_is_refused_at_once(tmp_path):
    """A full service refuses instead of `100 Continue`, and closes the connection."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate, max_in_flight=1) as running:
        gate.close()
        in_flight = running.post("/forecast", BODY)
        until(lambda: running.app.state.lifecycle.in_flight == 1)
        with running.connect() as waiting:
            waiting.sendall(post_head("/forecast", "Expect: 100-continue", "Content-Length: 50"))
            with waiting.makefile("rb") as reply:
                answer = reply.read()
        gate.open()
        in_flight.close()
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"connection: close" in answer


def test_pipelined_requests_are_refused_and_the_next_is_answered(tmp_path):
    """They are answered in order, and the connection stays open."""
    gate = Gate(fakes.last_plus_ten)
    request = post_bytes("/forecast", BODY)
    with connected(tmp_path, gate, max_in_flight=1) as running:
        gate.close()
        in_flight = running.post("/forecast", BODY)
        until(lambda: running.app.state.lifecycle.in_flight == 1)
        with running.connect() as connection, connection.makefile("rb") as responses:
            connection.sendall(2 * request)
            assert [read_status(responses) for _ in range(2)] == [503, 503]
            gate.open()
            until(lambda: running.app.state.lifecycle.in_flight == 0)
            connection.sendall(request)
            assert read_status(responses) == 200
        in_flight.close()


def test_slow_clients_keep_nobody_out(tmp_path):
    """Two requests whose bodies arrive slowly do not fill a service for two."""
    with connected(tmp_path, max_in_flight=2) as running:
        slow = [running.connect() for _ in range(2)]
        for connection in slow:
            connection.sendall(post_head("/forecast", "Content-Length: 50") + b"{")
        until(lambda: running.app.state.lifecycle.reading == 2)
        assert httpx.post(f"{running.url}/forecast", json=BODY, timeout=PATIENCE_S).status_code == 200
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("sent", [b"", b"POST /forecast HTTP/1.1\r\nHost:"])
def test_a_connection_without_a_request_is_closed(tmp_path, sent):
    """After the time limit, if nothing or only half of the headers came."""
    with connected(tmp_path, body_timeout_ms=50) as running, running.connect() as connection:
        with contextlib.suppress(ConnectionError):  # a reset, where it was closed before so much was sent
            connection.sendall(sent)
            assert connection.recv(100) == b""
        until(lambda: running.app.state.connections.open == 0)


def test_a_client_that_does_not_read_is_cut_off(tmp_path):
    """Unread responses of megabytes do not stay in memory."""
    series = [{"id": "i" * 190 + str(i), "readings": READINGS} for i in range(1000)]
    request = post_bytes("/forecast/batch", {"series": series, "horizon": 10})

    def send_again_and_again(connection):
        with contextlib.suppress(OSError):
            for _ in range(50):
                connection.sendall(request)

    with connected(tmp_path, timeout_ms=2000, max_batch=64) as running:
        connection = running.connect()
        sender = Thread(target=send_again_and_again, args=[connection])
        sender.start()
        until(lambda: b'handler="/forecast/batch",method="POST",status="499"' in running.app.state.metrics.text())
        until(lambda: not running.server.server_state.connections)
        connection.close()
        sender.join(PATIENCE_S)


UNFINISHED_HEAD = b"GET /livez HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "head",
    [
        UNFINISHED_HEAD + b"A: 1\r\n" * 120,
        UNFINISHED_HEAD + b"A: " + b"a" * 40_000,
        UNFINISHED_HEAD + b"".join(b"A%d: %s\r\n" % (i, b"a" * 1000) for i in range(40)),
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n",
        b"GET /" + b"a" * 40_000,
    ],
    ids=["many fields", "a long field", "long together", "a long request line", "a long request line without an end"],
)
def test_too_large_a_request_line_or_headers_are_refused(tmp_path, head):
    """As a problem that is counted, and the connection ends. What else the client sends is not kept."""
    with connected(tmp_path) as running:
        with running.connect() as connection, connection.makefile("rb") as reply:
            connection.sendall(head)
            answer = reply.read()
        assert httpx.get(f"{running.url}/livez", timeout=PATIENCE_S).status_code == 200
        counts = running.app.state.metrics.text()
    fields, _, body = answer.partition(b"\r\n\r\n")
    assert fields.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in fields
    problem = json.loads(body)
    assert (problem["status"], problem["type"]) == (431, "/problems/headers-too-large")
    assert b"x-request-id: " + problem["request_id"].encode() in fields
    assert b'status="431"} 1.0' in counts


def send_on(connection):
    """Send fields until the connection is cut off, or 100 MiB; returns how many bytes were sent."""
    sent = 0
    with contextlib.suppress(OSError):
        while sent < 100 << 20:
            sent += connection.send(b"A: 1\r\n" * 1000)
    return sent


def test_headers_without_an_end_are_not_kept(tmp_path):
    """A client that never ends its headers is cut off after little more than what is allowed."""
    with connected(tmp_path) as running:
        with running.connect() as connection:
            connection.sendall(UNFINISHED_HEAD)
            sent = send_on(connection)
        until(lambda: not running.server.server_state.connections)
    assert sent < 100 << 20


def test_as_many_headers_as_are_allowed_are_read(tmp_path):
    with connected(tmp_path) as running:
        headers = {f"a{i}": "a" * 300 for i in range(90)}
        with httpx.Client(base_url=running.url, timeout=PATIENCE_S) as client:
            assert client.get("/livez", headers=headers).status_code == 200
            assert client.get("/livez", headers=headers).status_code == 200


def test_trailers_without_an_end_are_not_kept(tmp_path):
    """The fields after a chunked body count like headers."""
    head = post_head("/forecast", "Transfer-Encoding: chunked")
    with connected(tmp_path) as running:
        with running.connect() as connection:
            connection.sendall(head + b"2\r\n{}\r\n0\r\n")
            sent = send_on(connection)
        until(lambda: not running.server.server_state.connections)
        until(lambda: running.app.state.lifecycle.in_flight == 0)
    assert sent < 100 << 20


def test_blank_lines_before_a_first_request_are_not_kept(tmp_path):
    """A parser skips them, so their number has to be limited like that of header bytes."""
    with (
        connected(tmp_path) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE_S) as connection,
        connection.makefile("rb") as reply,
    ):
        connection.sendall(b"\r\n" * 20_000)
        answer = reply.read()
    assert answer.startswith(b"HTTP/1.1 431 ")


def count_contexts():
    return sum(isinstance(o, RequestContext | UvicornConnection | WholeRequest) for o in gc.get_objects())


def test_an_answered_prediction_leaves_no_reference_cycle(tmp_path):
    """Its objects are freed at once. The garbage collector would stop the event loop for many of them."""
    with connected(tmp_path) as running, httpx.Client(base_url=running.url, timeout=PATIENCE_S) as client:
        client.post("/forecast", json=BODY)
        gc.collect()
        before = count_contexts()
        gc.disable()
        try:
            for _ in range(20):
                assert client.post("/forecast", json=BODY).status_code == 200
            left = count_contexts() - before
        finally:
            gc.enable()
    assert left <= 2, "those of the last request may still be in use"


def exchange(running, sent):
    """Everything that the service answers to these bytes until it closes the connection."""
    with running.connect() as connection, connection.makefile("rb") as reply:
        connection.sendall(sent)
        return reply.read()


FORECAST = json.dumps(BODY).encode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /livez HTTP/9.9\r\nHost: a\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET /livez\r\n\r\n", 400),
        (b"GET /livez HTTP/0.9\r\n\r\n", 400),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (post_head("/forecast", "Content-Type: text/plain", "Content-Length: 2") + b"{}", 400),
        (
            post_head("/forecast", "X-Request-Timeout-Ms: 5", "X-Request-Timeout-Ms: 6", "Content-Length: 2") + b"{}",
            400,
        ),
        (
            post_head(
                "/v2/models/gru/infer",
                "Inference-Header-Content-Length: 1",
                "Inference-Header-Content-Length: 2",
                "Content-Length: 2",
            )
            + b"{}",
            400,
        ),
        (post_head("/forecast", "Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (post_head("/forecast", "Transfer-Encoding: chunked") + b"zz\r\n", 400),
        (post_head("/forecast", "Expect: foo", "Content-Length: 2") + b"{}", 417),
    ],
)
def test_what_is_no_sound_http_is_a_problem_that_is_counted(tmp_path, sent, status):
    with connected(tmp_path) as running:
        answer = exchange(running, sent)
        until(lambda: b'status="%d"} 1.0' % status in running.app.state.metrics.text())
        until(lambda: running.app.state.lifecycle.in_flight == 0)
    head, _, body = answer.partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert problem["status"] == status
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert b"x-request-id: " + problem["request_id"].encode() in head
    assert b"server-timing: queue;dur=" in head


def test_http_1_0_needs_no_host(tmp_path):
    with connected(tmp_path) as running:
        assert exchange(running, b"GET /livez HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_trailers_are_no_headers(tmp_path):
    """What comes after a chunked body must not change the request that was checked."""
    head = post_head("/forecast", "Transfer-Encoding: chunked", "X-Request-ID: mine")
    body = b"%x\r\n%s\r\n0\r\nX-Request-ID: other\r\nContent-Type: text/plain\r\nX-Request-Timeout-Ms: 0\r\n\r\n"
    with connected(tmp_path) as running, running.connect() as connection, connection.makefile("rb") as responses:
        connection.sendall(head + body % (len(FORECAST), FORECAST))
        answer = b"".join(iter(responses.readline, b"\r\n"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"x-request-id: mine" in answer


def test_an_answer_comes_before_the_end_that_garbage_makes(tmp_path):
    """A request that was sound is answered, though what follows on its connection is not."""
    with connected(tmp_path) as running:
        answer = exchange(running, post_bytes("/forecast", BODY) + b"garbage\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


def test_pipelined_requests_of_one_connection_count_as_one(tmp_path):
    """One client cannot fill the service with requests that wait for its own first one."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate, max_in_flight=3) as running:
        gate.close()
        with running.connect() as greedy:
            greedy.sendall(20 * post_bytes("/forecast", BODY))
            assert gate.entered.wait(PATIENCE_S)
            assert running.app.state.lifecycle.in_flight == 1
            other = running.post("/forecast", BODY)
            until(lambda: running.app.state.lifecycle.in_flight == 2)
            gate.open()
            assert other.recv(100).startswith(b"HTTP/1.1 200")
            other.close()


def test_thousands_of_pipelined_requests_are_parsed_in_their_turn(tmp_path):
    """All are answered in order. Those that wait are neither parsed nor read before the others are answered."""
    request = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-ID: %d\r\n\r\n"
    with connected(tmp_path) as running:
        queued = 0

        def note(*_):
            nonlocal queued
            protocols = running.server.server_state.connections
            queued = max([queued, *(len(protocol.pipeline) for protocol in protocols)])

        running.app.record_refusal = note
        records = running.app._records
        answered = records.answered
        records.answered = lambda *request: (note(), answered(*request))
        with running.connect() as connection, connection.makefile("rb") as responses:
            sender = Thread(target=connection.sendall, args=[b"".join(request % i for i in range(5000))])
            sender.start()
            for i in range(5000):
                head = b"".join(iter(responses.readline, b"\r\n"))
                assert head.startswith(b"HTTP/1.1 200")
                assert b"x-request-id: %d\r\n" % i in head
                responses.read(len(b'{"status":"alive"}'))
            sender.join(PATIENCE_S)
    assert 0 < queued < 300


def test_a_large_body_is_read_in_pieces(tmp_path):
    """Whole bodies larger than what is parsed at once arrive, one after the other on one connection."""
    series = [{"id": str(i), "readings": READINGS} for i in range(1000)]
    with (
        connected(tmp_path, max_batch=64) as running,
        running.connect() as connection,
        connection.makefile("rb") as responses,
    ):
        for _ in range(2):
            connection.sendall(2 * post_bytes("/forecast/batch", {"series": series}))
            assert [read_status(responses) for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("indent", [None, 1], ids=["at once", "in pieces"])
def test_a_client_that_leaves_after_a_large_body_is_noticed(tmp_path, indent):
    """While its request waits for a model, however its body was parsed."""
    gate = Gate(fakes.last_plus_ten)
    series = [{"id": str(i), "readings": READINGS} for i in range(1000)]
    with connected(tmp_path, gate) as running:
        gate.close()
        first = running.post("/forecast", BODY)
        assert gate.entered.wait(PATIENCE_S)
        body = json.dumps({"series": series}, indent=indent).encode()
        leaving = running.connect()
        leaving.sendall(post_head("/forecast/batch", f"Content-Length: {len(body)}") + body)
        until(lambda: running.app.state.repository.registry.get("gru").batcher.depth == 1000)
        leaving.close()
        until(lambda: running.app.state.connections.open == 1)
        gate.open()
        assert first.recv(100).startswith(b"HTTP/1.1 200")
        until(lambda: running.app.state.lifecycle.in_flight == 0)
        assert running.app.state.connections.buffered_bytes == 0
        first.close()


def test_a_body_of_many_small_chunks_is_whole(tmp_path):
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in FORECAST) + b"0\r\n\r\n"
    with connected(tmp_path) as running, running.connect() as connection, connection.makefile("rb") as responses:
        connection.sendall(post_head("/forecast", "Transfer-Encoding: chunked") + b"1\r\n \r\n" * 20_000 + chunks)
        assert read_status(responses) == 200


def test_as_many_connections_as_requests_in_flight_are_never_refused(tmp_path):
    """A request that has been answered does not count any more when the next one comes."""
    with connected(tmp_path, max_in_flight=8, max_batch=64) as running:
        connections = [running.connect() for _ in range(8)]
        replies = [connection.makefile("rb") for connection in connections]
        statuses = set()
        for _ in range(50):
            for connection in connections:
                connection.sendall(post_bytes("/forecast", BODY))
            statuses |= {read_status(reply) for reply in replies}
        for connection in connections:
            connection.close()
    assert statuses == {200}


def test_idle_connections_give_way_to_new_ones(tmp_path):
    """Many idle clients keep nobody out; the one that has waited longest is closed."""
    with connected(tmp_path, max_connections=4) as running:
        idle = [running.connect() for _ in range(4)]
        until(lambda: running.app.state.connections.open == 4)
        assert httpx.get(f"{running.url}/livez", timeout=PATIENCE_S).status_code == 200
        assert idle[0].recv(1) == b""
        for connection in idle:
            connection.close()
        until(lambda: running.app.state.connections.open == 0)


def test_a_connection_too_many_is_refused_with_a_reason(tmp_path):
    """When every other connection has a request."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate, max_connections=1) as running:
        gate.close()
        busy = running.post("/forecast", BODY)
        until(lambda: running.app.state.lifecycle.in_flight == 1)
        answer = exchange(running, b"")
        gate.open()
        assert busy.recv(100).startswith(b"HTTP/1.1 200")
        busy.close()
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 1" in answer


def test_stalled_bodies_give_way_to_new_ones(tmp_path):
    """Bodies that never become whole take no more memory than is set, and keep no other body out."""
    part = b'{"series": ["' + b"a" * 600_000
    with connected(tmp_path, max_buffered_bytes=1 << 20) as running:
        stalled = [running.connect() for _ in range(5)]
        for connection in stalled:
            connection.sendall(post_head("/forecast/batch", "Content-Length: 900000") + part)
            until(lambda: running.app.state.connections.buffered_bytes >= 500_000)
        until(lambda: running.app.state.lifecycle.in_flight == 1)
        assert running.app.state.connections.buffered_bytes <= 1 << 20
        with stalled[0].makefile("rb") as reply:
            answer = reply.read()
        series = [{"id": str(i), "readings": READINGS, "frequency": " " * 30} for i in range(900)]
        whole = httpx.post(f"{running.url}/forecast/batch", json={"series": series}, timeout=PATIENCE_S)
        for connection in stalled:
            connection.close()
        until(lambda: running.app.state.lifecycle.in_flight == 0)
        assert running.app.state.connections.buffered_bytes == 0
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"connection: close" in answer
    assert len(whole.request.content) > 1 << 16
    assert whole.status_code == 200


def test_a_body_that_is_refused_early_leaves_nothing_behind(tmp_path):
    """The response comes before the body is whole, and the rest of the body is not counted."""
    head = post_head("/forecast", "Transfer-Encoding: chunked")
    chunk = b"40000\r\n" + b" " * 0x40000 + b"\r\n"
    with connected(tmp_path, max_body_bytes=300_000) as running, running.connect() as connection:
        with connection.makefile("rb") as responses:
            connection.sendall(head + 8 * chunk + b"0\r\n\r\n")
            assert read_status(responses) == 413
        until(lambda: running.app.state.lifecycle.in_flight == 0)
        assert running.app.state.connections.buffered_bytes == 0


@pytest.mark.parametrize(
    ("head", "is_whole"),
    [
        (post_head("/forecast", f"Content-Length: {len(FORECAST)}"), True),
        (post_head("/forecast", f"Content-Length: {len(FORECAST)}", "Connection: keep-alive"), True),
        (post_head("/forecast?a=b", f"Content-Length: {len(FORECAST)}"), False),
        (post_head("/forecast", f"Content-Length: {len(FORECAST)}", "Expect: 100-continue"), False),
        (post_head("/forecast", f"Content-Length: {len(FORECAST)}", "Content-Encoding: identity"), False),
        (post_head("/forecast", f"Content-Length: 0{len(FORECAST):05}"), False),
    ],
)
def test_a_plain_request_that_comes_whole_needs_no_task(tmp_path, head, is_whole):
    """Any other is begun in uvicorn's way. Both are answered."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate) as running:
        gate.close()
        with running.connect() as connection, connection.makefile("rb") as responses:
            connection.sendall(head + FORECAST)
            assert gate.entered.wait(PATIENCE_S)
            (request,) = running.server.server_state.tasks
            assert isinstance(request, WholeRequest) is is_whole
            gate.open()
            if b"Expect" in head:
                assert responses.readline() + responses.readline() == b"HTTP/1.1 100 Continue\r\n\r\n"
            assert read_status(responses) == 200
        until(lambda: not running.server.server_state.tasks)


def test_a_body_that_comes_after_its_head_is_read(tmp_path):
    """In as many pieces as it has bytes."""
    with connected(tmp_path) as running, running.connect() as connection, connection.makefile("rb") as responses:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(post_head("/forecast", f"Content-Length: {len(FORECAST)}"))
        until(lambda: running.app.state.lifecycle.in_flight == 1)
        for byte in FORECAST:
            connection.sendall(bytes([byte]))
        assert read_status(responses) == 200


def test_requests_behind_a_whole_one_are_answered_in_order(tmp_path):
    """They wait for it, whether they are plain or not."""
    gate = Gate(fakes.last_plus_ten)
    plain = post_head("/forecast", f"Content-Length: {len(FORECAST)}") + FORECAST
    probe = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(tmp_path, gate) as running:
        gate.close()
        with running.connect() as connection, connection.makefile("rb") as responses:
            connection.sendall(plain + probe + plain.replace(b"Host: x", b"Host: x\r\nX-Request-Timeout-Ms: 0"))
            assert gate.entered.wait(PATIENCE_S)
            gate.open()
            assert [read_status(responses) for _ in range(3)] == [200, 200, 422]


def test_of_requests_that_come_together_only_the_first_needs_no_task(tmp_path, monkeypatch):
    """Many bad ones, which are answered at once, would keep everybody else waiting."""
    begun = []
    for way in ("_answer_whole", "_begin_cycle"):
        original = getattr(AdmissionProtocol, way)
        monkeypatch.setattr(
            AdmissionProtocol, way, lambda *args, way=way, begin=original: (begun.append(way), begin(*args))
        )
    with connected(tmp_path) as running, running.connect() as connection, connection.makefile("rb") as responses:
        connection.sendall(3 * post_bytes("/forecast", {}))
        assert [read_status(responses) for _ in range(3)] == [422, 422, 422]
        connection.sendall(post_bytes("/forecast", {}))
        assert read_status(responses) == 422
    assert begun == ["_answer_whole", "_begin_cycle", "_begin_cycle", "_answer_whole"]


@pytest.mark.parametrize("behind", [post_bytes("/sentiment", {"text": "good"}), b"junk junk\r\n\r\n"])
@pytest.mark.parametrize("is_ending", [False, True])
def test_what_follows_the_last_answer_of_a_connection_is_no_request(tmp_path, behind, is_ending):
    """Whether the client or the service wants the connection closed: it is neither answered nor counted."""
    close = [] if is_ending else ["Connection: close"]
    with connected(tmp_path) as running:
        if is_ending:
            running.app.state.lifecycle.phase = Phase.ENDING
        answer = exchange(running, post_head("/forecast", "Content-Length: 2", *close) + b"{}" + behind)
        until(lambda: running.app.state.connections.open == 0)
        until(lambda: running.app.state.lifecycle.in_flight == 0)
        counts = running.app.state.metrics.text()
    assert answer.count(b"HTTP/1.1 ") == 1
    assert sum(line.startswith(b"http_requests_total{") for line in counts.splitlines()) == 1


@pytest.mark.parametrize("is_split", [False, True])
def test_a_defect_before_a_request_is_looked_at_is_a_problem(tmp_path, monkeypatch, caplog, is_split):
    """Whether it comes whole or not. Nothing is told of the defect."""

    def fail(*_):
        raise OSError("secret detail")

    with connected(tmp_path) as running, running.connect() as connection, connection.makefile("rb") as responses:
        monkeypatch.setattr(running.app.state.repository.registry, "view", fail)
        length = "Content-Length: 2" if is_split else "Content-Length: 2\r\nConnection: close"
        connection.sendall(post_head("/forecast", length) + (b"" if is_split else b"{}"))
        head = b"".join(iter(responses.readline, b"\r\n"))
        (size,) = map(int, re.findall(rb"content-length: (\d+)", head))
        problem = json.loads(responses.read(size))
        until(lambda: running.app.state.lifecycle.in_flight == 0)
    assert head.startswith(b"HTTP/1.1 500 ")
    assert b"content-type: application/problem+json\r\n" in head
    assert problem["request_id"] in caplog.text
    assert "secret" not in str(problem)


class Parts:
    """A protocol on a fake connection, which gets a request in parts."""

    def __init__(self, app):
        self.app = app
        self.state = ServerState()
        config = uvicorn.Config(app, log_config=None, proxy_headers=False, lifespan="off")
        self.protocol = AdmissionProtocol(config, self.state, {})
        self.transport = NotingTransport()
        self.protocol.connection_made(self.transport)
        self.protocol.data_received(post_head("/forecast", f"Content-Length: {len(FORECAST)}"))

    async def ended(self):
        """Wait until all is answered."""
        while self.app.state.lifecycle.in_flight or self.state.tasks:
            await asyncio.sleep(0)
        return b"".join(self.transport.written)


class NotingTransport(FakeTransport):
    """A connection that notes what is written."""

    def __init__(self):
        super().__init__()
        self.written = []

    def write(self, data):
        self.written.append(data)

    def get_write_buffer_size(self):
        return 0


def in_parts(models, work):
    """Run `work(parts)` when the head of a forecast has come."""
    app, _ = gated_app(models)

    async def run():
        async with app.api.router.lifespan_context(app.api):
            parts = Parts(app)
            try:
                return await work(parts)
            finally:
                parts.protocol.connection_lost(None)
                await parts.ended()

    return asyncio.run(run()), app


def test_a_body_that_comes_just_after_its_head_needs_no_task(tmp_path):
    """As the clients of Python's libraries send it. What comes with the body does."""

    async def work(parts):
        assert not parts.state.tasks
        parts.protocol.data_received(FORECAST[:9])
        parts.protocol.data_received(FORECAST[9:] + post_bytes("/forecast", BODY))
        (request,) = parts.state.tasks
        assert isinstance(request, WholeRequest)
        return await parts.ended()

    answers, _ = in_parts(tmp_path, work)
    assert answers.count(b"HTTP/1.1 200 ") == 2


def test_a_body_that_does_not_come_just_after_its_head_is_waited_for_as_a_task(tmp_path):
    """With all limits of time and room that a slow body has."""

    async def work(parts):
        parts.protocol.data_received(FORECAST[:9])
        while not parts.app.state.lifecycle.reading:
            await asyncio.sleep(0)
        assert parts.app.state.lifecycle.in_flight == 1
        assert not any(isinstance(task, WholeRequest) for task in parts.state.tasks)
        parts.protocol.data_received(FORECAST[9:])
        return await parts.ended()

    answer, _ = in_parts(tmp_path, work)
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_request_whose_head_has_come_is_answered_when_the_service_stops(tmp_path):
    """A connection that waits for no more than a body is not closed."""

    async def work(parts):
        parts.protocol.shutdown()
        parts.protocol.data_received(FORECAST)
        return await parts.ended()

    answer, _ = in_parts(tmp_path, work)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer


def test_a_client_that_leaves_after_its_head_is_counted(tmp_path):
    async def work(parts):
        parts.protocol.connection_lost(None)
        return await parts.ended()

    answer, app = in_parts(tmp_path, work)
    assert answer == b""
    assert b'handler="/forecast",method="POST",status="499"} 1.0' in app.state.metrics.text()

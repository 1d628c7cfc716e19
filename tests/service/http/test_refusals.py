"""Every request that is turned away is counted once, by its reason, and is not in the times to answer."""

import asyncio
import json
from hashlib import sha256

import httpx
import pytest

from service.http.lifecycle import Phase
from tests import fakes
from tests.connections import connected, gated_app, post_head, run_app, until
from tests.fakes import READINGS, Gate
from tests.patience import PATIENCE_S

BODY = {"readings": READINGS}


def counted(state):
    """Refusals by handler and reason, and the handlers with a time to answer."""
    families = {family.definition.name: family for family in state.host.measures.collect()}
    refusals = families["gatecast_refusals_total"].values if "gatecast_refusals_total" in families else {}
    durations = families.get("http_request_duration_seconds")
    timed = {} if durations is None else {labels: sum(v.buckets) for labels, v in durations.histograms.items()}
    return refusals, {labels: count for labels, count in timed.items() if count}


def test_a_request_beyond_those_in_flight(tmp_path):
    """It is refused by the protocol, before a task is made for it."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate, max_in_flight=1) as running:
        gate.close()
        with running.post("/forecast", BODY) as first:
            until(lambda: running.app.state.lifecycle.in_flight == 1)
            assert httpx.post(f"{running.url}/forecast", json=BODY, timeout=PATIENCE_S).status_code == 503
            until(lambda: counted(running.app.state) == ({("/forecast", "in_flight"): 1}, {}))
            gate.open()
            assert first.recv(100).startswith(b"HTTP/1.1 200")
        until(lambda: counted(running.app.state)[1] == {("/forecast", "2xx"): 1})


@pytest.mark.parametrize(("seconds_per_cost", "reason"), [(0.0, "queue"), (100.0, "late")])
def test_a_request_that_finds_no_room_or_no_time(tmp_path, seconds_per_cost, reason):
    """One is in a model call and one waits: another finds the queue full, or its turn would come too late."""
    app, gate = gated_app(tmp_path, max_queue=1 if reason == "queue" else 9, max_batch=1)

    async def work(client):
        def post():
            return asyncio.create_task(client.post("/forecast", json=BODY))

        batcher = app.state.repository.registry.get("gru").batcher
        gate.close()
        first = post()
        await asyncio.to_thread(gate.entered.wait, PATIENCE_S)
        second = post()
        while not batcher.depth:
            await asyncio.sleep(0)
        batcher._least_seconds_per_cost = seconds_per_cost
        third = await post()
        state = counted(app.state)
        gate.open()
        await asyncio.gather(first, second)
        return third.status_code, state

    status, (refusals, timed) = run_app(app, work)
    assert (status, refusals, timed) == (503, {("/forecast", reason): 1}, {})


def test_a_caller_that_has_used_up_its_rate(serve):
    client = serve(rate_requests=0.001, rate_burst_s=1000)
    statuses = [client.post("/forecast", json=BODY).status_code for _ in range(3)]
    assert statuses == [200, 429, 429]
    assert counted(client.app.state) == ({("/forecast", "rate"): 2}, {("/forecast", "2xx"): 1})


@pytest.mark.usefixtures("few_tries")
def test_wrong_keys_beyond_their_number(serve, tmp_path):
    """Wrong keys are answers (401); what is refused for them is not even looked at."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [{"name": "a", "sha256": sha256(b"a").hexdigest(), "scopes": ["forecast"]}]}))
    client = serve(api_keys_file=file)
    statuses = [client.post("/forecast", json=BODY, headers={"X-API-Key": "b"}).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert counted(client.app.state) == ({("/forecast", "wrong_keys"): 1}, {("/forecast", "4xx"): 10})


def test_a_service_that_is_not_ready(client):
    """Requests are refused; a probe that says so is answered. FastAPI's routes count like the others."""
    client.app.state.lifecycle.enter(Phase.STARTING)
    for method, path in (("POST", "/forecast"), ("GET", "/models"), ("GET", "/readyz")):
        assert client.request(method, path).status_code == 503
    refusals, timed = counted(client.app.state)
    assert refusals == {("/forecast", "not_ready"): 1, ("/models", "not_ready"): 1}
    assert timed == {("/readyz", "5xx"): 1}


def test_what_is_no_http(tmp_path):
    """The path may be unknown: it is `other` then."""
    with connected(tmp_path) as running:
        with running.connect() as connection, connection.makefile("rb") as reply:
            connection.sendall(b"\x16\x03\x01")
            assert reply.read().startswith(b"HTTP/1.1 400")
        until(lambda: counted(running.app.state) == ({("other", "parser"): 1}, {}))


def test_a_body_whose_end_is_no_http(tmp_path):
    """Its request is given up by the one who reads the body, and counted once."""
    with connected(tmp_path) as running:
        with running.connect() as connection, connection.makefile("rb") as reply:
            connection.sendall(post_head("/forecast", "Transfer-Encoding: chunked") + b"2\r\n{ \r\n")
            until(lambda: running.app.state.lifecycle.in_flight == 1)
            connection.sendall(b"no size\r\n")
            assert reply.read().startswith(b"HTTP/1.1 400")
        until(lambda: counted(running.app.state) == ({("/forecast", "parser"): 1}, {}))


def test_a_connection_too_many(tmp_path):
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate, max_connections=1) as running:
        gate.close()
        with running.post("/forecast", BODY) as busy:
            until(lambda: running.app.state.lifecycle.in_flight == 1)
            with running.connect() as connection, connection.makefile("rb") as reply:
                assert reply.read().startswith(b"HTTP/1.1 503")
            until(lambda: counted(running.app.state) == ({("other", "connections"): 1}, {}))
            gate.open()
            assert busy.recv(100).startswith(b"HTTP/1.1 200")


def test_a_body_that_gives_way_to_others(tmp_path):
    part = b'{"series": ["' + b"a" * 600_000
    with connected(tmp_path, max_buffered_bytes=1 << 20) as running:
        stalled = [running.connect() for _ in range(2)]
        for connection in stalled:
            connection.sendall(post_head("/forecast/batch", "Content-Length: 900000") + part)
            until(lambda: running.app.state.connections.buffered_bytes >= 500_000)
        with stalled[0].makefile("rb") as reply:
            assert reply.read().startswith(b"HTTP/1.1 503")
        until(lambda: counted(running.app.state)[0] == {("/forecast/batch", "memory"): 1})
        for connection in stalled:
            connection.close()


def test_other_faults_are_answers(client):
    """What was wrong with a request took its time to find."""
    client.post("/forecast", json={"readings": []})
    client.get("/nothing")
    refusals, timed = counted(client.app.state)
    assert refusals == {}
    assert timed == {("/forecast", "4xx"): 1, ("other", "4xx"): 1}

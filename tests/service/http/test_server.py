"""A real server process and its signals, and what only a real connection can do: hang up."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from threading import Thread

import httpx
import pytest
import uvicorn

from service.app import create_app
from service.http.protocol import AdmissionProtocol
from service.http.schemas import RECENT_MONTHS
from tests import fakes
from tests.fakes import READINGS, Gate
from tests.processes import KEY, ROOT, serving

ASKED = {"readings": RECENT_MONTHS}


@pytest.fixture
def models(tmp_path):
    """The smallest shipped model, compiled."""
    shutil.copytree(ROOT / "models" / "ensemble", tmp_path / "models" / "ensemble")
    return tmp_path / "models"


def until(condition):
    """Wait, for a bounded time, for something that another process or thread does."""
    latest = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < latest, "it did not happen"
        time.sleep(0.005)


def test_a_stop_has_a_grace_time_and_ends_with_0(models):
    """Not ready at once, still serving, then gone; nobody's request is lost."""
    with serving(models, grace_s=1, engine="onnx") as (process, client):
        assert client.get("/readyz").status_code == 200
        process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/readyz").status_code == 503)
        assert client.post("/forecast", json=ASKED).status_code == 200
        assert process.wait(20) == 0
        assert "POST /forecast 200" in process.log.result(20)


def test_an_interrupt_ends_without_a_grace_time(models):
    with serving(models, grace_s=600, engine="onnx") as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_an_address_that_is_taken_is_named(models):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environment = os.environ | {"GATECAST_MODELS_DIR": str(models), "GATECAST_PORT": port}
        command = [sys.executable, "-m", "service"]
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, f"cannot listen on 127.0.0.1:{port}" in ended.stderr) == (3, True)


def test_a_second_signal_ends_it_at_once(models):
    with serving(models, grace_s=600, engine="onnx") as (process, client):
        process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/readyz").status_code == 503)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_versions_come_and_go_by_signal_and_by_request(models):
    """A new version is there after SIGHUP, gone after its removal and /admin/reload; a broken one is refused."""
    with serving(models, grace_s=0, engine="onnx") as (process, client):

        def loaded():
            return client.get("/version").json()["models"]["ensemble"]

        copy_as_version_2(models / "ensemble")
        process.send_signal(signal.SIGHUP)
        until(lambda: loaded() == ["1", "2"])
        assert client.post("/forecast", json=ASKED).json()["version"] == "2"
        shutil.rmtree(models / "ensemble" / "2")
        (models / "ensemble" / "3").mkdir()
        report = client.post("/admin/reload", headers={"x-api-key": KEY}).json()
        assert report["retired"] == [{"name": "ensemble", "version": "2"}]
        assert "SHA256SUMS is missing" in report["refused"][0]["reason"]
        assert loaded() == ["1"]


def copy_as_version_2(model):
    """A second version of a shipped model, as a training run would have written it."""
    from service.artifacts.files import plain_files, sha256

    copy = model / ".2-copy"
    shutil.copytree(model / "1", copy)
    card = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(card | {"version": "2"}))
    files = {n: p for n, p in plain_files(copy).items() if n != "SHA256SUMS" and not n.startswith("compiled/")}
    (copy / "SHA256SUMS").write_text("".join(f"{sha256(p)}  {n}\n" for n, p in sorted(files.items())))
    copy.rename(model / "2")


def test_a_wrong_argument_or_setting_is_named(models):
    """Nothing is served by mistake."""

    def run(*arguments, **settings):
        environment = os.environ | {"GATECAST_MODELS_DIR": str(models)} | settings
        command = [sys.executable, "-m", "service", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    assert run("--port", "1").returncode == 2
    wrong = run(GATECAST_ENGINE="torch")
    assert (wrong.returncode, "GATECAST_ENGINE" in wrong.stderr) == (2, True)
    checked = run("--check")
    assert (checked.returncode, checked.stdout) == (0, "ensemble/1: proven, engine onnx\n")
    shutil.rmtree(models / "ensemble" / "1" / "compiled")
    missing = run("--check", GATECAST_ENGINE="onnx")
    assert (missing.returncode, "compiled is missing" in missing.stderr) == (3, True)


@contextmanager
def connected(tmp_path, gate, **settings):
    """The app on a gated fake model behind uvicorn, in a thread: (server, app, port)."""
    load = fakes.FakeLoad(tmp_path, [fakes.forecast_bundle(run=gate)])
    app = create_app(fakes.settings(tmp_path, **({"max_batch": 1} | settings)), load)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, http=AdmissionProtocol, proxy_headers=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        until(lambda: server.started)
        try:
            yield server, app, listening.getsockname()[1]
        finally:
            gate.open()
            server.should_exit = True
            thread.join(20)


def send(port, path, body):
    """A connection that has asked and not yet read."""
    content = json.dumps(body).encode()
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    connection.sendall(head.encode() + content)
    return connection


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/forecast", {"readings": READINGS}),
        ("/forecast/batch", {"series": [{"id": str(i), "readings": READINGS} for i in range(50)]}),
    ],
)
def test_a_caller_who_hangs_up_before_its_turn_costs_no_model_call(tmp_path, path, body):
    """One is at work, two wait; one of these leaves: the model is called for the others only."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate) as (server, app, port):
        batcher = app.state.repository.registry.get("gru").batcher
        calls = len(gate.batches)
        gate.close()
        first = send(port, "/forecast", {"readings": READINGS})
        assert gate.entered.wait(20)
        leaving = send(port, path, body)
        staying = send(port, "/forecast", {"readings": READINGS})
        until(lambda: batcher.depth >= 2)
        leaving.close()
        until(lambda: len(server.server_state.connections) == 2)
        gate.open()
        assert first.recv(100).startswith(b"HTTP/1.1 200")
        assert staying.recv(100).startswith(b"HTTP/1.1 200")
        until(lambda: app.state.lifecycle.in_flight == 0)
        assert len(gate.batches) - calls == 2
        assert batcher.counts.left == 1
        first.close(), staying.close()


def test_a_body_that_is_cut_off_is_no_defect(tmp_path, caplog):
    """A caller who leaves in the middle of its body is dropped quietly."""
    with connected(tmp_path, Gate(fakes.last_plus_ten)) as (_, app, port):
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        connection.sendall(
            b"POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        )
        until(lambda: app.state.lifecycle.in_flight == 1)
        connection.close()
        until(lambda: app.state.lifecycle.in_flight == 0)
        assert app.state.repository.registry.get("gru").batcher.counts.failed == 0
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_the_door_refuses_whom_a_full_service_could_not_answer(tmp_path):
    """At once, as a problem with Retry-After, and the connection stays; those inside and the probes are answered."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate, max_in_flight=2) as (_, app, port):
        gate.close()
        inside = [send(port, "/forecast", {"readings": READINGS}) for _ in range(2)]
        until(lambda: app.state.lifecycle.in_flight == 2)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            refused = client.post("/forecast", json={"readings": READINGS}, headers={"x-request-id": "me"})
            large = client.post("/sentiment", content=b" " * 900_000)
            assert client.get("/livez").status_code == 200
            gate.open()
            for connection in inside:
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
                connection.close()
            assert client.post("/forecast", json={"readings": READINGS}).status_code == 200
            text = client.get("/metrics").text
    assert refused.status_code == large.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["x-request-id"] == refused.json()["request_id"] == "me"
    assert refused.headers["server-timing"].startswith("queue;dur=")
    assert refused.json()["type"] == "/problems/overloaded"
    assert 'http_requests_total{handler="/forecast",method="POST",status="503"} 1.0' in text


def test_a_caller_that_waits_to_be_asked_for_its_body_is_refused_at_once(tmp_path):
    """`Expect: 100-continue` at a full service: the refusal comes instead of the 100, and the connection ends."""
    gate = Gate(fakes.last_plus_ten)
    with connected(tmp_path, gate, max_in_flight=1) as (_, app, port):
        gate.close()
        inside = send(port, "/forecast", {"readings": READINGS})
        until(lambda: app.state.lifecycle.in_flight == 1)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as asking:
            asking.sendall(
                b"POST /forecast HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n"
            )
            with asking.makefile("rb") as reply:
                answer = reply.read()
        gate.open()
        inside.close()
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"connection: close" in answer


def test_refused_requests_in_one_packet_are_all_refused_and_the_next_is_answered(tmp_path):
    """Pipelined, they are answered in their order, and the connection lives on."""
    gate = Gate(fakes.last_plus_ten)
    content = json.dumps({"readings": READINGS}).encode()
    head = f"POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    with connected(tmp_path, gate, max_in_flight=1) as (_, app, port):
        gate.close()
        inside = send(port, "/forecast", {"readings": READINGS})
        until(lambda: app.state.lifecycle.in_flight == 1)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as asking, asking.makefile("rb") as replies:
            asking.sendall(2 * (head.encode() + content))
            assert [read_status(replies) for _ in range(2)] == [503, 503]
            gate.open()
            until(lambda: app.state.lifecycle.in_flight == 0)
            asking.sendall(head.encode() + content)
            assert read_status(replies) == 200
        inside.close()


def read_status(replies):
    """The status of the next whole response."""
    status = int(replies.readline().split()[1])
    length = 0
    while (line := replies.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    replies.read(length)
    return status


def test_a_start_that_fails_ends_with_what_was_wrong(models):
    """The last line names the file and the fault."""
    (models / "ensemble" / "1" / "golden.json").write_text("{}")
    environment = os.environ | {"GATECAST_MODELS_DIR": str(models), "GATECAST_PORT": "0"}
    command = [sys.executable, "-m", "service"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 3
    assert re.fullmatch(r"error: .*golden\.json was changed.*", ended.stderr.splitlines()[-1])


def test_a_signal_before_the_models_are_proven_ends_it(models):
    """SIGHUP is ignored until there is something to reload, SIGTERM does not wait for the models."""
    environment = os.environ | {
        "GATECAST_MODELS_DIR": str(models),
        "GATECAST_PORT": "0",
        "GATECAST_ENGINE": "tensorflow",
    }
    command = [sys.executable, "-m", "service"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "Started server process" in process.stderr.readline()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_slow_callers_shut_nobody_out(tmp_path):
    """Two whose bodies trickle in do not fill a service for two."""
    with connected(tmp_path, Gate(fakes.last_plus_ten), max_in_flight=2) as (_, app, port):
        head = b"POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
        slow = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(2)]
        for connection in slow:
            connection.sendall(head)
        until(lambda: app.state.lifecycle.reading == 2)
        assert httpx.post(f"http://127.0.0.1:{port}/forecast", json={"readings": READINGS}).status_code == 200
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("sent", [b"", b"POST /forecast HTTP/1.1\r\nHost:"])
def test_a_connection_on_which_no_request_comes_is_closed(tmp_path, sent):
    """Nothing at all, or half of the headers: after the time limit the connection is free again."""
    with connected(tmp_path, Gate(fakes.last_plus_ten), timeout_ms=50) as (_, _, port):
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        connection.sendall(sent)
        assert connection.recv(100) == b""
        connection.close()


def test_a_caller_who_does_not_read_is_cut_off(tmp_path):
    """Answers of megabytes that nobody takes do not stay in memory."""
    series = [{"id": "i" * 190 + str(i), "readings": READINGS} for i in range(1000)]
    body = json.dumps({"series": series, "horizon": 10}).encode()
    head = "POST /forecast/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
    asked = (head + f"{len(body)}\r\n\r\n").encode() + body

    def ask_on_and_on(connection):
        with contextlib.suppress(OSError):
            for _ in range(50):
                connection.sendall(asked)

    with connected(tmp_path, Gate(fakes.last_plus_ten), timeout_ms=300, max_batch=64) as (server, app, port):
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        asking = Thread(target=ask_on_and_on, args=[connection])
        asking.start()
        until(lambda: b'handler="/forecast/batch",method="POST",status="499"' in app.state.metrics.text())
        until(lambda: not server.server_state.connections)
        connection.close()
        asking.join(20)


REQUEST = b"GET /livez HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "head",
    [
        REQUEST + b"A: 1\r\n" * 120,
        REQUEST + b"A: " + b"a" * 40_000,
        REQUEST + b"".join(b"A%d: %s\r\n" % (i, b"a" * 1000) for i in range(40)),
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n",
        b"GET /" + b"a" * 40_000,
    ],
    ids=["many fields", "a long field", "long together", "a long request line", "a long request line without an end"],
)
def test_too_large_a_request_line_or_headers_are_refused(tmp_path, head):
    """As a problem, counted, and the connection ends; whatever else the caller sends is not kept."""
    with connected(tmp_path, Gate(fakes.last_plus_ten)) as (_, app, port):
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as connection,
            connection.makefile("rb") as reply,
        ):
            connection.sendall(head)
            answer = reply.read()
        assert httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
        counts = app.state.metrics.text()
    fields, _, body = answer.partition(b"\r\n\r\n")
    assert fields.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in fields
    problem = json.loads(body)
    assert (problem["status"], problem["type"]) == (431, "/problems/headers-too-large")
    assert b"x-request-id: " + problem["request_id"].encode() in fields
    assert b'status="431"} 1.0' in counts


def test_headers_without_an_end_are_not_kept(tmp_path):
    """A caller who sends on and on is cut off after little more than what is allowed."""
    with connected(tmp_path, Gate(fakes.last_plus_ten)) as (server, _, port):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(REQUEST)
            sent = 0
            with contextlib.suppress(OSError):
                while sent < 100 << 20:
                    sent += connection.send(b"A: 1\r\n" * 1000)
        until(lambda: not server.server_state.connections)
    assert sent < 100 << 20


def test_as_many_headers_as_are_allowed_are_read(tmp_path):
    with connected(tmp_path, Gate(fakes.last_plus_ten)) as (_, _, port):
        headers = {f"a{i}": "a" * 300 for i in range(90)}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/livez", headers=headers).status_code == 200
            assert client.get("/livez", headers=headers).status_code == 200


def test_trailers_without_an_end_are_not_kept(tmp_path):
    """The fields after a chunked body count like headers."""
    head = b"POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connected(tmp_path, Gate(fakes.last_plus_ten)) as (server, app, port):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(head + b"2\r\n{}\r\n0\r\n")
            with contextlib.suppress(OSError):
                for _ in range(100_000):
                    connection.sendall(b"A: 1\r\n")
        until(lambda: not server.server_state.connections)
        until(lambda: app.state.lifecycle.in_flight == 0)


def test_main_takes_no_arguments_for_serving(monkeypatch, capsys):
    """Its own default is an empty tuple; a setting that is wrong shows that it went on from there."""
    from service.__main__ import main

    monkeypatch.setenv("GATECAST_PORT", "x")
    assert main() == 2
    assert "GATECAST_PORT" in capsys.readouterr().err

"""Signals to a real server process, what it does about work that does not end, and what it uses of uvicorn."""

import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import uvicorn

from service.artifacts.files import plain_files, sha256
from service.http.schema_parts import RECENT_MONTHS
from service.settings import Settings
from tests.connections import post_bytes, until
from tests.patience import PATIENCE_S
from tests.ports import reserved_port
from tests.processes import COMMAND, KEY, PATIENT, ROOT, environment, serving, shipped

BODY = {"readings": RECENT_MONTHS}


@pytest.mark.parametrize("name", ["startup", "shutdown", "handle_exit", "run", "_log_started_message"])
def test_uvicorns_server_has_the_methods_that_ours_uses(name):
    assert callable(getattr(uvicorn.Server, name))


def test_uvicorns_server_has_the_attributes_that_ours_uses():
    """Before its start it is not asked to end, and has no connections."""
    server = uvicorn.Server(uvicorn.Config("service.app:create_app"))
    assert (server.started, server.should_exit, server.force_exit) == (False, False, False)
    assert (server.server_state.connections, server.server_state.tasks) == (set(), set())


def test_a_stop_has_a_grace_time(models):
    """Not ready at once, and still serving; a second signal ends it."""
    with serving(models, grace_s=600, engine="onnx") as (process, client, _):
        assert client.get("/readyz").status_code == 200
        process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/readyz").status_code == 503)
        assert client.post("/forecast", json=BODY).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_a_stop_ends_with_0_after_its_grace_time(models):
    """No request is lost."""
    with serving(models, command=PATIENT, grace_s=0.1, engine="onnx") as (process, client, log):
        assert client.post("/forecast", json=BODY).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert "POST /forecast 200" in log.result(PATIENCE_S)


def test_an_interrupt_ends_without_a_grace_time(models):
    with serving(models, grace_s=600, engine="onnx") as (process, _, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0


def test_a_second_signal_ends_it_at_once(models):
    with serving(models, grace_s=600, engine="onnx") as (process, client, _):
        process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/readyz").status_code == 503)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_a_signal_before_the_models_are_verified_ends_it(models):
    """SIGHUP is ignored until a reload is possible; SIGTERM does not wait for the models."""
    variables = environment(models, engine="tensorflow")
    with subprocess.Popen(
        COMMAND, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        assert "Started server process" in process.stderr.readline()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGUSR2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_the_signal_to_replace_workers_ends_nobody_who_has_none(models):
    with serving(models, command=PATIENT, engine="onnx", grace_s=0) as (process, client, log):
        process.send_signal(signal.SIGUSR2)
        assert client.post("/forecast", json=BODY).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert "SIGUSR2 is ignored" in log.result(PATIENCE_S)


def test_versions_come_and_go_by_signal_and_by_request(models):
    """SIGHUP loads a new version, /admin/reload retires one that is gone and refuses a broken one."""
    with serving(models, grace_s=0, engine="onnx") as (process, client, _):

        def loaded_versions():
            return client.get("/version").json()["models"]["ensemble"]

        old = shipped("ensemble").name
        copy_as_version(models / "ensemble")
        process.send_signal(signal.SIGHUP)
        until(lambda: loaded_versions() == [old, "98"])
        assert client.post("/forecast", json=BODY).json()["version"] == "98"
        shutil.rmtree(models / "ensemble" / "98")
        (models / "ensemble" / "99").mkdir()
        report = client.post("/admin/reload", headers={"x-api-key": KEY}).json()
        assert report["retired"] == [{"name": "ensemble", "version": "98"}]
        assert "SHA256SUMS is missing" in report["refused"][0]["reason"]
        assert loaded_versions() == [old]


def copy_as_version(model, version="98"):
    """Make another version of a shipped model, as a training run would write it."""
    copy = model / f".{version}-copy"
    shutil.copytree(model / shipped(model.name).name, copy)
    card = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(card | {"version": version}))
    files = {n: p for n, p in plain_files(copy).items() if n != "SHA256SUMS" and not n.startswith("compiled/")}
    (copy / "SHA256SUMS").write_text("".join(f"{sha256(p)}  {n}\n" for n, p in sorted(files.items())))
    copy.rename(model / version)


def hanging(models, tmp_path, **settings):
    """A service whose model call never ends, except for the golden answer."""
    empty = tmp_path / "fakes"
    empty.mkdir()
    command = [sys.executable, "-m", "tests.hanging_service", str(empty)]
    return serving(models, command=command, **({"grace_s": 0, "shutdown_s": 0} | settings))


ENDLESS = {"readings": [10.0, 20.0, 30.0, 40.0, 51.0], "horizon": 1}


def in_flight(client):
    (line,) = [
        line for line in client.get("/metrics").text.splitlines() if line.startswith("gatecast_requests_in_flight ")
    ]
    return float(line.split()[1])


def test_work_past_the_time_of_a_stop_is_refused_and_counted(models, tmp_path):
    """Not a bare 500: a problem with Connection: close, a line in the log, and status 0, though the call still hangs."""
    with (
        hanging(models, tmp_path) as (process, client, log),
        ThreadPoolExecutor(2) as callers,
    ):
        answers = [
            callers.submit(client.post, path, json=body)
            for path, body in (
                ("/forecast", ENDLESS),
                ("/forecast/batch", {"series": [{"id": "a", "readings": ENDLESS["readings"]}]}),
            )
        ]
        until(lambda: in_flight(client) >= 3)
        process.send_signal(signal.SIGTERM)
        for answer in answers:
            reply = answer.result(PATIENCE_S)
            assert (reply.status_code, reply.json()["type"]) == (503, "/problems/not-ready")
            assert "stopping" in reply.json()["detail"]
            assert reply.headers["connection"] == "close"
            assert reply.headers["content-type"] == "application/problem+json"
        assert process.wait(PATIENCE_S) == 0
        written = log.result(PATIENCE_S)
        assert "POST /forecast 503" in written
        assert "POST /forecast/batch 503" in written
        assert "Traceback" not in written


def test_clients_that_do_not_read_do_not_keep_it_from_ending(models, tmp_path):
    """Neither do bodies that never become whole, nor a model call that hangs."""
    with hanging(models, tmp_path, max_body_bytes=1 << 20) as (process, client, _):
        host, port = client.base_url.host, client.base_url.port
        connections = [socket.create_connection((host, port)) for _ in range(3)]
        connections[0].sendall(post_bytes("/forecast", ENDLESS))
        connections[1].sendall(
            b"POST /forecast HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
        )
        connections[2].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connections[2].sendall(b"GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n" * 200)
        until(lambda: in_flight(client) >= 3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        for connection in connections:
            connection.close()


def test_a_reload_that_fails_is_logged_and_the_service_goes_on(models, tmp_path):
    """SIGHUP has nobody to answer to, so the log has the reason."""
    with serving(models, command=PATIENT, engine="onnx", grace_s=0) as (process, client, log):
        shutil.move(models, tmp_path / "away")
        process.send_signal(signal.SIGHUP)
        until(lambda: 'gatecast_reloads_total{outcome="refused"} 1.0' in client.get("/metrics").text)
        assert client.post("/forecast", json=BODY).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        assert "is not a directory" in log.result(PATIENCE_S)


def certificate(directory):
    """A self-signed certificate for this machine, and its key."""
    chain, key = directory / "tls.crt", directory / "tls.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        [*command, "-addext", "subjectAltName=IP:127.0.0.1", "-out", chain, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return chain, key


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")
def test_it_speaks_tls_with_a_certificate(models, tmp_path):
    """A caller that trusts the certificate gets an answer; one that speaks plain HTTP gets none, and harms nobody."""
    chain, key = certificate(tmp_path)
    with serving(models, engine="onnx", grace_s=0, tls_cert_file=chain, tls_key_file=key) as (process, client, _):
        assert client.base_url.scheme == "https"
        trusted = ssl.create_default_context(cafile=chain)
        assert (
            httpx.post(f"{client.base_url}/forecast", json=BODY, verify=trusted, timeout=PATIENCE_S).status_code == 200
        )
        with pytest.raises(httpx.HTTPError):
            httpx.get(str(client.base_url.copy_with(scheme="http")) + "/livez", timeout=PATIENCE_S)
        assert httpx.get(f"{client.base_url}/livez", verify=trusted, timeout=PATIENCE_S).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_operations_have_a_port_of_their_own(models):
    """Both are announced, and both are closed at the end."""
    with (
        reserved_port() as port,
        serving(models, engine="onnx", grace_s=0, operations_port=port) as (process, client, _),
    ):
        assert client.base_url.port != port
        assert httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S).status_code == 200
        assert client.get("/livez").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        with socket.socket() as caller:
            assert caller.connect_ex(("127.0.0.1", port)) != 0


def test_an_idle_connection_stays_open_for_the_time_of_the_setting(models):
    """Fractions of a second too. The default is above the 60 seconds of proxies."""
    assert Settings().keep_alive_s > 60
    with (
        serving(models, engine="onnx", grace_s=0, keep_alive_s=0.2) as (_, client, _),
        socket.create_connection((client.base_url.host, client.base_url.port), timeout=PATIENCE_S) as connection,
    ):
        connection.sendall(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        while connection.recv(4096):  # until the service closes it
            pass

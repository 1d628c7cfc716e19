"""Several workers as real processes: their start, their end, their deaths, and what clients notice of it."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.connections import post_bytes, until
from tests.patience import PATIENCE_S
from tests.ports import reserved_port
from tests.processes import COMMAND, KEY, ROOT, environment, run_service
from tests.service.workers.running import BODY, ask, ended, metric, pids, wait_for_workers, workers

pytestmark = [
    pytest.mark.no_cover,
    pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="several workers need Linux"),
]


def test_both_workers_answer_and_the_supervisor_is_small(models):
    """Their counters are one; the supervisor has loaded no model library."""
    with workers(models) as running:
        for _ in range(40):
            assert httpx.post(f"{running.client.base_url}/forecast", json=BODY, timeout=PATIENCE_S).status_code == 200
        until(lambda: metric(ask(running), 'http_requests_total{handler="/forecast"') == 40)  # counted after the answer
        text = ask(running)
        assert (metric(text, "gatecast_workers"), metric(text, "gatecast_ready")) == (2, 1)
        maps = Path(f"/proc/{running.process.pid}/maps").read_text()
        assert not any(library in maps for library in ("onnxruntime", "numpy", "tensorflow", "uvloop"))
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE_S) == 0
        lines = running.log.result(PATIENCE_S)
        assert lines.count("POST /forecast 200") == 40
        assert {"worker=0", "worker=1"} <= {line.rpartition(" ")[2] for line in lines.splitlines()}


def test_the_keys_of_a_terminal_reach_the_supervisor_only(models):
    """Workers have process groups of their own; but one session, as the system schedules by session."""
    with workers(models) as running:
        processes = pids(running)
        assert [os.getpgid(pid) for pid in processes] == processes
        assert {os.getsid(pid) for pid in processes} == {os.getsid(running.process.pid)}


def test_a_start_that_fails_is_told_as_by_one_process(models):
    """Wrong settings, bad models, a bad key file and a taken port: the same status and the same lines, by one process."""
    assert run_service(models, workers=2, engine="torch").returncode == 2
    (models / "keys.json").write_text("{")
    for settings, status in (
        ({"api_keys_file": models / "keys.json"}, 2),
        ({"sentiment_model": "other"}, 3),
    ):
        one = run_service(models, engine="onnx", **settings)
        two = run_service(models, engine="onnx", workers=2, **settings)
        assert (one.returncode, two.returncode) == (status, status)
        faults = [[line for line in run.stderr.splitlines() if line.startswith("error: ")] for run in (one, two)]
        assert faults[0] == faults[1] != []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for name in ("port", "operations_port"):
            refused = run_service(models, workers=2, **{name: taken.getsockname()[1]})
            assert (refused.returncode, "is in use already" in refused.stderr) == (3, True)


def test_a_second_service_does_not_share_the_port(models):
    """Also one that would share it is refused."""
    with workers(models) as running:
        refused = run_service(models, workers=2, port=running.client.base_url.port)
        assert (refused.returncode, "is in use already" in refused.stderr) == (3, True)


def test_a_killed_worker_loses_no_waiting_connection_and_no_count(models):
    """What waits to be accepted is accepted by the other one; the next process counts on."""
    with workers(models) as running:
        address = ("127.0.0.1", running.client.base_url.port)
        for _ in range(10):
            assert httpx.post(f"{running.client.base_url}/forecast", json=BODY, timeout=PATIENCE_S).status_code == 200
        until(lambda: metric(ask(running), 'http_requests_total{handler="/forecast"') == 10)
        started = metric(ask(running), "process_start_time_seconds")
        victim = pids(running)[1]
        os.kill(victim, signal.SIGSTOP)  # what comes now waits
        waiting = [socket.create_connection(address, timeout=PATIENCE_S) for _ in range(16)]
        for connection in waiting:
            connection.sendall(post_bytes("/forecast", BODY))
        os.kill(victim, signal.SIGKILL)
        for connection in waiting:
            with connection:
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
        wait_for_workers(running)
        until(lambda: metric(ask(running), "gatecast_connections") <= 2)
        text = ask(running)
        assert metric(text, 'http_requests_total{handler="/forecast"') == 26
        assert metric(text, 'gatecast_worker_restarts_total{reason="signal"}') == 1
        assert metric(text, "process_start_time_seconds") == started > 0  # the service has not been restarted
        assert len(pids(running)) == 2


def answering(running):
    """The workers that accept new connections, by the sockets that the system says are theirs."""
    clients = [httpx.Client(base_url=running.client.base_url, timeout=PATIENCE_S) for _ in range(12)]
    for client in clients:
        assert client.get("/readyz").status_code == 200
    owners = {pid for pid in pids(running) if connections_of(pid, running.client.base_url.port)}
    for client in clients:
        client.close()
    return owners


def connections_of(pid, port):
    """How many connections a process has open on a port."""
    lines = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    inodes = {line[9] for line in lines if int(line[1].rpartition(":")[2], 16) == port and line[3] == "01"}
    links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return sum(link.removeprefix("socket:[").rstrip("]") in inodes for link in links)


def test_a_stopped_worker_is_relieved(models):
    """Its new connections go to the other one after a few seconds, and it takes part again when it goes on."""
    with workers(models) as running:
        victim = pids(running)[0]
        os.kill(victim, signal.SIGSTOP)
        for _ in range(12):
            assert httpx.get(f"{running.client.base_url}/readyz", timeout=PATIENCE_S).status_code == 200
        os.kill(victim, signal.SIGCONT)
        until(lambda: len(answering(running)) == 2)  # both have clients again
        assert victim in pids(running)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE_S) == 0
        assert "worker 0 does not answer" in running.log.result(PATIENCE_S)


def test_tls_and_a_port_of_operations_work_as_with_one_process(models, tmp_path):
    """The port of operations is shared by all workers."""
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", key, "-out", chain], check=True, capture_output=True)
    with (
        reserved_port() as port,
        workers(models, tls_key_file=key, tls_cert_file=chain, operations_port=port) as running,
    ):
        assert running.client.base_url.scheme == "https"
        assert running.client.get("/metrics").status_code == 404
        for _ in range(6):
            text = httpx.get(f"https://127.0.0.1:{port}/metrics", verify=False, timeout=PATIENCE_S).text
            assert metric(text, "gatecast_workers_wanted") == 2


def test_workers_end_when_their_supervisor_is_killed(models):
    with workers(models) as running:
        processes = pids(running)
        running.process.kill()
        until(lambda: all(map(ended, processes)))


@pytest.mark.parametrize(("sig", "grace_s"), [(signal.SIGTERM, 0.1), (signal.SIGINT, 600)])
def test_a_stop_ends_all_after_the_grace_time(models, sig, grace_s):
    """SIGINT has none. No process is left."""
    with workers(models, grace_s=grace_s) as running:
        processes = pids(running)
        running.process.send_signal(sig)
        assert running.process.wait(PATIENCE_S) == 0
        assert all(map(ended, processes))


def test_a_stop_serves_on_for_the_grace_time_and_a_second_signal_ends_all_at_once(models):
    """Not ready at once, and still serving."""
    with workers(models, grace_s=600) as running:
        processes = pids(running)
        running.process.send_signal(signal.SIGTERM)
        until(lambda: running.client.get("/readyz").status_code == 503)
        assert running.client.post("/forecast", json=BODY).status_code == 200
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE_S) == 0
        until(lambda: all(map(ended, processes)))


def test_a_signal_before_the_start_is_done_ends_it(models):
    variables = environment(models, workers=2)
    with subprocess.Popen(
        COMMAND, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        assert "Started server process" in process.stderr.readline()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_all_workers_change_versions_together(models):
    """By signal and by request; what the first one refuses changes nothing in any of them."""
    with workers(models) as running:

        def loaded_versions():
            return {
                httpx.get(f"{running.client.base_url}/version", timeout=PATIENCE_S).json()["models"]["ensemble"][-1]
                for _ in range(12)
            }

        old = next(iter(loaded_versions()))
        bad = models / "ensemble" / "97"
        bad.mkdir()
        report = running.client.post("/admin/reload", headers={"x-api-key": KEY}).json()
        assert ("SHA256SUMS is missing" in report["refused"][0]["reason"], loaded_versions()) == (True, {old})
        bad.rmdir()
        from tests.service.http.test_server import copy_as_version

        copy_as_version(models / "ensemble")
        running.process.send_signal(signal.SIGHUP)
        until(lambda: "98" in loaded_versions())
        assert loaded_versions() == {"98"}
        shutil.rmtree(models / "ensemble" / "98")
        report = running.client.post("/admin/reload", headers={"x-api-key": KEY}).json()
        assert (report["retired"], loaded_versions()) == ([{"name": "ensemble", "version": "98"}], {old})
        text = ask(running)
        assert metric(text, "gatecast_reloads_total") == 3
        assert metric(text, 'gatecast_reloads_total{outcome="refused"}') == 1


def test_a_worker_that_is_sent_a_signal_is_replaced_and_no_client_loses_anything(models):
    """A client that keeps its connection is told to connect anew, and its request is answered."""
    with workers(models) as running:
        clients = [httpx.Client(base_url=running.client.base_url, timeout=PATIENCE_S) for _ in range(8)]
        for client in clients:
            assert client.get("/readyz").headers.get("connection") != "close"
        before = pids(running)
        os.kill(before[0], signal.SIGTERM)
        until(lambda: any(client.get("/readyz").headers.get("connection") == "close" for client in clients))
        for client in clients:
            assert client.post("/forecast", json=BODY).status_code == 200
            client.close()
        until(lambda: ended(before[0]))
        wait_for_workers(running)
        assert before[1] in pids(running)

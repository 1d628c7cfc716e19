"""Signals to a real server process, and what the server uses of uvicorn."""

import json
import shutil
import signal
import subprocess

import pytest
import uvicorn

from service.artifacts.files import plain_files, sha256
from service.http.schemas import RECENT_MONTHS
from tests.connections import until
from tests.processes import COMMAND, KEY, ROOT, environment, serving

BODY = {"readings": RECENT_MONTHS}


@pytest.mark.parametrize("name", ["startup", "handle_exit", "run", "_log_started_message"])
def test_uvicorns_server_has_the_methods_that_ours_uses(name):
    assert callable(getattr(uvicorn.Server, name))


def test_uvicorns_server_has_the_attributes_that_ours_uses():
    """Before its start it is not asked to end, and has no connections."""
    server = uvicorn.Server(uvicorn.Config("service.app:create_app"))
    assert (server.started, server.should_exit, server.force_exit) == (False, False, False)
    assert server.server_state.connections == set()


def test_a_stop_has_a_grace_time_and_ends_with_0(models):
    """Not ready at once, still serving, then ended; no request is lost."""
    with serving(models, grace_s=1, engine="onnx") as (process, client, log):
        assert client.get("/readyz").status_code == 200
        process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/readyz").status_code == 503)
        assert client.post("/forecast", json=BODY).status_code == 200
        assert process.wait(20) == 0
        assert "POST /forecast 200" in log.result(20)


def test_an_interrupt_ends_without_a_grace_time(models):
    with serving(models, grace_s=600, engine="onnx") as (process, _, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_a_second_signal_ends_it_at_once(models):
    with serving(models, grace_s=600, engine="onnx") as (process, client, _):
        process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/readyz").status_code == 503)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_signal_before_the_models_are_verified_ends_it(models):
    """SIGHUP is ignored until a reload is possible; SIGTERM does not wait for the models."""
    variables = environment(models, engine="tensorflow")
    with subprocess.Popen(COMMAND, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "Started server process" in process.stderr.readline()
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_versions_come_and_go_by_signal_and_by_request(models):
    """SIGHUP loads a new version, /admin/reload retires one that is gone and refuses a broken one."""
    with serving(models, grace_s=0, engine="onnx") as (process, client, _):

        def loaded_versions():
            return client.get("/version").json()["models"]["ensemble"]

        copy_as_version_2(models / "ensemble")
        process.send_signal(signal.SIGHUP)
        until(lambda: loaded_versions() == ["1", "2"])
        assert client.post("/forecast", json=BODY).json()["version"] == "2"
        shutil.rmtree(models / "ensemble" / "2")
        (models / "ensemble" / "3").mkdir()
        report = client.post("/admin/reload", headers={"x-api-key": KEY}).json()
        assert report["retired"] == [{"name": "ensemble", "version": "2"}]
        assert "SHA256SUMS is missing" in report["refused"][0]["reason"]
        assert loaded_versions() == ["1"]


def copy_as_version_2(model):
    """Make a second version of a shipped model, as a training run would write it."""
    copy = model / ".2-copy"
    shutil.copytree(model / "1", copy)
    card = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(card | {"version": "2"}))
    files = {n: p for n, p in plain_files(copy).items() if n != "SHA256SUMS" and not n.startswith("compiled/")}
    (copy / "SHA256SUMS").write_text("".join(f"{sha256(p)}  {n}\n" for n, p in sorted(files.items())))
    copy.rename(model / "2")

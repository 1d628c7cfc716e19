"""`python -m service.mcp` with shipped models, asked by the SDK's own client, and by one that keeps to no protocol."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient
from mcp import Client, StdioServerParameters

from service.app import create_app
from service.http.schema_parts import RECENT_MONTHS
from service.settings import Settings
from tests.patience import PATIENCE_S
from tests.processes import ROOT, environment

COMMAND = [sys.executable, "-m", "service.mcp"]
DATED = {"readings": RECENT_MONTHS, "start": "2015-02-01", "frequency": "MS"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A models directory with three of the shipped models."""
    models = tmp_path_factory.mktemp("models")
    for name in ("gru", "sentiment", "universal"):
        (models / name).symlink_to(ROOT / "models" / name)
    return models


@pytest.fixture(scope="module")
def call(models):
    """Calls a tool of one process, which a client started as a desktop assistant does."""
    server = StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], cwd=ROOT, env={"GATECAST_MODELS_DIR": str(models)}
    )
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(server)) as client:
        yield lambda name, arguments: portal.call(client.call_tool, name, arguments)


@pytest.fixture(scope="module")
def http(models):
    """The service over HTTP, with the same models."""
    with TestClient(create_app(Settings(models_dir=models))) as client:
        yield client


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("forecast", DATED | {"horizon": 12}),
        ("forecast", DATED | {"horizon": 12, "model": "gru", "levels": [50]}),
        ("anomalies", DATED | {"last": 5}),
        ("sentiment", {"text": "A warm, funny film. The end is dull 😀.", "explain": True, "sentences": True}),
    ],
)
def test_a_tool_answers_as_over_http(call, http, name, arguments):
    """To the last digit."""
    result = call(name, arguments)
    assert not result.is_error
    assert result.structured_content == http.post(f"/{name}", json=arguments).json()


def test_an_error_is_the_one_of_http(call, http):
    result = call("forecast", {"readings": [1, 2], "model": "nope"})
    problem = http.post("/forecast", json={"readings": [1, 2], "model": "nope"}).json()
    assert result.is_error
    assert result.content[0].text.splitlines()[0] == f"{problem['title']}: {problem['detail']}"


def run(models, data, *command, **settings):
    """Run the server on these bytes until it ends by itself."""
    return subprocess.run(
        command or COMMAND,
        cwd=ROOT,
        env=environment(models, **settings),
        input=data,
        capture_output=True,
        timeout=PATIENCE_S,
    )


def as_lines(*messages):
    return b"".join(each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in messages)


def forecast_request(number, **arguments):
    """A call by a client of the older protocol."""
    params = {"name": "forecast", "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def test_hostile_lines_spoil_nothing(models):
    """What was asked is answered although the input has ended; standard output has nothing but messages."""
    too_large = forecast_request(1, readings=[1.5] * 5000)
    ended = run(
        models,
        as_lines(
            b"GET / HTTP/1.1\r\n\r\n",
            INITIALIZE,
            INITIALIZED,
            too_large,
            forecast_request(2, readings=[1, 2, 3, 4] * 6, horizon=2),
            forecast_request(3, readings={"a": [[[[]]]]}, model="../../etc/passwd"),
            {"jsonrpc": "2.0", "id": 4, "method": "no/such", "params": {}},
        ),
        max_body_bytes=10_000,
    )
    answers = {answer["id"]: answer for answer in map(json.loads, ended.stdout.splitlines())}
    assert (ended.returncode, b"Traceback" in ended.stderr) == (0, False)
    assert answers[None]["error"]["code"] == -32700
    assert answers[0]["result"]["serverInfo"]["name"] == "gatecast"
    assert "larger than 10000 bytes" in answers[1]["error"]["message"]
    assert answers[2]["result"]["structuredContent"]["forecast"] == [1.0, 2.0]
    assert answers[3]["result"]["isError"]
    assert answers[4]["error"]["code"] == -32601


@contextmanager
def asked(models):
    """A process that has answered its first call, so that it waits for more."""
    with subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env=environment(models),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            process.stdin.write(as_lines(INITIALIZE, INITIALIZED, forecast_request(1, readings=[1, 2, 3, 4] * 6)))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == 0
            assert json.loads(process.stdout.readline())["id"] == 1
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("sig", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_while_it_waits_for_input(models, sig, status):
    with asked(models) as process:
        process.send_signal(sig)
        assert process.wait(PATIENCE_S) == status
        assert b"Traceback" not in process.stderr.read()


def test_it_ends_when_nobody_reads_its_answers(models):
    """An assistant that has crashed leaves nothing behind."""
    with asked(models) as process:
        process.stdout.close()
        process.stdin.write(as_lines(forecast_request(2, readings=[1, 2, 3, 4] * 6)))
        process.stdin.flush()
        assert process.wait(PATIENCE_S) == 0
        assert b"Traceback" not in process.stderr.read()


def test_a_start_that_fails_says_why(models, tmp_path):
    """On standard error, which hosts show: arguments, settings, models, and the package that is missing."""
    assert b"takes no arguments" in run(models, b"", *COMMAND, "--port").stderr
    setting = run(models, b"", engine="torch")
    assert (setting.returncode, b"GATECAST_ENGINE" in setting.stderr) == (2, True)
    read, write = os.pipe()  # standard input that does not end
    with subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env=environment(tmp_path / "none"),
        stdin=read,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        output, errors = process.communicate(timeout=PATIENCE_S)
    os.close(read)
    os.close(write)
    assert (process.returncode, output, b"GATECAST_MODELS_DIR names the models" in errors) == (3, b"", True)
    without = "import sys; sys.modules['mcp'] = None; from service.mcp.__main__ import main; sys.exit(main())"
    missing = run(models, b"", sys.executable, "-c", without)
    assert missing.returncode == 2
    assert missing.stderr == b"error: the package mcp is missing; pip install 'gatecast[mcp]' installs it\n"

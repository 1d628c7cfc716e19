"""The service itself, with the variables of the chart, and what `helm test` asks it."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.chart.charts import ROOT, Rendering, rendered
from tests.patience import PATIENCE_S
from tests.ports import reserved_port

PYTHON = ROOT / ".venv/bin/python"
START_SECONDS = 300


def variables(chart: Rendering, ports: dict[str, int]) -> dict[str, str]:
    """Those of the container, with ports and an address of this machine."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GATECAST_")}
    own |= chart.variables
    own |= {"GATECAST_HOST": "127.0.0.1", "GATECAST_PORT": str(ports["http"])}
    return own | {"GATECAST_OPERATIONS_PORT": str(ports["operations"]), "GATECAST_GRACE_S": "0"}


def status(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_S) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """A service with the chart's default variables and the shipped models: the numbers of its ports."""
    with reserved_port() as http, reserved_port() as operations:
        chosen = {"http": http, "operations": operations}
        process = subprocess.Popen([PYTHON, "-m", "service"], cwd=ROOT, env=variables(rendered("defaults"), chosen))
        try:
            wait(http, process)
            yield chosen
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)


def wait(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if status(port, "/readyz") == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the service did not start; its exit status is {process.poll()}")


def test_every_probe_succeeds_on_the_port_that_it_names(ports: dict[str, int]) -> None:
    """As the kubelet asks."""
    container = rendered("defaults").container
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container[name]["httpGet"]
        assert status(ports[asked["port"]], asked["path"]) == 200, name


def test_metrics_are_on_the_operations_port_only(ports: dict[str, int]) -> None:
    """What the ServiceMonitor scrapes, callers do not see."""
    (endpoint,) = rendered("keda").one("ServiceMonitor")["spec"]["endpoints"]
    assert status(ports["operations"], endpoint["path"]) == 200
    assert status(ports["http"], endpoint["path"]) == 404


def asked(port: int, **changes: str) -> subprocess.CompletedProcess[str]:
    """The container of `helm test`, as a process here."""
    (pod,) = rendered("defaults").all("Pod")
    (container,) = pod["spec"]["containers"]
    own = {each["name"]: each["value"] for each in container["env"]} | {"URL": f"http://127.0.0.1:{port}"} | changes
    command: list[Any] = [sys.executable, *container["command"][1:], *container["args"]]
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def test_what_helm_test_asks_is_answered(ports: dict[str, int]) -> None:
    """Readiness and a forecast."""
    done = asked(ports["http"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert '/forecast: 200 {"' in done.stdout


def test_helm_test_fails_in_words(ports: dict[str, int]) -> None:
    """A wrong request, or nobody there."""
    refused = asked(ports["http"], REQUEST_BODY="{}")
    assert refused.returncode == 1
    assert "FAILED: expected the status 200" in refused.stdout
    with reserved_port() as nobodys:
        assert "/readyz: 0 URLError" in asked(nobodys).stdout


def test_without_a_key_a_refusal_for_want_of_one_passes(ports: dict[str, int]) -> None:
    """It shows that the service answers; but where a key is asked for, an answer without one is a fault."""
    assert asked(ports["http"], ASKS_FOR_KEYS="yes").returncode == 1

"""A service that answers and refuses, and a Prometheus that scrapes it, for the tests of queries."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import yaml  # type: ignore[import-untyped]

from tests.patience import PATIENCE_S
from tests.ports import reserved_port

ROOT = Path(__file__).parents[3]
CONFIGURATION = ROOT / "deploy/observability/prometheus"
PYTHON = ROOT / ".venv/bin/python"
SETTINGS = {
    "PORT": "0",
    "MAX_IN_FLIGHT": "2",  # so that some requests are refused
    "WORKERS": "2",
    "ADMIN_KEY": "correct horse battery",
}
READINGS = [10 + index % 12 for index in range(60)]
BATCH = [{"id": str(number), "readings": READINGS} for number in range(20)]
REQUESTS: tuple[tuple[str, dict[str, Any], dict[str, str]], ...] = (
    ("/forecast", {"readings": READINGS, "horizon": 3, "model": "gru"}, {}),
    ("/forecast", {"readings": READINGS, "horizon": 3}, {}),
    ("/forecast/batch", {"series": BATCH, "horizon": 3}, {}),
    ("/sentiment", {"text": "A warm, funny and beautifully acted film."}, {}),
    ("/anomalies", {"readings": READINGS}, {}),
    ("/anomalies/batch", {"series": BATCH}, {"X-Request-Timeout-Ms": "1"}),  # 504
    ("/anomalies", {"readings": READINGS}, {"X-Request-Timeout-Ms": "1"}),  # 504 or 503
    ("/forecast", {"readings": "none"}, {}),  # 422
    ("/nowhere", {}, {}),  # 404
)


class Prometheus(NamedTuple):
    """A running Prometheus. Queries ask for the moment `at`, if there is one: a scrape that comes late changes nothing then."""

    address: str
    at: str = ""

    def ask(self, path: str, **parameters: str) -> Any:
        """Return the `data` of an answer of its API. Raises AssertionError with its words for an error."""
        url = f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def query(self, expr: str) -> list[dict[str, Any]]:
        """Return the samples of an expression."""
        answer = self.ask("query", query=expr, **({"time": self.at} if self.at else {}))
        return answer["result"] if answer["resultType"] == "vector" else [{"metric": {}, "value": answer["result"]}]


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition, for a bounded time."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.2)


def make_models(directory: Path) -> Path:
    """Make a directory of three models, and of a version that will be refused."""
    for name in ("gru", "universal", "sentiment"):
        newest = max((ROOT / "models" / name).iterdir(), key=lambda path: int(path.name))
        shutil.copytree(newest, directory / name / newest.name)
    broken = directory / "gru/99"
    broken.mkdir()
    (broken / "card.json").write_text("{}")
    return directory


@contextmanager
def serving(directory: Path, **settings: str) -> Iterator[int]:
    """Run the service; yield its port."""
    variables = {"MODELS_DIR": str(make_models(directory / "models"))} | SETTINGS | settings
    log = directory / "service.log"
    environment = os.environ | {f"GATECAST_{name}": value for name, value in variables.items()}
    with log.open("wb") as sink:
        process = subprocess.Popen([PYTHON, "-m", "service"], cwd=ROOT, env=environment, stderr=sink)
    try:
        until(lambda: process.poll() is not None or "running on http" in log.read_text(), "the service starts")
        address = re.search(r"running on http://\S+:(\d+)", log.read_text())
        assert address, log.read_text()
        yield int(address[1])
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@contextmanager
def asked(port: int, callers: int = 4) -> Iterator[list[int]]:
    """Send requests of all kinds, good and bad, until the end of the block. Yields how often each was answered so far."""
    done, answered = Event(), [0] * len(REQUESTS)
    threads = [Thread(target=_call, args=(port, done, answered, number)) for number in range(callers)]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        done.set()
        for thread in threads:
            thread.join(PATIENCE_S)


def _call(port: int, done: Event, answered: list[int], caller: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    for turn in count(caller):
        if done.wait(0.05):
            break
        path, body, headers = REQUESTS[turn % len(REQUESTS)]
        trace = f"00-{turn + 1:032x}-{caller + 1:016x}-01"
        with suppress(http.client.HTTPException, OSError):
            connection.request(
                "POST", path, json.dumps(body), {"Content-Type": "application/json", "traceparent": trace, **headers}
            )
            connection.getresponse().read()
            answered[turn % len(REQUESTS)] += 1
            if turn % 10 == 0:
                _send_nonsense(port)
    connection.close()


def _send_nonsense(port: int) -> None:
    """Send what is not HTTP: the parser refuses it."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        connection.recv(1000)


@contextmanager
def measuring(directory: Path, service: int) -> Iterator[Prometheus]:
    """Run Prometheus as it is configured, but on this service and every two seconds."""
    configuration = yaml.safe_load((CONFIGURATION / "prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"}
    configuration["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{service}"]}]
    _write_rules(directory / "rules")
    (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    with reserved_port() as port, (directory / "prometheus.log").open("wb") as sink:
        address = f"127.0.0.1:{port}"
        options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={address}"]
        command = ["prometheus", *options, "--enable-feature=exemplar-storage"]
        process = subprocess.Popen(command, cwd=directory, stderr=sink)
        try:
            until(lambda: _is_ready(address), "Prometheus starts")
            yield Prometheus(f"http://{address}")
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def _is_ready(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://{address}/-/ready", timeout=PATIENCE_S):
        return True
    return False


def _write_rules(directory: Path) -> None:
    """Copy the rules, without intervals and waits of their own: they would be computed, and alerts fire, minutes later."""
    directory.mkdir()
    for path in (CONFIGURATION / "rules").glob("*.yml"):
        rules = yaml.safe_load(path.read_text())
        for group in rules["groups"]:
            group.pop("interval", None)
            for rule in group["rules"]:
                rule.pop("for", None)
        (directory / path.name).write_text(yaml.safe_dump(rules))

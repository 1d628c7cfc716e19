"""Every server that bench.py can measure: Gatecast's engines, the baselines, and the peers that are installed."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks import forecaster_speed
from benchmarks.servers.peers.catalogue import installed_peers
from benchmarks.servers.server import TASKS, Call, Server, Task
from service.http.schema_parts import RECENT_MONTHS

REVIEW = Path(__file__).parents[1].joinpath("review.txt").read_text("utf-8").strip()

NO_GRACE = {"GATECAST_GRACE_S": "0"}  # no caller is left when the server is stopped


def gatecast_calls() -> dict[Task, Call]:
    """Requests of Gatecast's own interface, which the baselines take too."""
    return {
        "forecast": _forecast_call(RECENT_MONTHS, "gru"),
        "universal": _forecast_call(_unlike_any(120), None, horizon=14),
        "sentiment": Call("/sentiment", json.dumps({"text": REVIEW}).encode()),
    }


def _unlike_any(count: int) -> list[float]:
    """Readings that no network has learnt, and that do not repeat exactly."""
    return forecaster_speed.series(1, count)[0]


def _forecast_call(readings: list[float], model: str | None, **options: int) -> Call:
    """Without a model the service chooses one."""
    named = {} if model is None else {"model": model}
    return Call("/forecast", json.dumps({"readings": readings, **named, **options}).encode())


def gatecast(engine: str) -> Server:
    """The service itself, with one engine: `onnx` or `tensorflow`."""
    return Server(
        engine,
        command=lambda _: [sys.executable, "-m", "service"],
        env=lambda port: NO_GRACE | {"GATECAST_PORT": str(port), "GATECAST_ENGINE": engine},
        ready="/readyz",
        calls=gatecast_calls(),
        open_loop=True,
    )


def baseline(name: str, tasks: Iterable[Task], open_loop: bool = False) -> Server:
    """The server in benchmarks/servers/`name`.py."""
    return Server(
        name,
        command=lambda port: [sys.executable, "-m", f"benchmarks.servers.{name}", "--port", str(port)],
        ready="/readyz",
        calls={task: call for task, call in gatecast_calls().items() if task in tasks},
        open_loop=open_loop,
    )


def all_servers(peers_directory: Path) -> list[Server]:
    """Gatecast, the baselines, and the peers whose environments are in `peers_directory`."""
    return [
        gatecast("onnx"),
        gatecast("tensorflow"),
        baseline("echo", TASKS, open_loop=True),
        baseline("naive", ("forecast", "sentiment")),
        *installed_peers(peers_directory, REVIEW),
    ]

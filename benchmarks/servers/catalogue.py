"""Every server that bench.py can measure: Gatecast's engines, the yardsticks, and the peers that are installed."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.servers.peers.catalogue import peers
from benchmarks.servers.server import TASKS, Call, Server, Task
from service.http.schemas import RECENT_MONTHS

REVIEW = Path(__file__).parents[1].joinpath("review.txt").read_text("utf-8").strip()

QUIET = {"GATECAST_GRACE_S": "0"}  # nobody waits for it when it has been measured


def calls() -> dict[Task, Call]:
    """Gatecast's own requests; its yardsticks take them too."""
    return {
        "forecast": _forecast(RECENT_MONTHS, "gru"),
        "universal": _forecast((4 * RECENT_MONTHS)[-120:], "universal", horizon=14),
        "sentiment": Call("/sentiment", json.dumps({"text": REVIEW}).encode()),
    }


def _forecast(readings: list[float], model: str, **others: int) -> Call:
    return Call("/forecast", json.dumps({"readings": readings, "model": model, **others}).encode())


def gatecast(engine: str) -> Server:
    return Server(
        engine,
        command=lambda _: [sys.executable, "-m", "service"],
        env=lambda port: QUIET | {"GATECAST_PORT": str(port), "GATECAST_ENGINE": engine},
        ready="/readyz",
        calls=calls(),
        open_loop=True,
    )


def yardstick(name: str, tasks: Iterable[Task], open_loop: bool = False) -> Server:
    asked = {task: call for task, call in calls().items() if task in tasks}
    return Server(
        name, command=_module(f"benchmarks.servers.{name}"), ready="/readyz", calls=asked, open_loop=open_loop
    )


def _module(module: str) -> Callable[[int], list[str]]:
    return lambda port: [sys.executable, "-m", module, "--port", str(port)]


def servers(peers_dir: Path) -> list[Server]:
    return [
        gatecast("onnx"),
        gatecast("tensorflow"),
        yardstick("echo", TASKS, open_loop=True),
        yardstick("naive", ("forecast", "sentiment")),
        *peers(peers_dir, REVIEW),
    ]

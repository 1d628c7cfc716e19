"""`python -m benchmarks.rolling --requests 1000000`: replaced replicas, models and images under load; nothing may be lost.

Three replicas of the service behind HAProxy (haproxy.cfg) and the callers share the cores of the machine. The peak is measured
first; then callers send 70 % of it, and a third of them hang up right after sending. Meanwhile versions of the model are
published and withdrawn, replicas are replaced one by one, and so is the version of the code.
"""

import argparse
import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.files import RESULTS, ROOT, write_json
from benchmarks.plan import LOST_S
from benchmarks.rolling.play import Play, by_phase
from benchmarks.rolling.replicas import Balancer, Place, counts
from benchmarks.servers.catalogue import gatecast_calls

SETTINGS = {
    "GATECAST_ENGINE": "onnx",
    "GATECAST_WATCH_S": "1",
    "GATECAST_ACCESS_LOG": "false",
    "GATECAST_LOG_LEVEL": "info",
}
CALL = gatecast_calls()["forecast"]
PEAK_REQUESTS = 10_000
ENDING_S = 15.0  # nothing new is begun when the callers have so little left


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, and print what the callers saw. Returns the exit status: 1 if a request was lost or answered wrongly."""
    options = _parse(arguments)
    with tempfile.TemporaryDirectory(prefix="rolling-") as directory, contextlib.ExitStack() as stack:
        place = Place(options.port, Path(directory))
        models = Path(shutil.copytree(ROOT / "models", place.directory / "models"))
        balancer = Balancer(place)
        stack.callback(balancer.stop)
        settings = SETTINGS | dict(each.split("=", 1) for each in options.set)
        play = Play(place, balancer, models, settings, signal.SIGKILL if options.kill else signal.SIGTERM)
        stack.callback(play.stop)
        play.wait()
        peak = options.peak or _peak(place)
        log = _call(place, options.requests, options.share * peak, play)
        result = {
            "machine": machine.describe(),
            "peak": round(peak, 1),
            "rate": round(options.share * peak, 1),
            "phases": by_phase(log, play.phases),
            "replaced": len(play.exits),
            "exits": sorted(set(play.exits)),
            "images": play.images,
            "versions": play.versions,
            "haproxy": counts(balancer.statistics()),
        }
        if options.keep:
            shutil.copytree(
                place.directory, options.keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock", "models")
            )
    write_json(options.out / "rolling.json", result)
    print(describe(result))
    return 0 if is_passed(result) else 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rolling", description="replicas replaced behind HAProxy, under load"
    )
    parser.add_argument("--requests", type=int, default=30_000)
    parser.add_argument("--share", type=float, default=0.7, help="load, as a share of the peak rate")
    parser.add_argument("--peak", type=float, help="requests a second; measured without it")
    parser.add_argument("--port", type=int, default=18790, help="of HAProxy; the replicas take the next four")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the replicas")
    parser.add_argument("--kill", action="store_true", help="kill replicas instead of stopping them: requests are lost")
    parser.add_argument("--keep", type=Path, help="directory for the logs")
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args(arguments)


def _peak(place: Place) -> float:
    """Requests a second, hang-ups among them, that can be sent and answered when all callers are always busy."""
    log = _called(place, 1e6, PEAK_REQUESTS, lambda _: None)
    return float(len(log) / ((log[:, 0] + log[:, 1]).max() - log[:, 0].min()))


def _call(place: Place, requests: int, rate: float, play: Play) -> Any:
    """Let callers call while the play runs, and return their log."""
    end = time.perf_counter() + requests / rate

    def meanwhile(callers: "subprocess.Popen[bytes]") -> None:
        play.run(lambda: time.perf_counter() > end - ENDING_S or callers.poll() is not None)

    return _called(place, rate, requests, meanwhile)


def _called(place: Place, rate: float, requests: int, meanwhile: Callable[["subprocess.Popen[bytes]"], None]) -> Any:
    """Start callers, do something, let them end, and return their log."""
    out, body = place.directory / "log.npy", place.directory / "body.json"
    body.write_bytes(CALL.body)
    options = {"port": place.port, "path": CALL.path, "body": body, "rate": rate, "requests": requests, "out": out}
    command = [sys.executable, "-m", "benchmarks.rolling.callers"]
    command += [text for name, value in options.items() for text in (f"--{name}", str(value))]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as callers:
        assert callers.stdin is not None
        try:
            meanwhile(callers)
        finally:
            callers.stdin.close()
            callers.stdin = None
        if callers.wait(requests / min(rate, 100) + LOST_S + 60):
            raise RuntimeError(f"the callers ended with {callers.returncode}")
    return np.load(out)


def is_passed(result: dict[str, Any]) -> bool:
    """Every request whose caller did not hang up had its answer, and every replica ended in order."""
    total = result["phases"][-1]
    return not (total["lost"] or total["other"] or total["refused"]) and result["exits"] in ([], [0])


def describe(result: dict[str, Any]) -> str:
    """The table, for people."""
    lines = [
        f"peak {result['peak']:,.0f}/s; offered {result['rate']:,.0f}/s; {result['replaced']} replicas replaced, exit statuses {result['exits']}"
    ]
    lines.append(
        f"{'phase':26}{'sent':>10}{'answered':>10}{'hung up':>10}{'refused':>9}{'lost':>6}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"
    )
    for row in result["phases"]:
        cells = f"{row['phase']:26}{row['sent']:>10,}{row['answered']:>10,}{row['hung_up']:>10,}{row['refused']:>9,}{row['lost']:>6,}"
        lines.append(f"{cells}{row['p50_ms']:>9}{row['p99_ms']:>9}{row['max_ms']:>9} {row['other'] or ''}")
    lines.append(f"haproxy: {result['haproxy']}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

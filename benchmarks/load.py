"""Closed-loop load with wrk: N connections, each of which sends its next request when it has its response.

    python -m benchmarks.load --port 8000 --path /forecast --body body.json --connections 16 --seconds 5

This measures a server's highest throughput. It does not measure latency under a load that callers choose, because wrk
sends less to a server that is slow; openloop.py does.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import LOAD_CORE

SCRIPT = Path(__file__).with_name("post.lua")


@dataclass(frozen=True)
class Options:
    """The command line of `python -m benchmarks.load`; `body` is a file."""

    port: int
    path: str
    body: Path
    connections: int
    seconds: float


@dataclass(frozen=True)
class ClosedLoopResult:
    """`rate` counts responses with status 200, per second. Latencies are in ms and of all responses."""

    connections: int
    requests: int
    rate: float
    p50: float
    p90: float
    p99: float
    p999: float
    max: float
    errors: dict[str, int]
    statuses: dict[str, int]


def run_wrk(
    port: int, path: str, body: bytes, connections: int, seconds: float, cores: str = LOAD_CORE
) -> ClosedLoopResult:
    """POST `body` to 127.0.0.1 for so many seconds, from the load core or others. Raises RuntimeError if wrk fails."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(body)
        file.flush()
        wrk = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s"]
        wrk += ["--timeout", "60s", "--latency", "--script", str(SCRIPT)]
        command = ["taskset", "-c", cores, *wrk, f"http://127.0.0.1:{port}{path}", "--", file.name]
        process = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 90, check=False)
    if process.returncode != 0 or not process.stdout.strip():
        raise RuntimeError(f"wrk ended with {process.returncode}: {process.stdout[-500:]}{process.stderr[-500:]}")
    return _result(json.loads(process.stdout.strip().splitlines()[-1]), connections)


def _result(summary: dict[str, Any], connections: int) -> ClosedLoopResult:
    seconds = summary.pop("seconds")
    rate = round(summary["statuses"].get("200", 0) / seconds, 1)
    return ClosedLoopResult(connections=connections, rate=rate, **summary)


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(description="closed-loop load on 127.0.0.1, by wrk")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/forecast")
    parser.add_argument("--body", type=Path, required=True, help="file with the JSON body")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=8)
    return Options(**vars(parser.parse_args(arguments)))


def main() -> None:
    options = parse_options()
    body = options.body.read_bytes()
    print(json.dumps(asdict(run_wrk(options.port, options.path, body, options.connections, options.seconds))))


if __name__ == "__main__":
    main()

"""Closed-loop load with wrk: N connections, each asking again as soon as it has its answer.

    python -m benchmarks.load --port 8000 --path /forecast --body body.json --connections 16 --seconds 5

What a server can do at most is measured like this; its latency under a load of its callers' making is not (wrk
waits with a slow server): see openloop.py.
"""

import argparse
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import LOAD_CORE

SCRIPT = Path(__file__).with_name("post.lua")


@dataclass(frozen=True)
class Load:
    """`rate` is of answers with status 200 per second; latencies, in ms, are of all answers."""

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


def drive(port: int, path: str, body: bytes, connections: int, seconds: float) -> Load:
    """Run wrk on its core for so many seconds. RuntimeError when it could not."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(body)
        file.flush()
        wrk = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s"]
        wrk += ["--timeout", "60s", "--latency", "--script", str(SCRIPT)]
        command = ["taskset", "-c", LOAD_CORE, *wrk, f"http://127.0.0.1:{port}{path}", "--", file.name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 90, check=False)
    if done.returncode != 0 or not done.stdout.strip():
        raise RuntimeError(f"wrk ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return _read(json.loads(done.stdout.strip().splitlines()[-1]), connections)


def _read(told: dict[str, Any], connections: int) -> Load:
    seconds = told.pop("seconds")
    return Load(connections=connections, rate=round(told["statuses"].get("200", 0) / seconds, 1), **told)


def main() -> None:
    parser = argparse.ArgumentParser(description="closed-loop load on 127.0.0.1, by wrk")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/forecast")
    parser.add_argument("--body", type=Path, required=True, help="file with the JSON body")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=8)
    asked = vars(parser.parse_args())
    print(json.dumps(vars(drive(body=asked.pop("body").read_bytes(), **asked))))


if __name__ == "__main__":
    main()

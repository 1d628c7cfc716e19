"""Many reviews a call: `POST /sentiment/batch`, in reviews per second.

    python -m benchmarks.inprocess --seconds 8

The reviews are the benchmark's own with its words turned around, so that no two are alike: all of one length, and
of lengths from 20 words up, which padding would make as dear as the longest.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.load import drive
from benchmarks.processes import Running, on_load_core, write_json
from benchmarks.servers.catalogue import REVIEW, gatecast

REVIEWS = 100
CONNECTIONS = (1, 4)


def reviews(mixed: bool) -> list[str]:
    """A hundred different texts of about 200 words each, or of 20 to 200."""
    words = REVIEW.split()
    turned = [words[start:] + words[:start] for start in range(REVIEWS)]
    lengths = [20 + (len(words) - 20) * number // REVIEWS if mixed else len(words) for number in range(REVIEWS)]
    return [" ".join(text[:length]) for text, length in zip(turned, lengths, strict=True)]


def measure(running: Running, seconds: float) -> list[dict[str, Any]]:
    found = []
    for mixed in (False, True):
        body = json.dumps({"texts": reviews(mixed)}).encode()
        running.post("/sentiment/batch", body)
        for connections in CONNECTIONS:
            running.settle()
            load = drive(running.port, "/sentiment/batch", body, connections, seconds)
            rate = round(load.rate * REVIEWS, 1)
            found.append({"lengths": "20 to 206" if mixed else "206", "reviews_per_s": rate} | vars(load))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="reviews per second, a hundred a call")
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    asked = parser.parse_args()
    on_load_core()
    with Running(gatecast(asked.engine)) as running:
        found = measure(running, asked.seconds)
    for one in found:
        print(f"{one['lengths']} words, {one['connections']} connections: {one['reviews_per_s']:,.0f} reviews/s")
    write_json(asked.out / "inprocess.json", {"machine": machine.described(), "engine": asked.engine, "http": found})


if __name__ == "__main__":
    main()

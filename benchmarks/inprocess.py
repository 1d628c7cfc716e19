"""Many reviews a call: `POST /sentiment/batch` beside the same predictor without HTTP, in reviews per second.

    python -m benchmarks.inprocess --seconds 8

The reviews are the benchmark's own with its words turned around, so that no two are alike: all of one length, and
of lengths from 20 words up, which padding would make as dear as the longest.
"""

import argparse
import json
import os
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import machine
from benchmarks.load import drive
from benchmarks.processes import ROOT, SERVER_CORE, Running, on_load_core, write_json
from benchmarks.servers.catalogue import REVIEW, gatecast
from service.artifacts import bundle
from service.artifacts.bundle import Backend
from service.predictors import load_predictor
from service.sentiment.classifier import SentimentClassifier

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
            found.append({"lengths": _named(mixed), "reviews_per_s": rate} | vars(load))
    return found


def alone(engine: Backend, seconds: float) -> list[dict[str, Any]]:
    """The predictor that the service runs, on the server's core: split into tokens, cut into calls, judged."""
    os.sched_setaffinity(0, {int(SERVER_CORE)})
    model = load_predictor(bundle.load(bundle.versions(ROOT / "models" / "sentiment")[-1], engine=engine))
    assert isinstance(model, SentimentClassifier)
    found = []
    for mixed in (False, True):
        texts, done = reviews(mixed), 0
        begun = perf_counter()
        while (elapsed := perf_counter() - begun) < seconds:
            items = [model.prepare(text) for text in texts]
            for places in model.cut(items):
                done += len(model.predict([items[place] for place in places]))
        found.append({"lengths": _named(mixed), "reviews_per_s": round(done / elapsed, 1)})
    return found


def _named(mixed: bool) -> str:
    return "20 to 206" if mixed else "206"


def main() -> None:
    parser = argparse.ArgumentParser(description="reviews per second, a hundred a call")
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    asked = parser.parse_args()
    on_load_core()
    with Running(gatecast(asked.engine)) as running:
        found = measure(running, asked.seconds)
    without = alone(asked.engine, asked.seconds)
    for one in [*found, *without]:
        where = f"{one['connections']} connections" if "connections" in one else "in process"
        print(f"{one['lengths']} words, {where}: {one['reviews_per_s']:,.0f} reviews/s")
    result = {"machine": machine.described(), "engine": asked.engine, "http": found, "in_process": without}
    write_json(asked.out / "inprocess.json", result)


if __name__ == "__main__":
    main()

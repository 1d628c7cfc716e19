"""A hundred reviews per call: `POST /sentiment/batch`, and the same predictor without HTTP, in reviews per second.

    python -m benchmarks.inprocess --seconds 8

The reviews are the benchmark's own review with its words rotated, so that all differ. They are measured at one length,
and at lengths from 20 words up, where padding would cost as much as the longest.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks import machine
from benchmarks.files import RESULTS, ROOT, write_json
from benchmarks.load import run_wrk
from benchmarks.processes import ServerProcess
from benchmarks.servers.catalogue import REVIEW, gatecast
from service.artifacts import bundle
from service.artifacts.bundle import Backend
from service.predictors import load_predictor
from service.sentiment.classifier import SentimentClassifier

REVIEWS = 100
CONNECTIONS = (1, 4)


@dataclass(frozen=True)
class Options:
    """The command line of `python -m benchmarks.inprocess`."""

    engine: Backend
    seconds: float
    out: Path


def reviews(mixed: bool) -> list[str]:
    """A hundred different texts of about 200 words each, or, if `mixed`, of 20 to 200."""
    words = REVIEW.split()
    rotations = [words[start:] + words[:start] for start in range(REVIEWS)]
    lengths = [20 + (len(words) - 20) * number // REVIEWS if mixed else len(words) for number in range(REVIEWS)]
    return [" ".join(text[:length]) for text, length in zip(rotations, lengths, strict=True)]


def measure_http(process: ServerProcess, seconds: float) -> list[dict[str, Any]]:
    """Reviews per second through /sentiment/batch, by lengths and number of connections."""
    results = []
    for mixed in (False, True):
        body = json.dumps({"texts": reviews(mixed)}).encode()
        process.post("/sentiment/batch", body)
        for connections in CONNECTIONS:
            process.wait_until_idle()
            load = run_wrk(process.port, "/sentiment/batch", body, connections, seconds)
            rate = round(load.rate * REVIEWS, 1)
            results.append({"lengths": _lengths(mixed), "reviews_per_s": rate} | asdict(load))
    return results


def measure_predictor(engine: Backend, seconds: float) -> list[dict[str, Any]]:
    """Reviews per second of the service's predictor in this process: tokenization, batches, predictions.

    Moves this process to the server's core.
    """
    os.sched_setaffinity(0, {int(machine.SERVER_CORE)})
    model = load_predictor(bundle.load(bundle.versions(ROOT / "models" / "sentiment")[-1], backend=engine))
    assert isinstance(model, SentimentClassifier)
    results = []
    for mixed in (False, True):
        texts, count = reviews(mixed), 0
        start = perf_counter()
        while (elapsed := perf_counter() - start) < seconds:
            items = [model.prepare(text) for text in texts]
            for indices in model.make_batches(items):
                count += len(model.predict([items[index] for index in indices]))
        results.append({"lengths": _lengths(mixed), "reviews_per_s": round(count / elapsed, 1)})
    return results


def _lengths(mixed: bool) -> str:
    return "20 to 206" if mixed else "206"


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(description="reviews per second, a hundred a call")
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--out", type=Path, default=RESULTS)
    return Options(**vars(parser.parse_args(arguments)))


def main() -> None:
    options = parse_options()
    machine.use_load_core()
    with ServerProcess(gatecast(options.engine)) as process:
        http = measure_http(process, options.seconds)
    in_process = measure_predictor(options.engine, options.seconds)
    for result in [*http, *in_process]:
        where = f"{result['connections']} connections" if "connections" in result else "in process"
        print(f"{result['lengths']} words, {where}: {result['reviews_per_s']:,.0f} reviews/s")
    report = {"machine": machine.describe(), "engine": options.engine, "http": http, "in_process": in_process}
    write_json(options.out / "inprocess.json", report)


if __name__ == "__main__":
    main()

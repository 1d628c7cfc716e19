"""Sentiment in process and through HTTP: a hundred reviews per call, and a text alone.

    python -m benchmarks.inprocess --seconds 8
    python -m benchmarks.inprocess --alone            # a text alone, without HTTP

The reviews are the benchmark's own review with its words rotated, so that all differ. A hundred per call are measured in
reviews per second, with `POST /sentiment/batch` and without HTTP: at one length, and at lengths from 20 words up, where
padding would cost as much as the longest. A text alone is measured in milliseconds, without HTTP. Its time depends on its
length and on how many of its words are out of the vocabulary, since these are read by their spelling.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

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
ALONE_WORDS = (20, 200)
MISSPELT_EVERY = 10  # one word of so many, in the texts with misspelt words
WARM_UP = 20  # calls that are not measured
MIN_CALLS = 100


@dataclass(frozen=True)
class Options:
    """The command line of `python -m benchmarks.inprocess`."""

    engine: Backend
    seconds: float
    alone: bool
    out: Path


def reviews(mixed: bool) -> list[str]:
    """A hundred different texts of about 200 words each, or, if `mixed`, of 20 to 200."""
    whole = len(REVIEW.split())
    lengths = [20 + (whole - 20) * number // REVIEWS if mixed else whole for number in range(REVIEWS)]
    return [" ".join(text[:length]) for text, length in zip(_rotations(), lengths, strict=True)]


def texts_of(words: int, misspelt: bool) -> list[str]:
    """A hundred different texts of so many words; if `misspelt`, a tenth of the words are in hardly any vocabulary."""
    texts = [text[:words] for text in _rotations()]
    if misspelt:
        texts = [
            [_misspell(word) if n % MISSPELT_EVERY == 0 else word for n, word in enumerate(text)] for text in texts
        ]
    return [" ".join(text) for text in texts]


def _rotations() -> list[list[str]]:
    words = REVIEW.split()
    return [words[start:] + words[:start] for start in range(REVIEWS)]


def _misspell(word: str) -> str:
    """Put two letters after the first one that hardly any word has there."""
    return f"{word[0]}xq{word[1:]}"


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


def load_classifier(engine: Backend) -> SentimentClassifier:
    """Load the newest sentiment version, with one thread, and move this process to the server's core."""
    os.sched_setaffinity(0, {int(machine.SERVER_CORE)})
    model = load_predictor(bundle.load(bundle.versions(ROOT / "models" / "sentiment")[-1], threads=1, backend=engine))
    assert isinstance(model, SentimentClassifier)
    return model


def measure_predictor(model: SentimentClassifier, seconds: float) -> list[dict[str, Any]]:
    """Reviews per second of the service's predictor in this process: tokenization, batches, predictions."""
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


def measure_alone(model: SentimentClassifier, seconds: float) -> list[dict[str, Any]]:
    """Milliseconds of a text alone, from the text to the prediction: median and 95th percentile, by words and spelling."""
    results = []
    for words in ALONE_WORDS:
        for misspelt in (False, True):
            times = _call_times(model, texts_of(words, misspelt), seconds)
            median, p95 = np.percentile(times, (50, 95)) * 1000
            figures = {"calls": len(times), "median_ms": round(float(median), 3), "p95_ms": round(float(p95), 3)}
            results.append({"words": words, "misspelt": misspelt} | figures)
    return results


def _call_times(model: SentimentClassifier, texts: Sequence[str], seconds: float) -> list[float]:
    """Seconds of each call, for so many seconds or MIN_CALLS if that is longer, after a warm-up."""
    times: list[float] = []
    begin = perf_counter()
    while len(times) < WARM_UP + MIN_CALLS or perf_counter() - begin < seconds:
        text = texts[len(times) % len(texts)]
        start = perf_counter()
        model.predict([model.prepare(text)])
        times.append(perf_counter() - start)
    return times[WARM_UP:]


def _lengths(mixed: bool) -> str:
    return "20 to 206" if mixed else "206"


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(description="sentiment: a hundred reviews a call, and a text alone")
    parser.add_argument("--engine", default="onnx")
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement (default: %(default)g)")
    parser.add_argument("--alone", action="store_true", help="only a text alone, without HTTP")
    parser.add_argument("--out", type=Path, default=RESULTS)
    return Options(**vars(parser.parse_args(arguments)))


def measure_hundreds(options: Options) -> dict[str, list[dict[str, Any]]]:
    """Measure a hundred reviews a call, through HTTP and in process, and print the figures."""
    machine.use_load_core()
    with ServerProcess(gatecast(options.engine)) as process:
        http = measure_http(process, options.seconds)
    in_process = measure_predictor(load_classifier(options.engine), options.seconds)
    for result in [*http, *in_process]:
        where = f"{result['connections']} connections" if "connections" in result else "in process"
        print(f"{result['lengths']} words, {where}: {result['reviews_per_s']:,.0f} reviews/s")
    return {"http": http, "in_process": in_process}


def main() -> None:
    options = parse_options()
    report: dict[str, Any] = {"machine": machine.describe(), "engine": options.engine}
    if not options.alone:
        report |= measure_hundreds(options)
    report["alone"] = measure_alone(load_classifier(options.engine), options.seconds)
    for result in report["alone"]:
        spelling = ", a tenth misspelt" if result["misspelt"] else ""
        print(f"{result['words']} words{spelling}, alone: {result['median_ms']} ms, 95 % within {result['p95_ms']} ms")
    write_json(options.out / ("inprocess_alone.json" if options.alone else "inprocess.json"), report)


if __name__ == "__main__":
    main()

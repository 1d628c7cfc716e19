"""`gatecast bulk` beside the engine alone, and its memory over time.

    python -m benchmarks.bulk                                     # a hundredth of the goal's sizes, in rounds
    python -m benchmarks.bulk --texts 1000000 --series 100000 --rounds 1

The engine is the service's predictor (`prepare` or `read`, `make_batches`, `predict`) on the same texts and series, already in
memory, in as many processes as bulk has workers, all at the same time. Bulk reads a file, scores it and writes another one;
its rate is that of the whole command less the time of the same command on two rows, which is mostly imports and loading the
models. Both run in turn. Where others use the machine too, the ratio of what a second of processor time does is the one
to look at: it counts all processes of bulk, also the one that reads and writes. Memory is the sum of all its processes,
twice a second; what all of them share is counted in each. It is flat if the last half needs no more than the first.
"""

import argparse
import csv
import math
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Literal, NamedTuple

from benchmarks import machine
from benchmarks.files import RESULTS, ROOT, write_json
from benchmarks.servers.catalogue import REVIEW
from service.forecast.forecaster import Forecaster, SeriesFacts
from service.local.loading import load
from service.sentiment.classifier import SentimentClassifier

Kind = Literal["texts", "series"]
WORDS = 20  # of a text
READINGS = 60  # of a series
HORIZON = 12
LEVELS = (80.0, 95.0)
AT_ONCE = 1000  # texts or series that the engine is given together
SAMPLE_SECONDS = 0.5


@dataclass(frozen=True)
class Options:
    """The command line of `python -m benchmarks.bulk`."""

    texts: int
    series: int
    workers: int
    rounds: int
    seconds: float
    input: str
    format: str
    out: Path


def text(number: int) -> str:
    """A text of WORDS words; the same number gives the same one."""
    words = REVIEW.split()
    begin = number * 7 % len(words)
    return f"{' '.join((words[begin:] + words[:begin])[:WORDS])} {number}"


def readings(number: int) -> list[float]:
    """A series of READINGS monthly readings with a trend and a season."""
    return [
        round(100 + number % 50 + 0.3 * step + 20 * math.sin(math.tau * step / 12) + (number * 31 + step * 17) % 13, 2)
        for step in range(READINGS)
    ]


def write_input(path: Path, kind: Kind, count: int) -> None:
    """Write so many texts or series, as CSV or Parquet."""
    if path.suffix == ".parquet":
        _write_parquet(path, kind, count)
        return
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "body"] if kind == "texts" else ["store", "month", "units"])
        for number in range(count):
            writer.writerows(_rows(kind, number))


def _write_parquet(path: Path, kind: Kind, count: int) -> None:
    """Dates are dates there, and numbers are numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["id", "body"] if kind == "texts" else ["store", "month", "units"]
    types = [pa.int64(), pa.string()] if kind == "texts" else [pa.string(), pa.timestamp("us"), pa.float64()]
    schema = pa.schema(list(zip(names, types, strict=True)))
    with pq.ParquetWriter(path, schema) as writer:
        for begin in range(0, count, AT_ONCE):
            rows = [row for number in range(begin, min(begin + AT_ONCE, count)) for row in _rows(kind, number)]
            columns = [list(column) for column in zip(*rows, strict=True)]
            if kind == "series":
                columns[1] = [datetime.fromisoformat(str(month)) for month in columns[1]]
            writer.write_table(pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], schema=schema))


def _rows(kind: Kind, number: int) -> Iterator[Sequence[object]]:
    if kind == "texts":
        yield number, text(number)
        return
    for step, reading in enumerate(readings(number)):
        yield f"s{number:07}", f"{2018 + step // 12}-{step % 12 + 1:02}-01", reading


class Speed(NamedTuple):
    """Texts or series a second, and for each second of processor time."""

    per_s: float
    per_cpu_s: float


def engine_speed(kind: Kind, workers: int, seconds: float) -> Speed:
    """The predictor alone, in so many processes at the same time."""
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        speeds = list(pool.map(_engine, [kind] * workers, [seconds] * workers))
    return Speed(sum(speed.per_s for speed in speeds), sum(speed.per_cpu_s for speed in speeds) / workers)


def _engine(kind: Kind, seconds: float) -> Speed:
    predictor = load(ROOT / "models" / ("sentiment" if kind == "texts" else "universal")).predictor
    inputs = [text(n) if kind == "texts" else readings(n) for n in range(AT_ONCE)]
    _predict(predictor, inputs)
    count, begin, cpu = 0, perf_counter(), process_time()
    while (elapsed := perf_counter() - begin) < seconds:
        count += _predict(predictor, inputs)
    return Speed(count / elapsed, count / (process_time() - cpu))


def _predict(predictor: Forecaster | SentimentClassifier, inputs: list[Any]) -> int:
    items: list[Any]
    if isinstance(predictor, SentimentClassifier):
        items = [predictor.prepare(each) for each in inputs]
    else:
        items = [predictor.read(each, HORIZON, LEVELS, 12, SeriesFacts()) for each in inputs]
    for indices in predictor.make_batches(items):
        predictor.predict([items[index] for index in indices])
    return len(items)


class Run(NamedTuple):
    """A run of the command: seconds, processor seconds of all its processes, and its memory in MB over time."""

    seconds: float
    cpu_s: float
    memory: list[float]


def bulk(source: Path, kind: Kind, workers: int, form: str) -> Run:
    """Run the command on a file."""
    out = source.with_name(f"out.{form}")
    columns = ["--text", "body"] if kind == "texts" else ["--id", "store", "--time", "month", "--value", "units"]
    forecast = [] if kind == "texts" else ["--horizon", str(HORIZON)]
    command = [sys.executable, "-m", "service.cli", "bulk", str(source), *columns, *forecast, "--out", str(out)]
    begin, cpu, memory = perf_counter(), _cpu_of_children(), []
    with subprocess.Popen([*command, "--overwrite", "--quiet", "--workers", str(workers)], cwd=ROOT) as process:
        while True:
            try:
                status = process.wait(SAMPLE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                memory.append(tree_mb(process.pid))
    if status:
        raise SystemExit(f"bulk ended with status {status}")
    return Run(perf_counter() - begin, _cpu_of_children() - cpu, memory)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tree_mb(pid: int) -> float:
    """The resident memory of a process and its children, in MB."""
    pages = 0
    for child in [pid, *_children(pid)]:
        try:
            pages += int(Path(f"/proc/{child}/statm").read_text().split()[1])
        except OSError:  # it has ended in the meantime
            continue
    return round(pages * os.sysconf("SC_PAGESIZE") / 1e6, 1)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def measure(kind: Kind, options: Options) -> dict[str, Any]:
    """The rates of both in turn, their ratio, and the memory of the last run."""
    count = options.texts if kind == "texts" else options.series
    rounds: list[dict[str, Any]] = []
    memory: list[float] = []
    with tempfile.TemporaryDirectory() as directory:
        source, few = Path(directory, f"in.{options.input}"), Path(directory, f"few.{options.input}")
        write_input(source, kind, count)
        write_input(few, kind, 2)
        for _ in range(options.rounds):
            engine = engine_speed(kind, options.workers, options.seconds)
            start = bulk(few, kind, options.workers, options.format)
            whole = bulk(source, kind, options.workers, options.format)
            memory = whole.memory
            speed = Speed(count / (whole.seconds - start.seconds), count / (whole.cpu_s - start.cpu_s))
            ratio, cpu_ratio = speed.per_s / engine.per_s, speed.per_cpu_s / engine.per_cpu_s
            print(
                f"{kind}: engine {engine.per_s:,.0f}/s, bulk {speed.per_s:,.0f}/s in {whole.seconds:.1f} s: ratio {ratio:.2f}; "
                f"of processor time {engine.per_cpu_s:,.0f}/s and {speed.per_cpu_s:,.0f}/s: ratio {cpu_ratio:.2f}"
            )
            rounds.append(
                {
                    "engine": engine._asdict(),
                    "bulk": speed._asdict(),
                    "start_s": start.seconds,
                    "seconds": whole.seconds,
                    "ratio": ratio,
                    "cpu_ratio": cpu_ratio,
                }
            )
    half = len(memory) // 2
    peaks = [max(part, default=0.0) for part in (memory[:half], memory[half:])]
    print(f"{kind}: memory at most {peaks[0]:,.0f} MB in the first half, {peaks[1]:,.0f} MB in the second")
    ratios = {name: round(median(row[name] for row in rounds), 3) for name in ("ratio", "cpu_ratio")}
    return {"count": count} | ratios | {"rounds": rounds, "memory_mb": memory, "peaks_mb": peaks}


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(description="gatecast bulk beside the engine alone")
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5, help="of the engine alone (default: %(default)g)")
    parser.add_argument("--input", default="csv", choices=["csv", "parquet"], help="format of the input")
    parser.add_argument("--format", default="csv", choices=["csv", "jsonl", "parquet"], help="of the output")
    parser.add_argument("--out", type=Path, default=RESULTS)
    return Options(**vars(parser.parse_args(arguments)))


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse_options(arguments)
    kinds: list[Kind] = [kind for kind, count in (("texts", options.texts), ("series", options.series)) if count]  # type: ignore[misc]
    results = {kind: measure(kind, options) for kind in kinds}
    settings = {name: value for name, value in asdict(options).items() if name != "out"}
    write_json(options.out / "bulk.json", {"machine": machine.describe(), "options": settings} | results)


if __name__ == "__main__":
    main()

"""What a model call costs without HTTP: the batcher, the predictor and its network, by the number of series in a batch.

    python -m benchmarks.call_cost --batches 1,2,3,4,8,64
    python -m benchmarks.call_cost --model gru --calls 2000 --warm

Each call of the batcher, of `predict` and of the network is timed by itself, in microseconds of processor time. Between two
calls the rest of requests is done, as a server does it: a body is parsed, a series is prepared, an answer is made, and bytes
go through a socket. So the code that is timed is as cold as in a server. `--warm` leaves that out, and shows how much less a
tight loop says. The last line splits a call into what it costs before its first series, and what each series costs; it needs
two sizes up to 8.
"""

import argparse
import asyncio
import gc
import json
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any, TypeVar

import numpy as np
import uvloop
from pydantic_core import to_json

from service.artifacts.files import BundleError
from service.forecast.forecaster import Forecast, Forecaster, PreparedSeries
from service.forecast.window_forecaster import WindowForecaster
from service.http.schema_parts import RECENT_MONTHS
from service.http.schemas import ForecastRequest
from service.interfaces import Inputs, Network
from service.measures import Measures
from service.serving.admission import Limits
from service.serving.batching import MicroBatcher
from service.serving.model_measures import ServingMeasures
from service.serving.queues import Answer
from training.evaluation import served

DEADLINE_S = 3600.0
INLINE_S = 1.0  # every call runs on the event loop, as that of a small network does
WARM_UP = 50
MEMORY = 1 << 17  # bytes that are read between calls: they stand for what the system does for a request
SMALL = 8  # series: up to there a call takes about as much more for each of them
PARTS = ("batcher", "predict", "network")

T = TypeVar("T")
Item = PreparedSeries
Batcher = MicroBatcher[PreparedSeries, Forecast]


@dataclass(frozen=True)
class Options:
    """The command line."""

    model: str
    models_dir: Path
    batches: tuple[int, ...]
    calls: int
    warm: bool


class Rest:
    """What a server does for a request beside the model call."""

    def __init__(self, forecaster: Forecaster) -> None:
        self._forecaster = forecaster
        self._body = json.dumps({"readings": RECENT_MONTHS, "model": "gru"}).encode()
        self._ends = socket.socketpair()
        self._memory = np.ones(MEMORY // 8)

    def prepare(self) -> Item:
        """Read a body from a socket, and check its series."""
        here, there = self._ends
        there.send(self._body)
        body = ForecastRequest.__pydantic_validator__.validate_json(here.recv(1 << 16))
        return self._forecaster.prepare(body.readings)

    def reply(self, forecast: Forecast) -> None:
        """Make an answer, and send it."""
        here, there = self._ends
        here.send(to_json({"forecast": forecast.values, "intervals": [each._asdict() for each in forecast.intervals]}))
        there.recv(1 << 16)
        self._memory.sum()


class Timer:
    """Times of calls, in seconds of processor time, by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {part: [] for part in PARTS}

    def around(self, part: str, call: Callable[[T], object], argument: T) -> None:
        began = thread_time()
        call(argument)
        self.seconds[part].append(thread_time() - began)

    def medians(self) -> dict[str, float]:
        """Microseconds of each part. The first calls do not count."""
        return {part: 1e6 * median(times[WARM_UP:]) for part, times in self.seconds.items()}


async def ask(batcher: Batcher, items: Sequence[Item], timer: Timer) -> list[Forecast]:
    """Ask as requests that have come whole do: without a task, and called back by the batcher."""
    loop = asyncio.get_running_loop()
    done, forecasts = loop.create_future(), list[Forecast]()
    began = thread_time()

    def resume(waiting: Coroutine[Any, Any, Answer[Forecast]]) -> None:
        try:
            waiting.send(None)
        except StopIteration as stop:
            forecasts.append(stop.value.result)
        if len(forecasts) == len(items):
            timer.seconds["batcher"].append(thread_time() - began)
            done.set_result(None)

    for item in items:
        waiting = batcher.submit(item, loop.time() + DEADLINE_S)
        waiting.send(None).resume = partial(resume, waiting)
    await done
    return forecasts


def scaled_window(forecaster: Forecaster, size: int) -> Inputs:
    """What the network reads for so many series: the values do not matter to its speed."""
    return np.full((size, forecaster.window, 1), 0.5, dtype=np.float32)


async def measure(forecaster: Forecaster, network: Network, size: int, options: Options) -> dict[str, float]:
    """Microseconds of each part, for one size of a batch. The parts take turns."""
    measures = ServingMeasures(Measures()).of("gru", "1")
    batcher: Batcher = MicroBatcher(forecaster, Limits(inline_seconds=INLINE_S), "gru", measures)
    rest, timer, window = Rest(forecaster), Timer(), scaled_window(forecaster, size)
    batch = [rest.prepare() for _ in range(size)]

    def between() -> list[Item]:
        return batch if options.warm else [rest.prepare() for _ in range(size)]

    for _ in range(WARM_UP + options.calls):
        for forecast in await ask(batcher, between(), timer):
            if not options.warm:
                rest.reply(forecast)
        timer.around("predict", forecaster.predict, between())
        between()
        timer.around("network", network, window)
    await batcher.close()
    return timer.medians()


def table(found: dict[int, dict[str, float]]) -> str:
    """A line for each size of a batch, in Markdown, and what the small ones say of a call and of a series."""
    lines = [
        f"| series | {' | '.join(f'{part} µs' for part in PARTS)} | a series |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for size, times in found.items():
        cells = " | ".join(f"{times[part]:.0f}" for part in PARTS)
        lines.append(f"| {size} | {cells} | {times['batcher'] / size:.0f} |")
    small = {size: times["batcher"] for size, times in found.items() if size <= SMALL}
    return "\n".join([*lines, _split(small)] if len(small) > 1 else lines)


def _split(microseconds: dict[int, float]) -> str:
    """The straight line that fits best to what small batches take."""
    each, fixed = np.polyfit(list(microseconds), list(microseconds.values()), 1)
    return f"\nup to {SMALL} series: {fixed:.0f} µs a call, and {each:.1f} µs a series"


def load(options: Options) -> WindowForecaster:
    """Load the forecaster. Ends the program in words if there is none whose network takes one series each."""
    try:
        paths = served.versions(options.models_dir, options.model)
        if len(paths) != 1:
            sys.exit(f"error: --model must name one network, and '{options.model}' names {len(paths)}")
        path = paths[0]
        forecaster = served.load(path)
    except (ValueError, BundleError) as error:
        sys.exit(f"error: {error}")
    if not isinstance(forecaster, WindowForecaster):
        sys.exit(f"error: {path} has no fixed window; --model must name a network of one series, such as gru")
    return forecaster


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="what a model call costs, without HTTP")
    parser.add_argument("--model", default="gru", help="a network of one series: name, or name/version")
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--batches", default="1,2,3,4,8,64")
    parser.add_argument("--calls", type=int, default=600, help="of each part and size")
    parser.add_argument("--warm", action="store_true", help="nothing is done between two calls")
    values = vars(parser.parse_args(arguments))
    values["batches"] = tuple(int(size) for size in values["batches"].split(","))
    return Options(**values)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse_options(arguments)
    forecaster = load(options)
    gc.freeze()
    found = {size: uvloop.run(measure(forecaster, forecaster._network, size, options)) for size in options.batches}
    print(table(found))


if __name__ == "__main__":
    main()

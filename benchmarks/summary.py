"""The medians of bench.json: one row per server and path. No formatting: report.py has the table, plot.py the plot."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.servers.server import Task

Raw = dict[str, Any]  # bench.json, or a part of it


@dataclass(frozen=True)
class Row:
    """One server on one path, medians over its rounds. Latencies are in ms; dictionaries are by number of connections.

    `open_loop` is p50 and p99. `spread` is the range of the rounds' best rates, over their median. `disturbed` is the
    most CPU time that other processes used during a load, in cores.
    """

    name: str
    peer: bool
    ready_s: float
    rss_mb: float
    rate: dict[str, float]
    p50: dict[str, float]
    p99: dict[str, float]
    cpu_us: float
    open_loop: tuple[float, float] | None
    spread: float
    disturbed: float
    faults: int

    @property
    def peak(self) -> float:
        """The best rate over the numbers of connections, in requests per second."""
        return max(self.rate.values())


def summarize(result: Raw, task: Task) -> list[Row]:
    """The rows of one path, the fastest first, without servers that do not have it or that finished no round."""
    rows = [
        _row(name, name in result["peers"], rounds, task)
        for name, rounds in result["servers"].items()
        if rounds and task in rounds[0]["paths"]
    ]
    return sorted(rows, key=lambda row: -row.peak)


def _row(name: str, peer: bool, rounds: list[Raw], task: Task) -> Row:
    paths = [measured["paths"][task] for measured in rounds]
    loads = [path["closed_loop"] for path in paths]
    rate = _medians(loads, "rate")
    best = max(rate, key=rate.__getitem__)
    peaks = [max(load["rate"] for load in by_connections.values()) for by_connections in loads]
    return Row(
        name,
        peer,
        ready_s=median(measured["ready_s"] for measured in rounds),
        rss_mb=median(measured["rss_mb"] for measured in rounds),
        rate=rate,
        p50=_medians(loads, "p50"),
        p99=_medians(loads, "p99"),
        cpu_us=median(by_connections[best]["cpu_us"] or 0.0 for by_connections in loads),
        open_loop=_open_loop(paths),
        spread=(max(peaks) - min(peaks)) / max(median(peaks), 1e-9),
        disturbed=max(load.get("disturbed", 0.0) for path in paths for load in _all_loads(path)),
        faults=sum(_faults(load) for by_connections in loads for load in by_connections.values()),
    )


def _medians(loads: list[Raw], field: str) -> dict[str, float]:
    return {connections: median(load[connections][field] for load in loads) for connections in loads[0]}


def _open_loop(paths: list[Raw]) -> tuple[float, float] | None:
    latencies = [path["open_loop"]["latency"] for path in paths if path.get("open_loop", {}).get("latency")]
    if not latencies:
        return None
    return median(latency["p50"] for latency in latencies), median(latency["p99"] for latency in latencies)


def _all_loads(path: Raw) -> list[Raw]:
    return [*path["closed_loop"].values(), *([path["open_loop"]] if "open_loop" in path else [])]


def _faults(load: Raw) -> int:
    """Responses other than 200, and requests without a response (wrk counts those as errors)."""
    others = sum(count for status, count in load["statuses"].items() if status != "200")
    return int(others + sum(count for kind, count in load["errors"].items() if kind != "status"))

"""bench.json → medians, one markdown table, one picture.

python -m benchmarks.report benchmarks/results/bench.json     # the same again, without measuring
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.servers.server import TASKS, Task

Raw = dict[str, Any]
LEGEND = """\
All of a server's processes share one core, the load generator has another; {seconds:g} s for every load, medians of
{rounds} rounds. Ready: it has answered on every path. MB: resident after the load, pages shared by two processes
counted twice. Ratios are of the best rates over the numbers of connections; CPU time, and the rounds' spread
(largest less smallest, of the median), are of those too. Open loop: Poisson arrivals at 70 % of the rate at 64
connections, latency from the time a request should have left. Disturbed: the most CPU time that other processes
took during a load, in cores; more than a few hundredths, and the row is worth little. Faults: answers other than
200, and none at all."""


@dataclass(frozen=True)
class Row:
    """One server on one path, medians over its rounds; by number of connections. Latencies in ms."""

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
        return max(self.rate.values())


def rows(result: Raw, task: Task) -> list[Row]:
    """Fastest first; servers that do not answer it, or finished no round, are left out."""
    found = [
        _row(name, name in result["peers"], rounds, task)
        for name, rounds in result["servers"].items()
        if rounds and task in rounds[0]["paths"]
    ]
    return sorted(found, key=lambda row: -row.peak)


def _row(name: str, peer: bool, rounds: list[Raw], task: Task) -> Row:
    paths = [found["paths"][task] for found in rounds]
    loads = [path["closed_loop"] for path in paths]

    def middle(field: str) -> dict[str, float]:
        return {connections: median(load[connections][field] for load in loads) for connections in loads[0]}

    rate = middle("rate")
    best = max(rate, key=rate.__getitem__)

    opened = [path["open_loop"]["latency"] for path in paths if path.get("open_loop", {}).get("latency")]
    peaks = [max(cell["rate"] for cell in load.values()) for load in loads]
    return Row(
        name,
        peer,
        ready_s=median(found["ready_s"] for found in rounds),
        rss_mb=median(found["rss_mb"] for found in rounds),
        rate=rate,
        p50=middle("p50"),
        p99=middle("p99"),
        cpu_us=median(load[best]["cpu_us"] or 0.0 for load in loads),
        open_loop=(median(o["p50"] for o in opened), median(o["p99"] for o in opened)) if opened else None,
        spread=(max(peaks) - min(peaks)) / max(median(peaks), 1e-9),
        disturbed=max(cell.get("disturbed", 0.0) for path in paths for cell in _cells(path)),
        faults=sum(_faults(cell) for load in loads for cell in load.values()),
    )


def _cells(path: Raw) -> list[Raw]:
    return [*path["closed_loop"].values(), *([path["open_loop"]] if "open_loop" in path else [])]


def _faults(cell: Raw) -> int:
    """Answers that were none: other statuses, and requests that failed or timed out (wrk counts those apart)."""
    others = sum(count for status, count in cell["statuses"].items() if status != "200")
    return int(others + sum(count for kind, count in cell["errors"].items() if kind != "status"))


def table(result: Raw) -> str:
    connections = [str(number) for number in result["settings"]["connections"]]
    head = ["path", "server", "ready s", "MB", *(f"{c} conn. req/s (p50 / p99 ms)" for c in connections)]
    head += [
        "CPU µs/req",
        "70 % open loop p50 / p99 ms",
        "× echo",
        "× naive",
        "× best peer",
        "rounds' spread",
        "disturbed",
        "faults",
    ]
    lines = [head, ["---", "---", *["---:"] * (len(head) - 2)]]
    for task in TASKS:
        found = rows(result, task)
        yardsticks = [
            next((r.peak for r in found if r.name == "echo"), None),
            next((r.peak for r in found if r.name == "naive"), None),
            max((r.peak for r in found if r.peer), default=None),
        ]
        lines += [_line(task, row, connections, yardsticks) for row in found]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _line(task: Task, row: Row, connections: list[str], yardsticks: list[float | None]) -> list[str]:
    cells = [
        f"{number(row.rate[c])} ({number(row.p50[c])} / {number(row.p99[c])})" if row.rate[c] else "none in time"
        for c in connections
    ]
    return [
        TASKS[task],
        f"**{row.name}**" if row.open_loop and row.name != "echo" else row.name,
        f"{row.ready_s:.1f}",
        f"{row.rss_mb:,.0f}",
        *cells,
        f"{row.cpu_us:,.0f}",
        " / ".join(map(number, row.open_loop)) if row.open_loop else "–",
        *("–" if not best else f"{number(row.peak / best)}" for best in yardsticks),
        f"{row.spread:.0%}",
        f"{row.disturbed:.2f}",
        str(row.faults),
    ]


def number(value: float) -> str:
    """Three digits, or all before the point; two where there is nothing before it."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def publish(result: Raw, out: Path) -> str:
    """Write bench.md and bench.png beside bench.json; returns the table."""
    from benchmarks.picture import draw

    about, settings = result["machine"], result["settings"]
    failures = [f"* failed: {failure.splitlines()[0]}" for failure in result["failures"]]
    text = "\n".join(
        [
            f"{about['cpu']}, {about['cores']} cores; Python {about['python']}; "
            + ", ".join(f"{name} {version}" for name, version in about["packages"].items()),
            "",
            LEGEND.format(**settings),
            "",
            table(result),
            *failures,
        ]
    )
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench.md").write_text(text, "utf-8")
    draw({title: rows(result, task) for task, title in TASKS.items() if rows(result, task)}, out / "bench.png")
    return text


if __name__ == "__main__":
    source = Path(sys.argv[1])
    print(publish(json.loads(source.read_text("utf-8")), source.parent))

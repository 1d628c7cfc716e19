"""bench.json → the table bench.md and the plot bench.png.

python -m benchmarks.report benchmarks/results/bench.json     # both again, without measuring
"""

import json
import sys
from pathlib import Path

from benchmarks import plot
from benchmarks.servers.server import TASKS, Task
from benchmarks.summary import Raw, Row, summarize

LEGEND = """\
All processes of a server share one core; the load generator has another. Each load lasts {seconds:g} s; the table has
medians of {rounds} rounds. Ready: the server has answered on every path. MB: resident after the load; pages that two
processes share count twice. Ratios compare the best rates over the numbers of connections. CPU time and the rounds'
spread (their range over their median) are of those rates too. Open loop: Poisson arrivals at 70 % of the rate at 64
connections; latency counts from the time at which a request should have been sent. Disturbed: the most CPU time that
other processes used during a load, in cores; above a few hundredths, do not rely on the row. Faults: responses other
than 200, and requests without a response."""


def table(result: Raw) -> str:
    """The Markdown table of all paths and servers."""
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
        rows = summarize(result, task)
        baselines = [
            next((row.peak for row in rows if row.name == "echo"), None),
            next((row.peak for row in rows if row.name == "naive"), None),
            max((row.peak for row in rows if row.peer), default=None),
        ]
        lines += [_line(task, row, connections, baselines) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _line(task: Task, row: Row, connections: list[str], baselines: list[float | None]) -> list[str]:
    loads = [
        f"{format_number(row.rate[c])} ({format_number(row.p50[c])} / {format_number(row.p99[c])})"
        if row.rate[c]
        else "none in time"
        for c in connections
    ]
    return [
        TASKS[task],
        f"**{row.name}**" if row.open_loop and row.name != "echo" else row.name,
        f"{row.ready_s:.1f}",
        f"{row.rss_mb:,.0f}",
        *loads,
        f"{row.cpu_us:,.0f}",
        " / ".join(map(format_number, row.open_loop)) if row.open_loop else "–",
        *("–" if not baseline else format_number(row.peak / baseline) for baseline in baselines),
        f"{row.spread:.0%}",
        f"{row.disturbed:.2f}",
        str(row.faults),
    ]


def format_number(value: float) -> str:
    """Three digits, or all digits before the point; two digits below 0.1."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def publish(result: Raw, directory: Path) -> str:
    """Write bench.md and bench.png into `directory`; returns the text of bench.md."""
    machine = result["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    text = "\n".join(
        [
            f"{machine['cpu']}, {machine['cores']} cores; Python {machine['python']}; {packages}",
            "",
            LEGEND.format(**result["settings"]),
            "",
            table(result),
            *(f"* failed: {failure.splitlines()[0]}" for failure in result["failures"]),
        ]
    )
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "bench.md").write_text(text, "utf-8")
    plot.draw({title: rows for task, title in TASKS.items() if (rows := summarize(result, task))}, directory)
    return text


def main() -> None:
    source = Path(sys.argv[1])
    print(publish(json.loads(source.read_text("utf-8")), source.parent))


if __name__ == "__main__":
    main()

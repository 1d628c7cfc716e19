"""What was seen of one attack, and whether it kept to the goals."""

import re
from dataclasses import dataclass, field
from typing import Any

from benchmarks.hostile.attack import Attack

P99_MS = 50.0  # of the bystander, on two cores
WORST_MS = 250.0
MEMORY_RATIO = 1.10  # after the attack, of what it was before
PEAK_MB = 2147.0  # the container's memory limit in docker-compose.yml; beyond it the kernel ends the process
STOP_S = 15.0  # from SIGTERM to the end, with no grace time: GATECAST_SHUTDOWN_S and what follows
METRICS_GROWTH_BYTES = (
    1 << 16
)  # of /metrics: histograms of routes and statuses that are new, and no label that a caller made
NO_ANSWER = ("silent", "left open")
STATUS = re.compile(r"[1-5]\d\d")


@dataclass
class Outcome:
    """One attack. Memory in MB; `bystander` is bystander.summarize; `counts` is Target.counts.

    `disturbed` is the CPU time that other processes than ours used meanwhile, in cores. `stop` is there where the attack
    is one on the log: the seconds from SIGTERM to the end, and the exit status.
    """

    name: str
    kind: str
    seconds: float = 0.0
    bystander: dict[str, dict[str, Any]] = field(default_factory=dict)
    before_mb: float = 0.0
    peak_mb: float = 0.0
    after_mb: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    alive: bool = True
    metrics_growth: int | None = None
    disturbed: float = 0.0
    stop: tuple[float, int] | None = None
    log_tail: str = ""
    repeats: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def refusals(self) -> int:
        """503s that the bystander saw."""
        return sum(int(seen["others"].get("503", 0)) for seen in self.bystander.values())

    @property
    def has_grown(self) -> bool:
        """Whether memory is more than it should be after the attack."""
        return self.after_mb > MEMORY_RATIO * self.before_mb


def judge(outcome: Outcome, attack: Attack) -> list[str]:
    """Every goal that was missed, in words."""
    return [
        *_of_the_process(outcome),
        *(
            fault
            for path, seen in outcome.bystander.items()
            for fault in _of_the_bystander(path, seen, excused=attack.overload and path == "/forecast")
        ),
        *_of_the_answers(outcome, attack),
    ]


def is_only_late(missed: list[str]) -> bool:
    """Whether nothing but time was missed, which a busy machine may have caused."""
    return bool(missed) and all(fault.endswith(" ms") for fault in missed)


def _of_the_process(outcome: Outcome) -> list[str]:
    missed = []
    if not outcome.alive:
        missed.append("the service ended, or answers no new caller")
    if outcome.has_grown:
        missed.append(f"memory {outcome.after_mb / outcome.before_mb - 1:+.0%}")
    if outcome.peak_mb > PEAK_MB:
        missed.append(f"peak {outcome.peak_mb:,.0f} MB")
    if outcome.metrics_growth is not None and outcome.metrics_growth > METRICS_GROWTH_BYTES:
        missed.append(f"/metrics grew by {outcome.metrics_growth:,} bytes")
    if outcome.stop is not None and (outcome.stop[0] > STOP_S or outcome.stop[1] == -9):
        missed.append(f"not ended {outcome.stop[0]:.0f} s after SIGTERM")
    return missed


def _of_the_bystander(path: str, seen: dict[str, Any], excused: bool) -> list[str]:
    """`excused`: under an overload the bystander's forecasts queue and may be refused, as everybody's."""
    if not seen["requests"]:
        return [f"{path}: never asked"]
    missed = [
        f"{path}: {count} × {status}" for status, count in seen["others"].items() if not (excused and status == "503")
    ]
    if seen["p99"] > P99_MS and not excused:
        missed.append(f"{path}: p99 {seen['p99']:,.0f} ms")
    if seen["worst"] > WORST_MS and not excused:
        missed.append(f"{path}: worst {seen['worst']:,.0f} ms")
    return missed


def _of_the_answers(outcome: Outcome, attack: Attack) -> list[str]:
    return [
        f"{count} × {what}"
        for what, count in outcome.counts.items()
        if what in NO_ANSWER or (STATUS.fullmatch(what) and not _is_meant(int(what), attack))
    ]


def _is_meant(status: int, attack: Attack) -> bool:
    if attack.over_limit and status in (429, 503):
        return True
    return status in attack.answers if attack.answers is not None else status < 300 or 400 <= status < 500

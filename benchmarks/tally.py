"""What becomes of requests, counted and timed while they run, and reported in plain numbers."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Tally:
    """`late` is how late the generator itself was; `unsent` requests found no connection, or not soon enough.

    `latencies` run from the time a request should have left, `services` from the time it did.
    """

    latencies: dict[int, array[float]] = field(default_factory=dict)
    services: dict[int, array[float]] = field(default_factory=dict)
    per_second: list[int] = field(default_factory=list)
    late: array[float] = field(default_factory=lambda: array("d"))
    sent: int = 0
    hung_up: int = 0
    lost: int = 0
    unsent: int = 0
    waited: int = 0
    refusals_with_retry_after: int = 0
    failed_connects: int = 0

    def answered(self, status: int, since_due: float, since_sent: float, retry_after: bool) -> None:
        self.latencies.setdefault(status, array("d")).append(since_due)
        self.services.setdefault(status, array("d")).append(since_sent)
        self.refusals_with_retry_after += status == 503 and retry_after

    def good_at(self, second: int) -> None:
        """Count an answer of 200 that came in this second of the run."""
        while len(self.per_second) <= second:
            self.per_second.append(0)
        self.per_second[second] += 1

    def report(self, sending_s: float, elapsed_s: float) -> dict[str, Any]:
        """Every latency in ms, rates per second."""
        good = self.latencies.get(200, array("d"))
        return {
            "offered": len(self.late),
            "offered_rate": round(len(self.late) / sending_s, 1),
            "seconds": round(elapsed_s, 3),
            "sent": self.sent,
            "answered": {str(status): len(found) for status, found in sorted(self.latencies.items())},
            "goodput": round(len(good) / elapsed_s, 1),
            "latency": spread(good),
            "latency_since_sent": spread(self.services.get(200, array("d"))),
            "refusal_latency": spread(self.latencies.get(503, array("d"))),
            "refusal_latency_since_sent": spread(self.services.get(503, array("d"))),
            "refusals_with_retry_after": self.refusals_with_retry_after,
            "hung_up": self.hung_up,
            "lost": self.lost,
            "unsent": self.unsent,
            "waited_for_a_connection": self.waited,
            "failed_connects": self.failed_connects,
            "good_per_second": self.per_second,
            "late": spread(self.late),
        }


def spread(seconds: array[float]) -> dict[str, float] | None:
    """Percentiles in ms; None of nothing."""
    if not seconds:
        return None
    p50, p90, p99 = (float(value) for value in np.percentile(seconds, (50, 90, 99)) * 1e3)
    return {"p50": round(p50, 3), "p90": round(p90, 3), "p99": round(p99, 3), "max": round(max(seconds) * 1e3, 3)}

"""What the open-loop generator counts and times, and its report in plain numbers."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class LoadMetrics:
    """Counts of requests, and times in seconds.

    `latencies`, by status, run from the time at which a request should have been sent; `response_times` from the time
    at which it was. `delays` are how late the generator itself was. `unsent` requests had no free connection in time.
    """

    latencies: dict[int, array[float]] = field(default_factory=dict)
    response_times: dict[int, array[float]] = field(default_factory=dict)
    good_per_second: list[int] = field(default_factory=list)
    delays: array[float] = field(default_factory=lambda: array("d"))
    sent: int = 0
    hung_up: int = 0
    lost: int = 0
    unsent: int = 0
    waited: int = 0
    refusals_with_retry_after: int = 0
    failed_connects: int = 0

    def record_response(self, status: int, since_due: float, since_sent: float, retry_after: bool) -> None:
        self.latencies.setdefault(status, array("d")).append(since_due)
        self.response_times.setdefault(status, array("d")).append(since_sent)
        self.refusals_with_retry_after += status == 503 and retry_after

    def count_good(self, second: int) -> None:
        """Count a response of 200 in this second of the run."""
        while len(self.good_per_second) <= second:
            self.good_per_second.append(0)
        self.good_per_second[second] += 1

    def report(self, sending_s: float, elapsed_s: float) -> dict[str, Any]:
        """All latencies in ms, rates per second. Sending took `sending_s`, the whole run `elapsed_s`."""
        good = self.latencies.get(200, array("d"))
        return {
            "offered": len(self.delays),
            "offered_rate": round(len(self.delays) / sending_s, 1),
            "seconds": round(elapsed_s, 3),
            "sent": self.sent,
            "answered": {str(status): len(latencies) for status, latencies in sorted(self.latencies.items())},
            "goodput": round(len(good) / elapsed_s, 1),
            "latency": percentiles(good),
            "latency_since_sent": percentiles(self.response_times.get(200, array("d"))),
            "refusal_latency": percentiles(self.latencies.get(503, array("d"))),
            "refusal_latency_since_sent": percentiles(self.response_times.get(503, array("d"))),
            "refusals_with_retry_after": self.refusals_with_retry_after,
            "hung_up": self.hung_up,
            "lost": self.lost,
            "unsent": self.unsent,
            "waited_for_a_connection": self.waited,
            "failed_connects": self.failed_connects,
            "good_per_second": self.good_per_second,
            "late": percentiles(self.delays),
        }


def percentiles(seconds: array[float]) -> dict[str, float] | None:
    """Percentiles and maximum in ms; None without values."""
    if not seconds:
        return None
    p50, p90, p99 = (float(value) for value in np.percentile(seconds, (50, 90, 99)) * 1e3)
    return {"p50": round(p50, 3), "p90": round(p90, 3), "p99": round(p99, 3), "max": round(max(seconds) * 1e3, 3)}

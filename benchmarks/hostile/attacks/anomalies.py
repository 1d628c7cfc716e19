"""Readings that are judged: at the ends of what floats can hold, and as many as the contract allows."""

import json

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.attacks.forecasts import EXTREMES
from benchmarks.hostile.requests import post
from benchmarks.hostile.sending import closed_loop, in_turn
from service.http.schema_parts import RECENT_MONTHS

ANSWERED = frozenset({200, 422})
JUMPS = [float(number % 7 + 1000 * (number % 40 == 39) + 500 * (number // 100 % 2)) for number in range(600)]


def anomalies(readings: list[float], **options: object) -> bytes:
    return post("/anomalies", {"readings": readings} | options)


def batch(items: int, readings: list[float], **options: object) -> bytes:
    series = [{"id": f"{number}", "readings": readings} for number in range(items)]
    return post("/anomalies/batch", json.dumps({"series": series} | options, separators=(",", ":")).encode())


ATTACKS = (
    Attack(
        "anomalies-extreme-readings",
        lambda: in_turn(
            *(anomalies(readings * times, level=99.99) for readings in EXTREMES for times in (1, 9)),
            *(anomalies(JUMPS, last=256, level=level, season=season) for level in (1e-9, 99.99) for season in (1, 599)),
        ),
        ANSWERED,
    ),
    Attack("anomalies-of-256", lambda: closed_loop(4, anomalies(JUMPS, last=256)), frozenset({200})),
    Attack(
        "anomalies-batch-of-1000",
        lambda: in_turn(batch(1000, RECENT_MONTHS * 2, last=48)),
        frozenset({200, 504}),
        over_limit=True,
    ),
    Attack(
        "anomalies-batch-of-256",
        lambda: in_turn(batch(200, JUMPS, last=256)),
        frozenset({200, 504}),
        over_limit=True,
    ),
)

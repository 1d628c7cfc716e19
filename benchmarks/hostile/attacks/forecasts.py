"""Series, levels, dates and names at the ends of what the contract allows."""

import json
from collections.abc import Iterable, Sequence

from benchmarks.hostile.attack import Attack, Round
from benchmarks.hostile.requests import post
from benchmarks.hostile.sending import closed_loop, in_turn, many, together
from service.http.schema_parts import RECENT_MONTHS

ANSWERED = frozenset({200, 422})
MODELS = ("gru", "universal", "ensemble", "lstm14", None)
OFFSETS = """
B C D W ME SME BME CBME MS SMS BMS CBMS QE BQE QS BQS YE BYE YS BYS h bh cbh min s ms us ns M Q A Y H T S L U N BM BH
W-MON QS-FEB YE-JUN WOM-2TH LWOM-4FRI REQ-MAR 1ns 999999999999ns -1D 0D 1D2h 1.5h 7D 999999MS P1M PT15M P1Y2M
"""
FREQUENCIES = (*OFFSETS.split(), "D" * 32, "1" * 32, "1e9D", "٣D", "D\u0000", "", " ", "MS MS", "ᴹS")


def forecast(readings: Iterable[float | None], **options: object) -> bytes:
    return post("/forecast", {"readings": list(readings)} | options)


def batch(items: int, readings: Sequence[float], **options: object) -> bytes:
    """A batch of equal series with different ids."""
    series = [{"id": f"{number}", "readings": readings} for number in range(items)]
    return post("/forecast/batch", json.dumps({"series": series} | options, separators=(",", ":")).encode())


def by_each_model(*series: list[float], **options: object) -> Round:
    return in_turn(*(forecast(readings, model=model, **options) for readings in series for model in MODELS))


def new_levels(number: int) -> bytes:
    """Five levels that no earlier request had."""
    return forecast(
        RECENT_MONTHS, model="gru", levels=[50 + number % 9 * 5 + (number + 1 + place / 5) * 1e-6 for place in range(5)]
    )


def dated(start: str, frequency: str, **options: object) -> bytes:
    return forecast(RECENT_MONTHS, model="gru", start=start, frequency=frequency, **options)


STARTS = (
    "9999-12-31",
    "0001-01-01",
    "2262-04-11",
    "1677-09-21",
    "2016-02-29T23:59:60",
    "2016-11",
    "10000-01-01",
    "-0001-01-01",
    "2016-02-30",
    "2016-01-01T00:00:00.123456789123456789",
    "2016-01-01T00:00:00+99:99",
    "2016-01-01T00:00:00Z",
    "2016-01-01" + " " * 9000,
    "٢٠١٦-٠١-٠١",
)
EXTREMES = [
    [1e308] * 36,
    [1e308, -1e308] * 18,
    [5e-324] * 36,
    [5e-324, 1e308] * 18,
    [0.0] * 36,
    [7.0] * 36,
    [*RECENT_MONTHS[:-1], 1e300],
    [*RECENT_MONTHS[:-1], -1e15],
    [float(2**n) for n in range(36)],
    [1.7976931348623157e308, 1.0] * 18,
    [0.0] * 35 + [1e-300],
]
IDS: list[object] = ["", "a" * 201, None, 1, [], {}, "\ud800", "a", "a"]
RAMP = [float(number % 12) + number / 1000 for number in range(10_000)]

ATTACKS = (
    Attack(
        "nulls-alternating-10000",
        lambda: in_turn(*(forecast([1.5, None] * 5000, model=model) for model in MODELS)),
        ANSWERED,
    ),
    Attack(
        "nulls-10000",
        lambda: in_turn(
            forecast([None] * 10_000), forecast([1.0, *[None] * 9998, 1.0]), forecast([*RAMP[:9990], *[None] * 9, 1.0])
        ),
        ANSWERED,
    ),
    Attack("readings-10000", lambda: by_each_model(RAMP), ANSWERED),
    Attack(
        "readings-10000-at-once",
        lambda: together(32, *(forecast(RAMP, model=model) for model in MODELS)),
        ANSWERED,
        over_limit=True,
    ),
    Attack("readings-10001", lambda: in_turn(forecast([*RAMP, 1.0]), forecast([1.0] * 200_000)), frozenset({422})),
    Attack("horizon-1000", lambda: by_each_model(RECENT_MONTHS * 4, horizon=1000), ANSWERED),
    Attack("horizon-64", lambda: by_each_model(RECENT_MONTHS * 4, RAMP, horizon=64), ANSWERED),
    Attack(
        "horizon-1000-at-once",
        lambda: together(
            32, *(forecast(RAMP, model=model, horizon=1000, levels=[50, 60, 70, 80, 90]) for model in MODELS)
        ),
        ANSWERED,
        over_limit=True,
    ),
    Attack(
        "horizon-out-of-range",
        lambda: in_turn(*(forecast(RECENT_MONTHS, horizon=value) for value in (0, -1, 1001, 10**30, 1.5, "9", True))),
        frozenset({422}),
    ),
    Attack("batch-1000x36", lambda: in_turn(batch(1000, RECENT_MONTHS, model="gru")), frozenset({200})),
    Attack(
        "batch-1000x36-universal",
        lambda: in_turn(batch(1000, RECENT_MONTHS, model="universal")),
        frozenset({200}),
        over_limit=True,
    ),
    Attack(
        "batch-1000x500",
        lambda: in_turn(batch(1000, [round(v) for v in (RECENT_MONTHS * 14)[:500]][:260])),
        frozenset({200}),
        over_limit=True,
    ),
    Attack(
        "batch-1000x500-digits",
        lambda: in_turn(batch(1000, [n % 7 for n in range(500)])),
        frozenset({200}),
        over_limit=True,
    ),
    Attack(
        "batch-1000-horizon-1000",
        lambda: in_turn(batch(1000, [n % 7 for n in range(100)], model="universal", horizon=1000)),
        ANSWERED,
        over_limit=True,
    ),
    Attack(
        "batch-50-of-10000",
        lambda: in_turn(batch(50, [n % 7 for n in range(10_000)])),
        frozenset({200}),
        over_limit=True,
    ),
    Attack(
        "batches-at-once",
        lambda: together(20, batch(1000, [n % 7 for n in range(500)])),
        frozenset({200}),
        over_limit=True,
    ),
    Attack("levels-10000", lambda: many(10_000, new_levels, connections=2), ANSWERED),
    Attack(
        "levels-out-of-range",
        lambda: in_turn(
            *(
                forecast(RECENT_MONTHS, levels=levels)
                for levels in ([0], [100], [-1], [1e-300], [99.99999999], [80] * 5, [80] * 6, ["80"], [None])
            )
        ),
        ANSWERED,
    ),
    Attack("frequencies", lambda: in_turn(*(dated("2016-01-01", frequency) for frequency in FREQUENCIES)), ANSWERED),
    Attack(
        "frequencies-year-9999",
        lambda: in_turn(*(dated("9999-12-31", frequency, horizon=36) for frequency in FREQUENCIES)),
        ANSWERED,
    ),
    Attack(
        "frequencies-10000",
        lambda: many(10_000, lambda number: dated("2016-01-01", f"{number + 1}D"), connections=2),
        ANSWERED,
    ),
    Attack(
        "frequency-1ns-10000",
        lambda: in_turn(
            *(
                forecast(RAMP, start="2016-01-01", frequency=f, horizon=1000)
                for f in ("1ns", "C", "CBMS", "bh", "LWOM-4FRI")
            )
        ),
        ANSWERED,
    ),
    Attack("starts", lambda: in_turn(*(dated(start, "MS") for start in STARTS)), ANSWERED),
    Attack("extreme-readings", lambda: by_each_model(*EXTREMES), ANSWERED),
    Attack(
        "extreme-readings-batch",
        lambda: in_turn(
            post("/forecast/batch", {"series": [{"id": str(n), "readings": r} for n, r in enumerate(EXTREMES * 90)]})
        ),
        frozenset({200}),
    ),
    Attack(
        "model-names-5000",
        lambda: many(5000, lambda number: forecast(RECENT_MONTHS, model=f"m{number}", version=f"{number}")),
        frozenset({404, 422}),
    ),
    Attack(
        "model-names-junk",
        lambda: in_turn(
            *(
                forecast(RECENT_MONTHS, model=name, version=version)
                for name in ("../gru", "gru/2", "", "a" * 64, "a" * 65, "gru\u0000", "%s%n", "__class__")
                for version in ("1", "01", "-1", "²", "9" * 16, "9" * 17)
            )
        ),
        frozenset({404, 422}),
    ),
    Attack(
        "ids-of-200",
        lambda: in_turn(
            post("/forecast/batch", {"series": [{"id": f"{n:05}" + "😀" * 195, "readings": [1.0]} for n in range(400)]})
        ),
        ANSWERED,
    ),
    Attack(
        "ids-junk",
        lambda: in_turn(
            post("/forecast/batch", {"series": [{"id": value, "readings": RECENT_MONTHS} for value in IDS]})
        ),
        ANSWERED | {400},
    ),
    Attack(
        "bounds-and-season",
        lambda: in_turn(
            *(
                forecast(RECENT_MONTHS, **options)
                for options in (
                    {"minimum": 5, "maximum": 1},
                    {"minimum": 1e308},
                    {"season": 0},
                    {"season": 10**9},
                    {"season": -1},
                )
            )
        ),
        ANSWERED,
    ),
    Attack(
        "forecasts-of-any-model",
        lambda: closed_loop(8, *(forecast(RECENT_MONTHS * 10, model=model) for model in MODELS)),
        frozenset({200}),
    ),
)

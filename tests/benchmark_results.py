"""Parts of a bench.json for tests."""

from typing import Any


def closed_loop(rate: float, cpu_us: float = 100.0) -> dict[str, Any]:
    return {
        "rate": rate,
        "p50": 1.0,
        "p99": 2.0,
        "cpu_us": cpu_us,
        "disturbed": 0.01,
        "statuses": {"200": 10},
        "errors": {"status": 0, "timeout": 0},
    }


def round_of(rate: float) -> dict[str, Any]:
    """One server's round on /forecast, with the same rate at every number of connections."""
    loads = {"1": closed_loop(rate), "16": closed_loop(rate), "64": closed_loop(rate)}
    return {"ready_s": 1.0, "rss_mb": 50.0, "paths": {"forecast": {"closed_loop": loads}}}


def result(**servers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "machine": {"cpu": "Any CPU", "cores": 2, "python": "3.11", "packages": {"numpy": "2.4"}},
        "settings": {"seconds": 8, "rounds": 3, "connections": [1, 16, 64]},
        "peers": ["ray"],
        "servers": servers,
        "failures": [],
    }

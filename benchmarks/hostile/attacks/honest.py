"""No attacks: honest callers in numbers that the service has promised to serve."""

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.requests import post
from benchmarks.hostile.sending import closed_loop, pooled
from service.http.schema_parts import RECENT_MONTHS

CONNECTIONS = 255  # one below GATECAST_MAX_IN_FLIGHT
CLIENTS = 64
THINK_S = 0.02
FORECAST = post("/forecast", {"readings": RECENT_MONTHS, "model": "gru"})

KEPT_ALIVE = Attack("kept-alive", lambda: closed_loop(CONNECTIONS, FORECAST), frozenset({200}))
STOPPED = Attack("stopped", lambda: pooled(CLIENTS, FORECAST, THINK_S), frozenset({200}))
HONEST = (KEPT_ALIVE, STOPPED)

"""What is for operators: reloads, metrics, documents, and a log that nobody reads."""

import itertools

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.requests import get, post
from benchmarks.hostile.sending import many, streamed, together, unread

TEXT = {"text": "Superb!"}
SHUT = frozenset({401, 403, 404, 429})
OK = frozenset({200})


ATTACKS = (
    Attack("reload-without-key-1000", lambda: many(1000, lambda _: post("/admin/reload", b"")), SHUT),
    Attack(
        "reload-wrong-key-1000",
        lambda: many(1000, lambda number: post("/admin/reload", b"", f"X-API-Key: {number:032x}")),
        SHUT,
        keys=True,
    ),
    Attack("metrics-1000", lambda: many(1000, lambda _: get("/metrics")), OK),
    Attack("metrics-gzip", lambda: many(500, lambda _: get("/metrics", "Accept-Encoding: gzip")), OK),
    Attack(
        "documents-1000", lambda: many(1000, lambda number: get(("/openapi.json", "/docs", "/redoc")[number % 3])), OK
    ),
    Attack(
        "cards-1000",
        lambda: many(1000, lambda number: get(("/models", "/models/gru", "/models/sentiment", "/version")[number % 4])),
        OK,
    ),
    Attack(
        "probes-at-once", lambda: together(200, get("/readyz"), get("/livez"), get("/metrics")), OK, over_limit=True
    ),
    Attack(
        "stderr-unread",
        lambda: many(2000, lambda number: get(f"/a-path-that-is-logged/{number}")),
        frozenset({404}),
        stderr_unread=True,
    ),
    Attack(
        "stderr-unread-failures",
        lambda: many(
            500, lambda number: post("/sentiment", TEXT, f"X-Request-ID: {number:0100d}", "Content-Encoding: br")
        ),
        frozenset({200, 415}),
        stderr_unread=True,
    ),
    Attack(
        "stderr-unread-not-http",
        lambda: streamed(lambda: itertools.repeat(b"\0" * 1000, 1000)),
        frozenset({400, 431}),
        stderr_unread=True,
    ),
    Attack("metrics-unread", lambda: unread(100, *[get("/metrics")] * 100), over_limit=True),
)

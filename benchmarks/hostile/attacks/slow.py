"""Callers that stall, drip, never read, hang up, or are very many."""

import itertools
from collections.abc import Iterator

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.attacks.texts import explained
from benchmarks.hostile.requests import CHUNKED, JSON, get, head, post
from benchmarks.hostile.sending import dripped, held, in_turn, left, unread
from service.http.schema_parts import RECENT_MONTHS

FORECAST = {"readings": RECENT_MONTHS, "model": "gru"}
LONG = "X-Request-Timeout-Ms: 600000"  # more than may be asked for
MINUTE = "X-Request-Timeout-Ms: 60000"
OPEN = frozenset({200, 400, 408, 413, 422})


def without_end(size: int, *fields: str, path: str = "/sentiment/batch") -> bytes:
    """A request whose body lacks its last byte."""
    return head(f"POST {path}", JSON, f"Content-Length: {size}", *fields) + b" " * (size - 1)


def long_replies() -> bytes:
    """A request for about 14 MB."""
    return explained(["a b c d e " * 95] * 1000)


def lines() -> Iterator[bytes]:
    return (b"x-%d: a\r\n" % number for number in itertools.count())


def spaces() -> Iterator[bytes]:
    return itertools.repeat(b" ")


START = b"GET /livez HTTP/1.1\r\nHost: x\r\n"

ATTACKS = (
    Attack("stalled-bodies-500x1mb", lambda: held(500, without_end(1_000_000, LONG)), OPEN, over_limit=True),
    Attack(
        "stalled-bodies-900x60kb",
        lambda: held(900, without_end(60_000, MINUTE, path="/forecast")),
        OPEN,
        over_limit=True,
    ),
    Attack(
        "stalled-chunked-bodies",
        lambda: held(300, head("POST /forecast/batch", JSON, CHUNKED, MINUTE) + b"f4240\r\n" + b" " * 999_999),
        OPEN,
        over_limit=True,
    ),
    Attack(
        "stalled-gzip-bodies",
        lambda: held(
            300,
            head("POST /sentiment", JSON, "Content-Encoding: gzip", "Content-Length: 900000", MINUTE)
            + b"\x1f\x8b\x08"
            + b"\0" * 800_000,
        ),
        OPEN | {415},
        over_limit=True,
    ),
    Attack(
        "stalled-before-bodies",
        lambda: held(500, head("POST /sentiment", JSON, "Content-Length: 1000000")),
        OPEN,
        over_limit=True,
    ),
    Attack("slowloris", lambda: dripped(500, START, drops=lines, pause_s=0.1), OPEN | {431}, over_limit=True),
    Attack(
        "slow-bodies",
        lambda: dripped(
            200, head("POST /sentiment", JSON, "Content-Length: 100000", MINUTE), drops=spaces, pause_s=0.02
        ),
        OPEN,
        over_limit=True,
    ),
    Attack(
        "slow-chunks",
        lambda: dripped(
            100, head("POST /sentiment", JSON, CHUNKED), drops=lambda: itertools.repeat(b"1\r\n \r\n"), pause_s=0.01
        ),
        OPEN,
        over_limit=True,
    ),
    Attack(
        "heads-in-single-bytes",
        lambda: dripped(50, b"", drops=lambda: (bytes([byte]) for byte in START * 10), pause_s=0.005),
        OPEN | {431},
    ),
    Attack("idle-2000", lambda: held(2000, b""), OPEN, over_limit=True),
    Attack("idle-after-a-request", lambda: held(900, get("/livez")), OPEN, over_limit=True),
    Attack("never-read-replies", lambda: unread(20, long_replies()), OPEN, over_limit=True),
    Attack("never-read-documents", lambda: unread(200, *[get("/openapi.json")] * 50), over_limit=True),
    Attack("never-read-refusals", lambda: unread(200, *[get("/nothing")] * 500), over_limit=True),
    Attack(
        "half-closed", lambda: in_turn(without_end(1000), post("/forecast", FORECAST)[:-20], START, closes=True), OPEN
    ),
    Attack("connect-close", lambda: left(3000, b""), over_limit=True),
    Attack("left-in-the-head", lambda: left(2000, START), over_limit=True),
    Attack("left-in-the-body", lambda: left(500, without_end(200_000)), over_limit=True),
    Attack("left-while-forecast", lambda: left(1000, post("/forecast", FORECAST)), over_limit=True),
    Attack("left-while-explained", lambda: left(20, long_replies(), at_once=20), over_limit=True),
    Attack("reset-storm", lambda: left(3000, post("/forecast", FORECAST), resets=True), over_limit=True),
    Attack("reset-in-the-body", lambda: left(500, without_end(200_000), resets=True), over_limit=True),
    Attack("pipelined-10000", lambda: in_turn(get("/livez") * 10_000, responses=10_000), frozenset({200})),
    Attack(
        "pipelined-forecasts-1000",
        lambda: in_turn(post("/forecast", FORECAST) * 1000, responses=1000),
        frozenset({200}),
    ),
    Attack("pipelined-unread", lambda: unread(5, *[get("/version") * 1000] * 10), over_limit=True),
    Attack(
        "pipelined-behind-work",
        lambda: unread(5, long_replies(), *[post("/forecast", FORECAST) * 100] * 10),
        over_limit=True,
    ),
)

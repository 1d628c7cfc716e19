"""Frames of the Nixtla client: arrays of millions, sizes that lie, windows without number, bombs."""

import gzip

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.attacks.encodings import gzip_bomb
from benchmarks.hostile.requests import post
from benchmarks.hostile.sending import in_turn, together

REFUSED = frozenset({400, 413, 422})
ANSWERED = frozenset({200, 504})
MILLION = 1_000_000


def frame(y: bytes, sizes: bytes, path: str = "forecast", more: bytes = b"", *fields: str) -> bytes:
    """A request with arrays as they are written."""
    body = b'{"series":{"y":[%b],"sizes":[%b]},"model":"timegpt-1","freq":"MS","h":12%b}' % (y, sizes, more)
    return post(f"/nixtla/v2/{path}", body, *fields)


def numbers(count: int, number: bytes = b"1") -> bytes:
    return b",".join([number] * count)


def panel(series: int, readings: int, path: str = "forecast", more: bytes = b"") -> bytes:
    """Series that no pattern fits, each of so many readings."""
    y = b",".join(b"%d" % (number * number % 997) for number in range(series * readings))
    return frame(y, numbers(series, b"%d" % readings), path, more)


ATTACKS = (
    Attack(
        "frames-that-lie",
        lambda: in_turn(
            frame(numbers(9), b"-1,10"),
            frame(numbers(9), b"9999999999999"),
            frame(numbers(9), b"1e300"),
            frame(numbers(9), b"0,9"),
            frame(numbers(9), numbers(60_000)),
            frame(b"[" * 10_000, b"9"),
            frame(b"NaN," * 9 + b"1", b"10"),
            frame(numbers(20), b"20", "cross_validation", b',"n_windows":1000000000'),
            frame(numbers(20), b"20", "cross_validation", b',"n_windows":10000,"step_size":1'),
            frame(numbers(20), b"20", "online_anomaly_detection", b',"detection_size":4000000'),
        ),
        REFUSED,
    ),
    Attack("frame-of-8-million-numbers", lambda: in_turn(frame(numbers(8 * MILLION), b"1")), REFUSED),
    Attack("frame-of-features", lambda: in_turn(frame(numbers(9), b'9],"X":[' + numbers(4 * MILLION))), REFUSED),
    Attack(
        "frame-bomb",
        lambda: in_turn(post("/nixtla/v2/forecast", gzip.compress(gzip_bomb(1000)), "Content-Encoding: gzip")),
        REFUSED,
    ),
    Attack("frames-at-once", lambda: together(8, frame(numbers(3 * MILLION), b"1")), REFUSED | {503}, over_limit=True),
    Attack("frame-of-10000-series", lambda: in_turn(panel(10_000, 60)), ANSWERED, over_limit=True),
    Attack(
        "frame-of-20000-windows",
        lambda: in_turn(panel(200, 150, "cross_validation", b',"n_windows":100,"step_size":1')),
        ANSWERED,
        over_limit=True,
    ),
)

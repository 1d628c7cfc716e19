"""Keys that are wrong, and addresses that are invented."""

import base64

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.requests import get, post
from benchmarks.hostile.sending import in_turn, many

TEXT = {"text": "Superb!"}
DENIED = frozenset({401, 403, 429})
OK = frozenset({200})


def asking(*fields: str) -> bytes:
    return post("/sentiment", TEXT, *fields)


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


JUNK = (
    "Authorization:",
    "Authorization: Bearer",
    "Authorization: Bearer  ",
    "Authorization: Basic " + base64.b64encode(b"a:b").decode(),
    "Authorization: bearer x y",
    "Authorization: Digest username=a",
    "Authorization: Bearer " + "\xff" * 100,
    "Authorization: Bearer " + "a," * 5000,
    "Authorization: \xa0",
    "X-API-Key:",
    "X-API-Key: \xe9",
)

ATTACKS = (
    Attack("keys-missing", lambda: many(1000, lambda _: asking()), DENIED, keys=True),
    Attack(
        "keys-wrong-1000", lambda: many(1000, lambda number: asking(f"X-API-Key: key-{number:032x}")), DENIED, keys=True
    ),
    Attack(
        "keys-wrong-bearer-1000",
        lambda: many(1000, lambda number: asking(f"Authorization: Bearer gc_{number:040x}")),
        DENIED,
        keys=True,
    ),
    Attack(
        "keys-of-30-kb",
        lambda: many(300, lambda number: asking(f"X-API-Key: {'k' * 30_000}{number}")),
        DENIED | {400, 431},
        keys=True,
    ),
    Attack(
        "keys-in-numbers",
        lambda: in_turn(
            asking(*(f"X-API-Key: {number}" for number in range(90))),
            asking("X-API-Key: a", "Authorization: Bearer b"),
            get("/forecast?api_key=a"),
        ),
        DENIED | {400, 405},
        keys=True,
    ),
    Attack("authorization-junk", lambda: in_turn(*(asking(field) for field in JUNK)), DENIED | {400}, keys=True),
    Attack(
        "addresses-invented-10000",
        lambda: many(
            10_000,
            lambda number: asking(
                f"X-Forwarded-For: {address(number)}", f"X-API-Key: {number}", f"Forwarded: for={address(number)}"
            ),
        ),
        DENIED,
        keys=True,
    ),
    Attack(
        "bodies-without-a-key",
        lambda: in_turn(*(post("/sentiment/batch", b" " * 1_000_000, "X-API-Key: a") for _ in range(10))),
        DENIED,
        keys=True,
    ),
    Attack(
        "addresses-long",
        lambda: in_turn(
            get("/livez", "X-Forwarded-For: " + "1.2.3.4, " * 3000),
            get(
                "/livez",
                "X-Forwarded-For: " + ":" * 20_000,
                "X-Forwarded-Proto: " + "h" * 9000,
                "X-Real-IP: ::1",
                "X-Forwarded-Host: evil.example",
                "X-Forwarded-Prefix: //evil.example",
            ),
        ),
        OK,
    ),
    Attack(
        "rates-of-invented-addresses",
        lambda: many(10_000, lambda number: get("/version", f"X-Forwarded-For: {address(number)}")),
        frozenset({200, 429}),
        settings={"GATECAST_RATE_REQUESTS": "500"},
    ),
    Attack(
        "rates-of-heavy-batches",
        lambda: in_turn(*[post("/sentiment/batch", {"texts": ["a good film"] * 1000})] * 10),
        frozenset({200, 429}),
        settings={"GATECAST_RATE_REQUESTS": "500", "GATECAST_RATE_ITEMS": "1000"},
    ),
)

"""Honest work in the largest portions: long batches, long replies, and more callers than the service can answer."""

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.attacks.texts import explained
from benchmarks.hostile.requests import get, post
from benchmarks.hostile.sending import closed_loop, in_turn, together, unread
from service.http.schema_parts import RECENT_MONTHS

OK = frozenset({200})
FORECAST = {"readings": RECENT_MONTHS, "model": "gru"}
TEXT = {"text": "A warm, funny and beautifully acted film. The end was weak, though. I would see it again."}


def reviews(length: int, sentence: str = " a warm film but not a good one, and" * 6 + " so on. ") -> list[str]:
    """A thousand reviews of so many characters; of about four sentences where they have 950."""
    return [(f"{number}{sentence}" * (length // len(sentence) + 1))[:length] for number in range(1000)]


def long_reply(*fields: str) -> bytes:
    """A request of 0.95 MB, for a reply of about 14 MB."""
    return post("/sentiment/batch", {"texts": ["a b c d e " * 95] * 1000, "explain": True}, *fields)


ATTACKS = (
    Attack("batch-1000-explained", lambda: in_turn(explained(reviews(950))), OK, over_limit=True),
    Attack("batch-1000-explained-50-at-once", lambda: together(50, explained(reviews(950))), OK, over_limit=True),
    Attack("batch-1000-short-20-at-once", lambda: together(20, explained(reviews(20))), OK, over_limit=True),
    Attack("batch-of-40000-sentences", lambda: in_turn(explained(reviews(950, " not good. "))), OK | {422}),
    Attack("replies-of-14-mb", lambda: in_turn(*[long_reply()] * 20), OK, over_limit=True),
    Attack("replies-of-14-mb-gzip", lambda: in_turn(*[long_reply("Accept-Encoding: gzip")] * 20), OK, over_limit=True),
    Attack(
        "replies-of-14-mb-zstd", lambda: in_turn(long_reply("Accept-Encoding: zstd, br;q=0.1")), OK, over_limit=True
    ),
    Attack(
        "replies-of-14-mb-10-at-once", lambda: together(10, long_reply("Accept-Encoding: gzip")), OK, over_limit=True
    ),
    Attack("replies-of-14-mb-unread", lambda: unread(10, long_reply("Accept-Encoding: gzip")), over_limit=True),
    Attack(
        "overload-forecasts", lambda: closed_loop(768, post("/forecast", FORECAST)), OK, over_limit=True, overload=True
    ),
    Attack(
        "overload-sentiment",
        lambda: closed_loop(768, post("/sentiment", TEXT | {"explain": True, "sentences": True})),
        OK,
        over_limit=True,
        overload=True,
    ),
    Attack("overload-livez", lambda: closed_loop(100, get("/livez")), OK, over_limit=True, overload=True),
    Attack(
        "overload-connections",
        lambda: closed_loop(1500, post("/forecast", FORECAST)),
        OK,
        over_limit=True,
        overload=True,
    ),
)

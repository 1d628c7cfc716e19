"""JSON that is deep, wide, full of faults, or none at all."""

import itertools
import string

from benchmarks.hostile.attack import Attack, Round
from benchmarks.hostile.requests import post
from benchmarks.hostile.sending import in_turn

PATHS = ("/forecast", "/forecast/batch", "/sentiment", "/sentiment/batch")
FAULTY = frozenset({400, 413, 422})
NOT_JSON = frozenset({400})
FORECAST = b'{"readings": [%s]}'


def everywhere(body: bytes) -> Round:
    """The body to every route that predicts."""
    return in_turn(*(post(path, body) for path in PATHS))


def repeated(start: bytes, piece: bytes, count: int, end: bytes) -> bytes:
    return start + b",".join([piece] * count) + end


def lists_of(piece: bytes, count: int) -> Round:
    """Where a route takes a list, one of `count` pieces."""
    return in_turn(
        post("/forecast", repeated(b'{"readings": [', piece, count, b"]}")),
        post("/forecast", repeated(b'{"readings": [1], "levels": [', piece, count, b"]}")),
        post("/forecast/batch", repeated(b'{"series": [', piece, count, b"]}")),
        post("/forecast/batch", repeated(b'{"series": [{"id": "a", "readings": [', piece, count, b"]}]}")),
        post("/sentiment/batch", repeated(b'{"texts": [', piece, count, b"]}")),
    )


def unknown_keys(count: int) -> bytes:
    """So many keys of three characters that there are not."""
    keys = itertools.islice(itertools.product(string.ascii_letters + string.digits, repeat=3), count)
    return "{{{}}}".format(",".join(f'"{"".join(key)}":0' for key in keys)).encode()


def keys_within_items() -> Round:
    """A batch of 1,000 series, each with a hundred keys that there are not."""
    item = b'{"id": "a", "readings": [1], ' + b",".join(b'"%d":0' % number for number in range(100)) + b"}"
    return in_turn(post("/forecast/batch", repeated(b'{"series": [', item, 1000, b"]}")))


def numbers(*values: bytes) -> Round:
    """Each number as a reading, as a horizon and as a level."""
    return in_turn(
        *(
            post("/forecast", body)
            for value in values
            for body in (
                FORECAST % value,
                b'{"readings": [1], "horizon": %s}' % value,
                b'{"readings": [1], "levels": [%s]}' % value,
            )
        )
    )


BODY = '{"text": "Superb!"}'

ATTACKS = (
    Attack("faults-340000", lambda: lists_of(b'""', 340_000), FAULTY | {200}),
    Attack("faults-500000-digits", lambda: lists_of(b"1", 500_000), FAULTY | {200}),
    Attack("empty-lists-349000", lambda: lists_of(b"[]", 349_000), FAULTY | {200}),
    Attack("empty-objects-349000", lambda: lists_of(b"{}", 349_000), FAULTY | {200}),
    Attack("nulls-200000", lambda: lists_of(b"null", 200_000), FAULTY | {200}),
    Attack("faults-1000-each-list", lambda: lists_of(b'{"a": 1}', 1000), FAULTY | {200}),
    Attack(
        "items-with-faulty-readings",
        lambda: in_turn(
            post(
                "/forecast/batch",
                repeated(b'{"series": [', b'{"id": "a", "readings": [' + b",".join([b'""'] * 330) + b"]}", 1000, b"]}"),
            )
        ),
        FAULTY | {200},
    ),
    Attack("unknown-keys-122000", lambda: everywhere(unknown_keys(122_000)), FAULTY),
    Attack("unknown-keys-in-items", keys_within_items, FAULTY | {200}),
    Attack("same-key-90000", lambda: everywhere(repeated(b"{", b'"text":"a"', 90_000, b"}")), FAULTY),
    Attack("same-readings-50000", lambda: everywhere(repeated(b"{", b'"readings":[1,2,3]', 50_000, b"}")), FAULTY),
    Attack("key-500-kb", lambda: everywhere(b'{"%s": 1}' % (b"k" * 500_000)), FAULTY),
    Attack(
        "keys-escaped",
        lambda: everywhere(b'{"%s": 1, "\\u0000": 2, "\\ud800": 3, "__class__": 4, "": 5}' % (b"\\u0041" * 80_000)),
        FAULTY,
    ),
    Attack("deep-lists", lambda: everywhere(b"[" * 500_000 + b"]" * 500_000), FAULTY),
    Attack("deep-objects", lambda: everywhere(b'{"a":' * 170_000 + b"1" + b"}" * 170_000), FAULTY),
    Attack(
        "deep-within-limits",
        lambda: everywhere(b'{"texts": [%s]}' % b",".join([b"[" * 190 + b"]" * 190] * 900)),
        FAULTY | {200},
    ),
    Attack("deep-unclosed", lambda: everywhere(b'{"readings": ' + b"[" * 1_000_000), FAULTY),
    Attack(
        "integers-of-4300-digits",
        lambda: numbers(b"9" * 4300, b"9" * 4301, b"-" + b"9" * 5000, b"9" * 310),
        FAULTY | {200},
    ),
    Attack(
        "integers-of-4300-digits-200",
        lambda: in_turn(post("/forecast", FORECAST % b",".join([b"9" * 4300] * 200))),
        FAULTY,
    ),
    Attack(
        "number-of-1-mb",
        lambda: numbers(b"9" * 1_000_000, b"0." + b"3" * 1_000_000, b"1e" + b"9" * 1_000_000),
        FAULTY | {200},
    ),
    Attack(
        "numbers-out-of-range",
        lambda: numbers(b"1e400", b"-1e400", b"1e-400", b"1e999999999", b"-0", b"0.0e0"),
        FAULTY | {200},
    ),
    Attack(
        "numbers-misspelt",
        lambda: numbers(b"NaN", b"Infinity", b"-Infinity", b"01", b"+1", b".5", b"1.", b"0x1", b"1_000", b"--1"),
        FAULTY,
    ),
    Attack("bom", lambda: everywhere(b"\xef\xbb\xbf" + BODY.encode()), NOT_JSON),
    Attack("utf-16", lambda: everywhere(BODY.encode("utf-16")), NOT_JSON),
    Attack("utf-32", lambda: everywhere(BODY.encode("utf-32")), NOT_JSON),
    Attack("bad-utf-8", lambda: everywhere(b'{"text": "%s"}' % (b"\xff\xc0\x80\xed\xa0\x80" * 100_000)), FAULTY),
    Attack(
        "empty-bodies",
        lambda: in_turn(*(post(path, body) for path in PATHS for body in (b"", b" " * 1_000_000, b"\n" * 1_000_000))),
        NOT_JSON,
    ),
    Attack(
        "other-values",
        lambda: in_turn(
            *(post(path, body) for path in PATHS for body in (b"null", b"0", b'"a"', b"[]", b"{}", b"true"))
        ),
        FAULTY,
    ),
    Attack(
        "nearly-json",
        lambda: in_turn(
            *(
                post("/sentiment", body)
                for body in (
                    b"{'text': 'a'}",
                    b'{"text": "a",}',
                    b'{"text": "a"} {"text": "b"}',
                    b'{"text": "a"',
                    b'// a\n{"text": "a"}',
                    b'{"text": "a\nb"}',
                    b"text=a",
                    b"<text>a</text>",
                )
            )
        ),
        NOT_JSON,
    ),
    Attack("spaces-within", lambda: everywhere(b'{"text":' + b" " * 1_000_000 + b'"a"}'), FAULTY | {200}),
    Attack(
        "escapes",
        lambda: in_turn(
            post("/sentiment", b'{"text": "%s"}' % (b"\\u0061" * 20_000)),
            post("/sentiment", b'{"text": "%s"}' % (b"\\n" * 500_000)),
        ),
        FAULTY | {200},
    ),
    Attack(
        "body-of-limit",
        lambda: in_turn(
            post("/sentiment", b'{"text": "%s"}' % (b"a" * ((1 << 20) - 12))),
            post("/sentiment", b" " * ((1 << 20) + 1)),
        ),
        FAULTY,
    ),
)

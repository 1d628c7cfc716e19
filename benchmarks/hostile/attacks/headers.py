"""Header fields without end, in numbers, and of forms that a parser may read in two ways."""

from collections.abc import Iterator

from benchmarks.hostile.attack import Attack, Round
from benchmarks.hostile.requests import CHUNKED, JSON, chunked, get, head, post
from benchmarks.hostile.sending import in_turn, refused, streamed

MIB = 1 << 20
START = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
TEXT = {"text": "Superb!"}
TOO_LARGE = frozenset({431})
BAD = frozenset({400, 431})


def endless(start: bytes, piece: bytes, mib: int) -> Round:
    """`start`, and then `piece` again and again, `mib` MiB in all."""
    block = piece * (MIB // len(piece))

    def chunks() -> Iterator[bytes]:
        yield start
        for _ in range(mib):
            yield block

    return streamed(chunks)


def fields(count: int, size: int) -> bytes:
    """A request with so many header lines of so many bytes each."""
    line = b"x-%06d: %s\r\n"
    return START + b"".join(line % (number, b"a" * (size - 12)) for number in range(count)) + b"\r\n"


def text_with(*lines: bytes) -> bytes:
    """A valid request for a sentiment with more header lines."""
    request = post("/sentiment", TEXT)
    return request.replace(b"\r\n\r\n", b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n", 1)


def with_trailers(trailers: bytes, *fields: str, content_type: str = JSON) -> bytes:
    return chunked("/sentiment", [b'{"text":', b'"Superb!"}'], *fields, content_type=content_type, trailers=trailers)


CHUNKED_START = head("POST /sentiment", JSON, CHUNKED)

ATTACKS = (
    Attack("header-lines-190-mib", lambda: endless(START, b"a: b\r\n", 190), TOO_LARGE),
    Attack("header-lines-50-mib", lambda: endless(START, b"ab: cdefgh\r\n", 50), TOO_LARGE),
    Attack("one-endless-header", lambda: endless(START + b"x: ", b"a", 64), TOO_LARGE),
    Attack("endless-header-name", lambda: endless(START, b"a", 64), TOO_LARGE),
    Attack("endless-request-line", lambda: endless(b"GET /", b"a", 64), frozenset({414, 431})),
    Attack("endless-blank-lines", lambda: endless(b"", b"\r\n", 32), BAD),
    Attack("endless-chunk-extension", lambda: endless(CHUNKED_START + b"5;x=", b"a", 64), BAD | {413}),
    Attack("chunk-extensions", lambda: endless(CHUNKED_START, b"1;" + b"x" * 1000 + b"\r\n \r\n", 64), BAD | {413}),
    Attack("endless-trailers", lambda: endless(CHUNKED_START + b"2\r\n{}\r\n0\r\n", b"a: b\r\n", 64), BAD | {413}),
    Attack("endless-trailer", lambda: endless(CHUNKED_START + b"2\r\n{}\r\n0\r\nx: ", b"a", 64), BAD | {413}),
    Attack("header-fields-100001", lambda: refused(fields(100_001, 13)), TOO_LARGE),
    Attack("header-fields-101", lambda: refused(fields(101, 13)), TOO_LARGE),
    Attack("headers-33-kib", lambda: refused(fields(1, 33 << 10)), TOO_LARGE),
    Attack("headers-within-limits", lambda: in_turn(fields(98, 300)), frozenset({200})),
    Attack(
        "trailer-content-type",
        lambda: in_turn(with_trailers(b"Content-Type: application/json\r\n", content_type="Content-Type: text/plain")),
        frozenset({400, 415}),
    ),
    Attack("trailer-timeout", lambda: in_turn(with_trailers(b"X-Request-Timeout-Ms: junk\r\n")), frozenset({200, 400})),
    Attack("trailer-request-id", lambda: in_turn(with_trailers(b"X-Request-ID: a\r\n" * 50)), frozenset({200, 400})),
    Attack(
        "trailer-authorization",
        lambda: in_turn(
            with_trailers(b"Authorization: Bearer x\r\nX-API-Key: x\r\n"),
            with_trailers(b"X-API-Key: x\r\n", "X-API-Key: y"),
        ),
        frozenset({400, 401, 429}),
        keys=True,
    ),
    Attack(
        "trailer-framing",
        lambda: in_turn(
            with_trailers(b"Content-Length: 3\r\n"),
            with_trailers(b"Transfer-Encoding: gzip\r\n"),
            with_trailers(b"Host: evil.example\r\n"),
            with_trailers(b"Content-Encoding: gzip\r\n"),
        ),
        frozenset({200, 400}),
    ),
    Attack(
        "nul-in-headers",
        lambda: refused(
            text_with(b"x: a\0b"),
            text_with(b"x\0y: a"),
            b"GET /livez\0 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /livez HTTP/1.1\r\nHost: x\0\r\n\r\n",
            b"\0" * 1000,
        ),
        frozenset({400}),
    ),
    Attack(
        "folded-header",
        lambda: refused(
            text_with(b"x: a", b" b"),
            text_with(b"x: a", b"\tb"),
            text_with(b" x: a"),
            START + b"x: a\r\n" + b" b\r\n" * 10_000,
        ),
        BAD,
    ),
    Attack(
        "bare-line-ends",
        lambda: refused(
            b"GET /livez HTTP/1.1\nHost: x\n\n",
            b"GET /livez HTTP/1.1\rHost: x\r\r",
            text_with(b"x: a\ry: b"),
            text_with(b"x: a\ny: b"),
        ),
    ),
    Attack(
        "space-before-colon",
        lambda: refused(text_with(b"x : a"), text_with(b"Content-Length : 5"), text_with(b": a"), text_with(b"x")),
    ),
    Attack(
        "bytes-over-127",
        lambda: in_turn(text_with(b"x: " + bytes(range(128, 256))), text_with(bytes(range(128, 256)) + b": x")),
    ),
    Attack(
        "control-characters",
        lambda: in_turn(*(text_with(b"x: a" + bytes([code]) + b"b") for code in (1, 8, 11, 12, 27, 127))),
    ),
    Attack(
        "request-id-junk",
        lambda: in_turn(
            text_with(b"X-Request-ID: " + b"a" * 20_000),
            text_with(b"X-Request-ID: a%0d%0aSet-Cookie: x"),
            text_with(b"X-Request-ID: "),
            text_with(b"X-Request-ID: \xff\xfe"),
            text_with(b"X-Request-ID: a", b"X-Request-ID: b"),
        ),
        frozenset({200, 400}),
    ),
    Attack(
        "timeout-junk",
        lambda: in_turn(
            *(
                text_with(b"X-Request-Timeout-Ms: " + value)
                for value in (
                    b"0",
                    b"-1",
                    b"1e309",
                    b"9" * 5000,
                    b"\xb2\xb3",
                    b"",
                    b"+5",
                    b"1_000",
                    b"0x10",
                    b"NaN",
                )
            )
        ),
        frozenset({400, 422}),
    ),
    Attack(
        "content-type-junk",
        lambda: in_turn(
            *(
                post("/sentiment", TEXT, content_type=f"Content-Type: {kind}")
                for kind in (
                    "text/plain",
                    "",
                    "application/" + "x" * 9000,
                    "application/json;" * 1000,
                    "multipart/form-data; boundary=" + "-" * 8000,
                    "application/x-www-form-urlencoded",
                    "application/json; charset=utf-16",
                    "*/*",
                    "application/json, text/plain",
                )
            )
        ),
        frozenset({200, 400, 415}),
    ),
    Attack(
        "accept-junk",
        lambda: in_turn(
            get("/livez", "Accept: " + "a/b;q=0." + "1" * 20_000),
            get("/livez", "Accept-Encoding: " + "gzip;q=0, " * 2500),
            get("/livez", "Range: bytes=" + "0-1," * 6000),
            get("/livez", "Cookie: " + "a=b; " * 5000),
            get("/livez", "If-None-Match: " + '"a",' * 6000),
        ),
        frozenset({200}),
    ),
)

"""Request lines, hosts and lengths that no honest client sends, among them those that smuggle a second request."""

import ssl

from benchmarks.hostile.attack import Attack, Round
from benchmarks.hostile.requests import CHUNKED, JSON, get, head, post
from benchmarks.hostile.sending import held, in_turn, refused

TEXT = {"text": "Superb!"}
BODY = b'{"text": "Superb!"}'
BAD = frozenset({400})
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"  # an answer 404 would show that it was taken for a request
LINE = b"POST /sentiment HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def line(text: bytes) -> bytes:
    """A request line, and a Host."""
    return text + b"\r\nHost: x\r\n\r\n"


def with_lengths(*fields: bytes, body: bytes = BODY) -> bytes:
    """A request with these header lines for its length."""
    return LINE + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def in_chunks(body: bytes) -> bytes:
    return LINE + b"Transfer-Encoding: chunked\r\n\r\n" + body


def client_hello() -> bytes:
    """What a TLS client says first."""
    outgoing = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="x")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake needs an answer")


def tiny_chunks() -> Round:
    """A body of 1 MiB in chunks of one byte."""
    body = b'{"text": "' + b"a" * ((1 << 20) - 12) + b'"}'
    return in_turn(in_chunks(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"))


UPGRADE = ("Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__")
WEBSOCKET = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==",
)

ATTACKS = (
    Attack(
        "absolute-form",
        lambda: in_turn(
            line(b"GET http://evil.example/livez HTTP/1.1"), line(b"GET https://evil.example:99999/ HTTP/1.1")
        ),
        frozenset({200, 400, 404, 421}),
    ),
    Attack(
        "authority-form",
        lambda: refused(
            line(b"GET evil.example:80 HTTP/1.1"),
            line(b"GET //evil.example HTTP/1.1"),
            line(b"GET evil.example HTTP/1.1"),
        ),
        frozenset({400, 404}),
    ),
    Attack(
        "asterisk-form",
        lambda: in_turn(line(b"OPTIONS * HTTP/1.1"), line(b"GET * HTTP/1.1")),
        frozenset({200, 204, 400, 404, 405}),
    ),
    Attack("http-0.9", lambda: refused(b"GET /livez\r\n", b"GET /livez\r\n\r\n"), BAD),
    Attack(
        "http-versions",
        lambda: refused(
            *(
                line(b"GET /livez HTTP/" + version)
                for version in (b"2.0", b"1.2", b"9.9", b"11", b"1.1.1", b"-1", b"1." + b"1" * 20_000)
            )
        ),
        frozenset({200, 400, 431}),
    ),
    Attack("http2-preface", lambda: refused(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0" * 100), BAD),
    Attack("tls-hello", lambda: refused(client_hello()), BAD),
    Attack(
        "not-http",
        lambda: refused(b"\x00\x01\x02" * 1000, b"SSH-2.0-x\r\n", b"*1\r\n$4\r\nPING\r\n", b"{}", b"\xff" * 30_000),
        frozenset({400, 431}),
    ),
    Attack(
        "no-spaces",
        lambda: refused(
            line(b"GET/livezHTTP/1.1"),
            line(b"GET  /livez  HTTP/1.1"),
            line(b" GET /livez HTTP/1.1"),
            line(b"GET /livez HTTP/1.1 x"),
        ),
        frozenset({200, 400}),
    ),
    Attack("method-30-kb", lambda: refused(line(b"A" * 30_000 + b" /livez HTTP/1.1")), frozenset({400, 405, 431})),
    Attack(
        "methods-unknown",
        lambda: in_turn(
            *(
                line(method + b" /livez HTTP/1.1")
                for method in (b"FOO", b"get", b"G@T", b"BREW", b"PROPFIND", b"SOURCE")
            )
        ),
        frozenset({400, 404, 405}),
    ),
    Attack(
        "connect",
        lambda: in_turn(line(b"CONNECT evil.example:443 HTTP/1.1"), line(b"CONNECT /livez HTTP/1.1")),
        frozenset({400, 404, 405}),
    ),
    Attack("trace", lambda: in_turn(get("/livez", "X-Secret: a", method="TRACE")), frozenset({400, 405})),
    Attack(
        "upgrade-websocket",
        lambda: in_turn(get("/livez", *WEBSOCKET), get("/forecast", *WEBSOCKET)),
        frozenset({200, 400, 404, 405, 426}),
    ),
    Attack(
        "upgrade-h2c",
        lambda: in_turn(
            get("/livez", *UPGRADE, "Upgrade: h2c"), get("/livez", "Connection: Upgrade", "Upgrade: x" + "y" * 9000)
        ),
        frozenset({200, 400}),
    ),
    Attack(
        "host-missing",
        lambda: in_turn(head("GET /livez", host=None), post("/sentiment", TEXT).replace(b"Host: x\r\n", b"")),
        BAD,
    ),
    Attack("host-doubled", lambda: in_turn(get("/livez", "Host: y"), get("/livez", "host: x")), BAD),
    Attack("host-empty", lambda: in_turn(head("GET /livez", host="")), frozenset({200, 400})),
    Attack("host-30-kb", lambda: in_turn(head("GET /livez", host="a" * 30_000)), frozenset({200, 400, 431})),
    Attack(
        "host-junk",
        lambda: in_turn(
            *(
                head("GET /", host=host)
                for host in (
                    "a b",
                    "[::1",
                    "user@evil.example",
                    "evil.example/x",
                    "x:99999",
                    "x:-1",
                    "\"'<script>",
                    "é",
                    "%00",
                )
            )
        ),
        frozenset({200, 307, 400, 404}),
    ),
    Attack(
        "host-evil",
        lambda: in_turn(
            head("GET /livez", host="evil.example"), head("POST /forecast/", "Content-Length: 0", host="evil.example")
        ),
        frozenset({200, 400, 404, 421}),
    ),
    Attack(
        "expect-foo",
        lambda: in_turn(post("/sentiment", TEXT, "Expect: foo"), get("/livez", "Expect: 200-ok")),
        frozenset({400, 417}),
    ),
    Attack(
        "expect-continue",
        lambda: in_turn(post("/sentiment", TEXT, "Expect: 100-continue"), get("/livez", "Expect: 100-continue")),
        frozenset({100, 200}),
    ),
    Attack(
        "expect-continue-no-body",
        lambda: held(200, head("POST /sentiment", JSON, "Content-Length: 500000", "Expect: 100-continue")),
        frozenset({100, 408}),
        over_limit=True,
    ),
    Attack(
        "content-length-twice",
        lambda: refused(
            with_lengths(b"Content-Length: 19", b"Content-Length: 5", body=BODY + SMUGGLED),
            with_lengths(b"Content-Length: 19", b"Content-Length: 19"),
            with_lengths(b"Content-Length: 19, 19"),
        ),
        BAD,
    ),
    Attack(
        "content-length-junk",
        lambda: refused(
            *(
                with_lengths(b"Content-Length: " + value)
                for value in (
                    b"-1",
                    b"+19",
                    b"0x13",
                    b"19.0",
                    b"",
                    b"1e1",
                    b"9" * 30,
                    b"18446744073709551616",
                    b"\xb9",
                    b"19 19",
                )
            )
        ),
        frozenset({400, 413}),
    ),
    Attack(
        "content-length-huge",
        lambda: in_turn(
            *(with_lengths(b"Content-Length: " + value) for value in (b"1048577", b"999999999", b"9223372036854775807"))
        ),
        frozenset({413}),
    ),
    Attack(
        "length-and-chunked",
        lambda: refused(
            with_lengths(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED),
            with_lengths(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n" + SMUGGLED),
        ),
        BAD,
    ),
    Attack(
        "transfer-encodings",
        lambda: refused(
            *(
                with_lengths(field, b"Content-Length: 5", body=b"0\r\n\r\n" + SMUGGLED)
                for field in (
                    b"Transfer-Encoding: xchunked",
                    b"Transfer-Encoding : chunked",
                    b"Transfer-Encoding: chunked, identity",
                    b"Transfer-Encoding: identity",
                    b"Transfer-Encoding:\x0bchunked",
                    b"Transfer-Encoding: gzip, chunked",
                    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                    b'Transfer-Encoding: "chunked"',
                )
            )
        ),
        frozenset({400, 415}),
    ),
    Attack(
        "chunked-http-1.0",
        lambda: refused(in_chunks(b"0\r\n\r\n" + SMUGGLED).replace(b"HTTP/1.1", b"HTTP/1.0", 1)),
        frozenset({400, 404, 422}),
    ),
    Attack(
        "chunk-sizes",
        lambda: refused(
            *(
                in_chunks(size + b"\r\n" + BODY + b"\r\n0\r\n\r\n")
                for size in (
                    b"FFFFFFFFFFFFFFFF",
                    b"FFFFFFFFFFFFFFFFF",
                    b"-1",
                    b"0x13",
                    b"13 ",
                    b" 13",
                    b"",
                    b"G",
                    b"1_3",
                    b"7FFFFFFFFFFFFFFF",
                )
            )
        ),
        frozenset({200, 400, 408, 413}),
    ),
    Attack(
        "chunk-size-overlong",
        lambda: refused(
            in_chunks(b"0" * 100_000 + b"13\r\n" + BODY + b"\r\n0\r\n\r\n"), in_chunks(b"13" + b"0" * 1_000_000)
        ),
        frozenset({200, 400, 413, 431}),
    ),
    Attack(
        "chunk-ends",
        lambda: refused(
            in_chunks(b"13\r\n" + BODY + b"0\r\n\r\n"),
            in_chunks(b"13\n" + BODY + b"\n0\n\n"),
            in_chunks(b"13\r\n" + BODY + b"XX0\r\n\r\n"),
            in_chunks(b"13\r" + BODY),
        ),
        frozenset({200, 400}),
    ),
    Attack("chunks-of-one-byte", tiny_chunks, frozenset({200, 400, 408, 413, 422})),
    Attack(
        "chunked-over-limit",
        lambda: refused(in_chunks(b"".join(b"%x\r\n%s\r\n" % (9000, b" " * 9000) for _ in range(2000)) + b"0\r\n\r\n")),
        frozenset({413}),
    ),
    Attack(
        "get-with-body",
        lambda: in_turn(
            get("/livez", "Content-Length: 1000000") + b"a" * 1_000_000,
            get("/livez", CHUNKED) + b"5\r\naaaaa\r\n0\r\n\r\n",
            get("/livez", "Content-Length: 34") + SMUGGLED[:34],
        ),
        frozenset({200, 400, 413}),
    ),
    Attack(
        "request-after-request",
        lambda: in_turn(
            get("/livez", "Connection: close") + SMUGGLED, with_lengths(b"Content-Length: 19", body=BODY + b"X" * 5000)
        ),
        frozenset({200, 400, 404}),
    ),
)

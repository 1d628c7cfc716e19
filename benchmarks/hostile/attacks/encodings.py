"""Compressed bodies: bombs, broken ones, and labels that do not fit."""

import gzip
import zlib

from benchmarks.hostile.attack import Attack
from benchmarks.hostile.requests import head, post
from benchmarks.hostile.sending import held, in_turn, together

TEXT = b'{"text": "Superb!"}'
MIB = 1 << 20
REFUSED = frozenset({400, 413, 415})


def encoded(body: bytes, encoding: str, path: str = "/sentiment") -> bytes:
    return post(path, body, f"Content-Encoding: {encoding}")


def gzip_bomb(mib: int, block: bytes = b" " * MIB) -> bytes:
    """`mib` blocks of 1 MiB, in a thousandth of their size. The checksum at the end is wrong: nobody should get there."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = deflate.compress(block) + deflate.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + piece * mib + deflate.flush() + b"\0" * 8


def zstd_frame(window_log: int, blocks: int) -> bytes:
    """A frame by hand (RFC 8878): its window, and blocks that each repeat a space 128 Ki times, in 4 bytes."""
    start = b"\x28\xb5\x2f\xfd\x00" + bytes([(window_log - 10) << 3])
    size = 128 << 10
    block = (size << 3 | 1 << 1).to_bytes(3, "little") + b" "
    return start + block * blocks + (size << 3 | 1 << 1 | 1).to_bytes(3, "little") + b" "


ATTACKS = (
    Attack("gzip-bomb-1-gib", lambda: in_turn(encoded(gzip_bomb(1000), "gzip")), frozenset({413, 415})),
    Attack(
        "gzip-bomb-chunked",
        lambda: in_turn(
            head(
                "POST /sentiment",
                "Content-Type: application/json",
                "Content-Encoding: gzip",
                "Transfer-Encoding: chunked",
            )
            + b"%x\r\n%s\r\n0\r\n\r\n" % (len(bomb := gzip_bomb(1000)), bomb)
        ),
        frozenset({413, 415}),
    ),
    Attack(
        "gzip-bombs-at-once",
        lambda: together(20, encoded(gzip_bomb(1000), "gzip")),
        frozenset({413, 415}),
        over_limit=True,
    ),
    Attack(
        "gzip-in-gzip",
        lambda: in_turn(
            encoded(gzip.compress(gzip_bomb(1000)), "gzip"),
            encoded(gzip.compress(gzip.compress(gzip_bomb(8000))), "gzip"),
        ),
        REFUSED,
    ),
    Attack(
        "gzip-twice-labelled",
        lambda: in_turn(
            encoded(gzip.compress(gzip.compress(TEXT)), "gzip, gzip"),
            encoded(gzip.compress(gzip_bomb(1000)), "gzip, gzip"),
            encoded(gzip.compress(TEXT), ", ".join(["gzip"] * 3000)),
        ),
        frozenset({400, 413, 415, 431}),
    ),
    Attack(
        "gzip-truncated",
        lambda: in_turn(*(encoded(gzip.compress(TEXT)[:-cut], "gzip") for cut in (1, 4, 8, 12, 20))),
        REFUSED,
    ),
    Attack(
        "gzip-corrupt",
        lambda: in_turn(
            *(
                encoded(
                    bytes(byte ^ (position == at) << 3 for position, byte in enumerate(gzip.compress(TEXT))), "gzip"
                )
                for at in range(0, 38, 3)
            )
        ),
        REFUSED | {200, 422},
    ),
    Attack(
        "gzip-and-more",
        lambda: in_turn(
            encoded(gzip.compress(TEXT) + b"junk", "gzip"),
            encoded(gzip.compress(TEXT) * 2, "gzip"),
            encoded(gzip.compress(TEXT) + b"\0" * 500_000, "gzip"),
        ),
        REFUSED | {200},
    ),
    Attack(
        "gzip-members-50000",
        lambda: in_turn(
            encoded(gzip.compress(b"") * 50_000, "gzip"),
            encoded(gzip.compress(TEXT) + gzip.compress(b"") * 50_000, "gzip"),
        ),
        REFUSED | {200},
    ),
    Attack(
        "gzip-endless-name",
        lambda: in_turn(
            encoded(b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + b"a" * 1_000_000, "gzip"),
            encoded(b"\x1f\x8b\x08\x04\0\0\0\0\0\x03\xff\xff" + b"a" * 70_000, "gzip"),
        ),
        REFUSED,
    ),
    Attack(
        "gzip-honest",
        lambda: in_turn(
            encoded(gzip.compress(TEXT), "gzip"),
            encoded(gzip.compress(TEXT), "GZIP"),
            encoded(gzip.compress(TEXT), "x-gzip"),
        ),
        frozenset({200, 415}),
    ),
    Attack(
        "gzip-to-the-limit",
        lambda: in_turn(
            encoded(gzip.compress(b'{"text": "a"}' + b" " * (MIB - 13)), "gzip"),
            encoded(gzip.compress(b'{"text": "a"}' + b" " * (MIB - 12)), "gzip"),
        ),
        frozenset({200, 413}),
    ),
    Attack(
        "gzip-label-on-plain",
        lambda: in_turn(encoded(TEXT, "gzip"), encoded(b"", "gzip"), encoded(b"\x1f", "gzip")),
        frozenset({400, 415}),
    ),
    Attack("zstd-bomb", lambda: in_turn(encoded(zstd_frame(20, 200_000), "zstd")), frozenset({413, 415})),
    Attack(
        "zstd-bombs-at-once",
        lambda: together(20, encoded(zstd_frame(20, 200_000), "zstd")),
        frozenset({413, 415}),
        over_limit=True,
    ),
    Attack(
        "zstd-windows",
        lambda: in_turn(*(encoded(zstd_frame(log, 3), "zstd") for log in (10, 23, 24, 27, 28, 31, 32, 41))),
        REFUSED | {422},
    ),
    Attack(
        "zstd-window-128-mib-at-once",
        lambda: together(50, encoded(zstd_frame(27, 3), "zstd")),
        REFUSED | {422},
        over_limit=True,
    ),
    Attack(
        "zstd-window-128-mib-stalled",
        lambda: held(200, encoded(zstd_frame(27, 3), "zstd")[:-1]),
        frozenset({400, 408, 413, 415}),
        over_limit=True,
    ),
    Attack(
        "zstd-empty-frames",
        lambda: in_turn(
            encoded(bytes.fromhex("28b52ffd2000010000") * 110_000, "zstd"),
            encoded(b"\x50\x2a\x4d\x18\0\0\0\0" * 130_000, "zstd"),
        ),
        REFUSED | {422},
    ),
    Attack(
        "zstd-junk",
        lambda: in_turn(
            encoded(b"\x28\xb5\x2f\xfd" + b"\xff" * 9000, "zstd"),
            encoded(TEXT, "zstd"),
            encoded(zstd_frame(20, 0)[:-1], "zstd"),
            encoded(b"\x28\xb5\x2f\xfd\x03\x58" + b"\x01\x02\x03\x04" * 9, "zstd"),
        ),
        frozenset({400, 415}),
    ),
    Attack(
        "labels-not-known",
        lambda: in_turn(
            *(
                encoded(TEXT, label)
                for label in ("br", "deflate", "compress", "foo", "*", "gzip;q=1", "gzip br", "a" * 9000)
            )
        ),
        frozenset({415}),
    ),
    Attack(
        "deflate",
        lambda: in_turn(encoded(zlib.compress(TEXT), "deflate"), encoded(zlib.compress(b" " * MIB), "deflate")),
        frozenset({415}),
    ),
    Attack(
        "labels-twice",
        lambda: in_turn(
            post("/sentiment", TEXT, "Content-Encoding: identity", "Content-Encoding: gzip"),
            post("/sentiment", gzip.compress(TEXT), "Content-Encoding: gzip", "Content-Encoding: gzip"),
        ),
        frozenset({200, 400, 415}),
    ),
    Attack("encoding-identity", lambda: in_turn(encoded(TEXT, "identity"), encoded(TEXT, "")), frozenset({200, 415})),
    Attack(
        "gzip-on-get",
        lambda: in_turn(
            head("GET /livez", "Content-Encoding: gzip", f"Content-Length: {len(bomb := gzip_bomb(100))}") + bomb
        ),
        frozenset({200, 400, 413, 415}),
    ),
)

"""Content codings: bodies that come compressed, and long replies that go compressed. gzip and zstd."""

import asyncio
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..errors import BodyTooLarge, Fault, MalformedBody, UnsupportedMedia
from ..serving.turns import Turns

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CODINGS = (b"zstd", b"gzip")  # in order of preference
DEFLATE = b"deflate"  # zlib's form (RFC 1950); for the clients of another protocol only
PIECE_BYTES = 1 << 18  # inflated in one go
MAX_WINDOW_LOG = 23  # 8 MiB, which RFC 9659 allows for HTTP
MIN_COMPRESSED_BYTES = 1 << 14  # a shorter reply goes as it is: it is sent faster than it is compressed
MAX_MEMBERS = 64  # of a gzip or zstd body: every further one would cost a copy of the rest
GZIP_BITS = 31
LONG_JOIN_BYTES = 2 << 20  # joining more takes over a millisecond
ACCEPTED = re.compile(rb"([a-z0-9*-]{1,20})(?:[ \t]*;[ \t]*q=([01](?:\.[0-9]{0,3})?))?")


async def decode(
    raw: bytes,
    coding: bytes,
    max_bytes: int,
    turns: Turns,
    codings: tuple[bytes, ...] = CODINGS,
    keep: Callable[[int], None] = lambda _: None,
) -> bytes:
    """Inflate a body by its `Content-Encoding`, to at most `max_bytes`. `keep` is told the size of each part as it comes.

    Raises UnsupportedMedia for another coding or several, BodyTooLarge, MalformedBody for damaged data, and what `keep` and
    `turns` raise.
    """
    coding = coding.strip().lower().removeprefix(b"x-")
    if coding in (b"", b"identity"):
        return raw
    if coding not in codings:
        raise _unsupported(codings)
    parts: list[bytes] = []
    size = 0
    try:
        for part in INFLATE[coding](raw):
            size += len(part)
            if size > max_bytes:
                raise BodyTooLarge(f"the body is larger than {max_bytes} bytes when it is inflated; send less at once")
            keep(len(part))
            parts.append(part)
            await turns.next()
    except (zlib.error, zstd.ZstdError, EOFError):
        name = coding.decode()
        raise MalformedBody(
            f"Content-Encoding says {name}, but the body is not whole and sound {name}, or has over {MAX_MEMBERS} parts or a "
            "window over 8 MiB"
        ) from None
    return await joined(parts)


async def joined(parts: Sequence[bytes]) -> bytes:
    """Join bytes. What takes long is done in a thread, as Python releases the interpreter for it."""
    if sum(map(len, parts)) < LONG_JOIN_BYTES:
        return b"".join(parts)
    return await asyncio.to_thread(b"".join, parts)


def _inflate(raw: bytes, start: Callable[[], Any], rest: Callable[[Any], bytes]) -> Iterator[bytes]:
    """The pieces of all members or frames; `rest` gives the input that a decompressor has not taken yet.

    Raises EOFError if the last one is cut off or there are too many.
    """
    for _ in range(MAX_MEMBERS):
        decompressor = start()
        while not decompressor.eof:
            piece = decompressor.decompress(raw, PIECE_BYTES)
            raw = rest(decompressor)
            if not piece and not raw and not decompressor.eof:
                raise EOFError
            yield piece
        raw = decompressor.unused_data
        if not raw:
            return
    raise EOFError


def _inflate_gzip(raw: bytes) -> Iterator[bytes]:
    return _inflate(raw, lambda: zlib.decompressobj(GZIP_BITS), lambda member: member.unconsumed_tail)


def _inflate_deflate(raw: bytes) -> Iterator[bytes]:
    return _inflate(raw, zlib.decompressobj, lambda member: member.unconsumed_tail)


def _inflate_zstd(raw: bytes) -> Iterator[bytes]:
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: MAX_WINDOW_LOG}
    return _inflate(raw, lambda: zstd.ZstdDecompressor(options=options), lambda _: b"")


INFLATE = {b"gzip": _inflate_gzip, b"zstd": _inflate_zstd, DEFLATE: _inflate_deflate}


def _unsupported(codings: tuple[bytes, ...]) -> UnsupportedMedia:
    names = sorted(coding.decode() for coding in codings)
    others = " or ".join(f"'{name}'" for name in names[1:])
    detail = f"a body may be sent as it is, or with 'Content-Encoding: {names[0]}' or {others}; nothing else is read"
    return UnsupportedMedia(
        detail,
        faults=[Fault("/headers/content-encoding", detail)],
        headers={"Accept-Encoding": ", ".join(names)},
    )


def choose_coding(accepted: bytes | None) -> bytes | None:
    """Return the coding for a long reply by `Accept-Encoding`; None to send it as it is."""
    if not accepted:
        return None
    weights: dict[bytes, float] = {}
    for part in accepted[:1000].lower().split(b","):
        match = ACCEPTED.fullmatch(part.strip())
        if match:
            weights[match[1]] = float(match[2] or 1)
    best = max(CODINGS, key=lambda coding: weights.get(coding, weights.get(b"*", 0.0)))
    return best if weights.get(best, weights.get(b"*", 0.0)) > 0 else None


async def encode(body: bytes, coding: bytes) -> bytes:
    """Compress a reply. It is done in a thread, as both libraries release the interpreter."""
    return await asyncio.to_thread(_compress_zstd if coding == b"zstd" else _compress_gzip, body)


def _compress_zstd(body: bytes) -> bytes:
    compressed: bytes = zstd.compress(body, 3)
    return compressed


def _compress_gzip(body: bytes) -> bytes:
    compressor = zlib.compressobj(1, zlib.DEFLATED, GZIP_BITS)
    return compressor.compress(body) + compressor.flush()

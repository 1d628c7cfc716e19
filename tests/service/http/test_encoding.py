"""Bodies that come compressed, and long replies that go compressed."""

import asyncio
import gzip
import json
import sys

import pytest

from service.errors import BodyTooLarge, GatecastError, MalformedBody, Overloaded, UnsupportedMedia
from service.http.encoding import MAX_MEMBERS, choose_coding, decode, encode
from service.serving.turns import Turns
from tests.connections import JSON
from tests.fakes import READINGS, FakeCaller

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = json.dumps({"readings": READINGS}).encode()
LARGE_WINDOW = {zstd.CompressionParameter.window_log: 27}


def inflate(raw, coding, max_bytes=1 << 20):
    async def run():
        return await decode(raw, coding, max_bytes, Turns(FakeCaller()))

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("raw", "coding"),
    [
        (BODY, b"identity"),
        (BODY, b""),
        (gzip.compress(BODY), b"gzip"),
        (gzip.compress(BODY), b" GZip "),
        (gzip.compress(BODY), b"x-gzip"),
        (gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]), b"gzip"),
        (zstd.compress(BODY), b"zstd"),
        (zstd.compress(BODY[:9]) + zstd.compress(BODY[9:]), b"zstd"),
    ],
    ids=["identity", "none", "gzip", "spaces and capitals", "x-gzip", "gzip of two parts", "zstd", "zstd of two parts"],
)
def test_a_body_is_inflated(raw, coding):
    assert inflate(raw, coding) == BODY


@pytest.mark.parametrize(
    "coding", [b"br", b"deflate", b"compress", b"gzip, gzip", b"gzip,zstd", b"*", b"\xff", b"gzip;q=1"]
)
def test_other_codings_are_refused_with_those_that_are_read(coding):
    with pytest.raises(UnsupportedMedia) as caught:
        inflate(BODY, coding)
    assert caught.value.headers == {"Accept-Encoding": "gzip, zstd"}
    assert caught.value.faults[0].pointer == "/headers/content-encoding"


@pytest.mark.parametrize("coding", [b"gzip", b"zstd"])
@pytest.mark.parametrize(
    "damage",
    [lambda raw: raw[:-5], lambda raw: raw[:3], lambda raw: b"x" + raw, lambda raw: raw + b"x", lambda raw: b"{}"],
)
def test_a_damaged_body_is_malformed(coding, damage):
    raw = gzip.compress(BODY) if coding == b"gzip" else zstd.compress(BODY)
    with pytest.raises(MalformedBody, match=coding.decode()):
        inflate(damage(raw), coding)


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_bomb_is_too_large_long_before_it_is_whole(compress):
    coding = b"gzip" if compress is gzip.compress else b"zstd"
    with pytest.raises(BodyTooLarge):
        inflate(compress(b"0" * (8 << 20)), coding)


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_what_is_inflated_is_counted_as_it_comes(compress):
    """A small bomb finds no room long before it is whole."""
    coding = b"gzip" if compress is gzip.compress else b"zstd"
    kept = []

    def keep(size):
        kept.append(size)
        if sum(kept) > 1 << 20:
            raise Overloaded("no room")

    async def run():
        await decode(compress(b" " * (8 << 20)), coding, 16 << 20, Turns(FakeCaller()), keep=keep)

    with pytest.raises(Overloaded):
        asyncio.run(run())
    assert sum(kept) < 2 << 20


def test_a_window_that_would_take_too_much_memory_is_refused():
    raw = zstd.compress(bytes(range(256)) * 100_000, options=LARGE_WINDOW)
    with pytest.raises(GatecastError):
        inflate(raw, b"zstd", 1 << 30)


@pytest.mark.parametrize(("compress", "coding"), [(gzip.compress, b"gzip"), (zstd.compress, b"zstd")])
def test_many_members_are_refused(compress, coding):
    """Each would copy the rest of the body, so that the work would be quadratic."""
    assert inflate(compress(b" ") * MAX_MEMBERS, coding) == b" " * MAX_MEMBERS
    with pytest.raises(MalformedBody):
        inflate(compress(b"") * (MAX_MEMBERS + 1), coding)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        (b"", None),
        (b"gzip", b"gzip"),
        (b"gzip, deflate, br, zstd", b"zstd"),
        (b"zstd;q=0.5, GZIP;q=0.9", b"gzip"),
        (b"gzip;q=0, zstd;q=0.0", None),
        (b"*", b"zstd"),
        (b"*;q=0, gzip", b"gzip"),
        (b"identity, br", None),
        (b"gzip;q=x", None),
        (b"\xff\xfe", None),
    ],
)
def test_the_coding_of_a_reply_is_what_the_client_prefers(accepted, coding):
    assert choose_coding(accepted) == coding


@pytest.mark.parametrize("coding", [b"gzip", b"zstd"])
def test_a_compressed_reply_can_be_inflated(coding):
    body = BODY * 1000
    compressed = asyncio.run(encode(body, coding))
    assert len(compressed) < len(body) / 10
    assert inflate(compressed, coding, 1 << 30) == body


@pytest.mark.parametrize(("compress", "coding"), [(gzip.compress, "gzip"), (zstd.compress, "zstd")])
def test_the_service_reads_compressed_bodies(client, compress, coding):
    reply = client.post("/forecast", content=compress(BODY), headers=JSON | {"content-encoding": coding})
    assert reply.status_code == 200


def test_the_service_inflates_no_more_than_the_body_limit(serve):
    client = serve(max_body_bytes=2048)
    sent = gzip.compress(b'{"text": "' + b"good " * 10_000 + b'"}')
    reply = client.post("/sentiment", content=sent, headers=JSON | {"content-encoding": "gzip"})
    assert len(sent) < 2048
    assert (reply.status_code, reply.json()["type"]) == (413, "/problems/body-too-large")


def test_long_replies_are_compressed_for_those_who_take_it(client):
    series = [{"id": str(i), "readings": READINGS} for i in range(100)]
    plain = client.post("/forecast/batch", json={"series": series}, headers={"accept-encoding": "identity"})
    packed = client.post("/forecast/batch", json={"series": series}, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.json() == plain.json()
    short = client.post("/forecast", content=BODY, headers=JSON | {"accept-encoding": "gzip"})
    assert "content-encoding" not in short.headers

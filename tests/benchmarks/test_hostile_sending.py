"""Attacks against a small server in the test's own process."""

import asyncio
import zlib

import pytest
from backports import zstd

from benchmarks.hostile.attack import Target, run_rounds
from benchmarks.hostile.attacks.encodings import gzip_bomb, zstd_frame
from benchmarks.hostile.attacks.framing import client_hello
from benchmarks.hostile.attacks.headers import fields
from benchmarks.hostile.attacks.texts import LENGTH, TEXTS, batch_of
from benchmarks.hostile.requests import chunked, get, post
from benchmarks.hostile.sending import closed_loop, held, in_turn, left, many, pooled, refused, streamed, unread
from tests.patience import PATIENCE_S
from tests.servers import ended

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 431 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def attack(round_, answer, seconds=0.0):
    """What becomes of one attack on a server whose connections `answer(reader, writer)` serves."""

    serving = set()

    async def serve(reader, writer):
        serving.add(asyncio.current_task())
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def run():
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            target = Target(server.sockets[0].getsockname()[1])
            await run_rounds(round_, target, seconds)
            server.close()
            await ended(serving)
            return dict(target.counts)

    return asyncio.run(run())


async def answer_each(reader, writer, response=OK):
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(response)


async def read_on(reader, writer):
    while await reader.read(1 << 16):
        pass


async def refuse(reader, writer):
    await reader.read(1)
    writer.write(TOO_LARGE)


def test_responses_are_counted_by_status():
    assert attack(in_turn(get("/"), get("/")), answer_each) == {"200": 2}


def test_all_responses_of_a_pipeline_are_read():
    assert attack(in_turn(get("/") * 50, responses=50), answer_each) == {"200": 50}


def test_an_interim_response_is_not_the_answer():
    async def answer(reader, writer):
        await answer_each(reader, writer, CONTINUE + OK)

    assert attack(in_turn(get("/")), answer) == {"100": 1, "200": 1}


def test_a_connection_that_should_have_been_closed_is_noticed(monkeypatch):
    async def answer(reader, writer):
        await answer_each(reader, writer, OK.replace(b"200", b"400"))

    monkeypatch.setattr("benchmarks.hostile.client.CLOSE_S", 0.05)
    assert attack(refused(get("/")), answer) == {"400": 1, "left open": 1}
    monkeypatch.setattr("benchmarks.hostile.client.CLOSE_S", PATIENCE_S)
    assert attack(refused(get("/")), answer_each) == {"200": 1}
    assert attack(refused(get("/")), refuse) == {"431": 1, "closed": 1}


def test_a_service_that_never_answers_is_noticed(monkeypatch):
    monkeypatch.setattr("benchmarks.hostile.sending.PATIENCE_S", 0.05)
    assert attack(many(1, lambda _: get("/")), read_on) == {"silent": 1}


def test_what_is_no_http_is_noticed():
    async def answer(reader, writer):
        await reader.read(1)
        writer.write(b"+OK\r\n")
        await reader.read()

    assert attack(in_turn(get("/")), answer) == {"not HTTP": 1}


def test_sending_without_end_stops_with_the_answer():
    def endless():
        while True:
            yield b"a" * 10_000

    counts = attack(streamed(endless), refuse)
    assert counts.get("431", 0) + counts.get("reset", 0) == 1


def test_numbers_are_never_the_same_and_connections_are_kept(monkeypatch):
    monkeypatch.setattr("benchmarks.hostile.sending.LONG_S", PATIENCE_S)
    seen = []

    async def answer(reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            seen.append(head.split()[1])
            writer.write(OK)

    assert attack(many(20, lambda number: get(f"/{number}"), connections=3), answer) == {"200": 20}
    assert len(set(seen)) == 20


def test_a_connection_that_is_closed_after_each_answer_is_made_again(monkeypatch):
    monkeypatch.setattr("benchmarks.hostile.sending.LONG_S", PATIENCE_S)

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)

    counts = attack(many(5, lambda _: get("/"), connections=1), answer)
    assert counts["200"] + counts["closed"] + counts.get("reset", 0) == 5


def test_a_held_request_is_held_until_the_attack_ends():
    assert attack(held(3, b"GET / HTTP/1.1\r\n"), read_on, 0.1) == {"held": 3}


def test_a_service_that_is_not_read_is_held_too():
    assert attack(unread(2, get("/")), answer_each, 0.1) == {"held": 2}


def test_a_closed_loop_goes_on_until_the_attack_ends():
    targets = []

    def send(target):
        targets.append(target)
        return closed_loop(4, get("/"))(target)

    async def answer(reader, writer):
        while await reader.readuntil(b"\r\n\r\n"):
            if targets[0].counts["200"] >= 12:
                targets[0].until = 0.0
            writer.write(OK)

    counts = attack(send, answer, PATIENCE_S)
    assert set(counts) == {"200"}
    assert 12 < counts["200"] <= 20


@pytest.mark.parametrize("resets", [False, True])
def test_callers_that_leave_are_counted(resets):
    assert attack(left(9, get("/"), resets=resets), read_on) == {"left": 9}


def test_pooled_clients_connect_again_when_told_to_and_leave_when_nobody_listens():
    async def run():
        asked = 0

        async def answer(reader, writer):
            nonlocal asked
            await reader.readuntil(b"\r\n\r\n")
            writer.write(CLOSING)
            writer.close()
            asked += 1
            if asked == 12:
                server.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        target = Target(server.sockets[0].getsockname()[1])
        await run_rounds(pooled(1, get("/"), 0.0), target, PATIENCE_S)
        return dict(target.counts)

    assert asyncio.run(run()) == {"200": 12, "not connected": 1}


def test_nobody_listening_is_counted():
    async def run():
        server = await asyncio.start_server(read_on, "127.0.0.1", 0)
        target = Target(server.sockets[0].getsockname()[1])
        server.close()
        await run_rounds(in_turn(get("/")), target, 0)
        return dict(target.counts)

    assert asyncio.run(run()) == {"not connected": 1}


def test_requests_are_what_they_say():
    head, _, body = post("/a", {"b": 1}, "X-C: d").partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /a HTTP/1.1"
    assert b"Content-Length: 8" in head
    assert body == b'{"b": 1}'
    assert chunked("/a", [b"b" * 16], trailers=b"x: y\r\n").endswith(
        b"\r\n\r\n10\r\n" + b"b" * 16 + b"\r\n0\r\nx: y\r\n\r\n"
    )
    assert fields(3, 20).count(b"\r\nx-") == 3


def test_bombs_unfold():
    inflated = zlib.decompressobj(31).decompress(gzip_bomb(3), (3 << 20) - 1)
    assert inflated == b" " * ((3 << 20) - 1)  # at the end the checksum is wrong
    assert len(gzip_bomb(1000)) < 1.1 * (1 << 20)
    assert zstd.decompress(zstd_frame(20, 7)) == b" " * (8 << 17)
    assert len(zstd_frame(20, 200_000)) < 1 << 20


def test_texts_have_the_longest_length_and_batches_fit_a_body():
    assert all(LENGTH - 20 <= len(make()) <= LENGTH for make in TEXTS.values())
    assert len(batch_of(*TEXTS)) < (1 << 20) + 500


def test_a_tls_client_says_hello():
    assert client_hello()[:2] == b"\x16\x03"

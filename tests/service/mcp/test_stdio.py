"""Lines and messages, without a process: bounds, what is no message, and the end."""

import asyncio
import json
import os

import pytest
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import JSONRPCResponse

from service.mcp.start import max_unanswered
from service.mcp.stdio import Lines, Stdio, write_all
from tests.fakes import settings

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def lines_of(data, max_bytes=1000):
    """The lines of these bytes, which come through a pipe."""
    read, write = os.pipe()
    try:
        os.write(write, data)
        os.close(write)
        return list(Lines(read, max_bytes))
    finally:
        os.close(read)


def test_lines_are_split_at_their_ends():
    """Also the last one, which has none."""
    assert lines_of(b"a\n\nb\r\nc") == [b"a", b"", b"b\r", b"c"]


def test_of_a_long_line_the_ends_are_kept():
    """Memory does not grow with the line."""
    long, short = lines_of(b"{" + b"x" * 30_000 + b'"id":7}\nshort\n', 1000)
    assert 1000 < len(long) <= 1400
    assert (long[:3], long[-7:]) == (b"{xx", b'"id":7}')
    assert short == b"short"


def exchanged(*sent, answer=True, max_bytes=1000, most=4):
    """What a server that answers every request with {} gets, and what is written."""
    written: list[bytes] = []

    async def run():
        read, write = os.pipe()
        os.write(
            write, b"".join(each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in sent)
        )
        os.close(write)
        got = []
        async with Stdio(Lines(read, max_bytes), written.append, most).streams() as (incoming, outgoing):
            async for item in incoming:
                assert isinstance(item, SessionMessage)
                assert isinstance(item.metadata, ServerMessageMetadata)
                got.append(item.message)
                if answer and hasattr(item.message, "id"):
                    await outgoing.send(SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=item.message.id, result={})))
                elif hasattr(item.message, "id"):
                    assert item.metadata.on_request_unanswered is not None
                    await item.metadata.on_request_unanswered()
        os.close(read)
        return got

    return asyncio.run(run()), [json.loads(each) for each in written]


def test_a_request_is_answered_in_a_line():
    got, written = exchanged(PING)
    assert [message.method for message in got] == ["ping"]
    assert written == [{"jsonrpc": "2.0", "id": 1, "result": {}}]


@pytest.mark.parametrize("answer", [True, False])
def test_more_requests_than_may_wait_are_all_read(answer):
    """A slot is free again when a request is answered, and when it was cancelled."""
    got, written = exchanged(*[PING | {"id": number} for number in range(20)], answer=answer, most=2)
    assert len(got) == 20
    assert len(written) == (20 if answer else 0)


BIG = "x" * 2000


@pytest.mark.parametrize(
    ("line", "request_id", "words"),
    [
        (b"hello\n", None, "not a message in JSON"),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}\n', None, "not a message in JSON"),
        (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}\n', None, "not a message in JSON"),
        (b"[" * 900 + b"\n", None, "not a message in JSON"),
        (b"\xff\xfe\n", None, "not a message in JSON"),
        ([PING], None, "not a JSON-RPC 2.0 message"),
        ({"id": 3, "method": "ping"}, 3, "not a JSON-RPC 2.0 message"),
        ({"jsonrpc": "2.0", "id": True, "method": "ping"}, None, "an id must be"),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, None, "an id must be"),
        ({"jsonrpc": "2.0", "id": 3, "result": {}}, None, "nothing was asked"),
        (PING | {"id": 5, "params": {"text": BIG}}, 5, "larger than 1000 bytes"),
        ({"method": "ping", "params": {"text": BIG}, "jsonrpc": "2.0", "id": "a-6"}, "a-6", "larger than 1000 bytes"),
        ({"method": "ping", "id": 6, "params": {"text": BIG}, "jsonrpc": "2.0"}, None, "larger than 1000 bytes"),
    ],
)
def test_what_cannot_be_asked_is_answered_with_an_error(line, request_id, words):
    """With its id where that can be told, and the next request is answered."""
    got, written = exchanged(line, PING)
    assert len(got) == 1
    assert written[0]["id"] == request_id
    assert words in written[0]["error"]["message"]
    assert written[1]["result"] == {}


def test_all_bytes_are_written(monkeypatch):
    """Also where a pipe takes only some at once."""
    written: list[bytes] = []

    def some(fd, data):
        written.append(bytes(data[:2]))
        return len(written[-1])

    monkeypatch.setattr(os, "write", some)
    write_all(1, b"hello")
    assert b"".join(written) == b"hello"


def test_what_waits_is_no_larger_than_bodies_over_http(tmp_path):
    """At least one request may wait, whatever the settings."""
    assert max_unanswered(settings(tmp_path)) == 24
    assert max_unanswered(settings(tmp_path, max_in_flight=3)) == 3
    assert max_unanswered(settings(tmp_path, max_buffered_bytes=1 << 20)) == 1

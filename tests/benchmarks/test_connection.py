"""How the open-loop generator reads responses."""

import pytest

from benchmarks.connection import Connection, encode_request


class Transport:
    def __init__(self):
        self.written = []
        self.closed = False

    def write(self, data):
        self.written.append(data)

    def close(self):
        self.closed = True


class Owner:
    def __init__(self):
        self.responses = []
        self.closed = 0

    def on_ready(self, connection):
        pass

    def on_response(self, connection, status, retry_after):
        self.responses.append((status, retry_after))

    def on_closed(self, connection):
        self.closed += 1


@pytest.fixture
def owner():
    return Owner()


@pytest.fixture
def connection(owner):
    connection = Connection(owner)
    connection.connection_made(Transport())
    connection.send(b"request", due=1.0, now=2.0)
    return connection


def response(status, body=b"{}", *headers):
    lines = [f"HTTP/1.1 {status} Any", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def test_a_response_in_any_pieces_is_read_once(connection, owner):
    data = response(200, b"x" * 50)
    for start in range(0, len(data), 7):
        connection.data_received(data[start : start + 7])
    assert owner.responses == [(200, False)]
    assert connection.buffer == b""


def test_retry_after_is_noticed(connection, owner):
    connection.data_received(response(503, b"{}", "Retry-After: 1"))
    assert owner.responses == [(503, True)]


def test_a_server_that_closes_gets_no_further_request(connection):
    connection.data_received(response(200, b"{}", "Connection: close"))
    assert connection.closing


def test_a_response_after_the_caller_hung_up_does_not_count(connection, owner):
    connection.close()
    connection.data_received(response(200))
    connection.connection_lost(None)
    assert owner.responses == []
    assert (connection.due, owner.closed) == (None, 1)


def test_a_response_without_a_length_is_an_error(connection):
    with pytest.raises(ValueError, match="no Content-Length"):
        connection.data_received(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


def test_a_request_says_its_length():
    assert encode_request("/sentiment", b'{"text": ""}').endswith(b'Content-Length: 12\r\n\r\n{"text": ""}')

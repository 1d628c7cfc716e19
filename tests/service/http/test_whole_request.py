"""A request that came whole: begun without a task, resumed by its outcome, and a task as soon as it waits for anything else."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from service.http.whole_request import WholeRequest
from service.serving.queues import Outcome
from tests.patience import PATIENCE_S


class FakeTransport(asyncio.Transport):
    """A connection that notes what is written, and whether it was closed or aborted."""

    def __init__(self, waiting=0):
        super().__init__()
        self.written = []
        self.is_closed = self.is_aborted = False
        self.waiting = waiting

    def write(self, data):
        self.written.append(data)

    def get_write_buffer_size(self):
        return self.waiting

    def close(self):
        self.is_closed = True

    def abort(self):
        self.is_aborted = True


class Exchange:
    """A request to an application on a fake connection. `answered` counts the calls of `on_response`."""

    def __init__(self, app, body=b"{}", *, keep_alive=True):
        self.transport = FakeTransport()
        self.tasks: set[Any] = set()
        self.answered = 0
        flow = SimpleNamespace(write_paused=False)
        self.request = WholeRequest(
            self.transport, flow, self.tasks, [(b"date", b"now")], body, self._on_response, keep_alive=keep_alive
        )
        self.request.start(app, {"type": "http"})

    def _on_response(self):
        self.answered += 1

    @property
    def written(self):
        return b"".join(self.transport.written)


async def send(send, status=200, body=b"ok", *headers):
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def rounds(count=5):
    for _ in range(count):
        await asyncio.sleep(0)


async def echo(scope, receive, reply):
    message = await receive()
    await send(reply, 200, message["body"], (b"content-length", b"4"))


def test_an_answer_is_written_at_once_and_in_one_piece():
    """No round of the event loop is needed."""

    async def work():
        return Exchange(echo, b"body")

    exchange = asyncio.run(work())
    assert exchange.transport.written == [b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 4\r\n\r\nbody"]
    assert exchange.answered == 1
    assert not exchange.tasks
    assert not exchange.transport.is_closed


def test_a_request_that_waits_for_an_outcome_has_no_task():
    """It goes on in the call of `resume`."""

    async def work():
        outcome: Outcome[Any] = Outcome(loop=asyncio.get_running_loop())
        tasks = []

        async def app(scope, receive, reply):
            answer = await outcome
            tasks.append(asyncio.current_task())
            await send(reply, 200, answer)

        exchange = Exchange(app)
        assert exchange.tasks == {exchange.request}
        resume = outcome.answer(b"forecast")
        asyncio.get_running_loop().call_soon(resume)
        await rounds()
        return exchange, tasks

    exchange, tasks = asyncio.run(work())
    assert exchange.written.endswith(b"\r\n\r\nforecast")
    assert tasks == [None]
    assert not exchange.tasks


def test_an_outcome_wakes_who_is_not_resumed_by_the_batcher():
    """An exception of the queue comes in the next round of the event loop."""

    async def work():
        outcome: Outcome[Any] = Outcome(loop=asyncio.get_running_loop())

        async def app(scope, receive, reply):
            try:
                await outcome
            except TimeoutError:
                await send(reply, 504, b"late")

        exchange = Exchange(app)
        outcome.set_exception(TimeoutError())
        before = exchange.written
        await rounds(1)
        return before, exchange

    before, exchange = asyncio.run(work())
    assert before == b""
    assert exchange.written.startswith(b"HTTP/1.1 504 ")


@pytest.mark.parametrize("wait", [lambda: asyncio.sleep(0), lambda: asyncio.to_thread(int)])
def test_a_request_that_waits_for_anything_else_goes_on_as_a_task(wait):
    """Time limits and threads need one."""

    async def work():
        async def app(scope, receive, reply):
            await wait()
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.sleep(0)
            done.set_result(asyncio.current_task())
            await send(reply)

        done = asyncio.get_running_loop().create_future()
        exchange = Exchange(app)
        task = await done
        await rounds()
        return exchange, task

    exchange, task = asyncio.run(work())
    assert task is not None
    assert exchange.written.endswith(b"ok")
    assert not exchange.tasks


@pytest.mark.parametrize("is_task", [False, True])
def test_a_cancelled_request_can_still_be_answered(is_task):
    """The server cancels what is in flight when the time of a stop is over; the middleware answers with 503."""

    async def work():
        outcome: Outcome[Any] = Outcome(loop=asyncio.get_running_loop())

        async def app(scope, receive, reply):
            try:
                if is_task:
                    await asyncio.sleep(0)
                await outcome
            except asyncio.CancelledError:
                asyncio.current_task().uncancel()
                await send(reply, 503, b"stopping")

        exchange = Exchange(app)
        await rounds()
        for task in list(exchange.tasks):
            task.cancel()
        await rounds()
        return exchange, outcome

    exchange, outcome = asyncio.run(work())
    assert exchange.written.startswith(b"HTTP/1.1 503 ")
    assert outcome.cancelled()
    assert not exchange.tasks


def test_a_cancelled_request_that_has_its_outcome_goes_on_once():
    """The outcome has come, and the server stops before the request has gone on with it."""

    async def work():
        outcome: Outcome[Any] = Outcome(loop=asyncio.get_running_loop())
        steps = []

        async def app(scope, receive, reply):
            steps.append(await outcome)
            await asyncio.sleep(0)
            await send(reply, 200, b"forecast")

        exchange = Exchange(app)
        outcome.set_result("result")
        exchange.request.cancel()
        await rounds()
        return exchange, steps

    exchange, steps = asyncio.run(work())
    assert steps == ["result"]
    assert exchange.written.endswith(b"\r\n\r\nforecast")
    assert not exchange.transport.is_aborted
    assert not exchange.tasks


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("defect", [ZeroDivisionError("secret detail"), asyncio.CancelledError("secret detail")])
def test_a_defect_is_logged_answered_and_ends_the_connection(caplog, waits, defect):
    """Nothing else waits for ever, and who called goes on with others."""

    async def work():
        async def app(scope, receive, reply):
            if waits:
                await asyncio.sleep(0)
            raise defect

        exchange = Exchange(app)
        await rounds()
        return exchange

    exchange = asyncio.run(work())
    head, _, body = exchange.written.partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 500 ")
    assert b"\r\ncontent-type: application/problem+json\r\n" in head
    assert head.endswith(b"\r\nconnection: close")
    assert b"x-request-id: " + problem["request_id"].encode() in head
    assert problem["request_id"] in caplog.text
    assert b"secret" not in body
    assert exchange.transport.is_closed
    assert not exchange.tasks
    assert "secret detail" in caplog.text


def test_a_defect_after_the_answer_adds_nothing_to_it():
    async def work():
        async def app(scope, receive, reply):
            await send(reply)
            raise ZeroDivisionError("a defect")

        return Exchange(app)

    exchange = asyncio.run(work())
    assert exchange.transport.written == [b"HTTP/1.1 200 OK\r\ndate: now\r\n\r\nok"]
    assert exchange.transport.is_closed
    assert not exchange.transport.is_aborted


def test_a_connection_that_is_not_kept_is_closed_after_the_answer():
    async def work():
        return Exchange(echo, b"body", keep_alive=False)

    exchange = asyncio.run(work())
    assert b"\r\nconnection: close\r\n" in exchange.written
    assert exchange.transport.is_closed


def test_a_service_that_is_about_to_stop_closes_the_connection():
    """The application says so in a header, which is then not repeated."""

    async def work():
        async def app(scope, receive, reply):
            await send(reply, 200, b"ok", (b"connection", b"close"))

        return Exchange(app)

    exchange = asyncio.run(work())
    assert exchange.written.count(b"connection: close") == 1
    assert exchange.transport.is_closed


def test_nothing_is_sent_to_a_client_that_has_left():
    async def work():
        outcome: Outcome[Any] = Outcome(loop=asyncio.get_running_loop())

        async def app(scope, receive, reply):
            await outcome
            await send(reply)

        exchange = Exchange(app)
        exchange.request.disconnected = True
        assert exchange.request.is_disconnected()
        outcome.set_result(None)
        await rounds()
        return exchange

    exchange = asyncio.run(work())
    assert exchange.written == b""
    assert not exchange.tasks


def test_the_body_is_received_once_and_then_that_all_is_over():
    async def work():
        received = []

        async def app(scope, receive, reply):
            received.append(await receive())
            await send(reply)
            received.append(await receive())

        Exchange(app, b"all")
        return received

    body, end = asyncio.run(work())
    assert body == {"type": "http.request", "body": b"all", "more_body": False}
    assert end == {"type": "http.disconnect"}


@pytest.mark.parametrize(("size", "waiting", "blocks"), [(100, 0, False), (100_000, 0, True), (100, 1, True)])
def test_a_long_answer_and_one_behind_another_may_block(size, waiting, blocks):
    async def work():
        exchange = Exchange(echo)
        exchange.transport.waiting = waiting
        return exchange.request.may_block(size)

    assert asyncio.run(work()) is blocks

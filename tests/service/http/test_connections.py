"""Limits over all connections: who gives way when there are too many, or too many bytes."""

import asyncio

from service.http.connections import SMALL_BODY_BYTES, Connections, Feeder
from service.http.host import SharedCount


class Client:
    """A connection that waits for a request."""

    def __init__(self):
        self.is_closed = False

    def close_idle(self):
        self.is_closed = True


class Request:
    """A request with a large body."""

    def __init__(self):
        self.is_evicted = False

    def evict(self):
        self.is_evicted = True


def test_the_connection_that_waits_longest_gives_way():
    connections = Connections(2, 1 << 20)
    first, second, third = Client(), Client(), Client()
    assert connections.enter()
    assert connections.enter()
    connections.start_waiting(second)
    connections.start_waiting(first)
    assert connections.enter()
    assert (first.is_closed, second.is_closed, third.is_closed) == (False, True, False)


def test_a_connection_is_refused_if_all_others_work():
    connections = Connections(1, 1 << 20)
    working, refused = Client(), Client()
    assert connections.enter()
    connections.start_waiting(working)
    connections.stop_waiting(working)
    assert not connections.enter()
    connections.leave(refused)
    connections.leave(working)
    assert connections.open == 0
    assert connections.enter()


def host(count=2, limit=4):
    """The connections of so many workers of one host."""
    cells = memoryview(bytearray(8 * count)).cast("q")
    return [Connections(limit, 1 << 20, count, SharedCount(cells, number)) for number in range(count)]


def test_connections_of_all_workers_are_limited_together():
    """One that waits gives way in the worker that gets another one; without one, it is refused."""
    first, second = host()
    client = Client()
    assert [first.enter() for _ in range(3)] == [True] * 3
    assert [second.enter() for _ in range(2)] == [True, True]
    first.start_waiting(client)
    assert first.enter()
    assert client.is_closed
    assert not first.enter()
    for worker in (first, first, first, second):
        worker.leave(client)
    assert second.enter()


def test_a_worker_has_its_share_whoever_is_connected_to_others():
    """What is too many then is closed in the worker that has more than its share, and no more than that."""
    first, second = host()
    clients = [Client() for _ in range(4)]
    for client in clients:
        assert first.enter()
        first.start_waiting(client)
    assert [second.enter() for _ in range(3)] == [True, True, False]
    first.give_way()
    second.give_way()
    assert [client.is_closed for client in clients] == [True, True, False, False]


def test_workers_that_all_have_too_many_close_a_part_each():
    """Not each the whole excess: 4 of 104 are too many here, and three workers have more than their share."""
    workers, clients = host(4, 100), [Client() for _ in range(104)]
    waiting = iter(clients)
    for worker, count in zip(workers, (28, 28, 28, 20), strict=True):
        for _ in range(count):
            worker.open += 1
            worker.start_waiting(next(waiting))
        worker._host.set(count)
    for worker in workers:
        worker.give_way()
    assert 4 <= sum(client.is_closed for client in clients) <= 6


def test_a_process_that_is_alone_gives_no_way():
    connections, client = Connections(1, 1 << 20), Client()
    assert connections.enter()
    connections.start_waiting(client)
    connections.give_way()
    assert not client.is_closed


def test_the_body_that_arrives_longest_gives_way():
    connections = Connections(9, 300_000)
    stalled, other, new = Request(), Request(), Request()
    connections.keep(stalled, 100_000, is_whole=False)
    connections.keep(other, 100_000, is_whole=False)
    connections.keep(stalled, 150_000, is_whole=False)
    connections.keep(new, 100_000, is_whole=False)
    assert (stalled.is_evicted, other.is_evicted, new.is_evicted) == (True, False, False)
    assert connections.buffered_bytes == 200_000


def test_a_body_that_is_worked_on_keeps_its_place():
    connections = Connections(9, 200_000)
    working, new = Request(), Request()
    connections.keep(working, 150_000, is_whole=False)
    connections.keep(working, 150_000, is_whole=True)
    connections.keep(new, 100_000, is_whole=False)
    assert (working.is_evicted, new.is_evicted) == (False, True)
    connections.release(working)
    connections.release(new)
    assert connections.buffered_bytes == 0


def test_a_body_that_alone_is_too_large_is_dropped():
    connections = Connections(9, 100_000)
    request = Request()
    connections.keep(request, 100_001, is_whole=True)
    assert request.is_evicted
    assert connections.buffered_bytes == 0


def test_small_bodies_are_smaller_than_large_ones():
    assert SMALL_BODY_BYTES < 1 << 20


def test_connections_are_fed_in_turns(monkeypatch):
    """Each gets a piece, then the next; others have their turn in between."""
    monkeypatch.setattr("service.http.connections.FEEDING_SECONDS", -1.0)
    events = []

    class Sender:
        def __init__(self, name):
            self.name = name
            self.pieces = 3

        def feed_piece(self):
            self.pieces -= 1
            events.append(self.name)
            return self.pieces > 0

    async def run():
        feeder = Feeder()
        for name in "ab":
            feeder.add(Sender(name))
        for _ in range(6):
            await asyncio.sleep(0)
            events.append("-")

    asyncio.run(run())
    assert "".join(events).startswith("a-b-a-b-a-b")

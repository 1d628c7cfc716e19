"""A worker's server without a supervisor: its end, also before it was told to listen."""

import asyncio
import errno
import socket

import pytest

from service import start
from service.http.listening import CannotListen
from service.http.ports import Ports
from service.workers.worker_server import WorkerServer
from tests.patience import PATIENCE_S


class FakeControl:
    """A supervisor that says nothing."""

    def __init__(self):
        self.proven = asyncio.Event()

    async def open(self, _):
        pass

    async def run(self):
        await asyncio.Event().wait()

    def tell_proven(self, _):
        self.proven.set()


@pytest.mark.parametrize("is_told", [True, False])
def test_a_worker_that_is_stopped_ends_and_publishes_what_it_has_counted_last(serve, monkeypatch, is_told):
    """Also one that waits to be told where to listen: the service may stop while it is to replace another."""
    app = serve(grace_s=0, shutdown_s=1).app
    published = []

    async def scenario():
        config = start.server_config(app.state.settings, app)
        config.load()
        bound, control = socket.create_server(("127.0.0.1", 0)), FakeControl()
        server = WorkerServer(config, app, Ports({0: bound}), control)
        app.state.host.measures.publish_by(lambda: published.append(server.should_exit))
        serving = asyncio.ensure_future(server.serve())
        await control.proven.wait()
        if is_told:
            await server.listen([0])
        server.stop(is_replaced=False)
        async with asyncio.timeout(PATIENCE_S):
            await serving

    monkeypatch.setattr(WorkerServer, "_set_watchdog", lambda *_: None)  # it would end the process of the tests
    asyncio.run(scenario())
    assert published[-1] is True


def test_where_it_could_not_listen_it_keeps_no_socket_at_its_end(serve, monkeypatch):
    """A socket of another worker that stayed open would take connections that nobody accepts."""
    app = serve(grace_s=0, shutdown_s=1).app

    async def scenario():
        config = start.server_config(app.state.settings, app)
        config.load()
        bound, control = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)], FakeControl()
        server = WorkerServer(config, app, Ports(dict(enumerate(bound))), control)
        serving = asyncio.ensure_future(server.serve())
        await control.proven.wait()
        await server.listen([0])
        monkeypatch.setattr(server._acceptors, "accept_from", refuse)
        with pytest.raises(CannotListen):
            await server.listen([0, 1])
        await server.detach()
        assert (bound[0].fileno() == -1, bound[1].fileno() == -1) == (False, True)
        server.stop(is_replaced=False)
        async with asyncio.timeout(PATIENCE_S):
            await serving

    async def refuse(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(WorkerServer, "_set_watchdog", lambda *_: None)  # it would end the process of the tests
    asyncio.run(scenario())

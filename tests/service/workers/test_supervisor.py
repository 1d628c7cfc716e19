"""What signals do to a supervisor of fake workers, in the process of the tests."""

import asyncio
import contextlib
import os
import signal
import socket
import sys

import pytest

from service.settings import Settings
from service.workers import sockets
from service.workers.crew import CannotStart
from service.workers.memory import Estate
from service.workers.supervisor import Supervisor
from tests.patience import PATIENCE_S
from tests.service.workers.crews import PATIENT, Spawner, greeting, greetings, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")


def supervise(monkeypatch, scenario, behaviours=(), **settings):
    """Run a scenario beside a supervisor of two workers that serve; returns the supervisor's status."""

    async def run():
        spawner = Spawner(monkeypatch, behaviours)
        chosen = Settings(port=0, **settings)
        ports, _ = sockets.bind(chosen, 2)
        estate = Estate(2, ports)
        supervisor = Supervisor(chosen, estate, ends_at_hangup=False, timing=PATIENT)
        running = asyncio.ensure_future(supervisor.run())
        await scenario(ports, spawner, running)
        try:
            return await running
        finally:
            ports.close()
            estate.close()
            for sig in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2):
                asyncio.get_running_loop().remove_signal_handler(sig)

    return asyncio.run(run())


async def serving(ports):
    """Wait until somebody accepts connections; returns the address."""
    address = ports.public[0].getsockname()

    def is_served():
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=PATIENCE_S):
            return True
        return False

    await until(is_served)
    await greetings(ports)
    return address


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_workers_and_closes_the_port(monkeypatch, caplog, sig):
    """SIGINT has no grace time."""
    caplog.set_level("INFO")

    async def scenario(ports, _, running):
        address = await serving(ports)
        os.kill(os.getpid(), sig)
        await asyncio.wait([running])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=PATIENCE_S)

    assert supervise(monkeypatch, scenario, grace_s=0 if sig == signal.SIGTERM else 600) == 0
    assert "Uvicorn running on http://127.0.0.1:" in caplog.text
    assert "stopping: 2 workers" in caplog.text


def test_a_hangup_reloads_and_a_user_signal_replaces_all(monkeypatch):
    """Until the end, all connections are accepted."""

    async def scenario(ports, spawner, _):
        await serving(ports)
        os.kill(os.getpid(), signal.SIGHUP)
        before = await greetings(ports)
        os.kill(os.getpid(), signal.SIGUSR2)
        await until(lambda: spawner.count == 4)
        while {pid for _, pid in before} & {(await greeting(ports))[1] for _ in range(12)}:
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    assert supervise(monkeypatch, scenario, grace_s=0) == 0


def test_a_reload_that_fails_is_logged_once(monkeypatch, caplog):
    """The worker that is to load the new versions cannot."""

    async def scenario(ports, spawner, _):
        await serving(ports)
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: "reload: failed" in caplog.text)
        await until(lambda: spawner.count == 3)  # the one that ended is replaced
        await serving(ports)
        os.kill(os.getpid(), signal.SIGINT)

    assert supervise(monkeypatch, scenario, ["quit"]) == 0
    assert caplog.text.count("reload: failed") == 1


def test_a_start_that_fails_leaves_no_process(monkeypatch):
    spawners = []

    async def scenario(_, spawner, __):
        spawners.append(spawner)

    with pytest.raises(CannotStart, match="models/gru: no"):
        supervise(monkeypatch, scenario, ["", "fail"])
    assert [process.returncode is not None for process in spawners[0].processes] == [True, True]

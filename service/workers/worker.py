"""The process of a worker, from its birth: what it inherits, its settings, its application, its server."""

import logging
import os
import signal
import socket
from types import FrameType
from typing import TYPE_CHECKING

from . import inheritance
from .inheritance import Inheritance

if TYPE_CHECKING:
    from ..http.host import Host
    from .control import Control


def main(number: int) -> int:
    """Serve as a worker whose control channel is the socket with this number. Returns the exit status."""
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, _end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until a reload is possible
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # it is for the supervisor
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # its log may go to a terminal where only one process group may write
    os.set_inheritable(number, False)
    connected = socket.socket(fileno=number)
    try:
        inherited = inheritance.read(connected)
    except (EOFError, OSError):
        return 1
    for file in inherited.files:
        os.set_inheritable(file, False)
    return _serve(inherited, connected)


def _end(sig: int, _: FrameType | None) -> None:
    os._exit(128 + sig if sig == signal.SIGINT else 0)


def _serve(inherited: Inheritance, connected: socket.socket) -> int:
    # only now: it takes a second, and signals are handled already
    from .. import logs, start
    from ..environment import EnvironmentFault, read_settings
    from .control import Control
    from .memory import open_ports
    from .messages import Failed, encode
    from .shares import share
    from .worker_server import WorkerServer

    def fail(status: int, faults: list[str]) -> int:
        connected.setblocking(True)
        connected.sendall(encode(Failed(status=status, faults=faults)))
        return status

    control = Control(connected.dup())
    ports = open_ports(inherited.public, inherited.operations)
    try:
        settings = share(read_settings(os.environ), inherited.workers)
        logs.configure(settings.log_level, settings.log_format)
        logs.share(inherited.log_lock, f"worker={inherited.slot}")
        app, config = start.prepare(settings, make_host(inherited, control))
    except EnvironmentFault as error:
        return fail(2, error.faults)
    try:
        start.run(WorkerServer(config, app, ports, control), app)
    except start.CannotStart as error:
        return fail(error.status, error.faults)
    finally:
        logging.getLogger("gatecast.workers").debug("the worker ends")
    return 0


def make_host(inherited: Inheritance, control: "Control") -> "Host":
    """What this worker shares with the others."""
    from ..http.host import Host, SharedCount
    from ..measures import Measures, Region
    from ..serving.versions import VersionDigest
    from .shared_memory import map_memory

    regions = [Region.open(number) for number in inherited.regions]
    own = regions.pop(inherited.process)
    own.claim()
    in_flight, connections = inheritance.map_counts(inherited.counts, len(inherited.regions) - 1)
    versions = inherited.versions
    return Host(
        workers=inherited.workers,
        index=inherited.slot,
        measures=Measures(own, lambda: regions),
        in_flight=SharedCount(in_flight, inherited.process),
        connections=SharedCount(connections, inherited.process),
        reload=control.reload,
        memory=lambda name, size: map_memory(inherited.memories, name, size),
        versions=None if versions is None else [VersionDigest(*version) for version in versions],
    )

"""The sockets of several workers: one for each, on the same port, among which the system divides the connections.

One socket for all would give most connections to the worker that asked last.
"""

import socket
from contextlib import ExitStack

from ..http import listening
from ..http.ports import Ports
from ..settings import Settings

BACKLOG = 2048


def bind(settings: Settings, workers: int) -> tuple[Ports, socket.socket | None]:
    """Bind all sockets, and what claims the address for this service. Raises CannotListen."""
    with ExitStack() as stack:
        claim = _claim(settings) if settings.port else None
        if claim is not None:
            stack.enter_context(claim)
            # without SO_REUSEPORT: otherwise the system would let this service share the port of another one
            listening.bind(settings, "port").close()
        first = stack.enter_context(listening.bind(settings, "port", is_shared=True))
        port = first.getsockname()[1]
        public = [first]
        for _ in range(1, workers):
            public.append(stack.enter_context(listening.bind(settings, "port", port, is_shared=True)))
        operations = None
        if settings.operations_port is not None:
            operations = stack.enter_context(listening.bind(settings, "operations_port"))
        stack.pop_all()
    return Ports(dict(enumerate(public)), operations), claim


def listen(settings: Settings, ports: Ports) -> None:
    """Let clients connect. Raises CannotListen."""
    with listening.explained(settings, "port"):
        for bound in ports.public.values():
            bound.listen(BACKLOG)
    if ports.operations is not None:
        with listening.explained(settings, "operations_port"):
            ports.operations.listen(BACKLOG)


def _claim(settings: Settings) -> socket.socket:
    """A name that only one service of this machine can have at a time.

    Two that start at once would not notice each other by the port: they listen only when their models are proven.
    """
    claim = socket.socket(socket.AF_UNIX)
    with listening.explained(settings, "port"):
        try:
            claim.bind(f"\0gatecast {settings.host} {settings.port}")
        except BaseException:
            claim.close()
            raise
    return claim

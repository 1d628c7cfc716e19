"""The phase of the process between its start and its end. server.py catches the signals."""

from enum import Enum, auto
from typing import Protocol

from ..errors import NotReady


class Phase(Enum):
    """The phases of a process, in order."""

    STARTING = auto()  # models are being loaded and verified
    READY = auto()
    RETIRING = auto()  # of several workers, this one is being replaced: it serves, and asks its clients to connect anew
    ENDING = auto()  # stopping soon: not ready any more, but serving until load balancers have noticed
    CLOSED = auto()  # no new connection is accepted; each that is open is answered once more
    ENDED = auto()  # the models are being closed, and nothing is answered any more


class Count(Protocol):
    """A number that the workers of a host add up."""

    def set(self, value: int) -> None: ...

    def total(self) -> int: ...

    def above(self, share: int) -> int:
        """By how much the numbers of those that have more than a share are more than that, added up."""
        ...


class Lifecycle:
    """The phase, whether requests are accepted in it, and how many are in flight.

    `counted` is what GATECAST_MAX_IN_FLIGHT limits: the requests in flight whose body has arrived.
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self.reading = 0  # requests in flight whose body has not arrived yet
        self.enter(Phase.STARTING)

    def enter(self, phase: Phase) -> None:
        self.phase = phase
        self.accepts = phase in (Phase.READY, Phase.RETIRING, Phase.ENDING, Phase.CLOSED)

    @property
    def counted(self) -> int:
        return self.in_flight - self.reading

    @property
    def is_ready(self) -> bool:
        return self.phase in (Phase.READY, Phase.RETIRING)

    @property
    def keeps_connections(self) -> bool:
        """Whether a connection stays open after an answer; otherwise its client is told to connect elsewhere."""
        return self.phase is Phase.READY

    @property
    def reason(self) -> str:
        """Why the service is not ready, for `/readyz` and refusals."""
        return {
            Phase.STARTING: "the models are not loaded and proven yet",
            Phase.READY: "ready",
            Phase.RETIRING: "ready; this worker is being replaced",
            Phase.ENDING: "the service is about to stop",
            Phase.CLOSED: "the service is stopping",
            Phase.ENDED: "the service has stopped",
        }[self.phase]

    def not_ready(self) -> NotReady:
        """The refusal of a request in a phase in which the service is not ready."""
        return NotReady(self.reason, headers={"Retry-After": "1"})


class SharedLifecycle(Lifecycle):
    """The same for one of several workers: `counted` is the sum over all, as is the limit."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._in_flight = self._reading = 0
        super().__init__()

    @property
    def in_flight(self) -> int:
        return self._in_flight

    @in_flight.setter
    def in_flight(self, value: int) -> None:
        self._in_flight = value
        self._count.set(value - self._reading)

    @property
    def reading(self) -> int:
        return self._reading

    @reading.setter
    def reading(self, value: int) -> None:
        self._reading = value
        self._count.set(self._in_flight - value)

    @property
    def counted(self) -> int:
        return self._count.total()

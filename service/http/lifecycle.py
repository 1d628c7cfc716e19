"""The phase of the process between its start and its end. A leaf: server.py catches the signals."""

from enum import Enum, auto


class Phase(Enum):
    """The phases of a process, in order."""

    STARTING = auto()  # models are being loaded and verified
    READY = auto()
    ENDING = auto()  # stopping soon: not ready any more, but serving until load balancers have noticed
    CLOSED = auto()  # no new connection is accepted; each that is open is answered once more
    ENDED = auto()  # the models are being closed, and nothing is answered any more


class Lifecycle:
    """The phase, whether requests are accepted in it, and how many are in flight."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.reading = 0  # requests in flight whose body has not arrived yet
        self.enter(Phase.STARTING)

    def enter(self, phase: Phase) -> None:
        self.phase = phase
        self.accepts = phase in (Phase.READY, Phase.ENDING, Phase.CLOSED)

    @property
    def is_ready(self) -> bool:
        return self.phase is Phase.READY

    @property
    def reason(self) -> str:
        """Why the service is not ready, for `/readyz` and refusals."""
        return {
            Phase.STARTING: "the models are not loaded and proven yet",
            Phase.READY: "ready",
            Phase.ENDING: "the service is about to stop",
            Phase.CLOSED: "the service is stopping",
            Phase.ENDED: "the service has stopped",
        }[self.phase]

"""Where the process stands between its start and its end. A leaf: signals are caught in server.py."""

from enum import Enum, auto


class Phase(Enum):
    STARTING = auto()  # models are being loaded and proven
    READY = auto()
    ENDING = auto()  # told to stop: not ready any more, but serves until those who route here have noticed
    CLOSED = auto()  # new requests are refused, those in flight are answered


class Lifecycle:
    """The phase, whether requests are accepted in it, and how many are in flight."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.reading = 0  # of those in flight, the ones whose body is still on its way
        self.enter(Phase.STARTING)

    def enter(self, phase: Phase) -> None:
        self.phase = phase
        self.accepts = phase in (Phase.READY, Phase.ENDING)

    @property
    def is_ready(self) -> bool:
        return self.phase is Phase.READY

    @property
    def reason(self) -> str:
        """Why it is not ready, for those who asked."""
        return {
            Phase.STARTING: "the models are not loaded and proven yet",
            Phase.READY: "ready",
            Phase.ENDING: "the service is about to stop",
            Phase.CLOSED: "the service is stopping",
        }[self.phase]

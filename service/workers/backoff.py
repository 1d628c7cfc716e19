"""How long a worker that ended waits for its replacement. One that ends at every start must not use up the machine."""

from collections.abc import Callable

FIRST_SECONDS = 0.5
MAX_SECONDS = 30.0
FORGIVEN_SECONDS = 60.0  # of life, after which an end counts as the first one


class BackOff:
    """The delays before the replacements of one worker: none, then from half a second twice as long each time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends = 0  # that were not forgiven
        self._born: float | None = None

    def note_birth(self) -> None:
        """Note that a process serves."""
        self._born = self._clock()

    def next_delay(self) -> float:
        """Note that a process has ended, or could not start. Returns the seconds until the next one starts."""
        if self._born is not None and self._clock() - self._born >= FORGIVEN_SECONDS:
            self._ends = 0
        self._born = None
        self._ends += 1
        return 0.0 if self._ends == 1 else min(FIRST_SECONDS * 2 ** min(self._ends - 2, 10), MAX_SECONDS)

"""How patient the supervisor is, in seconds. Tests are less patient."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """A worker is asked every `ping` seconds whether its event loop runs.

    Misses in a row are counted, and not the time: the machine may have slept. After `silent` of them another worker accepts
    its connections too; after `hung` of them it is killed.
    """

    ping: float = 1.0
    silent: int = 3
    hung: int = 30
    answer: float = 5.0  # for what takes a worker no time
    prepare: float = 600.0  # for loading and proving models
    last_words: float = 1.0  # for reading what a worker said before it ended
    margin: float = 6.0  # for a worker to end, beyond the time that requests have

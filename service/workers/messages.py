"""What the supervisor and a worker tell each other: one JSON object in a line, over a pair of sockets.

The supervisor asks with `Listen`, `Ping`, `Prepare`, `Commit`, `Discard`, `End` and `Detach`, and tells `Stop`. A worker tells
`Proven` and `Failed`, and asks with `Leaving` and `Reload`. Answers have the `number` of their question.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

ANSWERS = ("Done", "Prepared", "Reloaded", "Unable")
MAX_BYTES = 16 << 20  # of a message; a report names every version that was refused

Report = dict[str, Any]  # a ReloadReport as JSON, which the supervisor only hands on
Versions = list[Any]  # names and digests of versions, as JSON
Unsettled = list[Any]  # what on disk may still be changing, as JSON


@dataclass(frozen=True)
class Message:
    """`number` says to which question an answer belongs; 0 for what is no question."""

    number: int = 0


@dataclass(frozen=True)
class Listen(Message):
    """To a worker: accept connections from the sockets of these slots, and from no others. Answered by `Done`."""

    slots: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Ping(Message):
    """To a worker: say that your event loop runs. Answered by `Done`."""


@dataclass(frozen=True)
class Prepare(Message):
    """To a worker: load and prove, beside what serves, what is new on disk; or the versions of `only`.

    What is `unsettled` on disk is left as it is. Answered by `Prepared`.
    """

    only: Versions | None = None
    unsettled: Unsettled | None = None


@dataclass(frozen=True)
class Commit(Message):
    """To a worker: serve what was prepared, from now on. The first one counts the reload. Answered by `Reloaded`."""

    is_first: bool = False


@dataclass(frozen=True)
class Discard(Message):
    """To a worker: forget the versions that were prepared, and take the keys. Answered by `Reloaded`.

    It is the first one if there is something that was `refused`: it notes that, and counts the reload.
    """

    refused: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class End(Message):
    """To a worker: the service is about to stop. Not ready any more, it serves on. Answered by `Done`."""


@dataclass(frozen=True)
class Detach(Message):
    """To a worker: close the sockets of all other slots, so that each closes for good with its own. Answered by `Done`."""


@dataclass(frozen=True)
class Stop(Message):
    """To a worker: answer what is in flight, then end. `is_replaced`: another one serves its slot already."""

    is_replaced: bool = False


@dataclass(frozen=True)
class Done(Message):
    """From a worker: the question was done."""


@dataclass(frozen=True)
class Proven(Message):
    """From a worker: its models are loaded and proven; these are their versions."""

    versions: Versions = field(default_factory=list)


@dataclass(frozen=True)
class Failed(Message):
    """From a worker: it cannot start, and ends with this status. `faults` has a line for each reason."""

    status: int = 3
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Leaving(Message):
    """From a worker that was sent a signal: it wants to be replaced. Answered by `Done`."""


@dataclass(frozen=True)
class Prepared(Message):
    """From a worker: what a commit would do, and the versions that would be served then."""

    report: Report = field(default_factory=dict)
    versions: Versions = field(default_factory=list)


@dataclass(frozen=True)
class Reload(Message):
    """From a worker: let all workers reload, but for what is `unsettled`. The supervisor answers with `Reloaded`."""

    unsettled: Unsettled | None = None


@dataclass(frozen=True)
class Reloaded(Message):
    """To a worker that asked, or from one that committed or discarded: what the reload changed."""

    report: Report = field(default_factory=dict)


@dataclass(frozen=True)
class Unable(Message):
    """An answer to any question: it could not be done, and why."""

    reason: str = ""


KINDS: dict[str, type[Message]] = {
    kind.__name__: kind
    for kind in (
        *(Listen, Ping, Prepare, Commit, Discard, End, Detach, Stop),
        *(Done, Proven, Failed, Leaving, Prepared, Reload, Reloaded, Unable),
    )
}


def encode(message: Message) -> bytes:
    """The message in one line."""
    return json.dumps([type(message).__name__, asdict(message)]).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The message of a line. Raises ValueError."""
    try:
        kind, fields = json.loads(line)
        return KINDS[kind](**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"no message: {line[:100]!r}") from error

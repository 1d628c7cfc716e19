"""What the benchmark knows of a server: how to start it, when it is ready, and which requests it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Task = Literal["forecast", "universal", "sentiment"]
TASKS: dict[Task, str] = {
    "forecast": "/forecast, gru",
    "universal": "/forecast, default",
    "sentiment": "/sentiment",
}


@dataclass(frozen=True)
class Call:
    """A POST request with a JSON body."""

    path: str
    body: bytes


def no_env(_: int) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Server:
    """A server on 127.0.0.1. `command` and `env` are functions of its port; `ready` is a path that says 200 when ready.

    `calls` has the tasks that it can answer. With `open_loop` it is measured in an open loop too. A `peer` is a server
    of another project.
    """

    name: str
    command: Callable[[int], list[str]]
    ready: str
    calls: dict[Task, Call]
    env: Callable[[int], dict[str, str]] = no_env
    open_loop: bool = False
    peer: bool = False

"""What the benchmark knows of a server: how it is started, when it is ready, and how it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Task = Literal["forecast", "universal", "sentiment"]
TASKS: dict[Task, str] = {
    "forecast": "/forecast, gru",
    "universal": "/forecast, universal",
    "sentiment": "/sentiment",
}


@dataclass(frozen=True)
class Call:
    path: str
    body: bytes


def no_env(_: int) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Server:
    """`command` and `env` are given the port; `open_loop` servers get that run too. `calls`: those it can answer."""

    name: str
    command: Callable[[int], list[str]]
    ready: str
    calls: dict[Task, Call]
    env: Callable[[int], dict[str, str]] = no_env
    open_loop: bool = False
    peer: bool = False
